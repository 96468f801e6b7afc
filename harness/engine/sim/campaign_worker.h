// What one OS thread does for a campaign: units of work in a world of its own.
//
// A unit's result depends on the plan, the options and the unit alone, never on what the worker did
// before: worlds go back to how they were kept, strategies are made anew for each unit, and what
// judges know from each other changes no verdict.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "harness/engine/sim/campaign.h"
#include "harness/engine/sim/plan_judge.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/strategies/by_name.h"

namespace castaway::harness::sim {

/// What the workers of one campaign share. Counts are for those who watch.
struct CampaignShared {
    KnownHistories known;
    std::atomic<std::uint64_t> executions = 0;
    std::atomic<std::uint64_t> steps = 0;
    std::atomic<std::uint64_t> findings = 0;
    std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
    /// Asked now and then by whoever works; true: whatever is being done may be left.
    std::function<bool()> is_over;
};

/// What came of one unit.
struct UnitResult {
    Exploration search;  ///< without its findings
    bool exhausted = false;
    CrashFindings crash;  ///< without its findings
    Histories histories;
    std::vector<bool> fired;  ///< by fault of the plan
    Coverage coverage;
    std::vector<Schedule> corpus;  ///< schedules that reached something new
    std::optional<Finding> finding;
    // A base schedule for crash points.
    Schedule base;
    std::vector<CrashPlace> places;
};

class CampaignWorker {
  public:
    /// All outlive it. Throws HarnessError when the plan cannot be simulated.
    CampaignWorker(const Plan& plan, const CampaignOptions& options, CampaignShared& shared);

    /// A part of a search: so many executions, or fewer when one of them is a finding.
    UnitResult search(Strategy& strategy, std::uint64_t executions_max);
    /// The same by strategy `coverage`, from what was found before.
    UnitResult search_for_coverage(std::uint64_t seed, const std::vector<Schedule>& corpus,
                                   const Coverage& coverage, std::uint64_t executions_max);
    /// The n-th schedule whose crash points are visited, and its places.
    UnitResult base_schedule(std::uint32_t number);
    /// Some of those places.
    UnitResult visit(const Schedule& base, std::span<const CrashPlace> places);

    [[nodiscard]] PlanWorld& plan_world() { return world_; }

  private:
    void begin_unit(UnitResult& result);
    void end_unit(UnitResult& result);
    void make_executions(UnitResult& result, Strategy& strategy, std::uint64_t executions_max);
    Judge watching_judge(UnitResult& result);
    void count(std::uint64_t executions, std::uint64_t steps);

    const CampaignOptions& options_;
    CampaignShared& shared_;
    PlanWorld world_;
    PlanJudge judge_;
};

}  // namespace castaway::harness::sim
