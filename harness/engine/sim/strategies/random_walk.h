// Every thread that can take a step is as likely to take the next as any other.
#pragma once

#include "harness/engine/sim/strategies/generator.h"
#include "harness/engine/sim/strategy.h"

namespace castaway::harness::sim {

/// Fair with probability one. Good at bugs that need many switches at no particular place, poor at
/// those where one thread must stand still for long.
class RandomWalk final : public Strategy {
  public:
    /// Executions number `first`, `first` + 1 ... each have a generator of their own, so that any
    /// of them can be made again alone.
    RandomWalk(std::uint64_t seed, std::uint64_t first = 0)
        : seeds_(seed), next_execution_(first), generator_(0) {}

    bool begin() override {
        generator_ = seeds_.fork(next_execution_++);
        drawn_ = generator_.next();
        return true;
    }
    Choice choose(const ChoicePoint& point) override {
        const std::size_t count = point.runnable.size();
        if (count == 1) {
            return Choice::run(point.runnable.front());
        }
        const Choice choice = Choice::run(point.runnable[scaled_below(drawn_, count)]);
        drawn_ = generator_.next();
        return choice;
    }
    std::uint64_t end(const Execution& /*execution*/) override { return drawn_; }

  private:
    Prng seeds_;
    std::uint64_t next_execution_;
    Prng generator_;
    std::uint64_t drawn_ = 0;  ///< for the next choice: nobody waits for the generator then
};

}  // namespace castaway::harness::sim
