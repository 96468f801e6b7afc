// Each interleaving is about as likely as any other: a thread is chosen in proportion to the steps
// that it still has to take, as far as earlier executions tell.
//
// A plain random walk favours interleavings in which short threads end early: of two threads with
// 1 and 99 steps, the single step comes last in one of 2^99 walks, but in one of 100 interleavings.
#pragma once

#include <vector>

#include "harness/engine/sim/strategies/generator.h"
#include "harness/engine/sim/strategy.h"

namespace castaway::harness::sim {

/// Fair with probability one: a thread past its expected end still weighs one step.
class UniformWalk final : public Strategy {
  public:
    explicit UniformWalk(std::uint64_t seed, std::uint64_t first = 0)
        : seeds_(seed), next_execution_(first), generator_(0) {}

    bool begin() override {
        generator_ = seeds_.fork(next_execution_++);
        taken_.assign(taken_.size(), 0);
        return true;
    }
    Choice choose(const ChoicePoint& point) override;
    std::uint64_t end(const Execution& execution) override;

  private:
    [[nodiscard]] std::uint64_t weight(ThreadId thread) const {
        return expected_[thread] > taken_[thread] ? expected_[thread] - taken_[thread] : 1;
    }

    Prng seeds_;
    std::uint64_t next_execution_;
    Prng generator_;
    std::vector<std::uint64_t> expected_;  ///< steps by thread: the most seen so far
    std::vector<std::uint64_t> taken_;     ///< in this execution
};

}  // namespace castaway::harness::sim
