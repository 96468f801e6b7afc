// Giving back what the dead held.
//
// One thread at a time does this, the holder of the recovery lock. Every step can be done twice, so
// the recoverer may die anywhere; the next one takes the lock over from it and begins again.
//
// Step 1, for each thread that is marked dead: end its transaction, then release its locks. Only
// the thread's own slot says what there is to do, and a marked thread never runs again, so this
// needs no other lock and nothing of the thread's process. It comes first for all the dead: step 2
// takes locks that any of them may hold.
//
// Step 2, for each process all of whose threads are gone: settle the objects whose locks its
// threads held (a signal may have been set and nobody served yet); take its threads out of the
// queues they waited in; abandon its mutexes; drop its procedure calls and cancel its timers with
// routines; close its handles; free its slots. After a SIGKILL
// the threads of a process die one by one, and one of them may still run and change the process's
// handle table when another is marked: hence "all". The process's directory entry is made `ending`
// first. From then on no thread of it can join (a thread that claims a slot looks at the entry
// afterwards), so when each thread that has a slot is marked, none is left. If one is not, the
// pidfd has the last word; that covers threads that died while they joined or left. But a process
// that has executed another program lives, under the same identity: it has ended for us when it
// takes part once more. How all this is judged: recovery/life.h.
//
// A thread that is marked while its process lives has step 2 done for it alone: all but the
// handles, which are its process's.
//
// The recovery lock is the outermost of all. A thread that finds the holder of an inner lock dead
// does step 1 at once if it can have the recovery lock without waiting; if not, the holder of that
// lock does it as soon as any lock keeps it waiting.
#pragma once

#include "primitives/objects/inherit.h"
#include "primitives/objects/thread_object.h"
#include "primitives/objects/wait.h"
#include "primitives/recovery/dead_transactions.h"
#include "primitives/recovery/life.h"
#include "primitives/recovery/recovery_guard.h"

namespace castaway {

namespace detail {

/// Makes a mutex abandoned, and serves its waiters, if a thread of that process owns it. With
/// `only_thread`, if that thread does.
template <class P>
void abandon_if_owned(Thread<P>& thread, Object& object, std::uint32_t process,
                      std::optional<std::uint32_t> only_thread) {
    P& platform = thread.platform;
    const auto owned = [&](std::uint64_t state) {
        const std::uint32_t value = value_of(state);
        if (value == 0) {
            return false;
        }
        const std::uint32_t owner = owner_slot(value);
        const ThreadEntry entry =
            ThreadEntry::unpack(platform.load(thread.region.thread_entry(owner)));
        const bool of_process =
            entry.process == process ||
            (!only_thread && platform.mutated(Mutant::live_owner_taken_for_dead));
        return entry.state != SlotState::free && of_process &&
               value == mutex_owner(owner, entry.generation) &&
               (!only_thread || owner == *only_thread);
    };
    if (kind_of(thread, object) != ObjectKind::mutex || !owned(platform.load(object.state)) ||
        platform.mutated(Mutant::robustness_left_out)) {
        return;
    }
    ObjectGuard guard(thread, object);
    std::uint64_t state = platform.load(object.state);
    if (kind_of(thread, object) != ObjectKind::mutex || !owned(state)) {
        return;
    }
    platform.crash_point(CrashPoint::recover_before_abandon);
    if (!platform.mutated(Mutant::recursion_outlives_owner)) {
        platform.store(object.detail, 0);
    }
    const std::uint64_t mark = platform.mutated(Mutant::mutex_not_abandoned) ? 0 : kAbandoned;
    // The owner cannot change the word any more; a waiter may still set its flag.
    while (!platform.cas(object.state, state, with_value(state, 0) | mark)) {
    }
    platform.crash_point(CrashPoint::signal_state_set);
    guard.settle();
    free_if_unused(thread, object);
}

/// Abandons what a process, or one thread of it, owns. The object table is searched, not the
/// process's handles: it may own a mutex whose handle it has closed, and come to own it after that
/// by a wait that was under way.
template <class P>
void abandon_mutexes(Thread<P>& thread, std::uint32_t process,
                     std::optional<std::uint32_t> only_thread) {
    const std::uint64_t objects = thread.platform.load(thread.region.header().free_objects.fresh);
    for (std::uint64_t i = 0; i < objects; ++i) {
        abandon_if_owned(thread, thread.region.object(i), process, only_thread);
    }
}

/// Settles the objects whose locks a dead thread had noted. Its locks are released already.
template <class P>
void settle_after(Thread<P>& thread, std::uint32_t dead) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    const Offsets& at = region.offsets();
    for (Cell64& noted : region.thread(dead).locks) {
        const std::uint64_t offset = platform.load(noted);
        if (offset == 0) {
            continue;
        }
        if (offset >= at.objects && offset < at.name_cells) {
            Object& object = region.object((offset - at.objects) / sizeof(Object));
            ObjectGuard guard(thread, object);
            if (is_timer(kind_of(thread, object))) {
                tell_new_due_time(thread, object);
            }
            guard.settle();
            free_if_unused(thread, object);
        }
        if (offset == region.offset_of(&region.header().apc_lock) &&
            !platform.mutated(Mutant::dead_queuer_not_finished)) {
            alert_all_due(thread);
        }
        platform.store(noted, 0);
    }
}

/// Takes a dead thread out of the queues it waited in.
template <class P>
void end_wait_of(Thread<P>& thread, std::uint32_t dead) {
    P& platform = thread.platform;
    ThreadSlot& slot = thread.region.thread(dead);
    std::uint64_t word = platform.load(slot.wait_word);
    WaitWord wait = WaitWord::unpack(word);
    while (wait.state == WaitState::waiting) {
        const WaitWord withdrawn{WaitState::withdrawn, 0, false, false, wait.epoch};
        if (platform.cas(slot.wait_word, word, withdrawn.pack())) {
            break;
        }
        wait = WaitWord::unpack(word);
    }
    for (std::uint32_t i = 0; i < kWaitObjectsMax; ++i) {
        const std::uint64_t object = platform.load(slot.waits[i].object);
        if (object != 0 || platform.mutated(Mutant::empty_entry_followed)) {
            leave_queue(thread, thread.region.object(object - 1), WaiterRef{dead, i});
            platform.store(slot.waits[i].object, 0);
        }
    }
    platform.store(slot.wait_word,
                   WaitWord{WaitState::idle, 0, false, false, wait.epoch + 1}.pack());
}

/// Whether a seeded defect leaves this dead thread in the queues it waits in.
template <class P>
bool stays_queued(const Thread<P>& thread, std::uint32_t dead) {
    return thread.platform.mutated(Mutant::dead_waiter_eats_signal) &&
           WaitWord::unpack(thread.platform.load(thread.region.thread(dead).wait_word)).state ==
               WaitState::waiting;
}

}  // namespace detail

/// Step 2 for each thread that is marked dead while its process lives: it has ended without leaving
/// (a bare system call, a call from the last of all destructors). Requires the recovery lock, and
/// step 1 done.
template <class P>
void give_back_threads(Thread<P>& thread) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    const std::uint64_t seen = platform.load(region.header().threads_seen);
    for (std::uint32_t slot = 0; slot < seen; ++slot) {
        const ThreadEntry entry = ThreadEntry::unpack(platform.load(region.thread_entry(slot)));
        if (entry.state != SlotState::live || !is_dead_thread(thread, slot)) {
            continue;
        }
        // Where the process is killed its threads go with it, in one piece. The helper's first
        // word is marked before the word of the helper as a thread.
        const ProcessEntry process =
            ProcessEntry::unpack(platform.load(region.process_entry(entry.process)));
        if (process.state != SlotState::live ||
            platform.is_marked_dead(region.process(entry.process).liveness[0])) {
            continue;
        }
        // It may have been marked since step 1.
        detail::end_dead_transaction(thread, slot);
        detail::settle_after(thread, slot);
        detail::end_wait_of(thread, slot);
        detail::abandon_mutexes(thread, entry.process, slot);
        end_apcs(thread, slot);
        mark_thread_ended(thread, {slot, platform.load(region.thread(slot).life)}, 0);
        platform.crash_point(CrashPoint::recover_done);
        free_thread_slot(platform, region, slot);
    }
}

/// Whether a thread of the calling thread's process has ended without leaving.
/// \param next the slot to begin at; the next look is to go on where this one ends
/// \param most slots to look at
template <class P>
bool own_thread_is_dead(const Thread<P>& thread, std::uint32_t& next, std::uint32_t most) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    const auto seen = static_cast<std::uint32_t>(platform.load(region.header().threads_seen));
    for (std::uint32_t looked = 0; looked < seen && looked < most; ++looked) {
        const std::uint32_t slot = next < seen ? next : 0;
        next = slot + 1;
        const ThreadEntry entry = ThreadEntry::unpack(platform.load(region.thread_entry(slot)));
        if (entry.state == SlotState::live && entry.process == thread.process &&
            is_dead_thread(thread, slot)) {
            return true;
        }
    }
    return false;
}

/// Makes the helpers of the processes before `process` look around again.
template <class P>
void ring_watchers_of(P& platform, const RegionView& region, std::uint32_t process) {
    const auto seen = static_cast<std::uint32_t>(platform.load(region.header().processes_seen));
    std::size_t rung = 0;
    for (std::uint32_t step = 1; step < seen && rung < kWatchersMax; ++step) {
        const std::uint32_t before = (process + seen - step) % seen;
        const ProcessEntry entry =
            ProcessEntry::unpack(platform.load(region.process_entry(before)));
        if (before != process && entry.state == SlotState::live) {
            Cell32& bell = region.process(before).bell;
            platform.fetch_add(bell, 1);
            platform.futex_wake(bell, 1);
            ++rung;
        }
    }
}

/// Step 2: gives back everything of a process that is gone. Requires the recovery lock, and step 1
/// done.
template <class P>
void give_back(Thread<P>& thread, std::uint32_t process) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    detail::for_each_thread_of(thread, process, [&](std::uint32_t slot, const ThreadEntry& entry) {
        // A slot that is only claimed may have no memory.
        if (entry.state == SlotState::live && !detail::stays_queued(thread, slot)) {
            if (!platform.mutated(Mutant::dead_signaler_not_finished)) {
                detail::settle_after(thread, slot);
            }
            detail::end_wait_of(thread, slot);
        }
    });
    detail::abandon_mutexes(thread, process, std::nullopt);
    const auto for_each_known_thread = [&](auto visit) {
        detail::for_each_thread_of(thread, process,
                                   [&](std::uint32_t slot, const ThreadEntry& entry) {
                                       if (entry.is_known()) {
                                           visit(slot);
                                       }
                                   });
    };
    for_each_known_thread([&](std::uint32_t slot) { end_apcs(thread, slot); });
    // Whoever puts a handle into its table from here on sees that the process is not live.
    { const LockGuard barrier(thread, region.process(process).handles_lock); }
    if (!platform.mutated(Mutant::handles_outlive_death)) {
        close_all_handles(thread, process, [&platform] {
            platform.crash_point(CrashPoint::recover_before_close_handle);
        });
    }
    const std::uint32_t code = code_of_own_end(thread, process);
    for_each_known_thread([&](std::uint32_t slot) {
        mark_thread_ended(thread, {slot, platform.load(region.thread(slot).life)}, code);
    });
    const ProcessEntry entry = ProcessEntry::unpack(platform.load(region.process_entry(process)));
    mark_process_ended(thread, process, entry.identity);
    platform.crash_point(CrashPoint::recover_done);
    // The marks in the liveness words stay until the next owners take the words: were they wiped
    // here, a death between that and the next line would leave an entry whose process never looks
    // dead.
    detail::for_each_thread_of(thread, process, [&](std::uint32_t of, const ThreadEntry&) {
        if (!detail::stays_queued(thread, of) &&
            !platform.mutated(Mutant::dead_threads_keep_slots)) {
            free_thread_slot(platform, region, of);
        }
    });
    free_process_slot(platform, region, process);
    ring_watchers_of(platform, region, process);
}

template <class P>
void release_locks_of_dead(Thread<P>& thread) {
    if (holds_recovery_lock(thread)) {
        detail::end_dead_transactions(thread);
        return;
    }
    using Guard = detail::RecoveryGuard<P>;
    const Guard guard(thread, Guard::Patience::take_or_leave);
    if (guard.held()) {
        detail::end_dead_transactions(thread);
    }
}

template <class P>
bool somebody_is_dead(Thread<P>& thread) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    const std::uint64_t seen = platform.load(region.header().processes_seen);
    detail::Claimants<P> claimants(thread);
    for (std::uint32_t process = 0; process < seen; ++process) {
        const ProcessEntry entry =
            ProcessEntry::unpack(platform.load(region.process_entry(process)));
        const SlotState state = entry.state;
        // One that has died before it could attach is nobody's neighbour (rule INH-08).
        if (state == SlotState::ending ||
            (state == SlotState::claimed && !is_foreign(platform, entry.identity) &&
             claimants.is_gone(process, entry.identity)) ||
            (state == SlotState::live && process != thread.process &&
             platform.is_marked_dead(region.process(process).liveness[0]))) {
            return true;
        }
    }
    return false;
}

template <class P>
std::optional<ProcessIdentity> recover_dead(Thread<P>& thread, bool tries_again) {
    P& platform = thread.platform;
    using Guard = detail::RecoveryGuard<P>;
    const Guard guard(thread, tries_again ? Guard::Patience::wait : Guard::Patience::wait_once);
    if (!guard.held()) {
        return std::nullopt;
    }
    if (detail::end_dead_transactions(thread)) {
        give_back_threads(thread);
    }
    std::optional<ProcessIdentity> ending;
    const std::uint64_t seen = platform.load(thread.region.header().processes_seen);
    detail::Claimants<P> claimants(thread);
    for (std::uint32_t process = 0; process < seen; ++process) {
        if (process == thread.process) {
            continue;
        }
        const detail::Life life = detail::life_of(thread, process, claimants);
        if (life == detail::Life::gone) {
            // Its last threads may have been marked since.
            detail::end_dead_transactions(thread);
            give_back(thread, process);
        } else if (life == detail::Life::ending) {
            ending =
                ProcessEntry::unpack(platform.load(thread.region.process_entry(process))).identity;
        }
    }
    return ending;
}

}  // namespace castaway
