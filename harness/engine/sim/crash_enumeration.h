// Every crash point of a schedule, one after the other: the same execution again and again, each
// time with a process killed before another of its steps.
//
// For a base schedule, the places to kill a process at are: before each of its own steps, and,
// while none of its threads can move, before each step of others. (Before steps of others while it
// could move is no place of its own: its death there and its death before its next step differ in
// nothing that anybody could see.) After the death the schedule goes on where that is possible, and
// calmly where not.
//
// Pairs: after each single death, each later place of every other mortal process, in the execution
// that the first death led to; among them those who recover what the first left.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {

/// A process to be killed instead of making a choice, which is counted from 0.
struct CrashPlace {
    ProcessId process = 0;
    std::uint64_t before_choice = 0;
    bool operator==(const CrashPlace&) const = default;
};

enum class Deaths : std::uint8_t { single, pairs };

struct CrashOptions {
    /// Who may be killed; empty: every process.
    std::vector<ProcessId> mortal{};
    Deaths deaths = Deaths::single;
    std::uint64_t executions_max = 10'000'000;
    std::size_t findings_max = 1;
    /// Empty: every outcome but `finished` is a finding.
    Judge judge;
    /// Asked before each execution; true ends the enumeration. May be empty.
    std::function<bool()> is_over;
};

struct CrashFindings {
    std::uint64_t single_places = 0;  ///< places for a first death, all of them visited unless cut
    std::uint64_t pair_places = 0;
    std::uint64_t executions = 0;
    std::uint64_t steps = 0;
    bool cut =
        false;  ///< by executions_max, findings_max or is_over, before all places were visited
    std::vector<Finding> findings;

    /// Sums; the findings are left alone.
    CrashFindings& operator+=(const CrashFindings& more) {
        single_places += more.single_places;
        pair_places += more.pair_places;
        executions += more.executions;
        steps += more.steps;
        cut = cut || more.cut;
        return *this;
    }
};

/// Requires a world that has been kept. The base is the schedule of an execution without deaths.
CrashFindings enumerate_crashes(World& world, const Schedule& base, const CrashOptions& options);

/// The same for some of the base's places.
CrashFindings visit_crashes(World& world, const Schedule& base, std::span<const CrashPlace> places,
                            const CrashOptions& options);

/// The places of a schedule from its n-th choice on, by replaying it.
std::vector<CrashPlace> crash_places(World& world, const Schedule& schedule,
                                     const std::vector<ProcessId>& mortal, std::uint64_t from);

}  // namespace castaway::harness::sim
