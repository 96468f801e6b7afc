// The calls about threads, their procedure calls and their sleep, for the calling thread.
#include <sched.h>

#include "primitives/api/handle_calls.h"
#include "primitives/api/run_call.h"
#include "primitives/api/win32_support.h"

using namespace castaway;  // NOLINT(google-build-using-namespace): the API is in the global
                           // namespace

namespace {

/// What ResumeThread returns when it fails.
constexpr DWORD kNoSuspendCount = 0xFFFFFFFF;

/// Without a part in the region, which a thread that only sleeps need not have.
void let_time_pass(DWORD milliseconds) {
    if (milliseconds == 0) {
        sched_yield();
        return;
    }
    const LinuxPlatform platform;
    Deadline deadline;
    if (milliseconds != INFINITE) {
        deadline.ns = platform.now(Clock::monotonic) + milliseconds * calls::kNsPerMs;
    }
    Cell32 nobody_wakes{};
    while (deadline.never() || platform.now(Clock::monotonic) < deadline.ns) {
        platform.futex_wait(nobody_wakes, 0, deadline);
    }
}

}  // namespace

HANDLE GetCurrentThread(void) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a number in a pointer's clothes
    return reinterpret_cast<HANDLE>(calls::kCurrentThread);
}

DWORD GetCurrentThreadId(void) {
    // Who tells others its id wants to be found by it.
    std::uint32_t error = ERROR_SUCCESS;
    current_thread(error);
    return LinuxPlatform{}.thread_id();
}

HANDLE OpenThread(DWORD access, BOOL inherit, DWORD thread_id) {
    HANDLE handle = nullptr;
    const std::uint32_t error = with_thread([&](ActiveThread& thread) {
        return calls::open_thread(thread, thread_id, access, inherit != FALSE, handle);
    });
    return error == ERROR_SUCCESS ? handle : failed<HANDLE>(error);
}

DWORD GetThreadId(HANDLE thread) {
    OpenedThread found;
    const std::uint32_t error = with_thread([&](ActiveThread& caller) {
        return calls::with_either_right(
            THREAD_QUERY_LIMITED_INFORMATION, THREAD_QUERY_INFORMATION,
            [&](std::uint32_t access) { return calls::thread_by(caller, thread, access, found); });
    });
    return error == ERROR_SUCCESS ? found.id : failed<DWORD>(error);
}

DWORD QueueUserAPC(PAPCFUNC routine, HANDLE thread, ULONG_PTR data) {
    if (routine == nullptr) {
        return failed<DWORD>(ERROR_INVALID_PARAMETER);
    }
    const ApcRoutine wanted{reinterpret_cast<std::uintptr_t>(routine), data};
    const std::uint32_t error = with_thread(
        [&](ActiveThread& caller) { return calls::queue_user_apc(caller, thread, wanted); });
    return error == ERROR_SUCCESS ? 1 : failed<DWORD>(error);
}

DWORD ResumeThread(HANDLE thread) {
    std::uint32_t before = 0;
    const std::uint32_t error = with_thread(
        [&](ActiveThread& caller) { return calls::resume_thread(caller, thread, before); });
    if (error != ERROR_SUCCESS) {
        SetLastError(error);
        return kNoSuspendCount;
    }
    return before;
}

DWORD SleepEx(DWORD milliseconds, BOOL alertable) {
    std::uint32_t error = ERROR_SUCCESS;
    ActiveThread* thread = alertable == FALSE ? nullptr : current_thread(error);
    if (thread == nullptr) {
        // Nobody can queue anything for a thread without a part in the region.
        let_time_pass(milliseconds);
        return 0;
    }
    const WaitOutcome outcome = calls::sleep_alertably(*thread, milliseconds, run_call);
    return outcome.kind == WaitOutcome::Kind::alerted ? WAIT_IO_COMPLETION : 0;
}

void Sleep(DWORD milliseconds) {
    let_time_pass(milliseconds);
}
