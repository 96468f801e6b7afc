// Private namespaces as objects.
//
// A namespace is an object without a state, found by its boundary, which is its name in the table
// of names. The objects in it have names that begin with its slot and generation; so what is in a
// namespace that is gone is never taken for what is in the next one, even of the same boundary.
#pragma once

#include "primitives/objects/lifetime.h"

namespace castaway {

/// All rights: to look at it and to make objects in it, and the standard ones. Nobody waits for it.
inline constexpr std::uint32_t kNamespaceAllAccess = 0x000F0003;

/// Makes a namespace that has not been there. Returns a Win32 error: it has been (183).
template <class P>
std::uint32_t create_namespace(Thread<P>& thread, const CanonicalName& boundary, bool inherit,
                               HANDLE& handle) {
    NewObject wanted;
    wanted.kind = ObjectKind::private_namespace;
    wanted.access = kNamespaceAllAccess;
    wanted.inherit = inherit;
    bool existed = false;
    const std::uint32_t error = create_object(thread, wanted, &boundary, handle, existed);
    if (error != ERROR_SUCCESS || !existed) {
        return error;
    }
    close_handle(thread, thread.process, *handle_index(handle, thread.region.geometry()));
    return ERROR_ALREADY_EXISTS;
}

/// What a handle of the calling process to a namespace stands for. Returns a Win32 error.
template <class P>
std::uint32_t look_up_namespace(const Thread<P>& thread, HANDLE handle, Target& target) {
    const std::uint32_t error = look_up(thread, handle, 0, target);
    return error == ERROR_SUCCESS && target.kind != ObjectKind::private_namespace
               ? std::uint32_t{ERROR_INVALID_HANDLE}
               : error;
}

/// Takes the namespace's boundary away from it. May be done twice. Requires a handle to it.
template <class P>
void forget_boundary(Thread<P>& thread, const Target& target) {
    P& platform = thread.platform;
    Object& object = thread.region.object(target.object);
    const LockGuard stripe(thread, name_lock(thread, platform.load(object.hash)));
    const LockGuard guard(thread, object.lock);
    if (platform.load(object.name_bytes) == 0 ||
        platform.mutated(Mutant::destroyed_boundary_found)) {
        return;
    }
    const LockGuard allocation(thread, thread.region.header().allocation_lock);
    Transaction<P> change(thread);
    take_name_away(thread, change, target.object);
    platform.crash_point(CrashPoint::close_before_commit);
    change.commit();
}

}  // namespace castaway
