// The Win32 calls, made by a given thread: arguments judged, handles looked up, rights checked,
// then one call of objects/. Errors are returned as Win32 codes.
//
// Which thread calls, where its last error is kept and what its result looks like is the matter of
// win32_*.cpp; the simulator makes the same calls for its threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "castaway/win32.h"
#include "primitives/objects/lifetime.h"
#include "primitives/objects/private_namespace.h"
#include "primitives/objects/signal.h"
#include "primitives/objects/wait.h"
#include "primitives/objects/wait_all.h"

namespace castaway::calls {

inline constexpr std::int64_t kNsPerMs = 1'000'000;
inline constexpr std::int64_t kNsPerFileTimeUnit = 100;
/// FILETIME 0 is the first of January 1601, this many units before the Unix epoch.
inline constexpr std::int64_t kFileTimeOfUnixEpoch = 116'444'736'000'000'000;

// Making handles and ending them.

constexpr std::uint32_t all_access(ObjectKind kind) {
    if (kind == ObjectKind::process) {
        return PROCESS_ALL_ACCESS;
    }
    if (kind == ObjectKind::private_namespace) {
        return kNamespaceAllAccess;
    }
    if (kind == ObjectKind::thread) {
        return THREAD_ALL_ACCESS;
    }
    return kind == ObjectKind::mutex ? MUTEX_ALL_ACCESS : EVENT_ALL_ACCESS;
}

/// What the generic rights stand for.
struct GenericRights {
    std::uint32_t read;
    std::uint32_t write;
    std::uint32_t execute;
};

constexpr GenericRights generic_rights(ObjectKind kind) {
    // With READ_CONTROL each, and what else winnt.h names for the type.
    switch (kind) {
        case ObjectKind::process:
            return {0x00020410, 0x00020bea, 0x00121001};
        case ObjectKind::thread:
            return {0x00020048, 0x00020437, 0x00120800};
        case ObjectKind::mutex:
            return {0x00020001, 0x00020000, 0x00120000};
        default:
            return {0x00020001, 0x00020002, 0x00120000};
    }
}

/// The rights that a mask stands for which may name MAXIMUM_ALLOWED and generic ones (rule HND-08),
/// with those that the type does not have.
constexpr std::uint32_t mapped(ObjectKind kind, std::uint32_t wanted) {
    constexpr std::uint32_t kMapped =
        MAXIMUM_ALLOWED | GENERIC_ALL | GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE;
    const GenericRights generic = generic_rights(kind);
    return (wanted & ~kMapped) |
           ((wanted & (MAXIMUM_ALLOWED | GENERIC_ALL)) != 0 ? all_access(kind) : 0) |
           ((wanted & GENERIC_READ) != 0 ? generic.read : 0) |
           ((wanted & GENERIC_WRITE) != 0 ? generic.write : 0) |
           ((wanted & GENERIC_EXECUTE) != 0 ? generic.execute : 0);
}

/// Of the rights that a mask stands for, those that the type has.
constexpr std::uint32_t granted(ObjectKind kind, std::uint32_t wanted) {
    return mapped(kind, wanted) & all_access(kind);
}

/// Why nobody is given what a mask stands for, or ERROR_SUCCESS (rule HND-11).
/// ACCESS_SYSTEM_SECURITY needs a privilege that nobody has here.
constexpr std::uint32_t refusal_of_duplicate(ObjectKind kind, std::uint32_t wanted) {
    if ((wanted & ACCESS_SYSTEM_SECURITY) != 0) {
        return ERROR_PRIVILEGE_NOT_HELD;
    }
    return (mapped(kind, wanted) & ~all_access(kind)) != 0 ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}

/// The same for whoever opens an object. (A duplicate may have no right at all: those are never
/// more than its source's.)
constexpr std::uint32_t refusal_of(ObjectKind kind, std::uint32_t wanted) {
    return wanted == 0 ? ERROR_ACCESS_DENIED : refusal_of_duplicate(kind, wanted);
}

/// The handles of the calling process and thread that are no table entries (rule HND-02).
inline bool is_pseudo_handle(HANDLE handle) {
    const auto value = reinterpret_cast<std::intptr_t>(handle);
    return value == -1 || value == -2;
}

/// The object that a Create call asks for.
struct Creation {
    NewObject object;    ///< without rights, which are all of its type
    bool owned = false;  ///< a mutex that the caller owns from the start
};

inline Creation new_event(bool manual_reset, bool signaled) {
    NewObject object;
    object.kind = manual_reset ? ObjectKind::manual_event : ObjectKind::auto_event;
    object.value = signaled ? 1 : 0;
    return {object};
}

inline Creation new_mutex(bool owned) {
    NewObject object;
    object.kind = ObjectKind::mutex;
    return {object, owned};
}

/// Empty when the counts are none that a semaphore can have (87).
inline std::optional<Creation> new_semaphore(std::int32_t initial, std::int32_t maximum) {
    if (maximum <= 0 || initial < 0 || initial > maximum) {
        return std::nullopt;
    }
    NewObject object;
    object.kind = ObjectKind::semaphore;
    object.value = static_cast<std::uint32_t>(initial);
    object.detail = static_cast<std::uint64_t>(maximum);
    return Creation{object};
}

inline Creation new_timer(bool manual_reset) {
    NewObject object;
    object.kind = manual_reset ? ObjectKind::manual_timer : ObjectKind::auto_timer;
    return {object};
}

/// \param name   null: the object has none
/// Of a new object the handle has those of the rights that its type has; one that is there is
/// opened as open() does (rule HND-11).
/// \param access as granted() takes it; empty: all rights of the type
template <class P>
std::uint32_t create(Thread<P>& thread, Creation wanted, std::optional<std::uint32_t> access,
                     bool inherit, const CanonicalName* name, HANDLE& handle, bool& existed) {
    const ObjectKind kind = wanted.object.kind;
    if (access && (*access & ACCESS_SYSTEM_SECURITY) != 0) {
        return ERROR_PRIVILEGE_NOT_HELD;
    }
    wanted.object.access = access ? granted(kind, *access) : all_access(kind);
    wanted.object.refusal = access ? refusal_of(kind, *access) : std::uint32_t{ERROR_SUCCESS};
    wanted.object.inherit = inherit;
    if (wanted.owned && !thread.platform.mutated(Mutant::initial_owner_ignored)) {
        wanted.object.value = mutex_owner(thread.slot, thread.generation);
    }
    const std::uint32_t error = create_object(thread, wanted.object, name, handle, existed);
    if (error == ERROR_SUCCESS && wanted.owned && !existed) {
        ++thread.mutexes_owned;
    }
    return error;
}

/// \param access as granted() takes it
template <class P>
std::uint32_t open(Thread<P>& thread, ObjectKind kind, const CanonicalName& name,
                   std::uint32_t access, bool inherit, HANDLE& handle) {
    const bool all = thread.platform.mutated(Mutant::open_gets_all_rights);
    const WantedAccess wanted{all ? all_access(kind) : granted(kind, access),
                              refusal_of(kind, access)};
    return open_object(thread, kind, name, wanted, inherit, handle);
}

template <class P>
std::uint32_t close(Thread<P>& thread, HANDLE handle) {
    const auto index = handle_index(handle, thread.region.geometry());
    if (!index) {
        return ERROR_INVALID_HANDLE;
    }
    const bool heeds = !thread.platform.mutated(Mutant::protected_handle_closed);
    return close_handle(thread, thread.process, *index, [heeds](const HandleWord& word) {
        return std::uint32_t{word.protect && heeds ? ERROR_INVALID_HANDLE
                                                   : ERROR_SUCCESS};  // rule HND-05
    });
}

// Using handles.

namespace detail {

/// Looks a handle up for a call that one type of object has, and makes the call. Those that must be
/// fast do the same by hand: in a lambda that is not inlined the target would live in memory.
template <class P, class Matches, class Call>
std::uint32_t operate(Thread<P>& thread, HANDLE handle, std::uint32_t access, Matches matches,
                      Call call) {
    Target target;
    const std::uint32_t error = look_up(thread, handle, access, target, matches);
    return error == ERROR_SUCCESS ? call(target) : error;
}

/// A due time as SetWaitableTimer takes it: negative from now on, else a FILETIME (rule TMR-01).
template <class P>
Deadline due_at(const Thread<P>& thread, std::int64_t due_time) {
    if (due_time > 0 && thread.platform.mutated(Mutant::absolute_time_from_now)) {
        due_time = -due_time;
    }
    if (due_time < 0) {
        // The most negative value has no positive one; both mean centuries.
        const std::int64_t units = due_time == INT64_MIN ? INT64_MAX : -due_time;
        const std::int64_t now = thread.platform.now(Clock::monotonic);
        if (units > (Deadline::kNever - 1 - now) / kNsPerFileTimeUnit) {
            return {Deadline::kNever - 1, Clock::monotonic};
        }
        return {now + units * kNsPerFileTimeUnit, Clock::monotonic};
    }
    const std::int64_t units = due_time - kFileTimeOfUnixEpoch;
    // Before 1970 is past; 1 is the earliest time that does not mean "not armed".
    if (units <= 0) {
        return {1, Clock::realtime};
    }
    if (units > (Deadline::kNever - 1) / kNsPerFileTimeUnit) {
        return {Deadline::kNever - 1, Clock::realtime};
    }
    return {units * kNsPerFileTimeUnit, Clock::realtime};
}

/// Whether two of the handles stand for one object (rule WAIT-08).
inline bool names_one_twice(std::span<const Target> targets) {
    std::array<std::uint32_t, kWaitObjectsMax> slots{};
    const auto end = std::transform(targets.begin(), targets.end(), slots.begin(),
                                    [](const Target& target) { return target.object; });
    std::sort(slots.begin(), end);
    return std::adjacent_find(slots.begin(), end) != end;
}

}  // namespace detail

template <class P>
[[gnu::always_inline]] inline std::uint32_t set_event(Thread<P>& thread, HANDLE event) {
    Target target;
    const std::uint32_t error = look_up(thread, event, EVENT_MODIFY_STATE, target, is_event);
    return error == ERROR_SUCCESS ? castaway::set_event(thread, target) : error;
}

template <class P>
std::uint32_t reset_event(Thread<P>& thread, HANDLE event) {
    return detail::operate(thread, event, EVENT_MODIFY_STATE, is_event, [&](const Target& target) {
        return castaway::reset_event(thread, target);
    });
}

template <class P>
std::uint32_t pulse_event(Thread<P>& thread, HANDLE event) {
    return detail::operate(thread, event, EVENT_MODIFY_STATE, is_event, [&](const Target& target) {
        return castaway::pulse_event(thread, target);
    });
}

/// Any handle of the mutex will do (rule MTX-14).
template <class P>
[[gnu::always_inline]] inline std::uint32_t release_mutex(Thread<P>& thread, HANDLE mutex) {
    Target target;
    const std::uint32_t error = look_up(thread, mutex, 0, target, is_one<ObjectKind::mutex>);
    return error == ERROR_SUCCESS ? castaway::release_mutex(thread, target) : error;
}

/// \param previous the count before, when the call succeeds
template <class P>
[[gnu::always_inline]] inline std::uint32_t release_semaphore(Thread<P>& thread, HANDLE semaphore,
                                                              std::int32_t count,
                                                              std::int32_t& previous) {
    if (count <= 0) {
        return ERROR_INVALID_PARAMETER;
    }
    Target target;
    const std::uint32_t error =
        look_up(thread, semaphore, SEMAPHORE_MODIFY_STATE, target, is_one<ObjectKind::semaphore>);
    return error == ERROR_SUCCESS ? castaway::release_semaphore(thread, target, count, previous)
                                  : error;
}

/// \param due_time  in units of 100 ns; negative from now on, else a FILETIME
/// \param period_ms 0: once
/// \param routine   run by the calling thread
template <class P>
std::uint32_t set_timer(Thread<P>& thread, HANDLE timer, std::int64_t due_time,
                        std::int32_t period_ms, const ApcRoutine& routine = {}) {
    if (period_ms < 0) {
        return ERROR_INVALID_PARAMETER;
    }
    return detail::operate(thread, timer, TIMER_MODIFY_STATE, is_timer, [&](const Target& target) {
        return castaway::set_timer(thread, target, detail::due_at(thread, due_time),
                                   std::int64_t{period_ms} * kNsPerMs, routine);
    });
}

template <class P>
std::uint32_t cancel_timer(Thread<P>& thread, HANDLE timer) {
    return detail::operate(thread, timer, TIMER_MODIFY_STATE, is_timer, [&](const Target& target) {
        return castaway::cancel_timer(thread, target);
    });
}

namespace detail {

/// When a wait that begins now is over. \param milliseconds may be INFINITE
template <class P>
Deadline deadline_in(const Thread<P>& thread, std::uint32_t milliseconds) {
    const P& platform = thread.platform;
    Deadline deadline;
    if (milliseconds != INFINITE && !platform.mutated(Mutant::timeout_ignored)) {
        const std::int64_t limit = std::int64_t{milliseconds} * kNsPerMs;
        deadline.ns = platform.now(Clock::monotonic) +
                      (platform.mutated(Mutant::timeout_early) ? limit / 2 : limit);
    }
    return deadline;
}

/// Judges what is to be waited for. Returns a Win32 error. \param targets as many as handles
template <class P>
std::uint32_t look_up_all(Thread<P>& thread, std::span<const HANDLE> handles, bool all,
                          std::span<Target> targets) {
    for (std::size_t i = 0; i < handles.size(); ++i) {
        if (const auto error = look_up(thread, handles[i], SYNCHRONIZE, targets[i])) {
            return error;
        }
    }
    return all && names_one_twice(targets) &&
                   !thread.platform.mutated(Mutant::object_named_twice_taken)
               ? ERROR_INVALID_PARAMETER
               : ERROR_SUCCESS;
}

}  // namespace detail

/// The first attempt of a wait for one object, a few instructions in line. \param target is found
template <class P>
[[gnu::always_inline]] inline TryResult try_wait(Thread<P>& thread, HANDLE handle, Target& target) {
    const std::uint32_t error = look_up(thread, handle, SYNCHRONIZE, target);
    return error == ERROR_SUCCESS         ? castaway::detail::try_take(thread, target)
           : error == ERROR_ACCESS_DENIED ? TryResult::denied
                                          : TryResult::gone;
}

/// What is left of that wait when the attempt did not simply take the object.
template <class P>
WaitOutcome finish_wait(Thread<P>& thread, TryResult tried, const Target& target,
                        std::uint32_t milliseconds) {
    const auto deadline_in = [&] { return detail::deadline_in(thread, milliseconds); };
    return finish_wait_for_one(thread, tried, target, deadline_in, milliseconds != 0);
}

/// For one object. \param milliseconds may be INFINITE
template <class P>
WaitOutcome wait(Thread<P>& thread, HANDLE handle, std::uint32_t milliseconds) {
    Target target;
    const TryResult tried = try_wait(thread, handle, target);
    return tried == TryResult::taken ? WaitOutcome{WaitOutcome::Kind::satisfied, 0, ERROR_SUCCESS}
                                     : finish_wait(thread, tried, target, milliseconds);
}

/// For any of 1 to kWaitObjectsMax objects, or for all of them. \param milliseconds may be INFINITE
template <class P>
WaitOutcome wait(Thread<P>& thread, std::span<const HANDLE> handles, bool all,
                 std::uint32_t milliseconds) {
    if (handles.size() == 1) {
        return wait(thread, handles[0], milliseconds);
    }
    std::array<Target, kWaitObjectsMax> buffer;
    const auto targets = std::span(buffer).first(handles.size());
    if (const auto error = detail::look_up_all(thread, handles, all, targets)) {
        return {WaitOutcome::Kind::failed, 0, error};
    }
    const bool sleeps = milliseconds != 0;
    const auto deadline_in = [&] { return detail::deadline_in(thread, milliseconds); };
    return all ? wait_all(thread, targets, deadline_in(), sleeps)
               : wait_any(thread, targets, deadline_in, sleeps);
}

/// Runs what is queued for the calling thread, in order, until nothing is; what comes meanwhile,
/// too. Returns whether anything ran.
template <class P, class Run>
bool run_due_apcs(Thread<P>& thread, Run run) {
    bool ran = false;
    for (;;) {
        castaway::detail::queue_own_routines(thread);
        const auto due = take_due_apc(thread);
        if (!due) {
            return ran;
        }
        run(*due);
        if (thread.platform.mutated(Mutant::call_run_twice)) {
            run(*due);
        }
        ran = true;
    }
}

namespace detail {

/// Waits alertably: what is queued is run before, and what comes meanwhile ends the wait. Its
/// outcome is `alerted` if anything ran.
/// \param wait the wait itself, to be ended by a call that comes
template <class P, class Run, class Wait>
WaitOutcome wait_between_calls(Thread<P>& thread, Run run, Wait wait) {
    for (;;) {
        if (run_due_apcs(thread, run)) {
            return {WaitOutcome::Kind::alerted, 0, ERROR_SUCCESS};
        }
        // A call that has ended the wait may have been dropped since: then it goes on.
        const WaitOutcome outcome = wait();
        if (outcome.kind != WaitOutcome::Kind::alerted) {
            if (thread.platform.mutated(Mutant::call_lost_to_signal)) {
                take_due_apc(thread);
            }
            return outcome;
        }
    }
}

/// Sets an event, releases a mutex, or releases one count of a semaphore (rules WAIT-17, WAIT-18),
/// if `waited` can be waited for. Returns a Win32 error.
template <class P>
std::uint32_t signal_first(Thread<P>& thread, HANDLE signaled, HANDLE waited) {
    Target first;
    Target second;
    if (const auto error = look_up(thread, signaled, 0, first)) {
        return error;
    }
    if (const auto error = look_up(thread, waited, SYNCHRONIZE, second)) {
        return error;
    }
    if (thread.platform.mutated(Mutant::signal_and_wait_signals_nothing)) {
        return ERROR_SUCCESS;
    }
    if (is_event(first.kind)) {
        return set_event(thread, signaled);
    }
    if (first.kind == ObjectKind::mutex) {
        return release_mutex(thread, signaled);
    }
    std::int32_t previous = 0;
    return first.kind == ObjectKind::semaphore ? release_semaphore(thread, signaled, 1, previous)
                                               : std::uint32_t{ERROR_INVALID_HANDLE};
}

}  // namespace detail

/// wait(), alertable (rules WAIT-14, WAIT-15). A wait that fails runs nothing.
/// \param run called with each DueApc; it may make calls of its own, and wait
template <class P, class Run>
WaitOutcome wait_alertably(Thread<P>& thread, std::span<const HANDLE> handles, bool all,
                           std::uint32_t milliseconds, Run run) {
    std::array<Target, kWaitObjectsMax> buffer;
    const auto targets = std::span(buffer).first(handles.size());
    if (const auto error = detail::look_up_all(thread, handles, all, targets)) {
        return {WaitOutcome::Kind::failed, 0, error};
    }
    const bool sleeps = milliseconds != 0;
    const Deadline deadline = detail::deadline_in(thread, milliseconds);
    return detail::wait_between_calls(thread, run, [&] {
        return all && targets.size() > 1
                   ? wait_all(thread, targets, deadline, sleeps, true)
                   : wait_any(
                         thread, targets, [&] { return deadline; }, sleeps, true);
    });
}

/// For a time only, alertable (rule WAIT-21).
template <class P, class Run>
WaitOutcome sleep_alertably(Thread<P>& thread, std::uint32_t milliseconds, Run run) {
    const Deadline deadline = detail::deadline_in(thread, milliseconds);
    return detail::wait_between_calls(thread, run,
                                      [&] { return castaway::sleep_alertably(thread, deadline); });
}

/// Signals, then waits. The thread queues for `waited` after the first object was signaled: what
/// pulses in between passes it by. Both handles are judged before anything is done.
template <class P>
WaitOutcome signal_and_wait(Thread<P>& thread, HANDLE signaled, HANDLE waited,
                            std::uint32_t milliseconds) {
    if (const auto error = detail::signal_first(thread, signaled, waited)) {
        return {WaitOutcome::Kind::failed, 0, error};
    }
    return wait(thread, waited, milliseconds);
}

/// The same, alertable.
template <class P, class Run>
WaitOutcome signal_and_wait_alertably(Thread<P>& thread, HANDLE signaled, HANDLE waited,
                                      std::uint32_t milliseconds, Run run) {
    if (const auto error = detail::signal_first(thread, signaled, waited)) {
        return {WaitOutcome::Kind::failed, 0, error};
    }
    return wait_alertably(thread, {&waited, 1}, false, milliseconds, run);
}

}  // namespace castaway::calls
