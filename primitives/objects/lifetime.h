// Objects and handles: how they come and go. Each call is one transaction.
#pragma once

#include <optional>

#include "castaway/win32.h"
#include "primitives/objects/settle.h"
#include "primitives/region/handle_word.h"
#include "primitives/region/names.h"

namespace castaway {

/// What a Create call asks for.
struct NewObject {
    ObjectKind kind = ObjectKind::none;
    std::uint32_t value = 0;   ///< of the state word
    std::uint64_t detail = 0;  ///< of the object
    std::uint64_t period = 0;  ///< of the object
    std::uint32_t access = 0;  ///< of the handle
    bool inherit = false;      ///< of the handle
    /// Why an object that is there already is not opened with that access: a Win32 error, or 0.
    std::uint32_t refusal = 0;
};

/// The access of a handle that is to be opened, and why nobody is given it: a Win32 error, or 0. An
/// object that is not there, or is of another type, is told before that.
struct WantedAccess {
    std::uint32_t access = 0;
    std::uint32_t refusal = 0;
};

/// A handle that was looked up. The generation tells later whether the slot is still that object.
struct Target {
    std::uint32_t object = 0;
    std::uint32_t generation = 0;
    ObjectKind kind = ObjectKind::none;
};

/// Defined in recovery/recover.h: gives back what dead processes hold. Requires that the thread
/// holds no lock. Returns one that is dead but for a thread or two that may still run; it is left
/// for later. Does nothing when another recoverer, who must be stopped then, takes too
/// long. \param tries_again the caller does nothing else until it has succeeded; else one recoverer
/// is waited for in vain only once
template <class P>
std::optional<ProcessIdentity> recover_dead(Thread<P>& thread, bool tries_again = false);

/// Defined in recovery/recover.h: whether a process is dead, for anybody to see, and what it holds
/// has not been given back yet.
template <class P>
bool somebody_is_dead(Thread<P>& thread);

/// The two kinds of event are one type, and so are the two kinds of timer.
constexpr bool same_type(ObjectKind a, ObjectKind b) {
    return a == b || (is_event(a) && is_event(b)) || (is_timer(a) && is_timer(b));
}

/// The index of a handle value in its process's table, if it can be one.
inline std::optional<std::uint32_t> handle_index(HANDLE handle, const Geometry& geometry) {
    const std::uint64_t index = handle_index(reinterpret_cast<std::uintptr_t>(handle));
    return index < geometry.handles_per_process ? std::optional(static_cast<std::uint32_t>(index))
                                                : std::nullopt;
}

/// Finds what a handle of the caller stands for. Returns a Win32 error: not open (6), of a kind
/// that does not match (6, whatever its rights: rule EVT-11), a right in `access` missing (5).
/// \param matches object kind -> whether it is one that the call is for
template <class P, class Matches>
[[gnu::always_inline]] inline std::uint32_t look_up(const Thread<P>& thread, HANDLE handle,
                                                    std::uint32_t access, Target& target,
                                                    Matches matches) {
    P& platform = thread.platform;
    // An entry beyond `fresh` was never given out, and its page may not be there.
    const std::uint64_t index = handle_index(reinterpret_cast<std::uintptr_t>(handle));
    if (index >= platform.load(thread.own_process().free_handles.fresh)) {
        return ERROR_INVALID_HANDLE;
    }
    Cell64& entry = thread.own_handle(index).word;
    for (std::uint64_t word = platform.load(entry);;) {
        const HandleWord handle_word = HandleWord::unpack(word);
        if (!handle_word.open()) {
            return ERROR_INVALID_HANDLE;
        }
        Object& object = thread.region.object(handle_word.object - 1);
        target = {handle_word.object - 1, generation_of(platform.load(object.state)),
                  kind_of(thread, object)};
        // If the handle is still the same, the object was alive when its generation was read.
        const std::uint64_t again = platform.load(entry);
        if (again != word) {
            word = again;
            continue;
        }
        if (!matches(target.kind)) {
            return ERROR_INVALID_HANDLE;
        }
        return (handle_word.access & access) == access ||
                       platform.mutated(Mutant::rights_not_checked)
                   ? ERROR_SUCCESS
                   : ERROR_ACCESS_DENIED;
    }
}

/// The same for a call that objects of all kinds have.
template <class P>
[[gnu::always_inline]] inline std::uint32_t look_up(const Thread<P>& thread, HANDLE handle,
                                                    std::uint32_t access, Target& target) {
    return look_up(thread, handle, access, target, [](ObjectKind) { return true; });
}

/// A new handle in a process's table. Requires its handle lock and the object's. Returns a Win32
/// error when the table is full (4).
template <class P>
std::uint32_t add_handle(Thread<P>& thread, Transaction<P>& change, std::uint32_t owner,
                         std::uint32_t object, std::uint32_t access, bool inherit, HANDLE& handle) {
    const RegionView& region = thread.region;
    ProcessSlot& process = region.process(owner);
    const auto index = take_slot(
        thread, change, process.free_handles, region.geometry().handles_per_process,
        [&](std::uint64_t i) -> Cell64& { return region.handle(owner, i).next_free; },
        [&](std::uint64_t i) { return region.handle_table(owner) + i * sizeof(HandleEntry); },
        sizeof(HandleEntry));
    if (!index) {
        return ERROR_TOO_MANY_OPEN_FILES;
    }
    Cell64& entry = region.handle(owner, *index).word;
    HandleWord word = HandleWord::unpack(change.read(entry));
    word = {object + 1, access, inherit, false, static_cast<std::uint16_t>(word.generation + 1)};
    change.write(entry, word.pack());
    change.write(process.handles, change.read(process.handles) + 1);
    Cell64& handles = region.object(object).handles;
    change.write(handles, change.read(handles) + 1);
    handle = reinterpret_cast<HANDLE>(handle_value(*index));
    return ERROR_SUCCESS;
}

/// Gives the object's slot back. Requires the locks of the object and of allocation and, where it
/// is a timer with a routine, of procedure calls; no handles, no name and an empty queue.
template <class P>
void free_object(Thread<P>& thread, Transaction<P>& change, std::uint32_t slot) {
    Object& object = thread.region.object(slot);
    change.write(object.state, next_generation(change.read(object.state)));
    change.write(object.type, 0);
    drop_routine(thread, change, object);
    give_slot(change, thread.region.header().free_objects, slot,
              [&](std::uint64_t i) -> Cell64& { return thread.region.object(i).chain; });
}

/// Frees an object that the last waiter has left after the last handle was closed. Requires the
/// object's lock.
template <class P>
void free_if_unused(Thread<P>& thread, Object& object) {
    P& platform = thread.platform;
    if (platform.load(object.type) == 0 || platform.load(object.handles) != 0 ||
        platform.load(object.queue_head) != 0 || platform.load(object.name_bytes) != 0) {
        return;
    }
    const LockGuard allocation(thread, thread.region.header().allocation_lock);
    // Seen without that lock, an object that is being made has no handle yet, either.
    if (platform.load(object.handles) != 0 || platform.load(object.type) == 0) {
        return;
    }
    const RoutineGuard<P> calls(thread, has_routine(thread, object));
    Transaction<P> change(thread);
    free_object(thread, change, thread.region.slot_of(object));
    change.commit();
}

namespace detail {

/// A handle to an object that is there. Requires the handle lock and, for a named object, its
/// stripe.
template <class P>
std::uint32_t join(Thread<P>& thread, std::uint32_t slot, ObjectKind kind,
                   const WantedAccess& wanted, bool inherit, HANDLE& handle) {
    Object& object = thread.region.object(slot);
    const LockGuard guard(thread, object.lock);
    Transaction<P> change(thread);
    if (!same_type(kind_of(thread, object), kind)) {
        return ERROR_INVALID_HANDLE;
    }
    if (wanted.refusal != ERROR_SUCCESS) {
        return wanted.refusal;
    }
    if (const auto error =
            add_handle(thread, change, thread.process, slot, wanted.access, inherit, handle)) {
        return error;
    }
    thread.platform.crash_point(CrashPoint::create_before_commit);
    change.commit();
    return ERROR_SUCCESS;
}

/// Requires the handle lock and, with a name, its stripe.
template <class P>
std::uint32_t make(Thread<P>& thread, const NewObject& wanted, const CanonicalName* name,
                   HANDLE& handle) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    const LockGuard allocation(thread, region.header().allocation_lock);
    Transaction<P> change(thread);
    const auto slot = take_slot(
        thread, change, region.header().free_objects, region.geometry().objects,
        [&](std::uint64_t i) -> Cell64& { return region.object(i).chain; },
        [&](std::uint64_t i) { return region.offsets().objects + i * sizeof(Object); },
        sizeof(Object));
    if (!slot) {
        return ERROR_NO_SYSTEM_RESOURCES;
    }
    Object& object = region.object(*slot);
    // Nobody can reach the object before the commit; only what a rollback must find as it was goes
    // through the journal. The lock is left alone: whoever freed the slot may not have released it.
    platform.store(object.handles, 0);
    platform.store(object.queue_head, 0);
    platform.store(object.queue_tail, 0);
    platform.store(object.detail, wanted.detail);
    platform.store(object.period, wanted.period);
    platform.store(object.clock, 0);
    platform.store(object.apc, 0);
    platform.store(object.name_bytes, 0);
    change.write(object.type, static_cast<std::uint64_t>(wanted.kind));
    change.write(object.state, with_value(change.read(object.state), wanted.value));
    if (const auto error = name != nullptr ? give_name(thread, change, *slot, *name) : 0) {
        return error;
    }
    if (const auto error = add_handle(thread, change, thread.process, *slot, wanted.access,
                                      wanted.inherit, handle)) {
        return error;
    }
    platform.crash_point(CrashPoint::create_before_commit);
    change.commit();
    return ERROR_SUCCESS;
}

}  // namespace detail

/// A name that only the dead hold is free, and at once for whoever has learned of their death (rule
/// NAME-14): the helpers may not have been about it yet. Requires that the thread holds no lock.
template <class P>
void free_names_of_dead(Thread<P>& thread) {
    if (somebody_is_dead(thread)) {
        recover_dead(thread);
    }
}

/// Makes an object, or joins the one of that name and sets `existed` (rules NAME-02 to NAME-04).
template <class P>
std::uint32_t create_object(Thread<P>& thread, const NewObject& wanted, const CanonicalName* name,
                            HANDLE& handle, bool& existed) {
    existed = false;
    if (name != nullptr) {
        free_names_of_dead(thread);
    }
    const LockGuard handles(thread, thread.region.process(thread.process).handles_lock);
    std::uint32_t error = ERROR_SUCCESS;
    if (name == nullptr) {
        error = detail::make(thread, wanted, nullptr, handle);
    } else {
        std::optional<std::uint32_t> found;
        const bool looks_early = thread.platform.mutated(Mutant::create_looks_before_lock);
        if (looks_early) {
            found = find_name(thread, *name);
        }
        const LockGuard stripe(thread, name_lock(thread, name->hash()));
        if (!looks_early) {
            found = find_name(thread, *name);
        }
        if (found) {
            existed = true;
            error = detail::join(thread, *found, wanted.kind, {wanted.access, wanted.refusal},
                                 wanted.inherit, handle);
        } else {
            error = detail::make(thread, wanted, name, handle);
        }
    }
    thread.platform.crash_point(CrashPoint::create_committed);
    return error;
}

/// Joins the object of that name (rules NAME-05, NAME-06).
template <class P>
std::uint32_t open_object(Thread<P>& thread, ObjectKind kind, const CanonicalName& name,
                          const WantedAccess& wanted, bool inherit, HANDLE& handle) {
    free_names_of_dead(thread);
    const LockGuard handles(thread, thread.region.process(thread.process).handles_lock);
    const LockGuard stripe(thread, name_lock(thread, name.hash()));
    const auto found = find_name(thread, name);
    if (!found) {
        return ERROR_FILE_NOT_FOUND;
    }
    return detail::join(thread, *found, kind, wanted, inherit, handle);
}

/// Closes a handle of a process. With the last handle the object loses its name at once and, if
/// nobody waits for it, its slot (rule NAME-13).
/// \param refusal asked under the table's lock with the handle's word: a Win32 error, or 0
template <class P, class Refusal>
std::uint32_t close_handle(Thread<P>& thread, std::uint32_t process_slot, std::uint32_t index,
                           Refusal refusal) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    ProcessSlot& process = region.process(process_slot);
    const LockGuard handles(thread, process.handles_lock);
    if (index >= platform.load(process.free_handles.fresh)) {
        return ERROR_INVALID_HANDLE;
    }
    Cell64& entry = region.handle(process_slot, index).word;
    HandleWord word = HandleWord::unpack(platform.load(entry));
    if (!word.open()) {
        return ERROR_INVALID_HANDLE;
    }
    if (const std::uint32_t error = refusal(word)) {
        return error;
    }
    const std::uint32_t slot = word.object - 1;
    Object& object = region.object(slot);
    const bool seems_named = platform.load(object.name_bytes) != 0;
    std::optional<LockGuard<P>> stripe;
    if (seems_named) {
        stripe.emplace(thread, name_lock(thread, platform.load(object.hash)));
    }
    const LockGuard guard(thread, object.lock);
    // Under the stripe's lock: a private namespace may have lost its name since.
    const bool named = seems_named && platform.load(object.name_bytes) != 0;
    const bool last = platform.load(object.handles) == 1;
    const bool loses_name = named && (last ? !platform.mutated(Mutant::name_outlives_object)
                                           : platform.mutated(Mutant::name_freed_too_early));
    std::optional<LockGuard<P>> allocation;
    if (last || loses_name) {
        allocation.emplace(thread, region.header().allocation_lock);
    }
    const RoutineGuard<P> calls(thread, last && has_routine(thread, object));
    Transaction<P> change(thread);
    if (!platform.mutated(Mutant::handle_closed_twice)) {
        word = {0, 0, false, false, word.generation};
        change.write(entry, word.pack());
        give_slot(change, process.free_handles, index, [&](std::uint64_t i) -> Cell64& {
            return region.handle(process_slot, i).next_free;
        });
        change.write(process.handles, change.read(process.handles) - 1);
    }
    if (last || !platform.mutated(Mutant::close_not_counted)) {
        change.write(object.handles, change.read(object.handles) - 1);
    }
    if (process_slot != thread.process && platform.mutated(Mutant::timer_dies_with_setter) &&
        is_timer(kind_of(thread, object))) {
        change.write(object.detail, 0);
    }
    if (loses_name) {
        take_name_away(thread, change, slot);
    }
    if (last && loses_name == named) {
        if (change.read(object.queue_head) == 0) {
            free_object(thread, change, slot);
        }
    }
    platform.crash_point(CrashPoint::close_before_commit);
    change.commit();
    platform.crash_point(CrashPoint::close_committed);
    return ERROR_SUCCESS;
}

/// The same whatever the handle's flags: of the calling process, or of one that is dead.
template <class P>
std::uint32_t close_handle(Thread<P>& thread, std::uint32_t process_slot, std::uint32_t index) {
    return close_handle(thread, process_slot, index,
                        [](const HandleWord&) { return std::uint32_t{ERROR_SUCCESS}; });
}

/// Closes what a process has open: the caller's own, or one that is dead.
/// \param before_each called before each
template <class P, class BeforeEach>
void close_all_handles(Thread<P>& thread, std::uint32_t process, BeforeEach before_each) {
    P& platform = thread.platform;
    const std::uint64_t handles = platform.load(thread.region.process(process).free_handles.fresh);
    for (std::uint32_t i = 0; i < handles; ++i) {
        if (HandleWord::unpack(platform.load(thread.region.handle(process, i).word)).open()) {
            before_each();
            close_handle(thread, process, i);
        }
    }
}

}  // namespace castaway
