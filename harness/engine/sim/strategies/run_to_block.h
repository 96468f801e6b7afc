// Lets the running thread run until it cannot, then the next in order: the calmest schedule there
// is, for setting worlds up and for ends that nobody explores. Fair: who runs for very long, as one
// that spins for another's sake does, makes way once.
#pragma once

#include <algorithm>

#include "harness/engine/sim/strategy.h"
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {

class RunToBlock final : public Strategy {
  public:
    /// Steps in a row that are no sign of spinning yet.
    static constexpr std::uint32_t kPatience = 2000;

    bool begin() override {
        in_a_row_ = 0;
        return true;
    }
    Choice choose(const ChoicePoint& point) override {
        // The next after `last`, going round, so that no thread that yields can starve the others.
        const auto at = std::lower_bound(point.runnable.begin(), point.runnable.end(), point.last);
        if (at == point.runnable.end()) {
            return Choice::run(point.runnable.front());
        }
        if (*at != point.last) {
            in_a_row_ = 0;
            return Choice::run(*at);
        }
        if (++in_a_row_ < kPatience &&
            point.world.threads()[point.last].next.kind != StepKind::pause) {
            return Choice::run(*at);
        }
        in_a_row_ = 0;
        return Choice::run(at + 1 == point.runnable.end() ? point.runnable.front() : *(at + 1));
    }
    std::uint64_t end(const Execution& /*execution*/) override { return 0; }

  private:
    std::uint32_t in_a_row_ = 0;
};

}  // namespace castaway::harness::sim
