// The calls that use handles, for the calling thread: set, reset, release, arm, cancel, wait.
#include "primitives/api/calls.h"
#include "primitives/api/pseudo_wait.h"
#include "primitives/api/run_call.h"
#include "primitives/api/win32_support.h"

using namespace castaway;  // NOLINT(google-build-using-namespace): the API is in the global
                           // namespace

namespace {

thread_local DWORD last_error = ERROR_SUCCESS;

DWORD wait_failed(DWORD error) {
    SetLastError(error);
    return WAIT_FAILED;
}

DWORD wait_result(const WaitOutcome& outcome) {
    switch (outcome.kind) {
        case WaitOutcome::Kind::satisfied:
            return WAIT_OBJECT_0 + outcome.index;
        case WaitOutcome::Kind::abandoned:
            return WAIT_ABANDONED_0 + outcome.index;
        case WaitOutcome::Kind::timed_out:
            return WAIT_TIMEOUT;
        case WaitOutcome::Kind::alerted:
            return WAIT_IO_COMPLETION;
        case WaitOutcome::Kind::failed:
            break;
    }
    return wait_failed(outcome.error);
}

template <class Pointer>
std::uint64_t word_of(Pointer pointer) {
    return reinterpret_cast<std::uintptr_t>(pointer);
}

/// What `call` returns for the calling thread, as a wait does.
template <class Call>
DWORD wait_with_thread(Call call) {
    std::uint32_t error = ERROR_SUCCESS;
    ActiveThread* thread = current_thread(error);
    return thread == nullptr ? wait_failed(error) : wait_result(call(*thread));
}

/// The first call of a thread: gives it its part in the region, and makes the call once more.
template <class... Arguments>
[[gnu::noinline]] BOOL enter_and_call(BOOL (*call)(Arguments...), Arguments... arguments) {
    std::uint32_t error = ERROR_SUCCESS;
    return current_thread(error) == nullptr ? failed<BOOL>(error) : call(arguments...);
}

// What WaitForSingleObject() seldom needs. Out of line, and the arguments by value, so that the
// rest of it keeps all it knows in registers, and saves none.

[[gnu::noinline]] DWORD wait_for_one(HANDLE handle, DWORD milliseconds) {
    return WaitForSingleObjectEx(handle, milliseconds, FALSE);
}

[[gnu::noinline]] DWORD finish_wait_for_one(TryResult tried, Target target, HANDLE handle,
                                            DWORD milliseconds) {
    const WaitOutcome outcome = calls::finish_wait(*entered_thread(), tried, target, milliseconds);
    return outcome.kind == WaitOutcome::Kind::failed && calls::is_pseudo_handle(handle)
               ? wait_for_one(handle, milliseconds)
               : wait_result(outcome);
}

}  // namespace

DWORD GetLastError(void) {
    return last_error;
}
void SetLastError(DWORD error) {
    last_error = error;
}

BOOL SetEvent(HANDLE event) {
    ActiveThread* const thread = entered_thread();
    return thread == nullptr ? enter_and_call(SetEvent, event)
                             : succeeded_or(calls::set_event(*thread, event));
}

BOOL ResetEvent(HANDLE event) {
    return succeeded_or(
        with_thread([&](ActiveThread& thread) { return calls::reset_event(thread, event); }));
}

BOOL PulseEvent(HANDLE event) {
    return succeeded_or(
        with_thread([&](ActiveThread& thread) { return calls::pulse_event(thread, event); }));
}

BOOL ReleaseMutex(HANDLE mutex) {
    ActiveThread* const thread = entered_thread();
    return thread == nullptr ? enter_and_call(ReleaseMutex, mutex)
                             : succeeded_or(calls::release_mutex(*thread, mutex));
}

BOOL ReleaseSemaphore(HANDLE semaphore, LONG release_count, LPLONG previous_count) {
    ActiveThread* const thread = entered_thread();
    if (thread == nullptr) {
        return enter_and_call(ReleaseSemaphore, semaphore, release_count, previous_count);
    }
    LONG previous = 0;
    const auto error = calls::release_semaphore(*thread, semaphore, release_count, previous);
    if (error == ERROR_SUCCESS && previous_count != nullptr) {
        *previous_count = previous;
    }
    return succeeded_or(error);
}

BOOL SetWaitableTimer(HANDLE timer, const LARGE_INTEGER* due_time, LONG period_ms,
                      PTIMERAPCROUTINE routine, LPVOID argument, BOOL resume) {
    if (due_time == nullptr) {
        return failed<BOOL>(ERROR_NOACCESS);
    }
    const BOOL done = succeeded_or(with_thread([&](ActiveThread& thread) {
        return calls::set_timer(thread, timer, due_time->QuadPart, period_ms,
                                {word_of(routine), word_of(argument)});
    }));
    if (done != FALSE && resume != FALSE) {
        SetLastError(ERROR_NOT_SUPPORTED);  // armed, but it will not wake the machine (rule TMR-12)
    }
    return done;
}

BOOL SetWaitableTimerEx(HANDLE timer, const LARGE_INTEGER* due_time, LONG period_ms,
                        PTIMERAPCROUTINE routine, LPVOID argument, PREASON_CONTEXT wake_context,
                        ULONG /*tolerable_delay*/) {
    return SetWaitableTimer(timer, due_time, period_ms, routine, argument,
                            wake_context != nullptr ? TRUE : FALSE);
}

BOOL CancelWaitableTimer(HANDLE timer) {
    return succeeded_or(
        with_thread([&](ActiveThread& thread) { return calls::cancel_timer(thread, timer); }));
}

DWORD WaitForSingleObject(HANDLE handle, DWORD milliseconds) {
    ActiveThread* const thread = entered_thread();
    if (thread == nullptr) [[unlikely]] {
        return wait_for_one(handle, milliseconds);
    }
    Target target;
    const TryResult tried = calls::try_wait(*thread, handle, target);
    return tried == TryResult::taken ? WAIT_OBJECT_0
                                     : finish_wait_for_one(tried, target, handle, milliseconds);
}

DWORD WaitForMultipleObjects(DWORD count, const HANDLE* handles, BOOL wait_all,
                             DWORD milliseconds) {
    return WaitForMultipleObjectsEx(count, handles, wait_all, milliseconds, FALSE);
}

DWORD WaitForSingleObjectEx(HANDLE handle, DWORD milliseconds, BOOL alertable) {
    return wait_with_thread([&](ActiveThread& thread) {
        return wait_for_handle(thread, handle, [&](HANDLE real) {
            return alertable == FALSE
                       ? calls::wait(thread, real, milliseconds)
                       : calls::wait_alertably(thread, {&real, 1}, false, milliseconds, run_call);
        });
    });
}

DWORD WaitForMultipleObjectsEx(DWORD count, const HANDLE* handles, BOOL wait_all,
                               DWORD milliseconds, BOOL alertable) {
    if (count == 0 || count > kWaitObjectsMax || handles == nullptr) {
        return wait_failed(ERROR_INVALID_PARAMETER);
    }
    const std::span all(handles, count);
    return wait_with_thread([&](ActiveThread& thread) {
        return alertable == FALSE
                   ? calls::wait(thread, all, wait_all != FALSE, milliseconds)
                   : calls::wait_alertably(thread, all, wait_all != FALSE, milliseconds, run_call);
    });
}

DWORD SignalObjectAndWait(HANDLE signaled, HANDLE waited, DWORD milliseconds, BOOL alertable) {
    return wait_with_thread([&](ActiveThread& thread) {
        return wait_for_handle(thread, waited, [&](HANDLE real) {
            return alertable == FALSE ? calls::signal_and_wait(thread, signaled, real, milliseconds)
                                      : calls::signal_and_wait_alertably(thread, signaled, real,
                                                                         milliseconds, run_call);
        });
    });
}
