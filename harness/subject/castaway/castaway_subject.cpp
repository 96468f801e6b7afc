#include "harness/subject/castaway/castaway_subject.h"

#include <castaway/win32.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/subject/castaway/observer_hook.h"
#include "primitives/api/attachment.h"

namespace castaway::harness {
namespace {

HANDLE to_win32(Subject::Handle handle) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a Win32 handle is a number in a pointer's clothes
    return reinterpret_cast<HANDLE>(handle);
}

Subject::Handle from_win32(HANDLE handle) {
    return reinterpret_cast<Subject::Handle>(handle);
}

BOOL to_win32(bool value) {
    return value ? TRUE : FALSE;
}

Response response_to(BOOL success) {
    Response response;
    if (success != FALSE) {
        response.status = ResponseStatus::ok;
    } else {
        response.error = GetLastError();
    }
    return response;
}

/// To a call that makes a handle.
Response response_to(HANDLE made, Subject::Handle& handle) {
    handle = from_win32(made);
    return response_to(to_win32(made != nullptr));
}

Response response_to_wait(DWORD result, std::size_t count) {
    Response response;
    if (result < WAIT_OBJECT_0 + count) {
        response.status = ResponseStatus::ok;
        response.satisfied_by = result - WAIT_OBJECT_0;
    } else if (result >= WAIT_ABANDONED_0 && result < WAIT_ABANDONED_0 + count) {
        response.status = ResponseStatus::abandoned;
        response.satisfied_by = result - WAIT_ABANDONED_0;
    } else if (result == WAIT_TIMEOUT) {
        response.status = ResponseStatus::timeout;
    } else if (result == WAIT_IO_COMPLETION) {
        response.status = ResponseStatus::alerted;
    } else {
        response.error = GetLastError();
    }
    return response;
}

DWORD limit_of(const WaitTerms& terms) {
    return terms.timeout_ms.value_or(INFINITE);
}

Response wait_for_several(std::span<const Subject::Handle> handles, bool all,
                          const WaitTerms& terms) {
    std::vector<HANDLE> wanted;
    std::transform(handles.begin(), handles.end(), std::back_inserter(wanted),
                   [](Subject::Handle handle) { return to_win32(handle); });
    return response_to_wait(
        WaitForMultipleObjectsEx(static_cast<DWORD>(wanted.size()), wanted.data(), to_win32(all),
                                 limit_of(terms), to_win32(terms.alertable)),
        wanted.size());
}

// What procedure calls run. The workers of a run are forks of one program, so that these have the
// same addresses in all of them.

void run_call(ULONG_PTR argument) {
    observer_hook().runs_call(argument);
}

void run_routine(LPVOID argument, DWORD /*low*/, DWORD /*high*/) {
    run_call(reinterpret_cast<ULONG_PTR>(argument));
}

LPVOID to_pointer(std::uint64_t argument) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a number that comes back as it was
    return reinterpret_cast<LPVOID>(static_cast<std::uintptr_t>(argument));
}

/// However the object is shared, it has its name: pictures of the region tell objects by it.
HANDLE create_object(const ObjectSpec& object) {
    const char* const name = object.name.c_str();
    SECURITY_ATTRIBUTES given{sizeof(given), nullptr, to_win32(object.sharing == Sharing::inherit)};
    switch (object.type) {
        case ObjectType::event:
            return CreateEventA(&given, to_win32(object.manual_reset),
                                to_win32(object.initially_signaled), name);
        case ObjectType::mutex:
            return CreateMutexA(&given, FALSE, name);
        case ObjectType::semaphore:
            return CreateSemaphoreA(&given, object.initial_count, object.maximum_count, name);
        case ObjectType::timer:
            return CreateWaitableTimerA(&given, to_win32(object.manual_reset), name);
    }
    return nullptr;
}

HANDLE open_object(const ObjectSpec& object) {
    const char* const name = object.name.c_str();
    switch (object.type) {
        case ObjectType::event:
            return OpenEventA(EVENT_ALL_ACCESS, FALSE, name);
        case ObjectType::mutex:
            return OpenMutexA(MUTEX_ALL_ACCESS, FALSE, name);
        case ObjectType::semaphore:
            return OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, name);
        case ObjectType::timer:
            return OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, name);
    }
    return nullptr;
}

}  // namespace

CastawaySubject::CastawaySubject(SubjectObserver& observer, Mutant mutant, const char* inheritance)
    : observer_(observer) {
    if (!observer_hook().put_in(observer)) {
        throw HarnessError("this process takes part in a region already");
    }
    prepare_attachment(&observer_hook(), mutant);
    if (inheritance != nullptr) {
        setenv("CASTAWAY_INHERIT", inheritance, 1);
    }
    std::uint32_t error = ERROR_SUCCESS;
    if (current_thread(error) == nullptr) {
        observer_hook().take_out();
        throw HarnessError("cannot attach to the subject's region (error " + std::to_string(error) +
                           "): " + attach_error());
    }
}

CastawaySubject::~CastawaySubject() {
    observer_hook().take_out();
}

Response CastawaySubject::create(const ObjectSpec& object, Handle& handle) {
    const ObserverHook::Call call(observer_);
    Response response = response_to(create_object(object), handle);
    // The one call that succeeds and has an error code all the same.
    response.error = GetLastError();
    return response;
}

Response CastawaySubject::open(const ObjectSpec& object, Handle& handle) {
    const ObserverHook::Call call(observer_);
    return response_to(open_object(object), handle);
}

Response CastawaySubject::close(Handle handle) {
    const ObserverHook::Call call(observer_);
    return response_to(CloseHandle(to_win32(handle)));
}

Response CastawaySubject::duplicate(Handle handle, Handle& duplicate) {
    const ObserverHook::Call call(observer_);
    HANDLE made = nullptr;
    const Response response =
        response_to(DuplicateHandle(GetCurrentProcess(), to_win32(handle), GetCurrentProcess(),
                                    &made, 0, FALSE, DUPLICATE_SAME_ACCESS));
    duplicate = from_win32(made);
    return response;
}

Response CastawaySubject::wait(Handle handle, const WaitTerms& terms) {
    const ObserverHook::Call call(observer_);
    return response_to_wait(
        WaitForSingleObjectEx(to_win32(handle), limit_of(terms), to_win32(terms.alertable)), 1);
}

Response CastawaySubject::wait_any(std::span<const Handle> handles, const WaitTerms& terms) {
    const ObserverHook::Call call(observer_);
    return wait_for_several(handles, false, terms);
}

Response CastawaySubject::wait_all(std::span<const Handle> handles, const WaitTerms& terms) {
    const ObserverHook::Call call(observer_);
    return wait_for_several(handles, true, terms);
}

Response CastawaySubject::signal_and_wait(Handle signaled, Handle awaited, const WaitTerms& terms) {
    const ObserverHook::Call call(observer_);
    return response_to_wait(SignalObjectAndWait(to_win32(signaled), to_win32(awaited),
                                                limit_of(terms), to_win32(terms.alertable)),
                            1);
}

Response CastawaySubject::release_mutex(Handle handle) {
    const ObserverHook::Call call(observer_);
    return response_to(ReleaseMutex(to_win32(handle)));
}

Response CastawaySubject::release_semaphore(Handle handle, std::int32_t count) {
    const ObserverHook::Call call(observer_);
    LONG previous = 0;
    Response response = response_to(ReleaseSemaphore(to_win32(handle), count, &previous));
    response.previous_count = previous;
    return response;
}

Response CastawaySubject::set_event(Handle handle) {
    const ObserverHook::Call call(observer_);
    return response_to(SetEvent(to_win32(handle)));
}

Response CastawaySubject::reset_event(Handle handle) {
    const ObserverHook::Call call(observer_);
    return response_to(ResetEvent(to_win32(handle)));
}

Response CastawaySubject::pulse_event(Handle handle) {
    const ObserverHook::Call call(observer_);
    return response_to(PulseEvent(to_win32(handle)));
}

Response CastawaySubject::set_timer(Handle handle, const TimerSetting& setting) {
    const ObserverHook::Call call(observer_);
    constexpr std::int64_t kNsPerUnit = 100;
    const std::int64_t due_ns = setting.due_ns;
    LARGE_INTEGER due{};
    // A due time from now on is negative. Rounded up: a timer must not come early. Zero would be a
    // date of long ago, which is due at once, too.
    due.QuadPart = -(due_ns / kNsPerUnit + (due_ns % kNsPerUnit > 0 ? 1 : 0));
    return response_to(SetWaitableTimer(to_win32(handle), &due, setting.period_ms,
                                        setting.routine ? run_routine : nullptr,
                                        to_pointer(setting.routine.value_or(0)), FALSE));
}

Response CastawaySubject::cancel_timer(Handle handle) {
    const ObserverHook::Call call(observer_);
    return response_to(CancelWaitableTimer(to_win32(handle)));
}

std::uint32_t CastawaySubject::introduce_thread() {
    const ObserverHook::Call call(observer_);
    return GetCurrentThreadId();
}

Response CastawaySubject::queue_call(std::uint32_t thread, std::uint64_t argument) {
    const ObserverHook::Call call(observer_);
    HANDLE const target = OpenThread(THREAD_SET_CONTEXT, FALSE, thread);
    if (target == nullptr) {
        return response_to(FALSE);
    }
    const Response response = response_to(to_win32(QueueUserAPC(run_call, target, argument) != 0));
    CloseHandle(target);
    return response;
}

Response CastawaySubject::sleep(const WaitTerms& terms) {
    const ObserverHook::Call call(observer_);
    Response response;
    response.status = SleepEx(limit_of(terms), to_win32(terms.alertable)) == WAIT_IO_COMPLETION
                          ? ResponseStatus::alerted
                          : ResponseStatus::ok;
    return response;
}

std::string CastawaySubject::bequeath() {
    const ObserverHook::Call call(observer_);
    std::array<char, CASTAWAY_TOKEN_SIZE> token{};
    return castaway_prepare_child(nullptr, 0, token.data()) != FALSE ? token.data() : "";
}

Response CastawaySubject::give(Handle handle, std::int64_t os_pid, Handle& given) {
    const ObserverHook::Call call(observer_);
    HANDLE const process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, static_cast<DWORD>(os_pid));
    if (process == nullptr) {
        return response_to(FALSE);
    }
    HANDLE made = nullptr;
    const Response response = response_to(DuplicateHandle(
        GetCurrentProcess(), to_win32(handle), process, &made, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(process);
    given = from_win32(made);
    return response;
}

}  // namespace castaway::harness
