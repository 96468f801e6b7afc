#include "harness/engine/sim/strategies/replay.h"

#include <algorithm>

namespace castaway::harness::sim {

bool is_possible(const ChoicePoint& point, Choice choice) {
    const auto threads = point.world.threads();
    const auto processes = point.world.processes();
    if (choice.kind == Choice::Kind::kill) {
        return choice.index < processes.size() && !processes[choice.index].killed &&
               processes[choice.index].living != 0;
    }
    if (choice.kind == Choice::Kind::abandon) {
        return true;
    }
    if (choice.index >= threads.size()) {
        return false;
    }
    const SimThread& thread = threads[choice.index];
    switch (choice.kind) {
        case Choice::Kind::run:
            return std::binary_search(point.runnable.begin(), point.runnable.end(), choice.index);
        case Choice::Kind::die:
            return thread.doomed;
        case Choice::Kind::expire:
            return thread.state == ThreadState::asleep && thread.until_ns != Deadline::kNever;
        case Choice::Kind::disturb:
            return thread.state == ThreadState::asleep &&
                   space_of(thread.targets[0]) == Space::queue;
        default:
            return false;
    }
}

Choice Replay::choose(const ChoicePoint& point) {
    if (next_ < schedule_.size() && !diverged_at_) {
        const Choice choice = schedule_[next_++];
        if (is_possible(point, choice)) {
            return choice;
        }
        diverged_at_ = next_ - 1;
    }
    return rest_.choose(point);
}

}  // namespace castaway::harness::sim
