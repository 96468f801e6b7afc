// What a child inherits: a process slot that is set up for a process to come, with the caller's
// inheritable handles at the same values.
//
// The slot is claimed in the name of the parent, so it is given back when that dies before the
// child is there. The child makes it its own when it attaches; until then nobody else touches its
// table, so the parent needs no lock of it. In the table all slots below `fresh` are in use or in
// the free list only at the end: a claim always begins with an empty table (see
// recovery/membership.h), so what a death leaves half-made is never seen. When the child has been
// named, others may put handles into the table, under its lock.
#pragma once

#include <span>

#include "primitives/objects/handles.h"

namespace castaway {

/// A slot that was just claimed has nothing in it.
template <class P>
void empty_process_slot(P& platform, ProcessSlot& slot) {
    platform.store(slot.exit_status, 0);
    platform.store(slot.free_handles.head, 0);
    platform.store(slot.free_handles.fresh, 0);
    platform.store(slot.handles, 0);
    platform.store(slot.leaving, 0);
}

/// Gives a process slot back.
template <class P>
void free_process_slot(P& platform, const RegionView& region, std::uint32_t slot) {
    // So that whoever claims it next is not taken for a child that was started.
    platform.store(region.process(slot).parent, 0);
    platform.store(region.process_entry(slot), ProcessEntry{}.pack());
}

namespace detail {

/// Whether the child gets that handle. Empty `listed`: each that is inheritable.
inline bool is_inherited(const HandleWord& word, std::uint32_t index,
                         std::span<const HANDLE> listed) {
    return word.open() && word.inherit &&
           (listed.empty() || std::any_of(listed.begin(), listed.end(), [index](HANDLE handle) {
                return handle_index(reinterpret_cast<std::uintptr_t>(handle)) == index;
            }));
}

/// Puts the handle into the child's table at the same index. Requires the caller's handle lock.
template <class P>
void inherit_handle(Thread<P>& thread, std::uint32_t child, std::uint32_t index, HandleWord word) {
    Object& object = thread.region.object(word.object - 1);
    const LockGuard guard(thread, object.lock);
    Transaction<P> change(thread);
    Cell64& entry = thread.region.handle(child, index).word;
    word.generation =
        static_cast<std::uint16_t>(HandleWord::unpack(change.read(entry)).generation + 1);
    change.write(entry, word.pack());
    Cell64& open = thread.region.process(child).handles;
    change.write(open, change.read(open) + 1);
    change.write(object.handles, change.read(object.handles) + 1);
    thread.platform.crash_point(CrashPoint::create_before_commit);
    change.commit();
}

}  // namespace detail

/// Copies the caller's inheritable handles into the table of a claimed slot (rules INH-01, INH-02,
/// INH-04). Returns a Win32 error: one of `listed` is not open and inheritable (87), no memory (8).
/// \param listed the only ones to inherit; empty: all that are inheritable
template <class P>
std::uint32_t inherit_handles(Thread<P>& thread, std::uint32_t child,
                              std::span<const HANDLE> listed) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    ProcessSlot& own = region.process(thread.process);
    const LockGuard guard(thread, own.handles_lock);
    for (const HANDLE handle : listed) {
        const auto word = detail::open_word(thread, thread.process, handle);
        if (!word || !word->inherit) {
            return ERROR_INVALID_PARAMETER;
        }
    }
    const auto used = static_cast<std::uint32_t>(platform.load(own.free_handles.fresh));
    if (used != 0 && !thread.file.commit(region.handle_table(child), used * sizeof(HandleEntry))) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    FreeList& free = region.process(child).free_handles;
    platform.store(free.fresh, used);
    std::uint64_t next_free = 0;
    for (std::uint32_t i = 0; i < used; ++i) {
        const HandleWord word =
            HandleWord::unpack(platform.load(region.handle(thread.process, i).word));
        const bool mutated =
            (word.open() && listed.empty() && platform.mutated(Mutant::all_handles_inherited)) ||
            (word.open() && word.inherit && platform.mutated(Mutant::inheritance_list_ignored));
        if (detail::is_inherited(word, i, listed) || mutated) {
            detail::inherit_handle(thread, child, i, word);
        } else {
            platform.store(region.handle(child, i).next_free, next_free);
            next_free = std::uint64_t{i} + 1;
        }
    }
    platform.store(free.head, next_free);
    return ERROR_SUCCESS;
}

}  // namespace castaway
