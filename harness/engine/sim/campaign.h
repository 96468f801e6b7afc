// A campaign: everything that `castaway explore` does with one plan. A search by a strategy, every
// crash point of some schedules, and the shortest schedule that shows what was found.
//
// It is cut into units of work, which are made on several cores and added up in their order
// (ordered_work.h): some hundred executions with a seed of their own, or a range of crash points.
// How it is cut depends on the options alone, so the numbers are the same on any number of cores.
// Only what ends by the clock (`budget`) may differ. A search that must know what it has seen, for
// every execution or every schedule within a bound, is one unit.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/engine/sim/crash_enumeration.h"
#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/shrink.h"
#include "harness/engine/sim/strategies/misfortune.h"
#include "harness/plan/plan_json.h"

namespace castaway::harness::sim {

/// Which crash points are visited one by one.
enum class CrashMode : std::uint8_t {
    none,
    all,    ///< every one, singly
    pairs,  ///< and after each every later one of another process
};

struct CampaignProgress {
    std::uint64_t executions = 0;
    std::uint64_t steps = 0;
    std::uint64_t histories = 0;  ///< that differ
    std::size_t findings = 0;
    std::uint64_t coverage = 0;  ///< of units that are over; see Coverage::size()
};

struct CampaignOptions {
    Mutant mutant = Mutant::none;
    Granularity granularity = Granularity::access;
    MemoryModel memory = MemoryModel::sc;
    std::string strategy = "portfolio";  ///< see strategies/by_name.h
    std::uint64_t seed = 1;
    Luck luck;  ///< `mortal` is filled in
    std::uint64_t executions_max = 10'000;
    /// Ends the search, and then the enumeration, early. What was explored then depends on the
    /// machine.
    std::optional<std::chrono::milliseconds> budget;
    CrashMode crash = CrashMode::none;
    /// Whose crash points are visited: the calmest schedule, and random ones besides.
    std::uint32_t crash_schedules = 4;
    /// Every so many executions one is made twice and compared; 0: none.
    std::uint64_t twin_every = 100;
    std::uint64_t shrink_executions_max = 5'000;
    /// OS threads, at least 1. Changes no result, unless there is a budget.
    std::uint32_t workers = 1;
    /// Called now and then, by one thread at a time; may be empty.
    std::function<void(const CampaignProgress&)> progress;
};

/// What PCT promises of a defect of depth d, in executions of n threads and k steps.
struct PctBound {
    std::uint32_t depth = 0;    ///< d
    std::uint64_t threads = 0;  ///< n, with their helpers
    std::uint64_t steps = 0;    ///< k: of the longest execution
    double hit = 0;             ///< chance of one execution to hit it, at least: 1 / (n k^(d-1))
    double missed = 0;          ///< chance that all executions missed it, at most
};

struct Campaign {
    Exploration search;  ///< without its findings
    /// The strategy left nothing out but what it prunes; never so for those that draw.
    bool exhausted = false;
    CrashFindings crash;  ///< without its findings; sums over the schedules
    std::uint32_t crash_schedules = 0;
    std::uint64_t crash_places = 0;  ///< places for a first death in those schedules
    std::uint64_t histories = 0;     ///< that differ, all judged
    std::uint64_t inconclusive = 0;  ///< verdicts that were neither pass nor fail
    Coverage coverage;               ///< of all executions
    /// Kinds of calls that different threads of the plan make; see pairs_of().
    std::vector<std::pair<Activity, Activity>> pairs;
    std::uint64_t corpus = 0;  ///< strategy coverage: schedules that reached something new
    /// Faults of the plan, in words, that fired in no execution.
    std::vector<std::string> never_fired;
    std::optional<PctBound> pct;  ///< with strategy pct:D
    std::optional<ShrunkFinding> finding;
};

/// As `castaway replay` takes it, with its plan.
SavedSchedule saved_schedule(const Finding& finding, const CampaignOptions& options);

/// Throws InputError (no such strategy, or one that does not know that memory or luck),
/// HarnessError (the plan cannot be simulated, or an execution made twice differs).
Campaign run_campaign(const Plan& plan, const CampaignOptions& options);

}  // namespace castaway::harness::sim
