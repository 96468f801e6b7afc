// Asynchronous procedure calls: queued for a thread by anybody, run by that thread in its alertable
// waits and nowhere else (rules WAIT-14 to WAIT-16).
//
// One lock, the innermost of all, guards the calls of all threads. Each thread has a queue of the
// calls that are due. A timer that was set with a routine has one call for as long as it is armed
// or that call is queued: the call is in its setter's list of timers while the timer is armed, and
// in its setter's queue when the timer has expired (at most once, however often that was).
//
// To queue:   under the lock: append in the journal, commit; if the thread is in an alertable wait,
//             move its wait word from `waiting` to `alerted`, and wake it.
// To wait:    run what is queued; else move the wait word to `waiting`, alertable; look at the
//             queue once more, and if there is a call now, move the word to `alerted` oneself.
//
// No call is slept through: who queues changes the queue first and looks at the word then, who
// waits does it the other way round, and both by read-modify-writes. The wait word decides: a wait
// was either satisfied, and the call stays for the next one, or was ended by the call and has taken
// nothing. Whoever dies between the commit and the wake-up has noted the lock: who gives back what
// it held alerts every thread that has calls, and wakes every one that is alerted
// (recovery/recover.h).
//
// No helper watches the timers. Whoever looks at a timer that has expired queues its call, together
// with the expiry, in one transaction (objects/settle.h); and the setter itself looks before each
// alertable wait and, sleeping, at the earliest due time in its list. So each call has a copy of
// its timer's due time, changed with it. Cancelling a timer, or setting it anew, by whichever
// process, takes the call out of list and queue (rule TMR-14); one that has left the queue runs.
#pragma once

#include <optional>

#include "castaway/win32.h"
#include "primitives/objects/wait_word.h"
#include "primitives/region/free_list.h"
#include "primitives/region/lock.h"

namespace castaway {

/// ApcSlot::state: bit 0 in the thread's queue | 1 in its list of timers | 2 clock of `due`
/// | 16-47 the thread's slot
struct ApcState {
    bool queued = false;
    bool armed = false;
    Clock clock = Clock::monotonic;
    std::uint32_t thread = 0;

    static ApcState unpack(std::uint64_t word) {
        return {(word & 1) != 0, (word & 2) != 0, static_cast<Clock>(word >> 2 & 1),
                static_cast<std::uint32_t>(word >> 16)};
    }
    [[nodiscard]] std::uint64_t pack() const {
        return std::uint64_t{queued} | std::uint64_t{armed} << 1 |
               static_cast<std::uint64_t>(clock) << 2 | std::uint64_t{thread} << 16;
    }
};

/// What a call is to run, in its thread's process.
struct ApcRoutine {
    std::uint64_t address = 0;  ///< 0: none
    std::uint64_t argument = 0;
};

/// A call that has left the queue.
struct DueApc {
    ApcRoutine routine;
    bool of_timer = false;
    std::int64_t expired_ns = 0;  ///< timer: when it was signaled, since 1970
};

/// A thread beyond the use of its slot.
struct ThreadRef {
    std::uint32_t slot = 0;
    std::uint64_t life = 0;
    bool operator==(const ThreadRef&) const = default;
};

/// Whether it is still that thread and can be opened and sent calls. Exact under the lock of calls.
template <class P>
bool is_open_thread(const Thread<P>& thread, const ThreadRef& ref) {
    P& platform = thread.platform;
    ThreadSlot& slot = thread.region.thread(ref.slot);
    if (platform.load(slot.id) == 0 || platform.load(slot.life) != ref.life) {
        return false;
    }
    // A prepared slot's mark may be that of the thread which had it before.
    return !is_dead_thread(thread, ref.slot) ||
           ThreadEntry::unpack(platform.load(thread.region.thread_entry(ref.slot))).prepared;
}

/// Ends the thread's wait, if it is in an alertable one. Requires the lock of calls, and that a
/// call is in the thread's queue.
///
/// The word is looked at by a compare-and-swap, even where that changes nothing. A load could be
/// made before the stores that queued the call are seen: then this would find no wait, and a wait
/// that begins at that moment no call. Of two read-modify-writes of one word, the one that makes
/// the thread wait comes before this one, which finds it, or after it and all that was stored
/// before.
template <class P>
void alert(Thread<P>& thread, std::uint32_t slot) {
    P& platform = thread.platform;
    Cell64& word = thread.region.thread(slot).wait_word;
    std::uint64_t found = platform.load(word);
    for (;;) {
        const WaitWord wait = WaitWord::unpack(found);
        const bool ends_it = wait.state == WaitState::waiting &&
                             (wait.alertable || platform.mutated(Mutant::call_ends_every_wait));
        if (!ends_it && platform.mutated(Mutant::look_overtakes_call)) {
            return;
        }
        const WaitWord alerted{WaitState::alerted, 0, false, false, wait.epoch};
        if (platform.cas(word, found, ends_it ? alerted.pack() : found)) {
            if (ends_it && slot != thread.slot) {
                platform.futex_wake(futex_half(word), 1);
            }
            return;
        }
    }
}

/// Whether anything is queued for the calling thread.
template <class P>
bool has_due_apcs(const Thread<P>& thread) {
    return thread.platform.load(thread.self().apc_head) != 0;
}

/// Whether a timer has a routine. Under the timer's lock "no" stays true.
template <class P>
bool has_routine(const Thread<P>& thread, Object& timer) {
    return thread.platform.load(timer.apc) != 0;
}

/// Holds the lock of calls for its lifetime, if needed.
template <class P>
class RoutineGuard {
  public:
    RoutineGuard(Thread<P>& thread, bool needed) {
        if (needed) {
            guard_.emplace(thread, thread.region.header().apc_lock);
        }
    }

  private:
    std::optional<LockGuard<P>> guard_;
};

namespace detail {

// All of these require the lock of calls until after the commit.

/// A singly linked list of calls, by the cell that begins it and the one that links it.
template <class P, class Next>
void unlink_apc(Transaction<P>& change, const RegionView& region, Cell64& head, std::uint32_t call,
                Next next, Cell64* tail = nullptr) {
    Cell64* link = &head;
    std::uint64_t previous = 0;
    for (std::uint32_t i = 0; change.read(*link) != std::uint64_t{call} + 1; ++i) {
        previous = change.read(*link);
        if (previous == 0 || i == region.geometry().apcs) {
            region_damaged("list of procedure call", call);
        }
        link = &next(region.apc(previous - 1));
    }
    const std::uint64_t following = change.read(next(region.apc(call)));
    if (following == std::uint64_t{call} + 1) {
        region_damaged("list of procedure call", call);
    }
    change.write(*link, following);
    if (tail != nullptr && following == 0) {
        change.write(*tail, previous);
    }
}

inline Cell64& next_due(ApcSlot& call) {
    return call.next;
}
inline Cell64& next_armed(ApcSlot& call) {
    return call.next_timer;
}

template <class P>
std::optional<std::uint32_t> take_apc(Thread<P>& thread, Transaction<P>& change) {
    const RegionView& region = thread.region;
    return take_slot(
        thread, change, region.header().free_apcs, region.geometry().apcs,
        [&](std::uint64_t i) -> Cell64& { return region.apc(i).next; },
        [&](std::uint64_t i) { return region.offsets().apcs + i * sizeof(ApcSlot); },
        sizeof(ApcSlot));
}

template <class P>
void give_apc(Thread<P>& thread, Transaction<P>& change, std::uint32_t call) {
    give_slot(change, thread.region.header().free_apcs, call,
              [&](std::uint64_t i) -> Cell64& { return thread.region.apc(i).next; });
}

/// Everything of a call but its links. Through the journal: its slot may just have been given up in
/// the same transaction.
template <class P>
void write_apc(Transaction<P>& change, ApcSlot& call, const ApcRoutine& routine,
               const ApcState& state) {
    change.write(call.routine, routine.address);
    change.write(call.argument, routine.argument);
    change.write(call.timer, 0);
    change.write(call.state, state.pack());
}

/// \param last_first a seeded defect
template <class P>
void append_apc(Transaction<P>& change, const RegionView& region, std::uint32_t to,
                std::uint32_t call, bool last_first) {
    ThreadSlot& slot = region.thread(to);
    const std::uint64_t tail = change.read(slot.apc_tail);
    if (last_first) {
        change.write(region.apc(call).next, change.read(slot.apc_head));
        change.write(slot.apc_head, std::uint64_t{call} + 1);
        if (tail == 0) {
            change.write(slot.apc_tail, std::uint64_t{call} + 1);
        }
        return;
    }
    change.write(region.apc(call).next, 0);
    change.write(tail == 0 ? slot.apc_head : region.apc(tail - 1).next, std::uint64_t{call} + 1);
    change.write(slot.apc_tail, std::uint64_t{call} + 1);
}

template <class P>
void remove_due_apc(Transaction<P>& change, const RegionView& region, std::uint32_t of,
                    std::uint32_t call) {
    ThreadSlot& slot = region.thread(of);
    unlink_apc(change, region, slot.apc_head, call, next_due, &slot.apc_tail);
}

}  // namespace detail

/// Queues a call (rule WAIT-22). Returns a Win32 error: the thread has ended (31), there are too
/// many calls in the region (1450).
template <class P>
std::uint32_t queue_apc(Thread<P>& thread, const ThreadRef& to, const ApcRoutine& routine) {
    const LockGuard guard(thread, thread.region.header().apc_lock);
    if (!is_open_thread(thread, to)) {
        return ERROR_GEN_FAILURE;
    }
    P& platform = thread.platform;
    const std::uint32_t slot =
        platform.mutated(Mutant::call_goes_to_its_queuer) ? thread.slot : to.slot;
    Transaction<P> change(thread);
    const auto call = detail::take_apc(thread, change);
    if (!call) {
        return ERROR_NO_SYSTEM_RESOURCES;
    }
    detail::write_apc(change, thread.region.apc(*call), routine,
                      ApcState{true, false, Clock::monotonic, slot});
    detail::append_apc(change, thread.region, slot, *call,
                       platform.mutated(Mutant::calls_run_last_first));
    change.commit();
    platform.crash_point(CrashPoint::call_queued);
    if (!platform.mutated(Mutant::call_ends_no_wait)) {
        alert(thread, slot);
    }
    return ERROR_SUCCESS;
}

/// The first call in the calling thread's queue, taken out of it.
template <class P>
std::optional<DueApc> take_due_apc(Thread<P>& thread) {
    if (!has_due_apcs(thread)) {
        return std::nullopt;
    }
    const RegionView& region = thread.region;
    const LockGuard guard(thread, region.header().apc_lock);
    Transaction<P> change(thread);
    const std::uint64_t head = change.read(thread.self().apc_head);
    if (head == 0) {
        return std::nullopt;
    }
    const auto slot = static_cast<std::uint32_t>(head - 1);
    ApcSlot& call = region.apc(slot);
    const std::uint64_t timer = change.read(call.timer);
    const DueApc due{{change.read(call.routine), change.read(call.argument)},
                     timer != 0,
                     static_cast<std::int64_t>(change.read(call.expired))};
    ApcState state = ApcState::unpack(change.read(call.state));
    if (!state.queued) {
        region_damaged("queue of procedure calls, which holds call", slot);
    }
    detail::remove_due_apc(change, region, thread.slot, slot);
    if (state.armed) {
        state.queued = false;
        change.write(call.state, state.pack());
    } else {
        if (timer != 0) {
            change.write(region.object(timer - 1).apc, 0);
        }
        detail::give_apc(thread, change, slot);
    }
    change.commit();
    return due;
}

// Calls of timers. All of these require the timer's lock and, where it has a routine or gets one,
// the lock of calls, both until after the commit.

/// Takes the routine away from a timer that has one, wherever its call is.
template <class P>
void drop_routine(Thread<P>& thread, Transaction<P>& change, Object& timer) {
    const RegionView& region = thread.region;
    const std::uint64_t found = change.read(timer.apc);
    if (found == 0) {
        return;
    }
    const auto slot = static_cast<std::uint32_t>(found - 1);
    ApcState state = ApcState::unpack(change.read(region.apc(slot).state));
    const bool stays =
        state.queued && thread.platform.mutated(Mutant::call_of_cancelled_timer_runs);
    if (state.queued && !stays) {
        detail::remove_due_apc(change, region, state.thread, slot);
    }
    if (state.armed) {
        detail::unlink_apc(change, region, region.thread(state.thread).apc_timers, slot,
                           detail::next_armed);
    }
    change.write(timer.apc, 0);
    if (stays) {
        state.armed = false;
        change.write(region.apc(slot).state, state.pack());
        change.write(region.apc(slot).timer, 0);
        return;
    }
    detail::give_apc(thread, change, slot);
}

/// Gives a timer that is being armed a routine, which the calling thread will run. False when there
/// are too many calls.
template <class P>
bool give_routine(Thread<P>& thread, Transaction<P>& change, Object& timer,
                  const ApcRoutine& routine, const Deadline& due) {
    const RegionView& region = thread.region;
    const auto slot = detail::take_apc(thread, change);
    if (!slot) {
        return false;
    }
    ApcSlot& call = region.apc(*slot);
    detail::write_apc(change, call, routine, ApcState{false, true, due.clock, thread.slot});
    change.write(call.timer, std::uint64_t{region.slot_of(timer)} + 1);
    change.write(call.due, static_cast<std::uint64_t>(due.ns));
    change.write(call.next_timer, change.read(thread.self().apc_timers));
    change.write(thread.self().apc_timers, std::uint64_t{*slot} + 1);
    change.write(timer.apc, std::uint64_t{*slot} + 1);
    return true;
}

/// The timer has expired, and is armed for `next` (0: no more). Queues its routine, and returns
/// whom to alert after the commit.
template <class P>
std::optional<std::uint32_t> expire_routine(Thread<P>& thread, Transaction<P>& change,
                                            Object& timer, const Deadline& expired,
                                            std::int64_t next) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    const std::uint64_t found = change.read(timer.apc);
    if (found == 0) {
        return std::nullopt;
    }
    const auto slot = static_cast<std::uint32_t>(found - 1);
    ApcSlot& call = region.apc(slot);
    ApcState state = ApcState::unpack(change.read(call.state));
    if (next == 0 && state.armed) {
        detail::unlink_apc(change, region, region.thread(state.thread).apc_timers, slot,
                           detail::next_armed);
        state.armed = false;
    }
    change.write(call.due, static_cast<std::uint64_t>(next));
    if (!state.queued) {
        const std::int64_t late = platform.now(expired.clock) - expired.ns;
        change.write(call.expired,
                     static_cast<std::uint64_t>(expired.clock == Clock::realtime
                                                    ? expired.ns
                                                    : platform.now(Clock::realtime) - late));
        if (platform.mutated(Mutant::routine_run_by_onlooker) && !state.armed) {
            state.thread = thread.slot;
        }
        detail::append_apc(change, region, state.thread, slot,
                           platform.mutated(Mutant::calls_run_last_first));
        state.queued = true;
    }
    change.write(call.state, state.pack());
    return state.thread;
}

/// A timer with a routine, as its setter's list has it.
struct ArmedTimer {
    std::uint32_t call = 0;
    std::uint32_t object = 0;
    Deadline due;
};

/// Of those in a thread's list, the one that expires first. Requires no lock of calls.
template <class P>
std::optional<ArmedTimer> first_armed_timer(Thread<P>& thread, std::uint32_t of) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    Cell64& head = region.thread(of).apc_timers;
    if (platform.load(head) == 0) {
        return std::nullopt;
    }
    const LockGuard guard(thread, region.header().apc_lock);
    std::optional<ArmedTimer> first;
    std::int64_t least = Deadline::kNever;
    std::uint64_t next = platform.load(head);
    for (std::uint32_t i = 0; next != 0 && i < region.geometry().apcs; ++i) {
        ApcSlot& call = region.apc(next - 1);
        const Deadline due{static_cast<std::int64_t>(platform.load(call.due)),
                           ApcState::unpack(platform.load(call.state)).clock};
        const std::int64_t left = due.ns - platform.now(due.clock);
        if (!first || left < least) {
            least = left;
            first = {static_cast<std::uint32_t>(next - 1),
                     static_cast<std::uint32_t>(platform.load(call.timer) - 1), due};
        }
        next = platform.load(call.next_timer);
    }
    return first;
}

/// Whether work on a thread's list of timers gets on: what has been dealt with is not first again.
class TimersProgress {
  public:
    void note(const ArmedTimer& first) {
        constexpr int kRepeatsMax = 1'000;
        const bool again = first.call == last_.call && first.due.ns == last_.due.ns;
        repeats_ = again ? repeats_ + 1 : 0;
        last_ = first;
        if (repeats_ == kRepeatsMax) {
            region_damaged("the list of timers, whose procedure call", first.call);
        }
    }

  private:
    ArmedTimer last_;
    int repeats_ = 0;
};

}  // namespace castaway
