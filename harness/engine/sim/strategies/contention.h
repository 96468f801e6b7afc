// Which locations are contended: touched by more than one thread, one of which writes. Learned from
// the steps of all executions of a search.
#pragma once

#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "harness/engine/sim/step.h"

namespace castaway::harness::sim {

class Contention {
  public:
    /// Notes a step that was taken, with all that it touched. True: something was learned.
    bool note(ThreadId thread, const Step& step, std::span<const Access> touched);

    /// Whether others may notice when the step is taken, or the step what others did: anything but
    /// a cell that is not contended, as far as is known.
    [[nodiscard]] bool concerns_others(const Step& step) const;

  private:
    struct Seen {
        ThreadId thread = kNoThread;  ///< the first that touched it
        bool several = false;
        bool written = false;
        std::vector<Location> steps_at{};  ///< where the steps were that touched it besides
    };

    std::unordered_map<Location, Seen> seen_;
    std::unordered_set<Location> contended_;
};

}  // namespace castaway::harness::sim
