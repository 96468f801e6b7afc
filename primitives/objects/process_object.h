// Processes as objects: what a process handle stands for. It is signaled when the process has
// ended, and stays so (rule PROC-01).
//
// There is one object for each process that anybody has opened, found by a name that no caller can
// give, and it lives as long as handles to it do. It holds the process's slot and directory entry,
// so that it never stands for the slot's next process. Whoever gives back what the process held
// marks it ended as the last step before the slot is free, when the handles are closed and the
// mutexes abandoned (rule PROC-03); a process that leaves in order does so itself, while others
// still watch it. Nobody opens a process that is no longer live, or leaving: an object that is made
// before is found by that last step.
//
// A process that CreateProcess has started has its slot from the start, `claimed` in its name. It
// counts as live: it can be opened, and handles can be put into its table, before its first call.
//
// Exit codes: what a process says of its own end lies in its slot and comes into its object when
// that is marked. Its parent adds what the kernel says, perhaps a moment later; who asks in between
// waits for it (exit_code_of).
#pragma once

#include <csignal>
#include <limits>

#include "castaway/process.h"
#include "primitives/objects/exit_status.h"
#include "primitives/objects/participant_object.h"

namespace castaway {

/// A process whose tables are to be used: its slot, and its directory entry while it is live.
struct ProcessRef {
    std::uint32_t slot = 0;
    std::uint64_t entry = 0;
    bool operator==(const ProcessRef&) const = default;
};

template <class P>
ProcessRef own_process(const Thread<P>& thread) {
    return {thread.process, thread.platform.load(thread.region.process_entry(thread.process))};
}

/// Of a slot that is `claimed` in the name of a process: whether its parent has set it up and named
/// it, and it has not made it its own and left again.
template <class P>
bool is_started(const Thread<P>& thread, std::uint32_t slot, const ProcessIdentity& process) {
    ProcessSlot& of = thread.region.process(slot);
    const std::uint64_t parent = thread.platform.load(of.parent);
    return parent != 0 && ProcessEntry::unpack(parent).identity != process &&
           thread.platform.load(of.leaving) == 0;
}

/// Whether it is still that process and takes part, or will. Under its handle table's lock: whoever
/// gives back what it held, or the process itself as it leaves, has not begun to close its handles.
template <class P>
bool is_live(const Thread<P>& thread, const ProcessRef& process) {
    const ProcessEntry entry = ProcessEntry::unpack(process.entry);
    if (entry.state != SlotState::live ||
        thread.platform.load(thread.region.process(process.slot).leaving) != 0) {
        return false;
    }
    const std::uint64_t found = thread.platform.load(thread.region.process_entry(process.slot));
    return found == process.entry ||
           (found == ProcessEntry{SlotState::claimed, entry.identity}.pack() &&
            is_started(thread, process.slot, entry.identity));
}

/// The live process of that pid, in the caller's pid namespace.
template <class P>
std::optional<ProcessRef> find_process(const Thread<P>& thread, std::uint32_t pid) {
    const std::uint64_t seen = thread.platform.load(thread.region.header().processes_seen);
    for (std::uint32_t slot = 0; slot < seen; ++slot) {
        ProcessEntry entry =
            ProcessEntry::unpack(thread.platform.load(thread.region.process_entry(slot)));
        if (entry.identity.pid != pid || is_foreign(thread.platform, entry.identity)) {
            continue;
        }
        if (entry.state == SlotState::live ||
            (entry.state == SlotState::claimed && is_started(thread, slot, entry.identity))) {
            entry.state = SlotState::live;
            return ProcessRef{slot, entry.pack()};
        }
    }
    return std::nullopt;
}

/// A process object's `period`: bits 0-15 the process's slot | 16-31 the parent's slot + 1, or 0 |
/// 32-47 the parent's tag.
struct ProcessPlace {
    std::uint32_t slot = 0;
    std::uint32_t parent = 0;  ///< slot + 1
    std::uint16_t parent_tag = 0;

    static ProcessPlace unpack(std::uint64_t word) {
        return {static_cast<std::uint32_t>(word & 0xffff),
                static_cast<std::uint32_t>(word >> 16 & 0xffff),
                static_cast<std::uint16_t>(word >> 32)};
    }
    [[nodiscard]] std::uint64_t pack() const {
        return slot | std::uint64_t{parent} << 16 | std::uint64_t{parent_tag} << 32;
    }
};

namespace detail {

/// Where a process is, and who will tell how it ends.
template <class P>
ProcessPlace place_of(const Thread<P>& thread, std::uint32_t slot) {
    ProcessPlace place{slot};
    const std::uint64_t parent = thread.platform.load(thread.region.process(slot).parent);
    if (parent == 0) {
        return place;
    }
    const std::uint64_t seen = thread.platform.load(thread.region.header().processes_seen);
    for (std::uint32_t i = 0; i < seen; ++i) {
        if (thread.platform.load(thread.region.process_entry(i)) == parent) {
            place.parent = i + 1;
            place.parent_tag = tag_of(ProcessEntry::unpack(parent).identity);
        }
    }
    return place;
}

/// with_participant_object() for that process.
template <class P, class Use>
void with_process_object(Thread<P>& thread, const ProcessRef& process, Use use) {
    P& platform = thread.platform;
    with_participant_object(
        thread, name_of_process(process.entry),
        [&](Object& object) {
            return kind_of(thread, object) == ObjectKind::process &&
                   platform.load(object.detail) == process.entry &&
                   ProcessPlace::unpack(platform.load(object.period)).slot == process.slot;
        },
        use);
}

}  // namespace detail

/// A handle of the calling process to a live process. Returns a Win32 error.
template <class P>
std::uint32_t open_process(Thread<P>& thread, const ProcessRef& process, std::uint32_t access,
                           bool inherit, HANDLE& handle) {
    NewObject wanted;
    wanted.kind = ObjectKind::process;
    wanted.detail = process.entry;
    wanted.period = detail::place_of(thread, process.slot).pack();
    wanted.access = access;
    wanted.inherit = inherit;
    return detail::open_participant(thread, wanted, name_of_process(process.entry), handle,
                                    [&] { return is_live(thread, process); });
}

/// What a process object stands for. Requires a handle to it.
template <class P>
ProcessRef process_of(const Thread<P>& thread, const Target& target) {
    Object& object = thread.region.object(target.object);
    return {ProcessPlace::unpack(thread.platform.load(object.period)).slot,
            thread.platform.load(object.detail)};
}

/// The exit code that the process in that slot has given itself.
template <class P>
std::uint32_t code_of_own_end(const Thread<P>& thread, std::uint32_t slot) {
    const ExitStatus said =
        ExitStatus::unpack(thread.platform.load(thread.region.process(slot).exit_status));
    return said.by == ToldBy::nobody ? CASTAWAY_EXIT_CODE_UNKNOWN : said.code;
}

/// Signals the process's object, if anybody has opened it. Requires that the process is no longer
/// live, or leaving, and that what it held has been given back. May be done twice.
template <class P>
void mark_process_ended(Thread<P>& thread, std::uint32_t slot, const ProcessIdentity& process) {
    const ProcessRef ended{slot, ProcessEntry{SlotState::live, process}.pack()};
    detail::with_process_object(thread, ended, [&](Object& object, ObjectGuard<P>& guard) {
        P& platform = thread.platform;
        const std::uint64_t said = platform.load(thread.region.process(slot).exit_status);
        if (said != 0 && platform.load(object.clock) == 0) {
            platform.store(object.clock, said);
        }
        detail::signal_ended(thread, object, guard);
    });
}

/// By the parent that has started the process: how it ended.
template <class P>
void tell_exit_status(Thread<P>& thread, const ProcessRef& process, const KernelEnding& ending) {
    detail::with_process_object(thread, process, [&](Object& object, ObjectGuard<P>&) {
        P& platform = thread.platform;
        ExitStatus said = ExitStatus::unpack(platform.load(object.clock));
        if (said.by == ToldBy::nobody) {
            // Not marked yet.
            said =
                ExitStatus::unpack(platform.load(thread.region.process(process.slot).exit_status));
        }
        platform.store(object.clock,
                       last_word(said, ending, CASTAWAY_EXIT_CODE_UNKNOWN, SIGKILL).pack());
        platform.fetch_add(object.bell, 1);
        platform.futex_wake(object.bell, std::numeric_limits<std::int32_t>::max());
    });
}

/// Before the process is killed: the code that its end is to have. False when it has ended already.
/// Requires a handle to it.
template <class P>
bool note_termination(Thread<P>& thread, const Target& target, std::uint32_t code) {
    P& platform = thread.platform;
    Object& object = thread.region.object(target.object);
    const LockGuard guard(thread, object.lock);
    if (value_of(platform.load(object.state)) != 0 ||
        ExitStatus::unpack(platform.load(object.clock)).by == ToldBy::parent) {
        return false;
    }
    platform.store(object.clock, ExitStatus{ToldBy::terminator, code}.pack());
    return true;
}

/// How long exit_code_of() waits for a parent that lives and does not tell.
inline constexpr std::int64_t kExitCodePatienceNs = 1'000'000'000;
/// How often it looks whether the parent lives.
inline constexpr std::int64_t kParentCheckNs = 1'000'000;

/// Returns a Win32 error: 1460 when the parent is stopped and nobody else knows. Requires a handle
/// to the process (rule PROC-02).
template <class P>
std::uint32_t exit_code_of(Thread<P>& thread, const Target& target, std::uint32_t& code) {
    P& platform = thread.platform;
    Object& object = thread.region.object(target.object);
    if (value_of(platform.load(object.state)) == 0) {
        code = STILL_ACTIVE;
        return ERROR_SUCCESS;
    }
    const ProcessPlace place = ProcessPlace::unpack(platform.load(object.period));
    const std::int64_t limit = platform.now(Clock::monotonic) + kExitCodePatienceNs;
    for (;;) {
        const std::uint32_t bell = platform.load(object.bell);
        bool parent_tells = false;
        if (place.parent != 0) {
            const ProcessEntry parent =
                ProcessEntry::unpack(platform.load(thread.region.process_entry(place.parent - 1)));
            parent_tells =
                parent.state == SlotState::live && tag_of(parent.identity) == place.parent_tag &&
                !platform.is_marked_dead(thread.region.process(place.parent - 1).liveness[0]);
        }
        // After the look at the parent, which tells before it ends.
        const ExitStatus status = ExitStatus::unpack(platform.load(object.clock));
        if (status.by == ToldBy::parent || !parent_tells) {
            code = status.by == ToldBy::nobody ? CASTAWAY_EXIT_CODE_UNKNOWN : status.code;
            return ERROR_SUCCESS;
        }
        const std::int64_t now = platform.now(Clock::monotonic);
        if (now >= limit) {
            return ERROR_TIMEOUT;
        }
        platform.futex_wait(object.bell, bell, Deadline{now + kParentCheckNs});
    }
}

}  // namespace castaway
