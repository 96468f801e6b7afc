// Serving an object's queue.
//
// Every call that may have made an object signaled while threads wait for it ends in settle(): as
// long as the object is signaled, its first waiter that can be satisfied is. The signaler takes the
// object for the waiter (a direct hand-off), so a signal goes to exactly one waiter, and a waiter
// that died or has given up gets none. Recovery settles the objects whose locks the dead held, and
// so completes what they began. Who waits for all of several objects is served afterwards, when
// the object's lock is free again: see objects/settle_all.h.
#pragma once

#include "primitives/objects/apc.h"
#include "primitives/objects/queue.h"
#include "primitives/objects/state.h"
#include "primitives/region/lock.h"

namespace castaway {

template <class P>
ObjectKind kind_of(const Thread<P>& thread, Object& object) {
    return static_cast<ObjectKind>(thread.platform.load(object.type));
}

/// take() of objects/state.h, for a waiter of any thread; the place where seeded defects sit.
template <class P>
[[gnu::always_inline]] inline Take take_for(const Thread<P>& thread, ObjectKind kind,
                                            std::uint64_t state, std::uint32_t owner) {
    Take taken = take(kind, state, owner);
    if (taken.abandoned && thread.platform.mutated(Mutant::second_abandoned_notice)) {
        taken.next |= kAbandoned;
    }
    return taken;
}

/// Lets a timer's value catch up with the clock, and queues its routine. Requires the object's
/// lock.
template <class P>
void update_timer(Thread<P>& thread, Object& object) {
    P& platform = thread.platform;
    const auto due = static_cast<std::int64_t>(platform.load(object.detail));
    if (due == 0) {
        return;
    }
    const auto clock = static_cast<Clock>(platform.load(object.clock));
    const std::int64_t now = platform.now(clock);
    if (now < due) {
        return;
    }
    const RoutineGuard<P> calls(thread, has_routine(thread, object));
    Transaction<P> change(thread);
    const auto period = static_cast<std::int64_t>(platform.load(object.period));
    // Expiries that passed without a look count as one (rule TMR-08).
    const bool once = period <= 0 || platform.mutated(Mutant::timer_fires_once);
    const std::int64_t next = once ? 0 : due + ((now - due) / period + 1) * period;
    change.write(object.detail, static_cast<std::uint64_t>(next));
    change.write(object.state, with_value(change.read(object.state), 1));
    const auto called = expire_routine(thread, change, object, {due, clock}, next);
    change.commit();
    if (called) {
        alert(thread, *called);
    }
}

/// Makes the waiters of a timer compute anew how long they may sleep. Requires the object's lock.
template <class P>
void tell_new_due_time(Thread<P>& thread, Object& object) {
    P& platform = thread.platform;
    if (platform.mutated(Mutant::new_due_time_not_told)) {
        return;
    }
    QueueWalk walk(thread.region, object);
    for (std::uint64_t next = platform.load(object.queue_head); next != 0; walk.step()) {
        const WaiterRef ref = WaiterRef::unpack(next);
        Cell64& word = thread.region.thread(ref.thread).wait_word;
        std::uint64_t found = platform.load(word);
        for (;;) {
            WaitWord wait = WaitWord::unpack(found);
            if (wait.state != WaitState::waiting) {
                break;
            }
            wait.look_again = true;
            if (platform.cas(word, found, wait.pack())) {
                platform.futex_wake(futex_half(word), 1);
                break;
            }
        }
        next = platform.load(entry_of(thread.region, ref).next);
    }
}

/// The state after a hand-off; `next` but for seeded defects.
template <class P>
std::uint64_t after_handoff(const Thread<P>& thread, ObjectKind kind, std::uint64_t state,
                            std::uint64_t next) {
    const P& platform = thread.platform;
    const bool keeps_signal =
        (kind == ObjectKind::auto_event && platform.mutated(Mutant::auto_reset_releases_two)) ||
        (kind == ObjectKind::auto_timer && platform.mutated(Mutant::timer_stays_signaled)) ||
        (kind == ObjectKind::semaphore && platform.mutated(Mutant::semaphore_count_not_taken));
    if (keeps_signal) {
        return state;
    }
    const bool is_reset =
        kind == ObjectKind::manual_event && platform.mutated(Mutant::manual_reset_releases_one);
    return is_reset ? with_value(next, 0) : next;
}

/// Clears `has waiters` when nobody is queued. Requires the object's lock.
template <class P>
void forget_waiters(Thread<P>& thread, Object& object) {
    P& platform = thread.platform;
    if (platform.load(object.queue_head) != 0) {
        return;
    }
    // Alone with the lock, but not with the word: without waiters it is anybody's.
    std::uint64_t state = platform.load(object.state);
    while (has_waiters(state) && !platform.cas(object.state, state, state & ~kHasWaiters)) {
    }
}

template <class P>
WaitWord wait_of(const Thread<P>& thread, std::uint32_t waiter) {
    return WaitWord::unpack(thread.platform.load(thread.region.thread(waiter).wait_word));
}

/// What stands for a thread in the value of a mutex that it owns.
template <class P>
std::uint32_t owner_value(const Thread<P>& thread, std::uint32_t slot) {
    const ThreadEntry entry =
        ThreadEntry::unpack(thread.platform.load(thread.region.thread_entry(slot)));
    return mutex_owner(slot, entry.generation);
}

/// Satisfies waiters that wait for any of several while the object is signaled, unlinks those whose
/// wait is over, and clears `has waiters` when none is left. Requires the object's lock. Returns
/// whether the object is still signaled and somebody waits for it together with others: the caller
/// is to serve_waits_for_all() when it has released the lock, as ObjectGuard does.
template <class P>
bool settle(Thread<P>& thread, Object& object) {
    P& platform = thread.platform;
    const ObjectKind kind = kind_of(thread, object);
    if (is_timer(kind)) {
        update_timer(thread, object);
    }
    bool waited_for_with_others = false;
    QueueWalk walk(thread.region, object);
    std::uint64_t next = platform.load(object.queue_head);
    for (; next != 0; walk.step()) {
        const std::uint64_t state = platform.load(object.state);
        const WaiterRef ref = WaiterRef::unpack(next);
        const std::uint64_t following = platform.load(entry_of(thread.region, ref).next);
        Cell64& word = thread.region.thread(ref.thread).wait_word;
        const std::uint64_t found = platform.load(word);
        const WaitWord wait = WaitWord::unpack(found);

        Transaction<P> change(thread);
        const bool alive = !is_dead_thread(thread, ref.thread) ||
                           platform.mutated(Mutant::dead_waiter_eats_signal);
        if (wait.state != WaitState::waiting || !alive) {
            unlink(change, thread.region, object, ref);
            change.commit();
            next = following;
            continue;
        }
        if (!is_signaled(kind, state)) {
            return false;
        }
        if (wait.all) {
            waited_for_with_others = true;
            next = following;
            continue;
        }
        const Take taken = take_for(thread, kind, state, owner_value(thread, ref.thread));
        unlink(change, thread.region, object, ref);
        const std::uint64_t after = after_handoff(thread, kind, state, taken.next);
        if (after != state) {
            change.write(object.state, after);
        }
        const WaitWord satisfied{WaitState::satisfied, static_cast<std::uint8_t>(ref.entry),
                                 taken.abandoned, false, wait.epoch};
        // One that is no longer as it was found is looked at again.
        if (change.commit_by_handoff(ref.thread, found, satisfied.pack())) {
            if (kind == ObjectKind::semaphore && platform.mutated(Mutant::release_serves_one)) {
                return false;
            }
            next = following;
        }
    }
    forget_waiters(thread, object);
    return waited_for_with_others && is_signaled(kind, platform.load(object.state));
}

}  // namespace castaway
