// Notices that nothing can move any more, so that a lost wake-up is found in a second and not at
// the run's limit.
//
// The run is quiet when, for the whole quiet time, no thread changed its state, nobody died, and
// every thread of a living process that has not finished sleeps in a wait of the subject without a
// time limit or awaits something of the plan. Then none of them can wake another; an external fault
// cannot come due either, for its condition depends on them alone. Two things could still move a
// thread: a timer, so the quiet time is longer by the longest due time and period of the plan, and
// a processor that a woken thread still waits for, so the kernel must say that every thread of
// those processes sleeps.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/engine/real/control_block.h"
#include "harness/engine/real/worker_group.h"
#include "harness/plan/plan.h"

namespace castaway::harness {

class QuietWatch {
  public:
    QuietWatch(const Plan& plan, ControlBlock& control, const WorkerGroup& workers);

    /// Looks once; true when the run has been quiet for the whole quiet time.
    bool look();
    /// When to look next at the latest.
    [[nodiscard]] std::int64_t next_look_ns() const;

    /// No operation runs: every thread sleeps, awaits, or is through. With or without time limits.
    [[nodiscard]] bool at_rest() const;

  private:
    [[nodiscard]] std::vector<std::uint32_t> motion() const;
    [[nodiscard]] bool nobody_can_move() const;
    template <typename Predicate>
    [[nodiscard]] bool all_living(Predicate predicate) const;

    ControlBlock& control_;
    const WorkerGroup& workers_;
    std::int64_t quiet_ns_;
    std::vector<std::uint32_t> last_motion_;
    std::int64_t still_since_ns_;
};

}  // namespace castaway::harness
