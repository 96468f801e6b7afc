#include "harness/engine/sim/strategies/preemption_bound.h"

#include <algorithm>

#include "harness/engine/sim/hash.h"
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {
namespace {

/// Steps of its own after which a thread may be spinning.
constexpr std::uint32_t kPatience = 2000;

/// The thread that goes on if nobody is preempted; kNoThread when every switch is free. Depends on
/// the state of the world alone.
ThreadId natural(const ChoicePoint& point) {
    if (point.last == kNoThread ||
        !std::binary_search(point.runnable.begin(), point.runnable.end(), point.last)) {
        return kNoThread;
    }
    const SimThread& thread = point.world.threads()[point.last];
    const bool makes_way =
        thread.next.kind == StepKind::pause || (thread.steps + 1) % kPatience == 0;
    return makes_way ? kNoThread : point.last;
}

/// The next in order after the last, going round.
ThreadId next_after(const ChoicePoint& point) {
    const auto at = point.last == kNoThread ? point.runnable.begin()
                                            : std::upper_bound(point.runnable.begin(),
                                                               point.runnable.end(), point.last);
    return at == point.runnable.end() ? point.runnable.front() : *at;
}

}  // namespace

bool PreemptionBound::begin() {
    if (learned_) {
        // What was taken for granted is not so.
        learned_ = false;
        forget_from(0);
        seen_.clear();
        begun_ = false;
    }
    if (begun_) {
        // The deepest node that has an option left takes it; what was below is forgotten.
        while (!path_.empty() && path_.back().taken + 1 == path_.back().count) {
            forget_from(path_.size() - 1);
        }
        if (path_.empty()) {
            exhausted_ = true;
            return false;
        }
        ++path_.back().taken;
    }
    known_ = path_.empty() ? 0 : path_.size() - 1;
    begun_ = true;
    depth_ = 0;
    preempted_ = 0;
    stepped_ = kNoThread;
    return true;
}

void PreemptionBound::forget_from(std::size_t depth) {
    if (depth < path_.size()) {
        threads_.resize(path_[depth].first);
        path_.resize(depth);
    }
}

Choice PreemptionBound::choose(const ChoicePoint& point) {
    learn(point.touched);
    const ThreadId goes_on = natural(point);
    ThreadId chosen = goes_on == kNoThread ? next_after(point) : goes_on;
    if (depth_ >= options_.choices_max) {
        cut_ = true;
    } else {
        if (depth_ == path_.size() && !open_node(point, goes_on)) {
            return Choice::abandon();
        }
        const Node& node = path_[depth_++];
        chosen = threads_[node.first + node.taken];
    }
    preempted_ += goes_on != kNoThread && chosen != goes_on ? 1 : 0;
    if (options_.prunes && depth_ > known_) {
        world_ = &point.world;
        stepped_ = chosen;
        step_ = point.world.threads()[chosen].next;
    }
    return Choice::run(chosen);
}

/// Adds what can be chosen here. False: all that follows was, or will be, gone through elsewhere.
bool PreemptionBound::open_node(const ChoicePoint& point, ThreadId goes_on) {
    const bool prunes = options_.prunes && point.world.state_known();
    const bool is_own_affair = prunes && goes_on != kNoThread &&
                               point.world.memory_model() == MemoryModel::sc &&
                               !contention_.concerns_others(point.world.threads()[goes_on].next);
    if (prunes && !is_own_affair && point.runnable.size() > 1) {
        Hash state;
        state.add(point.world.state_hash());
        state.add(goes_on);
        if (!seen_.note(state.value(), preempted_)) {
            return false;
        }
    }
    Node node{static_cast<std::uint32_t>(threads_.size()), 0, 0};
    threads_.push_back(goes_on == kNoThread ? next_after(point) : goes_on);
    if (goes_on == kNoThread || (!is_own_affair && preempted_ < options_.preemptions)) {
        std::copy_if(point.runnable.begin(), point.runnable.end(), std::back_inserter(threads_),
                     [this, first = threads_.back()](ThreadId thread) {
                         return thread != first && is_of_this_share();
                     });
    }
    node.count = static_cast<std::uint32_t>(threads_.size()) - node.first;
    path_.push_back(node);
    return true;
}

/// Learns from the step before, unless it is known from an earlier execution.
void PreemptionBound::learn(std::span<const Access> touched) {
    if (stepped_ != kNoThread) {
        learned_ = contention_.note(stepped_, step_, touched) || learned_;
        stepped_ = kNoThread;
    }
}

std::uint64_t PreemptionBound::end(const Execution& /*execution*/) {
    if (world_ != nullptr) {
        learn(world_->touched());
    }
    has_first_ = true;
    // An execution that ended above its path's end has no path left below.
    forget_from(depth_);
    return 0;
}

}  // namespace castaway::harness::sim
