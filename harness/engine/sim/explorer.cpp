#include "harness/engine/sim/explorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/base/error.h"
#include "harness/engine/sim/strategies/replay.h"

namespace castaway::harness::sim {
namespace {

/// How many executions pass between two looks at the clock.
constexpr std::uint64_t kClockEvery = 64;

void check_twin(World& world, const Execution& execution, const Schedule& schedule) {
    const Execution again = run_schedule(world, schedule);
    if (again.trace_hash == execution.trace_hash && again.outcome == execution.outcome) {
        return;
    }
    const auto difference = compare_twins(world, schedule);
    throw HarnessError(
        difference ? fmt::format("two runs of one schedule differ at step {}: \"{}\" and \"{}\"",
                                 difference->step, difference->first, difference->second)
                   : "a schedule's replay is not the execution that it was taken from");
}

std::string line_at(const World& world, const std::vector<StepRecord>& records, std::size_t at) {
    return at < records.size() ? to_line(world, records[at]) : "the end";
}

}  // namespace

Exploration& Exploration::operator+=(const Exploration& more) {
    executions += more.executions;
    steps += more.steps;
    longest = std::max(longest, more.longest);
    deaths += more.deaths;
    twins += more.twins;
    for (std::size_t i = 0; i < by_outcome.size(); ++i) {
        by_outcome[i] += more.by_outcome[i];
    }
    hash = (hash ^ more.hash) * std::uint64_t{0x9e3779b97f4a7c15};
    return *this;
}

Execution run_schedule(World& world, const Schedule& schedule) {
    Replay replay(schedule);
    world.revert();
    replay.begin();
    return world.run(replay);
}

std::string problem_by_outcome(World& /*world*/, const Execution& execution) {
    if (execution.outcome == Outcome::finished || execution.outcome == Outcome::abandoned) {
        return {};
    }
    return fmt::format("{}{}{}", to_string(execution.outcome), execution.detail.empty() ? "" : ": ",
                       execution.detail);
}

Exploration explore(World& world, Strategy& strategy, const ExploreOptions& options) {
    Exploration found;
    const Judge judge = options.judge ? options.judge : Judge(problem_by_outcome);
    const auto begin = std::chrono::steady_clock::now();
    while (found.executions < options.executions_max &&
           found.findings.size() < std::max<std::size_t>(options.findings_max, 1)) {
        if (options.time_max && found.executions % kClockEvery == 0 &&
            std::chrono::steady_clock::now() - begin > *options.time_max) {
            break;
        }
        if (!strategy.begin()) {
            found.exhausted = true;
            break;
        }
        world.revert();
        const Execution execution = world.run(strategy);
        ++found.by_outcome[static_cast<std::size_t>(execution.outcome)];
        found.steps += execution.steps;
        found.longest = std::max(found.longest, execution.steps);
        found.deaths += execution.deaths;
        found.hash = (found.hash ^ execution.trace_hash ^ execution.generator_end) *
                     std::uint64_t{0x9e3779b97f4a7c15};
        if (std::string problem = judge(world, execution); !problem.empty()) {
            found.findings.push_back(
                {found.executions, execution, std::move(problem), world.schedule()});
        }
        if (options.twin_every != 0 && found.executions % options.twin_every == 0) {
            const Schedule schedule = world.schedule();
            check_twin(world, execution, schedule);
            ++found.twins;
        }
        ++found.executions;
    }
    return found;
}

std::optional<Difference> compare_twins(World& world, const Schedule& schedule) {
    world.set_recording(true);
    run_schedule(world, schedule);
    const std::vector<StepRecord> first(world.records().begin(), world.records().end());
    run_schedule(world, schedule);
    const std::vector<StepRecord> second(world.records().begin(), world.records().end());
    world.set_recording(false);
    if (first == second) {
        return std::nullopt;
    }
    const auto parted =
        std::mismatch(first.begin(), first.end(), second.begin(), second.end()).first;
    const auto step = static_cast<std::size_t>(parted - first.begin());
    return Difference{step, line_at(world, first, step), line_at(world, second, step)};
}

std::string to_line(const World& world, const StepRecord& record) {
    std::string line = fmt::format("r{} {}: {} {}", record.thread, world.thread_name(record.thread),
                                   to_string(record.kind), world.describe(record.where));
    if (space_of(record.where) == Space::region) {
        line += record.before == record.after
                    ? fmt::format(": {:#x}", record.before)
                    : fmt::format(": {:#x} -> {:#x}", record.before, record.after);
    }
    return line;
}

std::vector<std::string> trace_lines(World& world, const Schedule& schedule) {
    world.set_recording(true);
    const Execution execution = run_schedule(world, schedule);
    world.set_recording(false);
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < world.records().size(); ++i) {
        lines.push_back(fmt::format("{:>5} {}", i, to_line(world, world.records()[i])));
    }
    lines.push_back(fmt::format("{}{}{}", to_string(execution.outcome),
                                execution.detail.empty() ? "" : ": ", execution.detail));
    return lines;
}

}  // namespace castaway::harness::sim
