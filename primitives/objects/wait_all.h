// Waiting for all of several objects: takes all at one instant, or none (rule WAIT-06).
//
// The wait locks all its objects, in the order of their slots, and sets `has waiters` on each: from
// then on nobody else changes their words. If all are signaled it takes them in one transaction,
// and that is all: its wait word is not needed. Else, if it may sleep, it moves the word to waiting
// and links itself into all queues before it releases the locks, so whoever makes one of the
// objects signaled afterwards finds it. How it is served then: objects/settle_all.h.
#pragma once

#include "primitives/objects/queued_wait.h"

namespace castaway {

namespace detail {

template <class P>
class WaitAll : private QueuedWait<P> {
  public:
    WaitAll(Thread<P>& thread, std::span<const Target> targets, bool alertable)
        : QueuedWait<P>(thread, targets, alertable) {
        for (const Target& target : targets) {
            slots_.add(target.object);
        }
    }

    WaitOutcome run(Deadline deadline, bool sleeps) {
        // Not with all the locks held: an expiry may be somebody else's.
        this->settle_timers();
        if (const auto outcome = try_to_take(sleeps)) {
            return *outcome;
        }
        const bool owner_is_dead = some_owner_is_dead(thread_, targets_);
        if (owner_is_dead) {
            recover_dead(thread_);
        }
        if (!sleeps) {
            const auto outcome = owner_is_dead ? try_to_take(false) : std::nullopt;
            return outcome.value_or(WaitOutcome{WaitOutcome::Kind::timed_out, 0, ERROR_SUCCESS});
        }
        this->sleep(deadline);
        return leave();
    }

  private:
    using QueuedWait<P>::thread_;
    using QueuedWait<P>::targets_;
    using QueuedWait<P>::word_;
    using QueuedWait<P>::epoch_;
    using QueuedWait<P>::object;

    static WaitOutcome failed(std::uint32_t error) { return {WaitOutcome::Kind::failed, 0, error}; }

    /// Takes all objects, or queues on all when `queues`. Empty when the wait goes on.
    std::optional<WaitOutcome> try_to_take(bool queues) {
        P& platform = thread_.platform;
        platform.crash_point(CrashPoint::wait_before_enqueue);
        const ObjectsGuard<P> guard(thread_, slots_.all());
        const std::uint32_t error = claim_words();
        const TakeAll taken =
            error == ERROR_SUCCESS ? take_all(thread_, slots_.all(), this->me()) : TakeAll{};
        if (taken.possible) {
            Transaction<P> change(thread_);
            write_all(change, thread_.region, slots_.all(), taken);
            change.commit();
        } else if (error == ERROR_SUCCESS && queues) {
            queue_on_all();
            return std::nullopt;
        }
        for (std::uint32_t i = 0; i < targets_.size(); ++i) {
            forget_waiters(thread_, object(i));
        }
        if (error != ERROR_SUCCESS) {
            return failed(error);
        }
        return taken.possible ? std::optional(taken_all(taken.abandoned, taken.abandoned_index))
                              : std::nullopt;
    }

    /// Makes the words of all objects change under their locks only. A mutex that the thread owns
    /// is its own matter; it is remembered. Returns a Win32 error.
    std::uint32_t claim_words() {
        P& platform = thread_.platform;
        owned_before_ = 0;
        for (std::uint32_t i = 0; i < targets_.size(); ++i) {
            Cell64& cell = object(i).state;
            std::uint64_t state = platform.load(cell);
            do {
                if (generation_of(state) != targets_[i].generation) {
                    return ERROR_INVALID_HANDLE;
                }
                if (targets_[i].kind == ObjectKind::mutex && value_of(state) == this->me()) {
                    if (!can_acquire_again(thread_, object(i))) {
                        return ERROR_MUTANT_LIMIT_EXCEEDED;
                    }
                    owned_before_ |= std::uint64_t{1} << i;
                    break;
                }
            } while (!has_waiters(state) && !platform.cas(cell, state, state | kHasWaiters));
        }
        return ERROR_SUCCESS;
    }

    [[nodiscard]] bool owned_before(std::uint32_t i) const { return (owned_before_ >> i & 1) != 0; }

    /// Requires all locks.
    void queue_on_all() {
        const auto count = static_cast<std::uint32_t>(targets_.size());
        for (std::uint32_t i = 0; i < count; ++i) {
            this->note_object(i);
        }
        this->publish(
            {WaitState::waiting, static_cast<std::uint8_t>(count - 1), false, false, epoch_, true});
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!owned_before(i)) {
                this->enqueue_on(i);
                thread_.platform.crash_point(CrashPoint::wait_enqueued);
            }
        }
    }

    WaitOutcome leave() {
        const WaitWord wait = this->decide();
        for (std::uint32_t i = 0; i < targets_.size(); ++i) {
            if (!owned_before(i)) {
                this->leave_queue_of(i);
            }
            this->forget_object(i);
        }
        this->become_idle();
        if (wait.state == WaitState::satisfied) {
            return taken_all(wait.abandoned, wait.index);
        }
        return {wait.state == WaitState::alerted ? WaitOutcome::Kind::alerted
                                                 : WaitOutcome::Kind::timed_out,
                0, ERROR_SUCCESS};
    }

    /// The objects are taken: what is left is the thread's own account of them.
    WaitOutcome taken_all(bool abandoned, std::uint32_t index) {
        for (std::uint32_t i = 0; i < targets_.size(); ++i) {
            if (owned_before(i)) {
                acquire_again(thread_, object(i));
            } else if (targets_[i].kind == ObjectKind::mutex) {
                ++thread_.mutexes_owned;
                thread_.platform.crash_point(CrashPoint::mutex_acquired);
            }
        }
        const bool told = abandoned && !thread_.platform.mutated(Mutant::wait_all_misses_abandoned);
        return told ? WaitOutcome{WaitOutcome::Kind::abandoned, index, ERROR_SUCCESS}
                    : WaitOutcome{WaitOutcome::Kind::satisfied, 0, ERROR_SUCCESS};
    }

    ObjectSlots slots_;
    std::uint64_t owned_before_ = 0;  ///< bit i: object i is a mutex that the thread owns already
};

}  // namespace detail

/// Waits until all objects are signaled at one moment and takes them all, or until the deadline
/// and takes none. An abandoned mutex among them is told by the first such index.
/// \param sleeps false: only looks (a time limit of 0). Requires 2 to kWaitObjectsMax targets, of
/// which no two are one object. \param alertable as wait_any() has it
template <class P>
WaitOutcome wait_all(Thread<P>& thread, std::span<const Target> targets, Deadline deadline,
                     bool sleeps, bool alertable = false) {
    return detail::WaitAll<P>(thread, targets, alertable).run(deadline, sleeps);
}

}  // namespace castaway
