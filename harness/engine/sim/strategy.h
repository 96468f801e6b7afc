// The seam between the simulated world and whoever chooses its next step.
#pragma once

#include <cstdint>
#include <span>

#include "harness/engine/sim/execution.h"
#include "harness/engine/sim/schedule.h"
#include "harness/engine/sim/step.h"

namespace castaway::harness::sim {

class World;

/// What a strategy is told when it is to choose. Valid during that call only.
struct ChoicePoint {
    /// For looking: threads, their next steps, processes, the clock.
    const World& world;
    /// How many choices were made in this execution before.
    std::uint64_t number = 0;
    /// Who can take a step. Ascending, never empty. A thread that is dying is among them: its steps
    /// are the kernel's.
    std::span<const ThreadId> runnable;
    /// Who took the last step, whether it can take another or not; kNoThread at first.
    ThreadId last = kNoThread;
    /// What the last step touched, and what the world did on its behalf; only for strategies that
    /// want it, else empty.
    std::span<const Access> touched;
};

/// Decides every choice of a series of executions. Calls come in this order:
///
///     while (begin()) { choose() any number of times; end() }
///
/// Nothing but the arguments, the results of earlier calls and a generator of its own may influence
/// a strategy: the same series is made again by an equal strategy.
class Strategy {
  public:
    Strategy() = default;
    Strategy(const Strategy&) = delete;
    Strategy& operator=(const Strategy&) = delete;
    virtual ~Strategy() = default;

    /// An execution is about to begin. False: there is nothing left to try, and none begins.
    virtual bool begin() = 0;

    /// Returns what to do next. It must be possible: the run throws HarnessError otherwise. Does
    /// not throw: it runs on the stack of a simulated thread.
    virtual Choice choose(const ChoicePoint& point) = 0;

    /// The execution has ended. Returns what its generator would draw next, or 0.
    virtual std::uint64_t end(const Execution& execution) = 0;

    /// After begin() has said that there is nothing left to try: whether that was all there is, but
    /// for what the strategy says that it prunes. False for those that draw.
    [[nodiscard]] virtual bool exhausted() const { return false; }

    /// Whether ChoicePoint::touched is to be filled.
    [[nodiscard]] virtual bool wants_touched() const { return false; }

    /// Whether World::state_hash() is to be known.
    [[nodiscard]] virtual bool wants_state() const { return false; }
};

}  // namespace castaway::harness::sim
