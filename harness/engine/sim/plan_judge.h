// Judges an execution of a simulated plan: by its outcome, by the region's own invariants, by what
// the execution's sleepers sleep on, and by every check that the plan asks for.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/plan_world.h"

namespace castaway::harness::sim {

class PlanJudge {
  public:
    /// The world outlives it.
    explicit PlanJudge(PlanWorld& plan) : plan_(plan) {}

    /// What is wrong, in words; empty when nothing is. An execution whose history was judged before
    /// is not judged by the checks again. May go on to the run's end in the world.
    std::string operator()(World& world, const Execution& execution);

    /// Histories that differ, all of which the checks have judged.
    [[nodiscard]] std::uint64_t histories() const { return seen_.size(); }
    /// Verdicts that were neither pass nor fail.
    [[nodiscard]] std::uint64_t inconclusive() const { return inconclusive_; }

  private:
    PlanWorld& plan_;
    std::unordered_set<std::uint64_t> seen_;
    std::uint64_t inconclusive_ = 0;
};

}  // namespace castaway::harness::sim
