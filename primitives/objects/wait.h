// Waiting for one object, or for any of several. For all of several: objects/wait_all.h.
//
// A wait that finds an object signaled takes it by one compare-and-swap. Otherwise it moves its
// wait word to `waiting` and queues on its objects in order of their index. Each time it settles
// the object it has just queued on, so if the object is signaled the wait hands it to itself, by
// the same steps as any signaler would. Then it sleeps until its word says that it was satisfied,
// or its time is over, and leaves the queues it is still in.
//
// Lowest index first (rule WAIT-05), without the queues: the wait reads the words of objects 0, 1,
// ... until one is signaled, say i, and reads those before it once more. If they are what they
// were, none of them was signaled at the moment when i was read (see `signals` in objects/state.h).
// The compare-and-swap that takes i succeeds only if its word is still the one that was read: then
// nobody has done anything with i since that moment, and the wait is as if it had taken it then. It
// happened or it did not, so there is no crash window. If any word has changed, the wait queues.
// (An object would have to be signaled exactly 64 times between two looks, or a multiple of that,
// to escape notice. All that could come of it is that a wait takes an object while a lower one is
// signaled.)
//
// In the queues: when object i satisfies the wait while queueing, the wait stands in the queues of
// all objects before i, and none of them has been signaled for it since; so at that moment i is the
// lowest that it can have.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "primitives/objects/queued_wait.h"

namespace castaway {

/// What the first attempt of a wait for one object came to.
enum class TryResult : std::uint8_t {
    taken,
    taken_abandoned,
    again,  ///< a mutex that the thread owns already: its recursion is still to go up
    not_signaled,
    slow,
    gone,
    denied,  ///< the handle has no right to wait
};

namespace detail {

/// The fast path: takes the object without its lock.
template <class P>
[[gnu::always_inline]] inline TryResult try_take(Thread<P>& thread, const Target& target) {
    P& platform = thread.platform;
    if (is_timer(target.kind)) {
        return TryResult::slow;
    }
    Object& object = thread.region.known_object(target.object);
    const std::uint32_t me = mutex_owner(thread.slot, thread.generation);
    std::uint64_t state = platform.load(object.state);
    for (;;) {
        if (generation_of(state) != target.generation) {
            return TryResult::gone;
        }
        const Take taken = take_for(thread, target.kind, state, me);
        if (taken.again) {
            return TryResult::again;
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
        const bool blindly =
            target.kind == ObjectKind::mutex && platform.mutated(Mutant::take_not_atomic);
        if (blindly) {
            platform.store(object.state, taken.next);
        }
        if (blindly || platform.cas(object.state, state, taken.next)) {
            if (target.kind == ObjectKind::mutex) {
                ++thread.mutexes_owned;
                platform.crash_point(CrashPoint::mutex_acquired);
            }
            return taken.abandoned ? TryResult::taken_abandoned : TryResult::taken;
        }
    }
}

/// A slow wait for any, from the moment it queues to the moment it has left all queues.
template <class P>
class WaitAny : private QueuedWait<P> {
  public:
    WaitAny(Thread<P>& thread, std::span<const Target> targets, bool alertable)
        : QueuedWait<P>(thread, targets, alertable) {
        this->publish({WaitState::waiting, 0, false, false, epoch_});
    }

    WaitOutcome run(Deadline deadline, bool sleeps) {
        std::uint32_t error = ERROR_SUCCESS;
        const auto count = static_cast<std::uint32_t>(targets_.size());
        const bool backwards = thread_.platform.mutated(Mutant::wait_any_takes_highest);
        for (std::uint32_t i = 0; i < count && error == ERROR_SUCCESS; ++i) {
            if (now().state != WaitState::waiting) {
                break;
            }
            error = queue_on(backwards ? count - 1 - i : i);
        }
        if (error == ERROR_SUCCESS && now().state == WaitState::waiting) {
            if (some_owner_is_dead(thread_, targets_)) {
                recover_dead(thread_);
            }
            if (sleeps) {
                this->sleep(deadline);
            }
        }
        return leave(error);
    }

  private:
    using QueuedWait<P>::thread_;
    using QueuedWait<P>::targets_;
    using QueuedWait<P>::word_;
    using QueuedWait<P>::epoch_;
    using QueuedWait<P>::now;
    using QueuedWait<P>::object;
    using QueuedWait<P>::ran_out_;

    std::uint32_t queue_on(std::uint32_t i) {
        P& platform = thread_.platform;
        Object& target = object(i);
        platform.crash_point(CrashPoint::wait_before_enqueue);
        this->note_object(i);
        queued_ = std::max(queued_, i + 1);
        ObjectGuard guard(thread_, target);
        std::uint64_t state = platform.load(target.state);
        if (generation_of(state) != targets_[i].generation) {
            return ERROR_INVALID_HANDLE;
        }
        if (targets_[i].kind == ObjectKind::mutex && value_of(state) == this->me() &&
            !platform.mutated(Mutant::owner_queues_for_its_own)) {
            owned_before_ |= std::uint64_t{1} << i;
            satisfy_own_wait(i);
            return ERROR_SUCCESS;
        }
        this->enqueue_on(i);
        platform.crash_point(CrashPoint::wait_enqueued);
        if (platform.mutated(Mutant::flag_after_last_look)) {
            guard.settle();
        }
        while (!has_waiters(state) && !platform.cas(target.state, state, state | kHasWaiters)) {
        }
        if (!looks_no_more(i)) {
            guard.settle();
        }
        return ERROR_SUCCESS;
    }

    /// Whether a seeded defect leaves out the last look at object i.
    [[nodiscard]] bool looks_no_more(std::uint32_t i) const {
        const P& platform = thread_.platform;
        return platform.mutated(Mutant::flag_after_last_look) ||
               (platform.mutated(Mutant::no_look_after_enqueue) && targets_.size() == 1 &&
                !is_timer(targets_[i].kind));
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

    /// Withdraws if nothing was taken, leaves the queues, and tells the outcome.
    WaitOutcome leave(std::uint32_t error) {
        P& platform = thread_.platform;
        const WaitWord wait = this->decide();
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
                this->leave_queue_of(i);
            }
            this->forget_object(i);
        }
        this->become_idle();
        if (!satisfied || ran_out_) {
            const auto kind = error != ERROR_SUCCESS             ? WaitOutcome::Kind::failed
                              : wait.state == WaitState::alerted ? WaitOutcome::Kind::alerted
                                                                 : WaitOutcome::Kind::timed_out;
            return {kind, 0, error};
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

    std::uint32_t queued_ = 0;        ///< entries in use
    std::uint64_t owned_before_ = 0;  ///< bit i: object i is a mutex that the thread owns already
};

/// What a wait for several, or one that only looks, makes of an abandoned mutex: it tells so, but
/// for seeded defects.
template <class P>
WaitOutcome told(const Thread<P>& thread, WaitOutcome outcome, std::size_t objects, bool sleeps) {
    const P& platform = thread.platform;
    if (outcome.kind == WaitOutcome::Kind::abandoned &&
        ((objects > 1 && platform.mutated(Mutant::wait_any_misses_abandoned)) ||
         (!sleeps && platform.mutated(Mutant::notice_eaten_by_probe)))) {
        outcome.kind = WaitOutcome::Kind::satisfied;
    }
    return outcome;
}

}  // namespace detail

namespace detail {

/// What the first attempt makes of a wait, when that is over; else it is to queue.
template <class P>
std::optional<WaitOutcome> outcome_of(Thread<P>& thread, TryResult tried,
                                      std::span<const Target> targets, bool sleeps) {
    using Kind = WaitOutcome::Kind;
    switch (tried) {
        case TryResult::taken:
            return WaitOutcome{Kind::satisfied, 0, ERROR_SUCCESS};
        case TryResult::taken_abandoned:
            return told(thread, {Kind::abandoned, 0, ERROR_SUCCESS}, targets.size(), sleeps);
        case TryResult::gone:
            return WaitOutcome{Kind::failed, 0, ERROR_INVALID_HANDLE};
        case TryResult::denied:
            return WaitOutcome{Kind::failed, 0, ERROR_ACCESS_DENIED};
        case TryResult::again:
            return acquire_again(thread, thread.region.object(targets[0].object))
                       ? WaitOutcome{Kind::satisfied, 0, ERROR_SUCCESS}
                       : WaitOutcome{Kind::failed, 0, ERROR_MUTANT_LIMIT_EXCEEDED};
        case TryResult::not_signaled:
            // Looking at one object is an instant by itself; several must be seen at one instant.
            if (!sleeps && targets.size() == 1 && !some_owner_is_dead(thread, targets)) {
                return WaitOutcome{Kind::timed_out, 0, ERROR_SUCCESS};
            }
            break;
        case TryResult::slow:
            break;
    }
    return std::nullopt;
}

/// The words of the first objects of a wait, read one after the other.
class WordsRead {
  public:
    void add(std::uint64_t word) { words_[count_++] = word; }

    /// Whether each is what it was.
    template <class P>
    [[nodiscard]] bool are_unchanged(const Thread<P>& thread,
                                     std::span<const Target> targets) const {
        for (std::size_t i = 0; i < count_; ++i) {
            if (thread.platform.load(thread.region.object(targets[i].object).state) != words_[i]) {
                return false;
            }
        }
        return true;
    }

  private:
    std::array<std::uint64_t, kWaitObjectsMax> words_;  ///< the first `count_`
    std::size_t count_ = 0;
};

/// Takes object `i`, whose word was `word`. Empty when that has changed.
template <class P>
std::optional<WaitOutcome> take_read(Thread<P>& thread, const Target& target, std::uint32_t i,
                                     std::uint64_t word, const Take& taken) {
    P& platform = thread.platform;
    Object& object = thread.region.object(target.object);
    if (taken.again) {
        return acquire_again(thread, object)
                   ? WaitOutcome{WaitOutcome::Kind::satisfied, i, ERROR_SUCCESS}
                   : WaitOutcome{WaitOutcome::Kind::failed, 0, ERROR_MUTANT_LIMIT_EXCEEDED};
    }
    if (taken.next != word) {
        if (!platform.cas(object.state, word, taken.next)) {
            return std::nullopt;
        }
        if (target.kind == ObjectKind::mutex) {
            ++thread.mutexes_owned;
            platform.crash_point(CrashPoint::mutex_acquired);
        }
    }
    return WaitOutcome{
        taken.abandoned ? WaitOutcome::Kind::abandoned : WaitOutcome::Kind::satisfied, i,
        ERROR_SUCCESS};
}

/// Takes the lowest object that is signaled, or finds that none is when the wait only looks,
/// without any lock. Empty when the wait is to queue. For timers it always is: their words catch
/// up with the clock under the lock.
template <class P>
std::optional<WaitOutcome> take_lowest(Thread<P>& thread, std::span<const Target> targets,
                                       bool sleeps) {
    const std::uint32_t me = mutex_owner(thread.slot, thread.generation);
    WordsRead before;
    for (std::uint32_t i = 0; i < targets.size(); ++i) {
        const Target& target = targets[i];
        const std::uint64_t word = thread.platform.load(thread.region.object(target.object).state);
        if (is_timer(target.kind) || generation_of(word) != target.generation) {
            return std::nullopt;
        }
        const Take taken = take_for(thread, target.kind, word, me);
        if (!taken.possible) {
            before.add(word);
            continue;
        }
        const bool needs_lock =
            (taken.next != word && has_waiters(word)) ||
            (taken.again && thread.platform.mutated(Mutant::owner_queues_for_its_own));
        return needs_lock || !before.are_unchanged(thread, targets)
                   ? std::nullopt
                   : take_read(thread, target, i, word, taken);
    }
    if (sleeps || some_owner_is_dead(thread, targets) || !before.are_unchanged(thread, targets)) {
        return std::nullopt;
    }
    return WaitOutcome{WaitOutcome::Kind::timed_out, 0, ERROR_SUCCESS};
}

}  // namespace detail

/// Waits until one object is signaled and takes the lowest that is, or until the deadline.
/// \param deadline_in asked for the deadline when the wait does not end at once
/// \param sleeps      false: only looks (a time limit of 0). Requires 1 to kWaitObjectsMax targets.
/// \param alertable   a procedure call that is queued meanwhile ends it, and nothing is taken
template <class P, class DeadlineIn>
WaitOutcome wait_any(Thread<P>& thread, std::span<const Target> targets, DeadlineIn deadline_in,
                     bool sleeps, bool alertable = false) {
    const bool looks = !thread.platform.mutated(Mutant::wait_any_takes_highest);
    const auto at_once =
        looks ? detail::take_lowest(thread, targets, sleeps) : std::optional<WaitOutcome>();
    const WaitOutcome outcome =
        at_once ? *at_once
                : detail::WaitAny<P>(thread, targets, alertable).run(deadline_in(), sleeps);
    return detail::told(thread, outcome, targets.size(), sleeps);
}

/// What is left of a wait for one object whose first attempt did not simply take it.
template <class P, class DeadlineIn>
WaitOutcome finish_wait_for_one(Thread<P>& thread, TryResult tried, const Target& target,
                                DeadlineIn deadline_in, bool sleeps) {
    const std::span<const Target> targets(&target, 1);
    if (const auto outcome = detail::outcome_of(thread, tried, targets, sleeps)) {
        return *outcome;
    }
    return detail::told(
        thread, detail::WaitAny<P>(thread, targets, false).run(deadline_in(), sleeps), 1, sleeps);
}

/// Waits for nothing but the deadline or a procedure call.
template <class P>
WaitOutcome sleep_alertably(Thread<P>& thread, Deadline deadline) {
    return detail::WaitAny<P>(thread, {}, true).run(deadline, true);
}

}  // namespace castaway
