// Objects that stand for a participant, a process or a thread: what the two have in common. There
// is one object for each that anybody has opened, found by a name that no caller can give; see
// process_object.h and thread_object.h.
#pragma once

#include <optional>

#include "primitives/objects/lifetime.h"
#include "primitives/objects/settle_all.h"

namespace castaway {

namespace detail {

/// A handle of the calling process to the object of a participant, which is made if there is none.
/// Returns a Win32 error.
/// \param is_there whether the participant can be opened, asked when its object exists: whoever
///                 ends it afterwards finds the object
template <class P, class IsThere>
std::uint32_t open_participant(Thread<P>& thread, const NewObject& wanted,
                               const CanonicalName& name, HANDLE& handle, IsThere is_there) {
    bool existed = false;
    if (const auto error = create_object(thread, wanted, &name, handle, existed)) {
        return error;
    }
    if (is_there()) {
        return ERROR_SUCCESS;
    }
    close_handle(thread, thread.process, *handle_index(handle, thread.region.geometry()));
    return ERROR_INVALID_PARAMETER;
}

/// Calls `use` with the participant's object, if anybody has opened it, under its lock.
/// \param is_it whether that object is its; asked under the lock
template <class P, class IsIt, class Use>
void with_participant_object(Thread<P>& thread, const CanonicalName& name, IsIt is_it, Use use) {
    std::optional<std::uint32_t> found;
    {
        const LockGuard stripe(thread, name_lock(thread, name.hash()));
        found = find_name(thread, name);
    }
    if (!found) {
        return;
    }
    Object& object = thread.region.object(*found);
    ObjectGuard guard(thread, object);
    // Its last handle may have been closed since.
    if (!is_it(object)) {
        return;
    }
    use(object, guard);
    free_if_unused(thread, object);
}

/// Signals the object of a participant that has ended. May be done twice.
template <class P>
void signal_ended(Thread<P>& thread, Object& object, ObjectGuard<P>& guard) {
    P& platform = thread.platform;
    std::uint64_t state = platform.load(object.state);
    while (!platform.cas(object.state, state, with_value(state, 1))) {
    }
    platform.crash_point(CrashPoint::signal_state_set);
    guard.settle();
}

}  // namespace detail

}  // namespace castaway
