// What a simulated world's future depends on, in one number.
//
// A thread's own state follows from what its steps found: its trail. So does the memory: a cell is
// what it was at first, plus every difference that a step made. What is left is the kernel's.
#include <algorithm>

#include "harness/engine/sim/hash.h"
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {
namespace {

bool share_a_queue(const SimThread& a, const SimThread& b) {
    const auto end = b.targets.begin() + b.target_count;
    return std::any_of(a.targets.begin(), a.targets.begin() + a.target_count, [&](Location queue) {
        return std::find(b.targets.begin(), end, queue) != end;
    });
}

}  // namespace

void World::extend_trail(ThreadId thread, StepKind kind, Location where, std::uint64_t before,
                         std::uint64_t after) {
    if (trails_.size() < threads_.size()) {
        trails_.resize(threads_.size(), 0);
    }
    if (kind == StepKind::futex_wake) {
        // How many were woken; who else sleeps, the thread does not learn.
        before -= after;
        after = 0;
    }
    Hash hash;
    hash.add(trails_[thread]);
    hash.add(static_cast<std::uint64_t>(kind) << kSpaceShift ^ where);
    hash.add(before);
    hash.add(after);
    trails_[thread] = hash.value();
}

void World::observe(std::uint64_t value) {
    if (tells_state_) {
        extend_trail(current_, StepKind::operation, location(Space::harness), value, 0);
    }
}

std::uint64_t World::state_hash() const {
    Hash hash;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        const SimThread& thread = threads_[i];
        hash.add(i < trails_.size() ? trails_[i] : 0);
        hash.add(static_cast<std::uint64_t>(thread.state) |
                 static_cast<std::uint64_t>(thread.woken_by) << 8 |
                 (thread.awaits_drain ? 1U : 0U) << 16);
        if (thread.state == ThreadState::asleep) {
            hash.add(static_cast<std::uint64_t>(thread.until_ns));
            for (std::size_t t = 0; t < thread.target_count; ++t) {
                hash.add(thread.targets[t]);
            }
        }
    }
    // Who sleeps first is woken first.
    for (std::size_t i = 0; i < sleepers_.size(); ++i) {
        for (std::size_t k = i + 1; k < sleepers_.size(); ++k) {
            if (share_a_queue(threads_[sleepers_[i]], threads_[sleepers_[k]])) {
                hash.add(std::uint64_t{sleepers_[i]} << 16 | sleepers_[k]);
            }
        }
    }
    hash.add(static_cast<std::uint64_t>(clock_ns_));
    hash.add(observer_ == nullptr ? 0 : observer_->state_hash());
    return hash.value();
}

}  // namespace castaway::harness::sim
