// The calls that change an object's state: set, reset, pulse, release, arm, cancel.
//
// Without waiters each is one compare-and-swap on the state word. With waiters, and always for
// timers, it is a change under the object's lock followed by settle().
#pragma once

#include <algorithm>
#include <optional>

#include "primitives/objects/lifetime.h"
#include "primitives/objects/settle_all.h"

namespace castaway {

namespace detail {

/// change_state() where threads wait.
template <class P, class Rule>
[[gnu::noinline]] bool change_state_and_serve(Thread<P>& thread, Target target, Rule rule) {
    P& platform = thread.platform;
    Object& object = thread.region.known_object(target.object);
    ObjectGuard guard(thread, object);
    std::uint64_t state = platform.load(object.state);
    do {
        if (generation_of(state) != target.generation) {
            return false;
        }
    } while (!platform.cas(object.state, state, rule(state)));
    platform.crash_point(CrashPoint::signal_state_set);
    guard.settle();
    return true;
}

}  // namespace detail

/// Changes the state word by a compare-and-swap, without the lock where nobody waits.
/// \param rule state -> the state it becomes; may run several times
/// Returns false when the object is gone.
template <class P, class Rule>
[[gnu::always_inline]] inline bool change_state(Thread<P>& thread, const Target& target,
                                                Rule rule) {
    P& platform = thread.platform;
    Object& object = thread.region.known_object(target.object);
    std::uint64_t state = platform.load(object.state);
    for (;;) {
        if (generation_of(state) != target.generation) {
            return false;
        }
        const std::uint64_t next = rule(state);
        if (next == state) {
            return true;
        }
        if (has_waiters(state)) {
            return detail::change_state_and_serve(thread, target, rule);
        }
        if (platform.cas(object.state, state, next)) {
            return true;
        }
    }
}

template <class P>
[[gnu::always_inline]] inline std::uint32_t set_event(Thread<P>& thread, const Target& event) {
    bool refused = false;
    const auto rule = [&](std::uint64_t state) {
        refused = value_of(state) != 0 && thread.platform.mutated(Mutant::second_set_refused);
        const bool stays = value_of(state) != 0 && has_waiters(state);
        return stays ? state : with_signal(with_value(state, 1));
    };
    return change_state(thread, event, rule) && !refused ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

template <class P>
std::uint32_t reset_event(Thread<P>& thread, const Target& event) {
    const bool lost = thread.platform.mutated(Mutant::reset_lost);
    const auto rule = [lost](std::uint64_t state) { return lost ? state : with_value(state, 0); };
    return change_state(thread, event, rule) ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

namespace detail {

/// Satisfies those who wait for any of several as if the event were set: all of them, or the first
/// when it is auto-reset. Returns how many of those who wait for it together with others may be
/// satisfied besides. Requires the event's lock, and that it is not set.
template <class P>
std::uint32_t pulse_waiters_for_any(Thread<P>& thread, Object& event) {
    P& platform = thread.platform;
    const bool releases_one = kind_of(thread, event) == ObjectKind::auto_event;
    std::uint32_t others = 0;
    QueueWalk walk(thread.region, event);
    for (std::uint64_t next = platform.load(event.queue_head); next != 0; walk.step()) {
        const WaiterRef ref = WaiterRef::unpack(next);
        const std::uint64_t following = platform.load(entry_of(thread.region, ref).next);
        const std::uint64_t found = platform.load(thread.region.thread(ref.thread).wait_word);
        const WaitWord wait = WaitWord::unpack(found);
        if (wait.state != WaitState::waiting || wait.all || is_dead_thread(thread, ref.thread)) {
            others += wait.all ? 1U : 0U;
            next = following;
            continue;
        }
        Transaction<P> change(thread);
        unlink(change, thread.region, event, ref);
        const WaitWord satisfied{WaitState::satisfied, static_cast<std::uint8_t>(ref.entry), false,
                                 false, wait.epoch};
        if (change.commit_by_handoff(ref.thread, found, satisfied.pack())) {
            if (releases_one) {
                return 0;
            }
            next = following;
        }
    }
    return releases_one ? std::min(others, 1U) : others;
}

}  // namespace detail

/// Releases who waits at this moment, and leaves the event not set (rules EVT-08, EVT-09). The
/// event's word never says that it is set meanwhile, so nobody who comes later is released by it,
/// but for those who begin to wait for it together with others while the call lasts. A death in
/// the middle has released some and not the others.
template <class P>
std::uint32_t pulse_event(Thread<P>& thread, const Target& event) {
    P& platform = thread.platform;
    if (platform.mutated(Mutant::pulse_leaves_signal)) {
        return set_event(thread, event);
    }
    if (platform.mutated(Mutant::pulse_reaches_nobody)) {
        return reset_event(thread, event);
    }
    Object& object = thread.region.object(event.object);
    std::uint64_t state = platform.load(object.state);
    while (generation_of(state) == event.generation && !has_waiters(state)) {
        if (value_of(state) == 0 || platform.cas(object.state, state, with_value(state, 0))) {
            return ERROR_SUCCESS;
        }
    }
    std::uint32_t others = 0;
    {
        const LockGuard guard(thread, object.lock);
        state = platform.load(object.state);
        do {
            if (generation_of(state) != event.generation) {
                return ERROR_INVALID_HANDLE;
            }
        } while (value_of(state) != 0 && !platform.cas(object.state, state, with_value(state, 0)));
        others = detail::pulse_waiters_for_any(thread, object);
        settle(thread, object);
    }
    std::optional<detail::WaiterForAll> waiter;
    while (others != 0 && (waiter = detail::next_for_all(thread, object, waiter, true))) {
        others -= detail::satisfy_if_all_signaled(thread, *waiter, event.object) ? 1U : 0U;
    }
    return ERROR_SUCCESS;
}

/// Requires count > 0. Rules SEM-03, SEM-04.
template <class P>
[[gnu::always_inline]] inline std::uint32_t release_semaphore(Thread<P>& thread,
                                                              const Target& semaphore,
                                                              std::int32_t count,
                                                              std::int32_t& previous) {
    const std::uint64_t maximum =
        thread.platform.load(thread.region.object(semaphore.object).detail);
    std::uint32_t before = 0;
    bool fits = false;
    const bool there = change_state(thread, semaphore, [&](std::uint64_t state) {
        before = value_of(state);
        const std::uint64_t after = std::uint64_t{before} + static_cast<std::uint32_t>(count);
        fits = after <= maximum || thread.platform.mutated(Mutant::semaphore_over_maximum);
        if (!fits && thread.platform.mutated(Mutant::refused_release_counts)) {
            return with_value(state, static_cast<std::uint32_t>(maximum));
        }
        if (!fits) {
            return has_waiters(state) ? state : with_signal(state);
        }
        return with_signal(with_value(state, static_cast<std::uint32_t>(after)));
    });
    if (!there) {
        return ERROR_INVALID_HANDLE;
    }
    if (!fits) {
        return ERROR_TOO_MANY_POSTS;
    }
    previous = static_cast<std::int32_t>(before);
    if (thread.platform.mutated(Mutant::previous_count_wrong)) {
        previous += count;
    }
    return ERROR_SUCCESS;
}

/// Rules MTX-02, MTX-03.
template <class P>
[[gnu::always_inline]] inline std::uint32_t release_mutex(Thread<P>& thread, const Target& mutex) {
    P& platform = thread.platform;
    Object& object = thread.region.object(mutex.object);
    const std::uint64_t state = platform.load(object.state);
    if (generation_of(state) != mutex.generation) {
        return ERROR_INVALID_HANDLE;
    }
    if (value_of(state) != mutex_owner(thread.slot, thread.generation) &&
        !platform.mutated(Mutant::release_by_anybody)) {
        return ERROR_NOT_OWNER;
    }
    // The recursion count is the owner's alone, and it is 0 whenever ownership changes.
    if (const std::uint64_t recursion = platform.load(object.detail); recursion != 0) {
        platform.store(object.detail, recursion - 1);
        return ERROR_SUCCESS;
    }
    platform.crash_point(CrashPoint::mutex_before_release);
    change_state(thread, mutex, [](std::uint64_t now) { return with_signal(with_value(now, 0)); });
    --thread.mutexes_owned;
    return ERROR_SUCCESS;
}

/// Arms a timer: it becomes non-signaled and expires at `due`, then every `period_ns` (0: once). A
/// routine is queued to the calling thread then; one of before is dropped (rules TMR-09, TMR-14).
template <class P>
std::uint32_t set_timer(Thread<P>& thread, const Target& timer, Deadline due,
                        std::int64_t period_ns, const ApcRoutine& routine = {}) {
    P& platform = thread.platform;
    Object& object = thread.region.object(timer.object);
    if (platform.mutated(Mutant::timer_early)) {
        due.ns -= (due.ns - platform.now(due.clock)) / 5;
    }
    ObjectGuard guard(thread, object);
    if (generation_of(platform.load(object.state)) != timer.generation) {
        return ERROR_INVALID_HANDLE;
    }
    {
        const RoutineGuard<P> calls(thread, routine.address != 0 || has_routine(thread, object));
        Transaction<P> change(thread);
        if (platform.mutated(Mutant::old_due_time_stays) && change.read(object.detail) != 0) {
            due.ns = static_cast<std::int64_t>(change.read(object.detail));
        }
        drop_routine(thread, change, object);
        if (routine.address != 0 && !give_routine(thread, change, object, routine, due)) {
            return ERROR_NO_SYSTEM_RESOURCES;
        }
        // Nobody changes a timer's word without the lock, waiters or not.
        change.write(object.state, with_value(change.read(object.state), 0));
        change.write(object.detail, static_cast<std::uint64_t>(due.ns));
        change.write(object.clock, static_cast<std::uint64_t>(due.clock));
        change.write(object.period, static_cast<std::uint64_t>(period_ns));
        change.commit();
    }
    platform.crash_point(CrashPoint::signal_state_set);
    tell_new_due_time(thread, object);
    guard.settle();
    return ERROR_SUCCESS;
}

/// Disarms a timer; an expiry before now stands (rule TMR-06), but its routine is dropped (rule
/// TMR-14).
template <class P>
std::uint32_t cancel_timer(Thread<P>& thread, const Target& timer) {
    P& platform = thread.platform;
    Object& object = thread.region.object(timer.object);
    ObjectGuard guard(thread, object);
    if (generation_of(platform.load(object.state)) != timer.generation) {
        return ERROR_INVALID_HANDLE;
    }
    guard.settle();
    if (!platform.mutated(Mutant::timer_not_cancelled)) {
        const RoutineGuard<P> calls(thread, has_routine(thread, object));
        Transaction<P> change(thread);
        change.write(object.detail, 0);
        drop_routine(thread, change, object);
        change.commit();
    }
    return ERROR_SUCCESS;
}

}  // namespace castaway
