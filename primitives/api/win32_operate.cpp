// The calls that use handles: set, reset, release, arm, cancel, wait. Each looks its handles up,
// then does one call of objects/signal.h or objects/wait.h.
#include <array>

#include "primitives/api/win32_support.h"

using namespace castaway;  // NOLINT(google-build-using-namespace): the API is in the global
                           // namespace

namespace {

thread_local DWORD last_error = ERROR_SUCCESS;

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerFileTimeUnit = 100;
/// FILETIME 0 is the first of January 1601, this many units before the Unix epoch.
constexpr std::int64_t kFileTimeOfUnixEpoch = 116'444'736'000'000'000;

/// Looks a handle up for a call that one type of object has, and makes the call.
template <class Matches, class Call>
BOOL operate(HANDLE handle, std::uint32_t access, Matches matches, Call call) {
    std::uint32_t error = ERROR_SUCCESS;
    ActiveThread* thread = current_thread(error);
    if (thread == nullptr) {
        return failed<BOOL>(error);
    }
    Target target;
    // A handle to another type is an invalid handle, whatever its rights (rule EVT-11).
    error = look_up(*thread, handle, 0, target);
    if (error == ERROR_SUCCESS && !matches(target.kind)) {
        error = ERROR_INVALID_HANDLE;
    }
    if (error == ERROR_SUCCESS && access != 0) {
        error = look_up(*thread, handle, access, target);
    }
    if (error == ERROR_SUCCESS) {
        error = call(*thread, target);
    }
    return succeeded_or(error);
}

constexpr auto kIsMutex = [](ObjectKind kind) { return kind == ObjectKind::mutex; };
constexpr auto kIsSemaphore = [](ObjectKind kind) { return kind == ObjectKind::semaphore; };

Deadline deadline_after(const ActiveThread& thread, DWORD milliseconds) {
    if (milliseconds == INFINITE) {
        return {};
    }
    return {thread.platform.now(Clock::monotonic) + std::int64_t{milliseconds} * kNsPerMs,
            Clock::monotonic};
}

/// A due time as SetWaitableTimer takes it: negative from now on, else a FILETIME (rule TMR-01).
Deadline due_at(const ActiveThread& thread, LONGLONG due_time) {
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

DWORD wait_result(const WaitOutcome& outcome) {
    switch (outcome.kind) {
        case WaitOutcome::Kind::satisfied:
            return WAIT_OBJECT_0 + outcome.index;
        case WaitOutcome::Kind::abandoned:
            return WAIT_ABANDONED_0 + outcome.index;
        case WaitOutcome::Kind::timed_out:
            return WAIT_TIMEOUT;
        case WaitOutcome::Kind::failed:
            break;
    }
    SetLastError(outcome.error);
    return WAIT_FAILED;
}

DWORD wait_failed(DWORD error) {
    SetLastError(error);
    return WAIT_FAILED;
}

}  // namespace

DWORD GetLastError(void) {
    return last_error;
}
void SetLastError(DWORD error) {
    last_error = error;
}

BOOL SetEvent(HANDLE event) {
    return operate(event, EVENT_MODIFY_STATE, is_event, set_event<ActivePlatform>);
}

BOOL ResetEvent(HANDLE event) {
    return operate(event, EVENT_MODIFY_STATE, is_event, reset_event<ActivePlatform>);
}

BOOL ReleaseMutex(HANDLE mutex) {
    // Any handle of the mutex will do (rule MTX-14).
    return operate(mutex, 0, kIsMutex, release_mutex<ActivePlatform>);
}

BOOL ReleaseSemaphore(HANDLE semaphore, LONG release_count, LPLONG previous_count) {
    if (release_count <= 0) {
        return failed<BOOL>(ERROR_INVALID_PARAMETER);
    }
    return operate(semaphore, SEMAPHORE_MODIFY_STATE, kIsSemaphore,
                   [&](ActiveThread& thread, const Target& target) {
                       LONG previous = 0;
                       const auto error =
                           release_semaphore(thread, target, release_count, previous);
                       if (error == ERROR_SUCCESS && previous_count != nullptr) {
                           *previous_count = previous;
                       }
                       return error;
                   });
}

BOOL SetWaitableTimer(HANDLE timer, const LARGE_INTEGER* due_time, LONG period_ms,
                      PTIMERAPCROUTINE routine, LPVOID /*argument*/, BOOL resume) {
    if (due_time == nullptr) {
        return failed<BOOL>(ERROR_NOACCESS);
    }
    if (period_ms < 0) {
        return failed<BOOL>(ERROR_INVALID_PARAMETER);
    }
    if (routine != nullptr) {
        return failed<BOOL>(ERROR_CALL_NOT_IMPLEMENTED);
    }
    const BOOL done = operate(
        timer, TIMER_MODIFY_STATE, is_timer, [&](ActiveThread& thread, const Target& target) {
            return set_timer(thread, target, due_at(thread, due_time->QuadPart),
                             std::int64_t{period_ms} * kNsPerMs);
        });
    if (done != FALSE && resume != FALSE) {
        SetLastError(ERROR_NOT_SUPPORTED);  // armed, but it will not wake the machine (rule TMR-12)
    }
    return done;
}

BOOL CancelWaitableTimer(HANDLE timer) {
    return operate(timer, TIMER_MODIFY_STATE, is_timer, cancel_timer<ActivePlatform>);
}

DWORD WaitForSingleObject(HANDLE handle, DWORD milliseconds) {
    return WaitForMultipleObjects(1, &handle, FALSE, milliseconds);
}

DWORD WaitForMultipleObjects(DWORD count, const HANDLE* handles, BOOL wait_all,
                             DWORD milliseconds) {
    if (count == 0 || count > kWaitObjectsMax || handles == nullptr) {
        return wait_failed(ERROR_INVALID_PARAMETER);
    }
    if (wait_all != FALSE && count > 1) {
        return wait_failed(ERROR_CALL_NOT_IMPLEMENTED);
    }
    std::uint32_t error = ERROR_SUCCESS;
    ActiveThread* thread = current_thread(error);
    if (thread == nullptr) {
        return wait_failed(error);
    }
    std::array<Target, kWaitObjectsMax> targets;
    for (DWORD i = 0; i < count; ++i) {
        error = look_up(*thread, handles[i], SYNCHRONIZE, targets[i]);
        if (error != ERROR_SUCCESS) {
            return wait_failed(error);
        }
    }
    return wait_result(castaway::wait_any(*thread, std::span<const Target>(targets).first(count),
                                          deadline_after(*thread, milliseconds),
                                          milliseconds != 0));
}
