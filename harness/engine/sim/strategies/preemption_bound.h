// All schedules with at most so many preemptions, one after the other (Musuvathi, Qadeer: Iterative
// Context Bounding for Systematic Testing of Multithreaded Programs, PLDI 2007).
//
// A preemption is a switch away from a thread that could have gone on. Where the last thread
// pauses, cannot go on, or has come to a step that is a multiple of 2000 and may be spinning,
// switches are free. An execution that is longer than `choices_max` is completed without further
// branching, and exhausted() then says false.
//
// Two things are pruned, and neither leaves out anything that a judge could see:
//
//   * Preemptions before a step that is the thread's own affair: an access to a cell that no other
//     thread touches, or that nobody writes. Take the step before the switch instead of after it,
//     and the execution is the same but for that, with no more preemptions than before: the thread
//     could go on either way, no other thread notices the step, and if the thread only came back
//     for it, a switch is saved. Steps that begin a call are never moved, so a history gains order
//     by this and loses none: what was no order of the calls before is none afterwards. Which cells
//     are contended is learned from the steps themselves (contention.h). When more is learned, the
//     search begins anew; so at its end all steps of all its schedules agree with what it took
//     for granted. A schedule that does not would have a first step that shows it, and all before
//     that step would have been gone through, and the step with it.
//
//   * What follows a state that was there before. States are one when the threads' own states, the
//     memory, the sleepers and the clock are the same, the histories have the same order of calls
//     (World::state_hash()), the same thread could go on, and no fewer preemptions were made: then
//     everything that may come was gone through, or will be, from where the state was seen first.
//     No state comes again in one execution, since a thread's state holds all that it has done. The
//     execution is abandoned there. Hashes of 60 bits are compared: with a million states, two that
//     differ are taken for one with a chance of less than 1 in 10^6.
//
// With store buffers every step may be preempted, since buffers drain in steps of their own. Where
// a state is more than its hash, as in plans with faults, nothing is pruned.
// toys_test.cpp and preemption_test.cpp compare the searches with and without.
#pragma once

#include <vector>

#include "harness/engine/sim/strategies/contention.h"
#include "harness/engine/sim/strategies/seen_states.h"
#include "harness/engine/sim/strategies/share.h"
#include "harness/engine/sim/strategy.h"

namespace castaway::harness::sim {

struct PreemptionOptions {
    /// At most SeenStates::kUsedMax.
    std::uint32_t preemptions = 2;
    /// Whether to prune as above. Without, all schedules are made: to check the other by, and for
    /// those who want a few of them.
    bool prunes = true;
    /// What to go through: of the branches off the first schedule, every count-th. Only without
    /// pruning: parts do not know what the others have seen.
    Share share{};
    std::uint64_t choices_max = 100'000;
};

class PreemptionBound final : public Strategy {
  public:
    explicit PreemptionBound(PreemptionOptions options) : options_(options) {}

    bool begin() override;
    Choice choose(const ChoicePoint& point) override;
    std::uint64_t end(const Execution& execution) override;
    [[nodiscard]] bool wants_touched() const override { return options_.prunes; }
    [[nodiscard]] bool wants_state() const override { return options_.prunes; }

    /// All schedules within the bound have been executed but for what is pruned; of them, all of
    /// its share.
    [[nodiscard]] bool exhausted() const override { return exhausted_ && !cut_; }

  private:
    struct Node {
        std::uint32_t first = 0;  ///< of its options in options_
        std::uint32_t count = 0;
        std::uint32_t taken = 0;  ///< which of the options
    };

    [[nodiscard]] bool is_of_this_share() {
        return has_first_ || branches_++ % options_.share.count == options_.share.number;
    }
    void learn(std::span<const Access> touched);
    void forget_from(std::size_t depth);
    bool open_node(const ChoicePoint& point, ThreadId goes_on);

    PreemptionOptions options_;
    bool has_first_ = false;      ///< the first schedule is over
    std::uint64_t branches_ = 0;  ///< off the first schedule, so far
    std::vector<Node> path_;
    std::vector<ThreadId> threads_;  ///< the options of all nodes of the path, one after the other
    std::size_t depth_ = 0;
    std::uint32_t preempted_ = 0;  ///< along the path down to depth_
    bool begun_ = false;
    bool exhausted_ = false;
    bool cut_ = false;

    // Pruning.
    Contention contention_;
    SeenStates seen_;
    const World* world_ = nullptr;
    std::size_t known_ = 0;         ///< steps of this execution that were learned from before
    ThreadId stepped_ = kNoThread;  ///< who takes the step that is to be learned from
    Step step_;
    bool learned_ = false;  ///< since the search began
};

}  // namespace castaway::harness::sim
