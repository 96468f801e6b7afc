// Handles as such: their flags, whether two stand for one object, and duplicates from one process's
// table into another's.
//
// A duplicate between two processes is two steps, each under one table's lock: the source is looked
// up, then the duplicate is made if the object is still there. Each step makes sure under the lock
// that the table is still that of the process that was meant: whoever closes the handles of a
// process that ends takes the same lock after the process's entry has changed, so a handle that is
// put into a table is closed with the others (rule DUP-08).
#pragma once

#include "primitives/objects/process_object.h"

namespace castaway {

/// Flags of a handle (rule HND-04).
struct HandleFlags {
    bool inherit = false;
    bool protect = false;
};

namespace detail {

/// The word of a handle of that process. Requires its handle table's lock. Empty when not open.
template <class P>
std::optional<HandleWord> open_word(const Thread<P>& thread, std::uint32_t process, HANDLE handle) {
    const auto index = handle_index(handle, thread.region.geometry());
    const std::uint64_t used =
        thread.platform.load(thread.region.process(process).free_handles.fresh);
    if (!index || *index >= used) {
        return std::nullopt;
    }
    const HandleWord word =
        HandleWord::unpack(thread.platform.load(thread.region.handle(process, *index).word));
    return word.open() ? std::optional(word) : std::nullopt;
}

}  // namespace detail

/// \param change flags -> what they become
template <class P, class Change>
std::uint32_t change_flags(Thread<P>& thread, HANDLE handle, Change change) {
    const LockGuard guard(thread, thread.region.process(thread.process).handles_lock);
    auto word = detail::open_word(thread, thread.process, handle);
    if (!word) {
        return ERROR_INVALID_HANDLE;
    }
    const HandleFlags flags = change(HandleFlags{word->inherit, word->protect});
    word->inherit = flags.inherit;
    word->protect = flags.protect;
    const auto index = *handle_index(handle, thread.region.geometry());
    thread.platform.store(thread.region.handle(thread.process, index).word, word->pack());
    return ERROR_SUCCESS;
}

/// What a handle of any process stands for.
struct Source {
    Target target;
    std::uint32_t access = 0;
};

/// Returns a Win32 error: the process has ended (5), the handle is not open (6).
template <class P>
std::uint32_t look_up_in(Thread<P>& thread, const ProcessRef& process, HANDLE handle,
                         Source& source) {
    const LockGuard guard(thread, thread.region.process(process.slot).handles_lock);
    if (!is_live(thread, process)) {
        return ERROR_ACCESS_DENIED;
    }
    const auto word = detail::open_word(thread, process.slot, handle);
    if (!word) {
        return ERROR_INVALID_HANDLE;
    }
    Object& object = thread.region.object(word->object - 1);
    source = {{word->object - 1, generation_of(thread.platform.load(object.state)),
               kind_of(thread, object)},
              word->access};
    return ERROR_SUCCESS;
}

/// Puts a handle to the object into that process's table. Returns a Win32 error: the process has
/// ended (5), the object is gone (6), the table is full (4).
template <class P>
std::uint32_t add_handle_to(Thread<P>& thread, const ProcessRef& process, const Target& target,
                            std::uint32_t access, bool inherit, HANDLE& handle) {
    const LockGuard table(thread, thread.region.process(process.slot).handles_lock);
    if (!is_live(thread, process)) {
        return ERROR_ACCESS_DENIED;
    }
    Object& object = thread.region.object(target.object);
    const LockGuard guard(thread, object.lock);
    if (generation_of(thread.platform.load(object.state)) != target.generation ||
        thread.platform.load(object.handles) == 0) {
        return ERROR_INVALID_HANDLE;
    }
    Transaction<P> change(thread);
    if (const auto error =
            add_handle(thread, change, process.slot, target.object, access, inherit, handle)) {
        return error;
    }
    if (thread.platform.mutated(Mutant::duplicate_not_counted)) {
        change.write(object.handles, change.read(object.handles) - 1);
    }
    thread.platform.crash_point(CrashPoint::create_before_commit);
    change.commit();
    return ERROR_SUCCESS;
}

/// Closes a handle of any live process. Returns a Win32 error.
template <class P>
std::uint32_t close_handle_of(Thread<P>& thread, const ProcessRef& process, HANDLE handle) {
    const auto index = handle_index(handle, thread.region.geometry());
    if (!index) {
        return ERROR_INVALID_HANDLE;
    }
    return close_handle(thread, process.slot, *index, [&](const HandleWord& word) -> std::uint32_t {
        if (!is_live(thread, process)) {
            return ERROR_ACCESS_DENIED;
        }
        return word.protect ? ERROR_INVALID_HANDLE : ERROR_SUCCESS;
    });
}

}  // namespace castaway
