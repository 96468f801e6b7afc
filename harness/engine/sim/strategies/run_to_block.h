// Lets the running thread run until it cannot, then the next in order: the calmest schedule there
// is, for setting worlds up and for ends that nobody explores.
#pragma once

#include <algorithm>

#include "harness/engine/sim/strategy.h"
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {

class RunToBlock final : public Strategy {
  public:
    bool begin() override { return true; }
    Choice choose(const ChoicePoint& point) override {
        // The next after `last`, going round, so that no thread that yields can starve the others.
        const auto at = std::lower_bound(point.runnable.begin(), point.runnable.end(), point.last);
        if (at == point.runnable.end()) {
            return Choice::run(point.runnable.front());
        }
        const bool yields =
            *at == point.last && point.world.threads()[point.last].next.kind == StepKind::pause;
        if (yields) {
            return Choice::run(at + 1 == point.runnable.end() ? point.runnable.front() : *(at + 1));
        }
        return Choice::run(*at);
    }
    std::uint64_t end(const Execution& /*execution*/) override { return 0; }
};

}  // namespace castaway::harness::sim
