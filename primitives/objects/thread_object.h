// Threads as objects: what a thread handle stands for. It is signaled when the thread has ended, in
// whatever way, and stays so.
//
// As with processes there is one object for each thread that anybody has opened, found by a name
// that no caller can give, and it lives as long as handles to it do. It holds the thread's slot and
// the slot's life, so that it never stands for the slot's next thread. A thread that ends, or
// whoever gives back what a dead process held, first makes the thread's `id` 0, so that nobody
// opens it or sends it procedure calls any more, and as the last step marks the object ended: an
// object that is made before the first step is found by the last.
//
// The first thread of a process that CreateProcess starts is known before it is there. The parent
// prepares its slot under the process's slot, gives it its id as soon as there is a process, and
// only then lets that run (recovery/membership.h). So it can be opened and sent calls at once; it
// makes the slot its own by its first call, and runs the calls in its first alertable wait. If its
// process ends before that, the slot is given back with the process's, like that of any thread.
//
// Exit codes: a thread that has one writes it into its slot, with its life, as the last thing
// before it leaves. Whoever marks the object ended takes the code from there, so it stays when the
// thread is killed in between. For one that has said nothing it is up to whoever marks it: 0 from
// the thread itself; else what is known of its process's end.
#pragma once

#include "castaway/process.h"
#include "primitives/objects/apc.h"
#include "primitives/objects/participant_object.h"

namespace castaway {

template <class P>
ThreadRef own_thread(const Thread<P>& thread) {
    return {thread.slot, thread.platform.load(thread.self().life)};
}

/// What a thread slot's `id` is for a thread of the caller's pid namespace: those of two namespaces
/// are never equal. 0 is nobody's.
template <class P>
std::uint64_t thread_id_word(const P& platform, std::uint32_t id) {
    return id == 0 ? 0 : id | std::uint64_t{platform.pid_namespace()} << 32;
}

/// The thread of that Linux thread id, in any process of the caller's pid namespace.
template <class P>
std::optional<ThreadRef> find_thread(const Thread<P>& thread, std::uint32_t id) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    const std::uint64_t wanted = thread_id_word(platform, id);
    const std::uint64_t seen = platform.load(region.header().threads_seen);
    for (std::uint32_t slot = 0; slot < seen && wanted != 0; ++slot) {
        // The slot of one that is only claimed may have no memory.
        if (!ThreadEntry::unpack(platform.load(region.thread_entry(slot))).is_known()) {
            continue;
        }
        if (platform.load(region.thread(slot).id) == wanted) {
            const ThreadRef found{slot, platform.load(region.thread(slot).life)};
            if (is_open_thread(thread, found)) {
                return found;
            }
        }
    }
    return std::nullopt;
}

/// A handle of the calling process to a thread. Returns a Win32 error.
template <class P>
std::uint32_t open_thread(Thread<P>& thread, const ThreadRef& ref, std::uint32_t access,
                          bool inherit, HANDLE& handle) {
    const std::uint64_t id = thread.platform.load(thread.region.thread(ref.slot).id);
    NewObject wanted;
    wanted.kind = ObjectKind::thread;
    wanted.detail = ref.life;
    wanted.period = ref.slot | id << 32;
    wanted.access = access;
    wanted.inherit = inherit;
    return detail::open_participant(thread, wanted, name_of_thread(ref.slot, ref.life), handle,
                                    [&] { return is_open_thread(thread, ref); });
}

/// What a thread object stands for, and its id.
struct OpenedThread {
    ThreadRef ref;
    std::uint32_t id = 0;
};

/// Requires a handle to it.
template <class P>
OpenedThread thread_of(const Thread<P>& thread, const Target& target) {
    Object& object = thread.region.object(target.object);
    const std::uint64_t place = thread.platform.load(object.period);
    return {{static_cast<std::uint32_t>(place), thread.platform.load(object.detail)},
            static_cast<std::uint32_t>(place >> 32)};
}

/// Frees a thread's slot. Requires that it waits for nothing, owns nothing and holds no lock.
template <class P>
void free_thread_slot(P& platform, const RegionView& region, std::uint32_t slot) {
    ThreadEntry entry = ThreadEntry::unpack(platform.load(region.thread_entry(slot)));
    entry.state = SlotState::free;
    platform.store(region.thread_entry(slot), entry.pack());
}

/// ThreadSlot::exit_code: bits 0-31 the code | 32-63 the low half of the life of the thread that
/// has said it. What an earlier thread of the slot has left means nothing.
struct ThreadExit {
    std::uint32_t code = 0;
    std::uint32_t life = 0;

    static constexpr ThreadExit unpack(std::uint64_t word) {
        return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
    }
    [[nodiscard]] constexpr std::uint64_t pack() const {
        return std::uint64_t{code} | std::uint64_t{life} << 32;
    }
};

/// By the thread itself, which is about to end. Done again, the last code counts.
template <class P>
void note_exit_code(Thread<P>& thread, std::uint32_t code) {
    const auto life = static_cast<std::uint32_t>(own_thread(thread).life);
    thread.platform.store(thread.self().exit_code, ThreadExit{code, life}.pack());
}

/// A thread object's `clock`, once the thread has ended: its exit code, and this.
inline constexpr std::uint64_t kExitCodeKnown = std::uint64_t{1} << 32;

/// Requires a handle to it.
template <class P>
std::uint32_t exit_code_of_thread(const Thread<P>& thread, const Target& target) {
    Object& object = thread.region.object(target.object);
    return value_of(thread.platform.load(object.state)) == 0
               ? STILL_ACTIVE
               : static_cast<std::uint32_t>(thread.platform.load(object.clock));
}

/// Signals the thread's object, if anybody has opened it. Requires that its `id` is 0, and that
/// what it held has been given back. May be done twice.
/// \param otherwise the exit code if the thread has said none
template <class P>
void mark_thread_ended(Thread<P>& thread, const ThreadRef& ended, std::uint32_t otherwise) {
    P& platform = thread.platform;
    detail::with_participant_object(
        thread, name_of_thread(ended.slot, ended.life),
        [&](Object& object) {
            return kind_of(thread, object) == ObjectKind::thread &&
                   platform.load(object.detail) == ended.life &&
                   static_cast<std::uint32_t>(platform.load(object.period)) == ended.slot;
        },
        [&](Object& object, ObjectGuard<P>& guard) {
            if (platform.load(object.clock) == 0) {
                const auto said =
                    ThreadExit::unpack(platform.load(thread.region.thread(ended.slot).exit_code));
                const bool is_its = said.life == static_cast<std::uint32_t>(ended.life);
                platform.store(object.clock, kExitCodeKnown | (is_its ? said.code : otherwise));
            }
            detail::signal_ended(thread, object, guard);
        });
}

namespace detail {

/// Cancels a timer whose setter ends; what it is now it stays (rule TMR-10).
template <class P>
void cancel_at_end_of(Thread<P>& thread, std::uint32_t setter, const ArmedTimer& timer) {
    Object& object = thread.region.object(timer.object);
    const auto is_still_its = [&] {
        return thread.platform.load(object.apc) == std::uint64_t{timer.call} + 1 &&
               ApcState::unpack(thread.platform.load(thread.region.apc(timer.call).state)).thread ==
                   setter;
    };
    ObjectGuard guard(thread, object);
    if (!is_still_its()) {
        return;
    }
    guard.settle();
    const RoutineGuard<P> calls(thread, true);
    if (!is_still_its()) {
        return;
    }
    Transaction<P> change(thread);
    change.write(object.detail, 0);
    drop_routine(thread, change, object);
    change.commit();
}

}  // namespace detail

/// Of a thread that ends or is dead: nobody opens it any more or sends it procedure calls, its
/// timers with routines are cancelled, and its calls are gone. May be done twice.
template <class P>
void end_apcs(Thread<P>& thread, std::uint32_t of) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    ThreadSlot& slot = region.thread(of);
    {
        const LockGuard guard(thread, region.header().apc_lock);
        platform.store(slot.id, 0);
    }
    TimersProgress progress;
    while (const auto timer = first_armed_timer(thread, of)) {
        progress.note(*timer);
        detail::cancel_at_end_of(thread, of, *timer);
    }
    std::uint32_t calls = 0;
    while (!platform.mutated(Mutant::calls_of_dead_kept) && platform.load(slot.apc_head) != 0) {
        if (calls++ == region.geometry().apcs) {
            region_damaged("the queue of procedure calls of thread slot", of);
        }
        const LockGuard guard(thread, region.header().apc_lock);
        Transaction<P> change(thread);
        // Its timer may be cancelled meanwhile, and the call be gone with that.
        const std::uint64_t head = change.read(slot.apc_head);
        if (head == 0) {
            return;
        }
        const auto call = static_cast<std::uint32_t>(head - 1);
        detail::remove_due_apc(change, region, of, call);
        if (const std::uint64_t timer = change.read(region.apc(call).timer); timer != 0) {
            change.write(region.object(timer - 1).apc, 0);
        }
        detail::give_apc(thread, change, call);
        change.commit();
    }
}

/// ThreadSlot::suspended, by the life of the slot's thread:
///
///   life               it is suspended          next: life | kResumed, by whoever resumes it
///   life | kResumed    it is to go on; it may    0, by the thread itself; a process's first thread
///                      sleep still               leaves it
///   any other          nothing
///
/// The mark is in the half of the word that is slept on: whoever has read the life and is about to
/// sleep does not, then.
inline constexpr std::uint64_t kResumed = std::uint64_t{1} << 31;

/// By the calling thread before others are told of it: it will wait in wait_for_resumption().
template <class P>
void begin_suspended(Thread<P>& thread) {
    thread.platform.store(thread.self().suspended, own_thread(thread).life);
}

template <class P>
void wait_for_resumption(Thread<P>& thread) {
    const std::uint64_t life = own_thread(thread).life;
    Cell64& suspended = thread.self().suspended;
    while (thread.platform.load(suspended) == life) {
        thread.platform.futex_wait(futex_half(suspended), static_cast<std::uint32_t>(life),
                                   Deadline{});
    }
    thread.platform.store(suspended, 0);
}

/// Lets a thread begin that was started suspended. \return how often it was suspended: 1 or 0
template <class P>
std::uint32_t resume(Thread<P>& thread, const ThreadRef& ref) {
    // The lock is noted: if this thread dies before the wake-up, alert_all_due() makes up for it.
    const LockGuard guard(thread, thread.region.header().apc_lock);
    Cell64& suspended = thread.region.thread(ref.slot).suspended;
    std::uint64_t life = ref.life;
    if (!is_open_thread(thread, ref) || !thread.platform.cas(suspended, life, life | kResumed)) {
        return 0;
    }
    thread.platform.futex_wake(futex_half(suspended), 1);
    return 1;
}

/// Ends the alertable waits of those who have calls, and wakes those whose waits have been ended by
/// one: the dead may have queued a call and not told, or told and not woken. Also wakes those who
/// have been resumed.
template <class P>
void alert_all_due(Thread<P>& thread) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    const LockGuard guard(thread, region.header().apc_lock);
    const std::uint64_t seen = platform.load(region.header().threads_seen);
    for (std::uint32_t slot = 0; slot < seen; ++slot) {
        const ThreadEntry entry = ThreadEntry::unpack(platform.load(region.thread_entry(slot)));
        if (entry.prepared) {
            platform.futex_wake(futex_half(region.thread(slot).suspended), 1);
        }
        if (entry.state != SlotState::live) {
            continue;
        }
        if ((platform.load(region.thread(slot).suspended) & kResumed) != 0) {
            platform.futex_wake(futex_half(region.thread(slot).suspended), 1);
        }
        if (platform.load(region.thread(slot).apc_head) != 0) {
            alert(thread, slot);
        }
        // Its call may be gone by now, and it asleep all the same.
        if (wait_of(thread, slot).state == WaitState::alerted) {
            platform.futex_wake(futex_half(region.thread(slot).wait_word), 1);
        }
    }
}

}  // namespace castaway
