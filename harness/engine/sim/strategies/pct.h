// Probabilistic concurrency testing: threads run by random priorities that change at d - 1 random
// moments (Burckhardt, Kothari, Musuvathi, Nagarakatti: A Randomized Scheduler with Probabilistic
// Guarantees of Finding Bugs, ASPLOS 2010).
//
// A defect that needs d ordering constraints, in executions of n threads and k steps, is hit by
// each execution with a chance of at least 1 / (n * k^(d-1)). Differences to the paper: k is
// learned from the executions so far (longer ones are not covered by the bound); threads may come
// later, and get a random priority then; and after a bound an execution goes on as a random walk,
// so that one which only waits for another of lower priority does not count as stuck.
#pragma once

#include <vector>

#include "harness/engine/sim/strategies/generator.h"
#include "harness/engine/sim/strategy.h"

namespace castaway::harness::sim {

class Pct final : public Strategy {
  public:
    /// \param depth d, at least 1
    /// \param first as in RandomWalk; the length that executions are expected to have is learned,
    ///     so an execution is made again alone only together with `steps_expected`
    Pct(std::uint64_t seed, std::uint32_t depth, std::uint64_t first = 0,
        std::uint64_t steps_expected = 64)
        : seeds_(seed),
          next_execution_(first),
          generator_(0),
          depth_(depth),
          steps_expected_(steps_expected) {}

    bool begin() override;
    Choice choose(const ChoicePoint& point) override;
    std::uint64_t end(const Execution& execution) override;

    /// k, as learned so far.
    [[nodiscard]] std::uint64_t steps_expected() const { return steps_expected_; }
    /// The chance that one execution hits a given defect of this depth is at least this.
    [[nodiscard]] double chance(std::size_t threads) const;

  private:
    [[nodiscard]] std::size_t highest(const ChoicePoint& point) const;

    Prng seeds_;
    std::uint64_t next_execution_;
    Prng generator_;
    std::uint32_t depth_;
    std::uint64_t steps_expected_;
    std::vector<std::uint64_t> changes_;  ///< choices before which a priority changes; sorted
    std::size_t changes_done_ = 0;
    std::vector<std::uint64_t> priorities_;  ///< by thread; the highest runs
};

}  // namespace castaway::harness::sim
