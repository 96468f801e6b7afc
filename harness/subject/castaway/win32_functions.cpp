// Each function of the interface, as a call asks for it.
#include <memory>
#include <utility>

#include "harness/subject/castaway/win32_arguments.h"

namespace castaway::harness {
namespace {

using win32::Call;
using win32::Delivery;
using win32::Due;
using win32::Function;
using win32::Response;
using Arguments = Win32Arguments;

std::uint64_t widened(const void* handle) {
    return reinterpret_cast<std::uintptr_t>(handle);
}
std::uint64_t widened(BOOL truth) {
    return static_cast<std::uint32_t>(truth);
}
std::uint64_t widened(DWORD number) {
    return number;
}
std::uint64_t widened(BOOLEAN truth) {
    return truth;
}

BOOL truth(bool value) {
    return value ? TRUE : FALSE;
}

LPVOID pointer_of(std::uint64_t number) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a number that comes back as it was
    return reinterpret_cast<LPVOID>(number);
}

// What procedure calls do: they say that they ran. Every process of a program runs the same image
// at the same addresses, so each may queue them for any other.

void run_call(ULONG_PTR code) {
    deliveries_of_this_thread().push_back({false, static_cast<std::uint32_t>(code), 0});
}

void run_routine(LPVOID number, DWORD low, DWORD high) {
    const std::uint64_t due = (std::uint64_t{high} << 32U) | low;
    deliveries_of_this_thread().push_back(
        {true, static_cast<std::uint32_t>(widened(number)), static_cast<std::int64_t>(due)});
}

HANDLE create_event(const Call& call, Arguments& given) {
    const BOOL manual = truth(call.manual_reset);
    const BOOL initially = truth(call.initially);
    if (call.wide) {
        return call.extended
                   ? CreateEventExW(given.security, given.wide_name, call.flags, call.access)
                   : CreateEventW(given.security, manual, initially, given.wide_name);
    }
    return call.extended ? CreateEventExA(given.security, given.name(), call.flags, call.access)
                         : CreateEventA(given.security, manual, initially, given.name());
}

HANDLE create_mutex(const Call& call, Arguments& given) {
    const BOOL owned = truth(call.initially);
    if (call.wide) {
        return call.extended
                   ? CreateMutexExW(given.security, given.wide_name, call.flags, call.access)
                   : CreateMutexW(given.security, owned, given.wide_name);
    }
    return call.extended ? CreateMutexExA(given.security, given.name(), call.flags, call.access)
                         : CreateMutexA(given.security, owned, given.name());
}

HANDLE create_semaphore(const Call& call, Arguments& given) {
    if (call.wide) {
        return call.extended
                   ? CreateSemaphoreExW(given.security, call.count, call.maximum, given.wide_name,
                                        call.flags, call.access)
                   : CreateSemaphoreW(given.security, call.count, call.maximum, given.wide_name);
    }
    return call.extended ? CreateSemaphoreExA(given.security, call.count, call.maximum,
                                              given.name(), call.flags, call.access)
                         : CreateSemaphoreA(given.security, call.count, call.maximum, given.name());
}

HANDLE create_timer(const Call& call, Arguments& given) {
    const BOOL manual = truth(call.manual_reset);
    if (call.wide) {
        return call.extended ? CreateWaitableTimerExW(given.security, given.wide_name, call.flags,
                                                      call.access)
                             : CreateWaitableTimerW(given.security, manual, given.wide_name);
    }
    return call.extended
               ? CreateWaitableTimerExA(given.security, given.name(), call.flags, call.access)
               : CreateWaitableTimerA(given.security, manual, given.name());
}

template <class Narrow, class Wide>
HANDLE open_by_name(const Call& call, const Arguments& given, Narrow narrow, Wide wide) {
    const BOOL inherit = truth(call.inherit);
    return call.wide ? wide(call.access, inherit, given.wide_name)
                     : narrow(call.access, inherit, given.name());
}

BOOL set_timer(const Call& call, const Arguments& given) {
    const LARGE_INTEGER* const due = call.due == Due::null_pointer ? nullptr : &given.due;
    const PTIMERAPCROUTINE routine = call.with_routine ? run_routine : nullptr;
    const LPVOID argument = pointer_of(call.number);
    if (!call.extended) {
        return SetWaitableTimer(given.handle, due, call.period_ms, routine, argument,
                                truth(call.resume));
    }
    REASON_CONTEXT reason{};
    return SetWaitableTimerEx(given.handle, due, call.period_ms, routine, argument,
                              call.resume ? &reason : nullptr, call.tolerable_ms);
}

DWORD wait_several(const Call& call, const Arguments& given) {
    return WaitForMultipleObjectsEx(static_cast<DWORD>(given.handles.size()), given.handles.data(),
                                    truth(call.wait_all), call.milliseconds, truth(call.alertable));
}

/// PROC_THREAD_ATTRIBUTE_HANDLE_LIST, or nothing.
class HandleList {
  public:
    /// False with the last error when there can be no such list.
    bool make(std::vector<HANDLE>& handles) {
        SIZE_T size = 0;
        InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
        SetLastError(win32::kErrorUntouched);  // that was no part of the call
        memory_ = std::make_unique<std::uint64_t[]>((size + 7) / 8);
        auto* const list = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.get());
        if (InitializeProcThreadAttributeList(list, 1, 0, &size) == FALSE) {
            return false;
        }
        list_ = list;
        return UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles.data(),
                                         handles.size() * sizeof(HANDLE), nullptr,
                                         nullptr) != FALSE;
    }
    HandleList() = default;
    ~HandleList() {
        if (list_ != nullptr) {
            DeleteProcThreadAttributeList(list_);
        }
    }
    HandleList(const HandleList&) = delete;
    HandleList& operator=(const HandleList&) = delete;

    [[nodiscard]] LPPROC_THREAD_ATTRIBUTE_LIST get() const { return list_; }

  private:
    std::unique_ptr<std::uint64_t[]> memory_;
    LPPROC_THREAD_ATTRIBUTE_LIST list_ = nullptr;
};

BOOL create_process(const Call& call, Arguments& given, Response& response) {
    HandleList list;
    if (call.with_list && !list.make(given.handles)) {
        return FALSE;
    }
    const DWORD flags = call.flags | (call.with_list ? EXTENDED_STARTUPINFO_PRESENT : 0);
    const BOOL inherit = truth(call.inherit_handles);
    PROCESS_INFORMATION made{};
    BOOL result = FALSE;
    if (call.wide) {
        STARTUPINFOEXW startup{};
        startup.StartupInfo.cb = call.with_list ? sizeof(startup) : sizeof(startup.StartupInfo);
        startup.lpAttributeList = list.get();
        result = CreateProcessW(as_wide(given.wide_program.c_str()),
                                as_wide(given.wide_command_line.data()), given.security, nullptr,
                                inherit, flags, nullptr, nullptr, &startup.StartupInfo, &made);
    } else {
        STARTUPINFOEXA startup{};
        startup.StartupInfo.cb = call.with_list ? sizeof(startup) : sizeof(startup.StartupInfo);
        startup.lpAttributeList = list.get();
        result =
            CreateProcessA(given.program.c_str(), given.command_line.data(), given.security,
                           nullptr, inherit, flags, nullptr, nullptr, &startup.StartupInfo, &made);
    }
    given.made = made.hProcess;
    response.made_second = widened(made.hThread);
    response.process_id = made.dwProcessId;
    response.thread_id = made.dwThreadId;
    return result;
}

BOOL delete_boundary(const Arguments& given) {
    DeleteBoundaryDescriptor(given.handle);
    return TRUE;
}

}  // namespace

std::vector<Delivery> take_deliveries() {
    return std::exchange(deliveries_of_this_thread(), {});
}

void make_win32_call(const Call& call, Arguments& given, Response& response) {
    LONG previous = static_cast<LONG>(given.unwritten);
    const auto answer = [&](auto result) { response.result = widened(result); };
    switch (call.function) {
        case Function::create_event:
            return answer(create_event(call, given));
        case Function::create_mutex:
            return answer(create_mutex(call, given));
        case Function::create_semaphore:
            return answer(create_semaphore(call, given));
        case Function::create_timer:
            return answer(create_timer(call, given));
        case Function::open_event:
            return answer(open_by_name(call, given, OpenEventA, OpenEventW));
        case Function::open_mutex:
            return answer(open_by_name(call, given, OpenMutexA, OpenMutexW));
        case Function::open_semaphore:
            return answer(open_by_name(call, given, OpenSemaphoreA, OpenSemaphoreW));
        case Function::open_timer:
            return answer(open_by_name(call, given, OpenWaitableTimerA, OpenWaitableTimerW));
        case Function::set_event:
            return answer(SetEvent(given.handle));
        case Function::reset_event:
            return answer(ResetEvent(given.handle));
        case Function::pulse_event:
            return answer(PulseEvent(given.handle));
        case Function::release_mutex:
            return answer(ReleaseMutex(given.handle));
        case Function::release_semaphore:
            answer(ReleaseSemaphore(given.handle, call.count,
                                    call.null_pointer ? nullptr : &previous));
            given.written = static_cast<DWORD>(previous);
            return;
        case Function::set_timer:
            return answer(set_timer(call, given));
        case Function::cancel_timer:
            return answer(CancelWaitableTimer(given.handle));
        case Function::wait:
            return answer(
                WaitForSingleObjectEx(given.handle, call.milliseconds, truth(call.alertable)));
        case Function::wait_several:
            return answer(wait_several(call, given));
        case Function::signal_and_wait:
            return answer(SignalObjectAndWait(given.handle, given.second, call.milliseconds,
                                              truth(call.alertable)));
        case Function::sleep:
            return answer(SleepEx(call.milliseconds, truth(call.alertable)));
        case Function::queue_call:
            return answer(QueueUserAPC(run_call, given.handle, call.code));
        case Function::close_handle:
            return answer(CloseHandle(given.handle));
        case Function::duplicate_handle:
            return answer(DuplicateHandle(given.second, given.handle, given.target_process,
                                          call.null_pointer ? nullptr : &given.made, call.access,
                                          truth(call.inherit), call.flags));
        case Function::get_handle_information:
            return answer(GetHandleInformation(given.handle, &given.written));
        case Function::set_handle_information:
            return answer(SetHandleInformation(given.handle, call.mask, call.flags));
        case Function::compare_handles:
            return answer(compare_object_handles(given.handle, given.second));
        case Function::current_process:
            return answer(GetCurrentProcess());
        case Function::current_thread:
            return answer(GetCurrentThread());
        case Function::open_process:
            return answer(OpenProcess(call.access, truth(call.inherit), call.os_process_id));
        case Function::open_thread:
            return answer(OpenThread(call.access, truth(call.inherit), call.os_thread_id));
        case Function::process_id:
            return answer(GetProcessId(given.handle));
        case Function::thread_id:
            return answer(GetThreadId(given.handle));
        case Function::exit_code:
            return answer(GetExitCodeProcess(given.handle, &given.written));
        case Function::create_process:
            return answer(create_process(call, given, response));
        case Function::terminate_process:
            return answer(TerminateProcess(given.handle, call.code));
        case Function::exit_process:
            ExitProcess(call.code);
        case Function::create_boundary:
            return answer(call.wide ? CreateBoundaryDescriptorW(given.wide_name, call.flags)
                                    : CreateBoundaryDescriptorA(given.name(), call.flags));
        case Function::add_sid:
            return answer(AddSIDToBoundaryDescriptor(&given.made, given.sid.data()));
        case Function::delete_boundary:
            return answer(delete_boundary(given));
        case Function::create_namespace:
            return answer(
                call.wide ? CreatePrivateNamespaceW(given.security, given.handle, given.wide_name)
                          : CreatePrivateNamespaceA(given.security, given.handle, given.name()));
        case Function::open_namespace:
            return answer(call.wide ? OpenPrivateNamespaceW(given.handle, given.wide_name)
                                    : OpenPrivateNamespaceA(given.handle, given.name()));
        case Function::close_namespace:
            return answer(ClosePrivateNamespace(given.handle, call.flags));
        case Function::kill_process:
        case Function::start_process:
        case Function::start_thread:
        case Function::exit_thread:
            response.not_made = true;
            return;
    }
    response.not_made = true;
}

}  // namespace castaway::harness
