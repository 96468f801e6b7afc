#include "harness/engine/sim/strategies/preemption_bound.h"

#include <algorithm>

#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {
namespace {

/// Steps in a row after which a thread counts as spinning.
constexpr std::uint32_t kPatience = 2000;

/// The thread that goes on if nobody is preempted; kNoThread when every switch is free.
ThreadId natural(const ChoicePoint& point, std::uint32_t in_a_row) {
    const bool can = point.last != kNoThread &&
                     std::binary_search(point.runnable.begin(), point.runnable.end(), point.last);
    const bool makes_way = in_a_row >= kPatience ||
                           (can && point.world.threads()[point.last].next.kind == StepKind::pause);
    return can && !makes_way ? point.last : kNoThread;
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
    if (begun_) {
        // The deepest node that has an option left takes it; what was below is forgotten.
        while (!path_.empty() && path_.back().taken + 1 == path_.back().count) {
            options_.resize(path_.back().first);
            path_.pop_back();
        }
        if (path_.empty()) {
            exhausted_ = true;
            return false;
        }
        ++path_.back().taken;
    }
    begun_ = true;
    depth_ = 0;
    preempted_ = 0;
    in_a_row_ = 0;
    return true;
}

Choice PreemptionBound::choose(const ChoicePoint& point) {
    const ThreadId goes_on = natural(point, in_a_row_);
    ThreadId chosen = goes_on == kNoThread ? next_after(point) : goes_on;
    if (depth_ >= choices_max_) {
        cut_ = true;
        in_a_row_ = chosen == point.last ? in_a_row_ + 1 : 0;
        return Choice::run(chosen);
    }
    if (depth_ == path_.size()) {
        Node node{static_cast<std::uint32_t>(options_.size()), 0, 0};
        options_.push_back(chosen);
        if (goes_on == kNoThread || preempted_ < preemptions_) {
            std::copy_if(
                point.runnable.begin(), point.runnable.end(), std::back_inserter(options_),
                [this, chosen](ThreadId thread) { return thread != chosen && is_of_this_share(); });
        }
        node.count = static_cast<std::uint32_t>(options_.size()) - node.first;
        path_.push_back(node);
    }
    const Node& node = path_[depth_++];
    chosen = options_[node.first + node.taken];
    in_a_row_ = chosen == point.last ? in_a_row_ + 1 : 0;
    preempted_ += goes_on != kNoThread && chosen != goes_on ? 1 : 0;
    return Choice::run(chosen);
}

std::uint64_t PreemptionBound::end(const Execution& /*execution*/) {
    has_first_ = true;
    // An execution that ended above its path's end has no path left below.
    while (path_.size() > depth_) {
        options_.resize(path_.back().first);
        path_.pop_back();
    }
    return 0;
}

}  // namespace castaway::harness::sim
