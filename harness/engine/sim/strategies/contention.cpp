#include "harness/engine/sim/strategies/contention.h"

#include <algorithm>

namespace castaway::harness::sim {
namespace {

/// Writes there put threads to sleep, wake or end them: never a thread's own affair.
bool is_of_the_kernel(Location where) {
    switch (space_of(where)) {
        case Space::queue:
        case Space::thread:
        case Space::process:
            return true;
        default:
            return false;
    }
}

}  // namespace

bool Contention::note(ThreadId thread, const Step& step, std::span<const Access> touched) {
    const std::size_t before = contended_.size();
    for (const Access& access : touched) {
        Seen& seen = seen_[access.where];
        if (seen.thread == kNoThread) {
            seen.thread = thread;
        }
        seen.several = seen.several || seen.thread != thread;
        seen.written = seen.written || access.touch == Touch::write;
        if (access.where != step.where && std::find(seen.steps_at.begin(), seen.steps_at.end(),
                                                    step.where) == seen.steps_at.end()) {
            seen.steps_at.push_back(step.where);
        }
        if (seen.several && seen.written) {
            contended_.insert(access.where);
            contended_.insert(seen.steps_at.begin(), seen.steps_at.end());
        }
        if (access.touch == Touch::write && is_of_the_kernel(access.where)) {
            contended_.insert(step.where);
        }
    }
    return contended_.size() != before;
}

bool Contention::concerns_others(const Step& step) const {
    switch (step.kind) {
        case StepKind::start:
        case StepKind::load:
        case StepKind::store:
        case StepKind::cas:
        case StepKind::exchange:
        case StepKind::fetch_add:
        case StepKind::futex_return:
        case StepKind::clock:
            return contended_.contains(step.where);
        default:
            return true;
    }
}

}  // namespace castaway::harness::sim
