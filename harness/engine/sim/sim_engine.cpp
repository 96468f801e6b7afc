#include "harness/engine/sim/sim_engine.h"

#include <algorithm>
#include <string>

#include "harness/base/error.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/strategies/random_walk.h"

namespace castaway::harness::sim {

Mutant mutant_of(std::string_view subject) {
    constexpr std::string_view kPlain = "castaway";
    if (subject == kPlain) {
        return Mutant::none;
    }
    if (subject.starts_with(std::string(kPlain) + ":")) {
        subject.remove_prefix(kPlain.size() + 1);
        const auto* const found =
            std::find_if(kMutants.begin(), kMutants.end(),
                         [&](const MutantName& each) { return each.name == subject; });
        if (found != kMutants.end()) {
            return found->mutant;
        }
    }
    throw InputError("engine", "only the subject \"castaway\" can be simulated",
                     "use the engine \"real\" for others");
}

namespace {

bool is_shown(std::string_view subject, Shown where) {
    const Mutant mutant = mutant_of(subject);
    return std::any_of(kMutants.begin(), kMutants.end(), [&](const MutantName& each) {
        return each.mutant == mutant && each.shown == where;
    });
}

}  // namespace

bool can_show(std::string_view subject) {
    return !is_shown(subject, Shown::real_processes) && !needs_single_calls(subject);
}

bool needs_single_calls(std::string_view subject) {
    return is_shown(subject, Shown::single_calls);
}

MemoryModel memory_for(std::string_view subject) {
    return is_shown(subject, Shown::store_buffers) ? MemoryModel::tso : MemoryModel::sc;
}

History SimEngine::run(const Plan& plan, SubjectAdapter& subject,
                       const EngineOptions& /*options*/) {
    PlanWorldOptions options;
    options.mutant = mutant_of(subject.name());
    PlanWorld simulated(plan, options);
    RandomWalk strategy(plan.seed);
    strategy.begin();
    const Execution execution = simulated.world().run(strategy);
    return simulated.whole_history(execution);
}

}  // namespace castaway::harness::sim
