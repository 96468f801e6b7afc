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
#pragma once

#include "primitives/objects/lifetime.h"
#include "primitives/objects/settle_all.h"

namespace castaway {

/// A process whose tables are to be used: its slot, and its directory entry while it is live.
struct ProcessRef {
    std::uint32_t slot = 0;
    std::uint64_t entry = 0;
};

template <class P>
ProcessRef own_process(const Thread<P>& thread) {
    return {thread.process, thread.platform.load(thread.region.process_entry(thread.process))};
}

/// Whether it is still that process and takes part. Under its handle table's lock: whoever gives
/// back what it held, or the process itself as it leaves, has not begun to close its handles.
template <class P>
bool is_live(const Thread<P>& thread, const ProcessRef& process) {
    return ProcessEntry::unpack(process.entry).state == SlotState::live &&
           thread.platform.load(thread.region.process(process.slot).leaving) == 0 &&
           thread.platform.load(thread.region.process_entry(process.slot)) == process.entry;
}

/// The live process of that pid.
template <class P>
std::optional<ProcessRef> find_process(const Thread<P>& thread, std::uint32_t pid) {
    const std::uint64_t seen = thread.platform.load(thread.region.header().processes_seen);
    for (std::uint32_t slot = 0; slot < seen; ++slot) {
        const std::uint64_t word = thread.platform.load(thread.region.process_entry(slot));
        const ProcessEntry entry = ProcessEntry::unpack(word);
        if (entry.state == SlotState::live && entry.identity.pid == pid) {
            return ProcessRef{slot, word};
        }
    }
    return std::nullopt;
}

/// A handle of the calling process to a live process. Returns a Win32 error.
template <class P>
std::uint32_t open_process(Thread<P>& thread, const ProcessRef& process, std::uint32_t access,
                           bool inherit, HANDLE& handle) {
    const CanonicalName name = name_of_process(process.entry);
    NewObject wanted;
    wanted.kind = ObjectKind::process;
    wanted.detail = process.entry;
    wanted.period = process.slot;
    wanted.access = access;
    wanted.inherit = inherit;
    bool existed = false;
    if (const auto error = create_object(thread, wanted, &name, handle, existed)) {
        return error;
    }
    if (is_live(thread, process)) {
        return ERROR_SUCCESS;
    }
    close_handle(thread, thread.process, *handle_index(handle, thread.region.geometry()));
    return ERROR_INVALID_PARAMETER;
}

/// What a process object stands for. Requires a handle to it.
template <class P>
ProcessRef process_of(const Thread<P>& thread, const Target& target) {
    Object& object = thread.region.object(target.object);
    return {static_cast<std::uint32_t>(thread.platform.load(object.period)),
            thread.platform.load(object.detail)};
}

/// Signals the process's object, if anybody has opened it. Requires that the process is no longer
/// live, or leaving, and that what it held has been given back. May be done twice.
template <class P>
void mark_process_ended(Thread<P>& thread, const ProcessIdentity& process) {
    P& platform = thread.platform;
    const std::uint64_t entry = ProcessEntry{SlotState::live, process}.pack();
    const CanonicalName name = name_of_process(entry);
    std::optional<std::uint32_t> found;
    {
        const LockGuard stripe(thread, name_lock(thread, name.hash));
        found = find_name(thread, name);
    }
    if (!found) {
        return;
    }
    Object& object = thread.region.object(*found);
    ObjectGuard guard(thread, object);
    // Its last handle may have been closed since.
    if (kind_of(thread, object) != ObjectKind::process || platform.load(object.detail) != entry) {
        return;
    }
    std::uint64_t state = platform.load(object.state);
    while (!platform.cas(object.state, state, with_value(state, 1))) {
    }
    platform.crash_point(CrashPoint::signal_state_set);
    guard.settle();
    free_if_unused(thread, object);
}

}  // namespace castaway
