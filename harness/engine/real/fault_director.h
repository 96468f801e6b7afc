// The faults that come from outside a worker: the orchestrator strikes as soon as the condition
// holds. It looks whenever the bell rings, for that is when a condition can have come true.
#pragma once

#include <cstdint>

#include "harness/engine/real/control_block.h"
#include "harness/engine/real/worker_group.h"
#include "harness/plan/plan.h"

namespace castaway::harness {

class FaultDirector {
  public:
    FaultDirector(const Plan& plan, ControlBlock& control, WorkerGroup& workers)
        : plan_(plan), control_(control), workers_(workers) {}

    /// Whether it must hear of every point and every sleep.
    [[nodiscard]] bool needs_watch() const;
    /// Strikes and resumes whatever is due. Awaited::soon when something may soon be due that the
    /// bell will not tell of.
    Awaited act();

  private:
    [[nodiscard]] Awaited look_for(const PlanTrigger& trigger) const;
    Awaited act_on(std::uint32_t fault);
    void strike(std::uint32_t fault);

    const Plan& plan_;
    ControlBlock& control_;
    WorkerGroup& workers_;
};

}  // namespace castaway::harness
