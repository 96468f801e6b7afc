#include "harness/engine/sim/campaign_worker.h"

#include <algorithm>
#include <utility>

#include "harness/engine/sim/strategies/coverage_guided.h"
#include "harness/engine/sim/strategies/random_walk.h"
#include "harness/engine/sim/strategies/run_to_block.h"

namespace castaway::harness::sim {
namespace {

/// Executions between two looks at the clock and at who wants to know.
constexpr std::uint64_t kLookEvery = 256;
constexpr std::uint64_t kAskEvery = 16;  // where a unit may be much shorter than that

void add(const Exploration& made, Exploration& sum) {
    sum.exhausted = made.exhausted;
    sum += made;
}

}  // namespace

CampaignWorker::CampaignWorker(const Plan& plan, const CampaignOptions& options,
                               CampaignShared& shared)
    : options_(options),
      shared_(shared),
      world_(
          plan,
          {.mutant = options.mutant, .granularity = options.granularity, .memory = options.memory}),
      judge_(world_, &shared.known) {}

/// The result stays where it is until end_unit().
void CampaignWorker::begin_unit(UnitResult& result) {
    result.fired.resize(world_.plan().faults.size(), false);
    world_.set_coverage(&result.coverage);
}

void CampaignWorker::end_unit(UnitResult& result) {
    world_.set_coverage(nullptr);
    result.histories = judge_.take_histories();
    shared_.findings += result.finding ? 1 : 0;
}

Judge CampaignWorker::watching_judge(UnitResult& result) {
    return [this, &result](World& world, const Execution& execution) {
        for (std::uint32_t i = 0; i < result.fired.size(); ++i) {
            result.fired[i] = result.fired[i] || world_.has_fired(i);
        }
        return judge_(world, execution);
    };
}

void CampaignWorker::count(std::uint64_t executions, std::uint64_t steps) {
    shared_.executions += executions;
    shared_.steps += steps;
}

UnitResult CampaignWorker::search(Strategy& strategy, std::uint64_t executions_max) {
    UnitResult result;
    begin_unit(result);
    make_executions(result, strategy, executions_max);
    result.exhausted = result.search.exhausted && strategy.exhausted();
    end_unit(result);
    return result;
}

UnitResult CampaignWorker::search_for_coverage(std::uint64_t seed,
                                               const std::vector<Schedule>& corpus,
                                               const Coverage& coverage,
                                               std::uint64_t executions_max) {
    UnitResult result;
    result.coverage = coverage;
    begin_unit(result);
    Luck luck = options_.luck;
    luck.mortal = world_.mortal();
    luck.late_stores = options_.memory == MemoryModel::tso;
    CoverageGuided strategy(seed, luck, corpus, result.coverage);
    make_executions(result, strategy, executions_max);
    result.corpus.assign(strategy.found().begin(), strategy.found().end());
    end_unit(result);
    return result;
}

void CampaignWorker::make_executions(UnitResult& result, Strategy& strategy,
                                     std::uint64_t executions_max) {
    Exploration& sum = result.search;
    while (sum.executions < executions_max && !sum.exhausted && !result.finding &&
           !shared_.is_over()) {
        ExploreOptions some;
        some.executions_max = std::min(kLookEvery, executions_max - sum.executions);
        some.twin_every = options_.twin_every;
        some.judge = watching_judge(result);
        Exploration made = explore(world_.world(), strategy, some);
        if (!made.findings.empty()) {
            result.finding = std::move(made.findings.front());
            result.finding->number += sum.executions;
        }
        add(made, sum);
        count(made.executions, made.steps);
    }
}

/// The calmest execution's schedule, then random ones.
UnitResult CampaignWorker::base_schedule(std::uint32_t number) {
    UnitResult result;
    begin_unit(result);
    World& world = world_.world();
    RunToBlock calm;
    RandomWalk random(options_.seed, number);
    Strategy& strategy = number == 0 ? static_cast<Strategy&>(calm) : random;
    world.revert();
    strategy.begin();
    const Execution execution = world.run(strategy);
    result.base = world.schedule();
    result.search.executions = 1;
    result.search.steps = execution.steps;
    if (std::string problem = watching_judge(result)(world, execution); !problem.empty()) {
        result.finding = Finding{0, execution, std::move(problem), result.base};
    } else {
        result.places = crash_places(world, result.base, world_.mortal(), 0);
    }
    count(1, execution.steps);
    end_unit(result);
    return result;
}

UnitResult CampaignWorker::visit(const Schedule& base, std::span<const CrashPlace> places) {
    UnitResult result;
    begin_unit(result);
    std::uint64_t executions = 0;
    std::uint64_t steps = 0;
    CrashOptions crash;
    crash.mortal = world_.mortal();
    crash.deaths = options_.crash == CrashMode::pairs ? Deaths::pairs : Deaths::single;
    const Judge judge = watching_judge(result);
    crash.judge = [&](World& world, const Execution& execution) {
        ++executions;
        steps += execution.steps;
        return judge(world, execution);
    };
    crash.is_over = [&, asked = std::uint64_t{0}]() mutable {
        if (asked++ % kAskEvery != 0) {
            return false;
        }
        count(std::exchange(executions, 0), std::exchange(steps, 0));
        return shared_.is_over();
    };
    result.crash = visit_crashes(world_.world(), base, places, crash);
    if (!result.crash.findings.empty()) {
        result.finding = std::move(result.crash.findings.front());
        result.crash.findings.clear();
    }
    count(executions, steps);
    end_unit(result);
    return result;
}

}  // namespace castaway::harness::sim
