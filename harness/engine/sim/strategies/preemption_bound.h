// All schedules with at most so many preemptions, one after the other (Musuvathi, Qadeer: Iterative
// Context Bounding for Systematic Testing of Multithreaded Programs, PLDI 2007).
//
// A preemption is a switch away from a thread that could have gone on. Where the last thread
// pauses, cannot go on, or has taken so many steps in a row that it must be spinning, switches are
// free. Nothing else is pruned. An execution that is longer than `choices_max` is completed without
// further branching, and exhausted() then says false.
#pragma once

#include <vector>

#include "harness/engine/sim/strategies/share.h"
#include "harness/engine/sim/strategy.h"

namespace castaway::harness::sim {

class PreemptionBound final : public Strategy {
  public:
    /// \param share what to go through: of the branches off the first schedule, every count-th
    explicit PreemptionBound(std::uint32_t preemptions, Share share = {},
                             std::uint64_t choices_max = 100'000)
        : preemptions_(preemptions), share_(share), choices_max_(choices_max) {}

    bool begin() override;
    Choice choose(const ChoicePoint& point) override;
    std::uint64_t end(const Execution& execution) override;

    /// All schedules within the bound have been executed; of them, all of its share.
    [[nodiscard]] bool exhausted() const override { return exhausted_ && !cut_; }

  private:
    struct Node {
        std::uint32_t first = 0;  ///< of its options in options_
        std::uint32_t count = 0;
        std::uint32_t taken = 0;  ///< which of the options
    };

    [[nodiscard]] bool is_of_this_share() {
        return has_first_ || branches_++ % share_.count == share_.number;
    }

    std::uint32_t preemptions_;
    Share share_;
    std::uint64_t choices_max_;
    bool has_first_ = false;      ///< the first schedule is over
    std::uint64_t branches_ = 0;  ///< off the first schedule, so far
    std::vector<Node> path_;
    std::vector<ThreadId> options_;  ///< of all nodes of the path, one after the other
    std::size_t depth_ = 0;
    std::uint32_t preempted_ = 0;  ///< along the path down to depth_
    std::uint32_t in_a_row_ = 0;   ///< steps of the last thread
    bool begun_ = false;
    bool exhausted_ = false;
    bool cut_ = false;
};

}  // namespace castaway::harness::sim
