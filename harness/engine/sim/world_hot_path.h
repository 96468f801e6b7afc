// The part of World that every access of every simulated thread comes through. Included by world.h
// alone.
//
// Returning from a switch is what costs most, since the processor foresees returns by the calls
// that it has seen, and those were another fiber's: so everything between an access and its switch
// is compiled into one function, from which there is one return.
#pragma once

#include <utility>

#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {

[[gnu::always_inline]] inline Location World::locate(const void* address) {
    const auto at =
        static_cast<std::uint64_t>(static_cast<const unsigned char*>(address) - current_base_);
    if (at >= memory_.bytes()) [[unlikely]] {
        stray(address);
    }
    return at;
}

[[gnu::always_inline]] inline void World::point(StepKind kind, Location where) {
    SimThread& me = *me_;
    if (me.in_operation) {
        if (++accesses_in_step_ > kAccessesMax) [[unlikely]] {
            end_from_inside(Outcome::livelock, "an operation that is one step does not end");
        }
        return;
    }
    me.next = {kind, where};
    if (buffers() && !stores_[current_].empty() && drains_first(kind, where)) [[unlikely]] {
        await_drained();
        return;
    }
    leave();
}

[[gnu::always_inline]] inline void World::took(ThreadId thread, StepKind kind, Location where,
                                               std::uint64_t before, std::uint64_t after) {
    constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15U;
    const std::uint64_t what =
        where ^ (std::uint64_t{thread} << 56) ^ (static_cast<std::uint64_t>(kind) << 51);
    std::uint64_t hash = (hash_ ^ what) * kMultiplier;
    hash ^= hash >> 32;
    hash_ = (hash ^ before ^ (after << 1 | after >> 63)) * kMultiplier;
    if (watched_) [[unlikely]] {
        watch(thread, kind, where, before, after);
    }
}

inline void World::watch(ThreadId thread, StepKind kind, Location where, std::uint64_t before,
                         std::uint64_t after) {
    if (probe_ != nullptr) {
        probe_->see(thread, kind, where);
    }
    if (recording_) {
        records_.push_back({thread, kind, where, before, after});
    }
    if (tells_state_) {
        extend_trail(thread, kind, where, before, after);
    }
}

template <class Cell>
auto World::load(Cell& cell) {
    const Location at = locate(&cell);
    point(StepKind::load, at);
    std::uint64_t value = 0;
    if (!buffers() || !find_own(at, sizeof(cell.bits), value)) [[likely]] {
        if constexpr (sizeof(cell.bits) == 8) {
            value = memory_.read64(at);
        } else {
            value = memory_.read32(at);
        }
    }
    note_touch(at, Touch::read);
    took(StepKind::load, at, value, value);
    return static_cast<decltype(Cell::bits)>(value);
}

template <class Cell>
void World::store(Cell& cell, decltype(Cell::bits) value) {
    const Location at = locate(&cell);
    point(StepKind::store, at);
    if (buffers()) [[unlikely]] {
        put(at, value, sizeof(value));
        return;
    }
    note_touch(at, Touch::write);
    if constexpr (sizeof(value) == 8) {
        took(StepKind::store, at, memory_.read64(at), value);
        memory_.write64(at, value);
    } else {
        took(StepKind::store, at, memory_.read32(at), value);
        memory_.write32(at, value);
    }
}

template <class Cell>
bool World::cas(Cell& cell, decltype(Cell::bits)& expected, decltype(Cell::bits) desired) {
    const Location at = locate(&cell);
    point(StepKind::cas, at);
    decltype(Cell::bits) found = 0;
    if constexpr (sizeof(found) == 8) {
        found = memory_.read64(at);
    } else {
        found = memory_.read32(at);
    }
    const bool equal = found == expected;
    note_touch(at, equal ? Touch::write : Touch::read);
    took(StepKind::cas, at, found, equal ? desired : found);
    if (!equal) {
        expected = found;
        return false;
    }
    if constexpr (sizeof(found) == 8) {
        memory_.write64(at, desired);
    } else {
        memory_.write32(at, desired);
    }
    return true;
}

/// Becomes a thread: returns when somebody switches back.
[[gnu::always_inline]] inline void World::switch_to(ThreadId next) {
    if (next == kNoThread) [[unlikely]] {
        FiberContext& from = *std::exchange(running_, &outside_);
        current_ = next;
        me_ = nullptr;
        FiberContext::switch_to(from, outside_);
        return;
    }
    SimThread& thread = threads_[next];
    if (!thread.started) [[unlikely]] {
        start(next);
    }
    thread.moved = true;
    current_ = next;
    me_ = &thread;
    current_base_ = processes_[thread.process].base;
    FiberContext& from = *std::exchange(running_, fibers_[next].get());
    FiberContext::switch_to(from, *running_);
}

/// Lets the strategy choose, and returns when the calling thread has been chosen.
[[gnu::always_inline]] inline void World::leave() {
    const ThreadId next = pick();
    if (next != current_) {
        switch_to(next);
    }
}

inline ThreadId World::pick() {
    for (;;) {
        while (runnable_.empty())
            [[unlikely]] {
                if (!let_time_pass()) {
                    conclude();
                    return kNoThread;
                }
            }
        if (steps_ >= options_.steps_max) [[unlikely]] {
            end(Outcome::livelock, "the bound on steps was reached");
            return kNoThread;
        }
        const Choice choice =
            strategy_->choose({*this, schedule_.size(), runnable_, last_, touched_});
        schedule_.push_back(choice);
        touched_.clear();
        if (choice.kind != Choice::Kind::run) [[unlikely]] {
            if (!act(choice)) {
                return kNoThread;
            }
            continue;
        }
        if (choice.index >= threads_.size()) [[unlikely]] {
            refuse(choice);
            return kNoThread;
        }
        SimThread& thread = threads_[choice.index];
        if (thread.state != ThreadState::runnable || processes_[thread.process].stopped)
            [[unlikely]] {
            refuse(choice);
            return kNoThread;
        }
        accesses_in_step_ = 0;
        ++steps_;
        ++thread.steps;
        last_ = choice.index;
        if (thread.role == ThreadRole::stores) [[unlikely]] {
            drain_oldest(static_cast<ThreadId>(choice.index - 1));
            continue;
        }
        if ((thread.dying || thread.doomed) && takes_kernel_step(choice.index)) [[unlikely]] {
            continue;
        }
        return choice.index;
    }
}

}  // namespace castaway::harness::sim
