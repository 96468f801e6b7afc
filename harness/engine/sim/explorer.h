// Runs many executions of one world and tells what was found.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/engine/sim/execution.h"
#include "harness/engine/sim/schedule.h"
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {

/// What is wrong with an execution, in words; empty when nothing is.
using Judge = std::function<std::string(World&, const Execution&)>;

struct ExploreOptions {
    std::uint64_t executions_max = 1'000'000;
    /// Checked now and then; empty: no limit. What is explored then depends on the machine.
    std::optional<std::chrono::milliseconds> time_max;
    /// Every so many executions one is made again from its schedule, and compared; 0: none.
    std::uint64_t twin_every = 0;
    /// Findings to keep; exploring ends with the last.
    std::size_t findings_max = 1;
    /// Empty: every outcome but `finished` and `abandoned` is a finding.
    Judge judge;
};

struct Finding {
    std::uint64_t number = 0;  ///< of the execution, from 0
    Execution execution;
    std::string problem;
    Schedule schedule;
};

struct Exploration {
    std::uint64_t executions = 0;
    std::uint64_t steps = 0;
    std::uint64_t longest = 0;  ///< steps of the longest execution
    std::uint64_t deaths = 0;
    std::uint64_t twins = 0;  ///< executions that were made twice
    std::array<std::uint64_t, 7> by_outcome{};
    /// The strategy had nothing left to try.
    bool exhausted = false;
    std::vector<Finding> findings;
    /// The order of all traces: equal explorations have equal hashes.
    std::uint64_t hash = 0;

    [[nodiscard]] std::uint64_t with(Outcome outcome) const {
        return by_outcome[static_cast<std::size_t>(outcome)];
    }
    /// What came after it: sums; the findings, and whether it is exhausted, are left alone.
    Exploration& operator+=(const Exploration& more);
};

/// The judge that is used when none is given.
std::string problem_by_outcome(World& world, const Execution& execution);

/// Requires a world that has been kept. Throws HarnessError when an execution made twice is not the
/// same both times.
Exploration explore(World& world, Strategy& strategy, const ExploreOptions& options);

/// Makes the execution of a schedule, from the world as it was kept.
Execution run_schedule(World& world, const Schedule& schedule);

/// Where two runs of one schedule part.
struct Difference {
    std::uint64_t step = 0;  ///< the first that differs, from 0
    std::string first;       ///< in words
    std::string second;
};

/// Makes the schedule twice. Empty when both runs are the same step by step.
std::optional<Difference> compare_twins(World& world, const Schedule& schedule);

/// One execution by the schedule, step by step in readable lines.
std::vector<std::string> trace_lines(World& world, const Schedule& schedule);

/// "r0 owner/0: cas cell 64: 0 -> 1".
std::string to_line(const World& world, const StepRecord& record);

}  // namespace castaway::harness::sim
