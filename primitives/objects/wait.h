// Waiting for one object, or for any of several.
//
// A wait that finds its first object signaled takes it by one compare-and-swap. Otherwise it moves
// its wait word to `waiting` and queues on its objects in order of their index. Each time it
// settles the object it has just queued on, so if the object is signaled the wait hands it to
// itself, by the same steps as any signaler would. Then it sleeps until its word says that it was
// satisfied, or its time is over, and leaves the queues it is still in.
//
// Lowest index first (rule WAIT-05): when object i satisfies the wait while queueing, the wait
// stands in the queues of all objects before i, and none of them has been signaled for it since; so
// at that moment i is the lowest that it can have.
#pragma once

#include <array>
#include <span>

#include "primitives/objects/signal.h"

namespace castaway {

struct WaitOutcome {
    enum class Kind : std::uint8_t { satisfied, abandoned, timed_out, failed };
    Kind kind = Kind::failed;
    std::uint32_t index = 0;  ///< satisfied, abandoned
    std::uint32_t error = 0;  ///< failed
};

namespace detail {

enum class TryResult : std::uint8_t { taken, taken_abandoned, not_signaled, slow, gone, limit };

/// One more acquisition of a mutex that the thread owns.
template <class P>
bool acquire_again(Thread<P>& thread, Object& mutex) {
    constexpr std::uint64_t kRecursionMax = 0x7ffffffe;  // 2^31 - 1 acquisitions in all
    const std::uint64_t recursion = thread.platform.load(mutex.detail);
    if (recursion == kRecursionMax) {
        return false;
    }
    thread.platform.store(mutex.detail, recursion + 1);
    return true;
}

/// The fast path: takes the object without its lock.
template <class P>
TryResult try_take(Thread<P>& thread, const Target& target) {
    P& platform = thread.platform;
    if (is_timer(target.kind)) {
        return TryResult::slow;
    }
    Object& object = thread.region.object(target.object);
    const std::uint32_t me = mutex_owner(thread.slot, thread.generation);
    std::uint64_t state = platform.load(object.state);
    for (;;) {
        if (generation_of(state) != target.generation) {
            return TryResult::gone;
        }
        const Take taken = take_for(thread, target.kind, state, me);
        if (taken.again) {
            return acquire_again(thread, object) ? TryResult::taken : TryResult::limit;
        }
        if (!taken.possible) {
            return has_waiters(state) ? TryResult::slow : TryResult::not_signaled;
        }
        if (taken.next == state) {
            return TryResult::taken;
        }
        if (has_waiters(state)) {
            return TryResult::slow;
        }
        if (platform.cas(object.state, state, taken.next)) {
            if (target.kind == ObjectKind::mutex) {
                ++thread.mutexes_owned;
                platform.crash_point(CrashPoint::mutex_acquired);
            }
            return taken.abandoned ? TryResult::taken_abandoned : TryResult::taken;
        }
    }
}

/// Whether one of the objects is a mutex whose owner has died and has not been abandoned yet.
template <class P>
bool some_owner_is_dead(const Thread<P>& thread, std::span<const Target> targets) {
    for (const Target& target : targets) {
        if (target.kind != ObjectKind::mutex) {
            continue;
        }
        const std::uint32_t value =
            value_of(thread.platform.load(thread.region.object(target.object).state));
        if (value != 0 && is_dead_thread(thread, owner_slot(value))) {
            return true;
        }
    }
    return false;
}

/// Takes a thread's entry out of the object's queue, if it is still there. The thread may be dead.
template <class P>
void leave_queue(Thread<P>& thread, Object& object, WaiterRef ref) {
    const LockGuard guard(thread, object.lock);
    {
        Transaction<P> change(thread);
        if (change.read(entry_of(thread.region, ref).linked) != 0) {
            unlink(change, thread.region, object, ref);
        }
        change.commit();
    }
    settle(thread, object);
    free_if_unused(thread, object);
}

/// A slow wait, from the moment it queues to the moment it has left all queues.
template <class P>
class QueuedWait {
  public:
    QueuedWait(Thread<P>& thread, std::span<const Target> targets)
        : thread_(thread), targets_(targets), word_(thread.self().wait_word) {
        epoch_ = WaitWord::unpack(thread.platform.load(word_)).epoch;
        thread.platform.store(word_, WaitWord{WaitState::waiting, 0, false, false, epoch_}.pack());
    }

    WaitOutcome run(Deadline deadline, bool sleeps) {
        std::uint32_t error = ERROR_SUCCESS;
        for (std::uint32_t i = 0; i < targets_.size() && error == ERROR_SUCCESS; ++i) {
            if (now().state != WaitState::waiting) {
                break;
            }
            error = queue_on(i);
        }
        if (error == ERROR_SUCCESS && now().state == WaitState::waiting) {
            if (some_owner_is_dead(thread_, targets_)) {
                recover_dead(thread_);
            }
            if (sleeps) {
                sleep(deadline);
            }
        }
        return leave(error);
    }

  private:
    [[nodiscard]] WaitWord now() const { return WaitWord::unpack(thread_.platform.load(word_)); }
    [[nodiscard]] Object& object(std::uint32_t i) const {
        return thread_.region.object(targets_[i].object);
    }
    [[nodiscard]] WaiterRef ref(std::uint32_t i) const { return {thread_.slot, i}; }

    std::uint32_t queue_on(std::uint32_t i) {
        P& platform = thread_.platform;
        Object& object = this->object(i);
        WaitEntry& entry = entry_of(thread_.region, ref(i));
        platform.crash_point(CrashPoint::wait_before_enqueue);
        // Before the lock: a recoverer looks for this thread in the queues that its entries name.
        platform.store(entry.object, std::uint64_t{targets_[i].object} + 1);
        queued_ = i + 1;
        const LockGuard guard(thread_, object.lock);
        std::uint64_t state = platform.load(object.state);
        if (generation_of(state) != targets_[i].generation) {
            return ERROR_INVALID_HANDLE;
        }
        if (targets_[i].kind == ObjectKind::mutex &&
            value_of(state) == mutex_owner(thread_.slot, thread_.generation)) {
            owned_before_ |= std::uint64_t{1} << i;
            satisfy_own_wait(i);
            return ERROR_SUCCESS;
        }
        {
            Transaction<P> change(thread_);
            enqueue(change, thread_.region, object, ref(i));
            change.commit();
        }
        platform.crash_point(CrashPoint::wait_enqueued);
        while (!has_waiters(state) && !platform.cas(object.state, state, state | kHasWaiters)) {
        }
        settle(thread_, object);
        return ERROR_SUCCESS;
    }

    /// The thread owns the mutex already, so it need not queue. It must not, either: the queue's
    /// first may be somebody who waits for this very thread.
    void satisfy_own_wait(std::uint32_t i) {
        std::uint64_t word = thread_.platform.load(word_);
        const WaitWord satisfied{WaitState::satisfied, static_cast<std::uint8_t>(i), false, false,
                                 epoch_};
        while (WaitWord::unpack(word).state == WaitState::waiting &&
               !thread_.platform.cas(word_, word, satisfied.pack())) {
        }
    }

    void sleep(Deadline deadline) {
        P& platform = thread_.platform;
        platform.crash_point(CrashPoint::wait_before_sleep);
        for (;;) {
            std::uint64_t word = platform.load(word_);
            WaitWord wait = WaitWord::unpack(word);
            if (wait.state != WaitState::waiting) {
                return;
            }
            if (wait.look_again) {
                wait.look_again = false;
                platform.cas(word_, word, wait.pack());
                continue;
            }
            if (!deadline.never() && platform.now(deadline.clock) >= deadline.ns) {
                return;
            }
            const Deadline until = earliest_due(deadline);
            platform.about_to_sleep();
            const FutexResult result =
                platform.futex_wait(futex_half(word_), static_cast<std::uint32_t>(word), until);
            platform.crash_point(CrashPoint::wait_woken);
            if (result == FutexResult::timed_out) {
                settle_timers();
            }
        }
    }

    /// The caller's deadline or the next expiry of a timer that is waited for, whichever is sooner.
    Deadline earliest_due(Deadline earliest) {
        P& platform = thread_.platform;
        for (std::uint32_t i = 0; i < targets_.size(); ++i) {
            if (!is_timer(targets_[i].kind)) {
                continue;
            }
            Deadline due;
            {
                const LockGuard guard(thread_, object(i).lock);
                const auto ns = static_cast<std::int64_t>(platform.load(object(i).detail));
                due = {ns == 0 ? Deadline::kNever : ns,
                       static_cast<Clock>(platform.load(object(i).clock))};
            }
            if (due.never()) {
                continue;
            }
            const auto left = [&platform](Deadline d) {
                return d.never() ? Deadline::kNever : d.ns - platform.now(d.clock);
            };
            if (left(due) < left(earliest)) {
                earliest = due;
            }
        }
        return earliest;
    }

    void settle_timers() {
        for (std::uint32_t i = 0; i < targets_.size(); ++i) {
            if (is_timer(targets_[i].kind)) {
                const LockGuard guard(thread_, object(i).lock);
                settle(thread_, object(i));
            }
        }
    }

    /// Withdraws if nothing was taken, leaves the queues, and tells the outcome.
    WaitOutcome leave(std::uint32_t error) {
        P& platform = thread_.platform;
        std::uint64_t word = platform.load(word_);
        WaitWord wait = WaitWord::unpack(word);
        while (wait.state == WaitState::waiting) {
            const WaitWord withdrawn{WaitState::withdrawn, 0, false, false, epoch_};
            if (platform.cas(word_, word, withdrawn.pack())) {
                wait = withdrawn;
                break;
            }
            wait = WaitWord::unpack(word);
        }
        const bool satisfied = wait.state == WaitState::satisfied;
        if (satisfied && wait.index >= queued_) {
            region_damaged("index of a satisfied wait", wait.index);
        }
        for (std::uint32_t i = 0; i < queued_; ++i) {
            // The hand-off took the satisfied entry out of its queue. Of the others' `linked` words
            // nothing can be believed without the lock: a signaler may be about to unlink them, or
            // to take that back.
            const bool handed_over = satisfied && wait.index == i;
            if (!handed_over || platform.load(object(i).handles) == 0) {
                leave_queue(thread_, object(i), ref(i));
            }
            platform.store(entry_of(thread_.region, ref(i)).object, 0);
        }
        platform.store(word_, WaitWord{WaitState::idle, 0, false, false, epoch_ + 1}.pack());
        if (!satisfied) {
            return error == ERROR_SUCCESS
                       ? WaitOutcome{WaitOutcome::Kind::timed_out, 0, ERROR_SUCCESS}
                       : WaitOutcome{WaitOutcome::Kind::failed, 0, error};
        }
        if (targets_[wait.index].kind == ObjectKind::mutex) {
            if ((owned_before_ >> wait.index & 1) == 0) {
                ++thread_.mutexes_owned;
                platform.crash_point(CrashPoint::mutex_acquired);
            } else if (!acquire_again(thread_, object(wait.index))) {
                return {WaitOutcome::Kind::failed, 0, ERROR_MUTANT_LIMIT_EXCEEDED};
            }
        }
        return {wait.abandoned ? WaitOutcome::Kind::abandoned : WaitOutcome::Kind::satisfied,
                wait.index, ERROR_SUCCESS};
    }

    Thread<P>& thread_;
    std::span<const Target> targets_;
    Cell64& word_;
    std::uint64_t epoch_ = 0;
    std::uint32_t queued_ = 0;        ///< entries in use
    std::uint64_t owned_before_ = 0;  ///< bit i: object i is a mutex that the thread owns already
};

}  // namespace detail

/// Waits until one object is signaled and takes the lowest that is, or until the deadline.
/// \param sleeps false: only looks (a time limit of 0). Requires 1 to kWaitObjectsMax targets.
template <class P>
WaitOutcome wait_any(Thread<P>& thread, std::span<const Target> targets, Deadline deadline,
                     bool sleeps) {
    using Kind = WaitOutcome::Kind;
    switch (detail::try_take(thread, targets[0])) {
        case detail::TryResult::taken:
            return {Kind::satisfied, 0, ERROR_SUCCESS};
        case detail::TryResult::taken_abandoned:
            return {Kind::abandoned, 0, ERROR_SUCCESS};
        case detail::TryResult::gone:
            return {Kind::failed, 0, ERROR_INVALID_HANDLE};
        case detail::TryResult::limit:
            return {Kind::failed, 0, ERROR_MUTANT_LIMIT_EXCEEDED};
        case detail::TryResult::not_signaled:
            // Looking at one object is an instant by itself; several must be seen at one instant.
            if (!sleeps && targets.size() == 1 && !detail::some_owner_is_dead(thread, targets)) {
                return {Kind::timed_out, 0, ERROR_SUCCESS};
            }
            break;
        case detail::TryResult::slow:
            break;
    }
    return detail::QueuedWait<P>(thread, targets).run(deadline, sleeps);
}

}  // namespace castaway
