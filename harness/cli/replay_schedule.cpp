// Makes a simulated execution again from its saved schedule.
#include <fmt/format.h>

#include "harness/cli/commands.h"
#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/plan_judge.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/sim_engine.h"
#include "harness/engine/sim/strategies/replay.h"

namespace castaway::harness {

ExitCode replay_schedule(const SavedPlan& saved, const std::string& file, bool trace) {
    const SavedSchedule& told = *saved.schedule;
    sim::PlanWorldOptions options;
    options.mutant = sim::mutant_of(saved.subject);
    const auto granularity = sim::granularity_from(told.granularity);
    if (!granularity) {
        throw InputError(file + ": /schedule/granularity",
                         "there is no \"" + told.granularity + "\"",
                         "write \"access\" or \"operation\"");
    }
    options.granularity = *granularity;
    const auto memory = sim::memory_model_from(told.memory);
    if (!memory) {
        throw InputError(file + ": /schedule/memory", "there is no \"" + told.memory + "\"",
                         "write \"sc\" or \"tso\"");
    }
    options.memory = *memory;
    const sim::Schedule schedule = sim::parse_schedule(told.choices, file + ": /schedule/choices");
    sim::PlanWorld simulated(saved.plan, options);
    if (trace) {
        for (const std::string& line : sim::trace_lines(simulated.world(), schedule)) {
            fmt::print("{}\n", line);
        }
    }
    sim::Replay strategy(schedule);
    simulated.world().revert();
    strategy.begin();
    const sim::Execution execution = simulated.world().run(strategy);
    const std::string problem = sim::PlanJudge(simulated)(simulated.world(), execution);
    fmt::print("{} on {}: {} steps, {} deaths, {}\n", saved.plan.scenario, saved.subject,
               execution.steps, execution.deaths, to_string(execution.outcome));
    const std::string hash = fmt::format("{:016x}", execution.trace_hash);
    if (hash != told.trace_hash) {
        fmt::print(
            "inconclusive: this is not the execution that was saved (trace {}, saved {}){}; the "
            "subject has changed since{}\n",
            hash, told.trace_hash,
            strategy.diverged_at()
                ? fmt::format(": its choice {} is not possible", *strategy.diverged_at())
                : "",
            problem.empty() ? ", and nothing is wrong with it" : ", and it fails by: " + problem);
        return problem.empty() ? ExitCode::inconclusive : ExitCode::check_failed;
    }
    if (problem.empty()) {
        fmt::print("nothing is wrong with this execution\n");
        return ExitCode::pass;
    }
    fmt::print("{}\n", problem);
    return ExitCode::check_failed;
}

}  // namespace castaway::harness
