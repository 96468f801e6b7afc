#include "harness/conformance/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "harness/base/utf16.h"

namespace castaway::harness::conformance {
namespace {

using win32::Call;
using win32::Due;
using win32::Function;
using win32::HandleArgument;
using win32::Response;

std::string handle(const HandleArgument& argument, bool values) {
    if (argument.source != HandleArgument::Source::value && !values) {
        const bool second = argument.source == HandleArgument::Source::made_second;
        return fmt::format("#{}{}", argument.of, second ? ".thread" : "");
    }
    switch (argument.value) {
        case 0:
            return "NULL";
        case -1:
            return "GetCurrentProcess()";
        case -2:
            return "GetCurrentThread()";
        default:
            return fmt::format("{:#x}", argument.value);
    }
}

std::string text(const std::optional<std::u16string>& name) {
    constexpr std::size_t kShown = 40;
    if (!name) {
        return "NULL";
    }
    if (name->size() > kShown) {
        return fmt::format("\"{}...\" ({} characters)", to_utf8(name->substr(0, 3)), name->size());
    }
    return fmt::format("\"{}\"", to_utf8(*name));
}

const char* truth(bool value) {
    return value ? "TRUE" : "FALSE";
}

std::string limit(const Call& call) {
    return call.milliseconds == 0xffffffff ? "INFINITE" : std::to_string(call.milliseconds);
}

std::string handles(const Call& call, bool values) {
    constexpr std::size_t kShown = 8;
    std::vector<std::string> shown;
    for (const HandleArgument& each : call.handles) {
        if (shown.size() == kShown) {
            shown.push_back(fmt::format("... {} in all", call.handles.size()));
            break;
        }
        shown.push_back(handle(each, values));
    }
    return fmt::format("{{{}}}", fmt::join(shown, ", "));
}

std::string attributes(const Call& call) {
    return call.attributes ? fmt::format("{{bInheritHandle = {}}}", truth(call.inherit)) : "NULL";
}

std::string created(const Call& call, const char* type) {
    const char form = call.wide ? 'W' : 'A';
    const bool counts = call.function == Function::create_semaphore;
    const std::string numbers = counts ? fmt::format(", {}, {}", call.count, call.maximum) : "";
    if (call.extended) {
        return fmt::format("Create{}Ex{}({}{}, {}, {:#x}, {:#x})", type, form, attributes(call),
                           numbers, text(call.name), call.flags, call.access);
    }
    std::string state = numbers;
    if (call.function == Function::create_event) {
        state = fmt::format(", {}, {}", truth(call.manual_reset), truth(call.initially));
    } else if (call.function == Function::create_mutex) {
        state = fmt::format(", {}", truth(call.initially));
    } else if (call.function == Function::create_timer) {
        state = fmt::format(", {}", truth(call.manual_reset));
    }
    return fmt::format("Create{}{}({}{}, {})", type, form, attributes(call), state,
                       text(call.name));
}

std::string opened(const Call& call, const char* type) {
    return fmt::format("Open{}{}({:#x}, {}, {})", type, call.wide ? 'W' : 'A', call.access,
                       truth(call.inherit), text(call.name));
}

std::string due(const Call& call) {
    switch (call.due) {
        case Due::null_pointer:
            return "NULL";
        case Due::relative:
            return fmt::format("-{}", call.due_100ns);
        case Due::absolute:
            return fmt::format("now {} {}", call.due_100ns < 0 ? '-' : '+',
                               std::abs(call.due_100ns));
        case Due::absolute_as_is:
            break;
    }
    return std::to_string(call.due_100ns);
}

}  // namespace

std::string describe_caller(const Call& call) {
    return fmt::format("process {}, thread {}", call.process, call.thread);
}

std::string describe(const Call& call, bool values) {
    const std::string one = handle(call.handle, values);
    const std::string other = handle(call.second, values);
    switch (call.function) {
        case Function::create_event:
            return created(call, "Event");
        case Function::create_mutex:
            return created(call, "Mutex");
        case Function::create_semaphore:
            return created(call, "Semaphore");
        case Function::create_timer:
            return created(call, "WaitableTimer");
        case Function::open_event:
            return opened(call, "Event");
        case Function::open_mutex:
            return opened(call, "Mutex");
        case Function::open_semaphore:
            return opened(call, "Semaphore");
        case Function::open_timer:
            return opened(call, "WaitableTimer");
        case Function::set_event:
            return fmt::format("SetEvent({})", one);
        case Function::reset_event:
            return fmt::format("ResetEvent({})", one);
        case Function::pulse_event:
            return fmt::format("PulseEvent({})", one);
        case Function::release_mutex:
            return fmt::format("ReleaseMutex({})", one);
        case Function::release_semaphore:
            return fmt::format("ReleaseSemaphore({}, {}, {})", one, call.count,
                               call.null_pointer ? "NULL" : "&previous");
        case Function::set_timer:
            return fmt::format(
                "SetWaitableTimer{}({}, {}, {}, {}, {}{})", call.extended ? "Ex" : "", one,
                due(call), call.period_ms, call.with_routine ? "routine" : "NULL",
                call.extended ? (call.resume ? "context" : "NULL") : truth(call.resume),
                call.extended ? fmt::format(", {}", call.tolerable_ms) : "");
        case Function::cancel_timer:
            return fmt::format("CancelWaitableTimer({})", one);
        case Function::wait:
            return fmt::format("WaitForSingleObjectEx({}, {}, {})", one, limit(call),
                               truth(call.alertable));
        case Function::wait_several:
            return fmt::format("WaitForMultipleObjectsEx({}, {}, {}, {}, {})", call.handles.size(),
                               handles(call, values), truth(call.wait_all), limit(call),
                               truth(call.alertable));
        case Function::signal_and_wait:
            return fmt::format("SignalObjectAndWait({}, {}, {}, {})", one, other, limit(call),
                               truth(call.alertable));
        case Function::sleep:
            return fmt::format("SleepEx({}, {})", limit(call), truth(call.alertable));
        case Function::queue_call:
            return fmt::format("QueueUserAPC(routine, {}, {})", one, call.code);
        case Function::close_handle:
            return fmt::format("CloseHandle({})", one);
        case Function::duplicate_handle:
            return fmt::format("DuplicateHandle({}, {}, {}, {}, {:#x}, {}, {:#x})", other, one,
                               handle(call.target_process, values),
                               call.null_pointer ? "NULL" : "&target", call.access,
                               truth(call.inherit), call.flags);
        case Function::get_handle_information:
            return fmt::format("GetHandleInformation({}, &flags)", one);
        case Function::set_handle_information:
            return fmt::format("SetHandleInformation({}, {:#x}, {:#x})", one, call.mask,
                               call.flags);
        case Function::compare_handles:
            return fmt::format("CompareObjectHandles({}, {})", one, other);
        case Function::current_process:
            return "GetCurrentProcess()";
        case Function::current_thread:
            return "GetCurrentThread()";
        case Function::open_process:
            return fmt::format("OpenProcess({:#x}, {}, id of process {})", call.access,
                               truth(call.inherit), call.of_process);
        case Function::open_thread:
            return fmt::format("OpenThread({:#x}, {}, id of process {}, thread {})", call.access,
                               truth(call.inherit), call.of_process, call.of_thread);
        case Function::process_id:
            return fmt::format("GetProcessId({})", one);
        case Function::thread_id:
            return fmt::format("GetThreadId({})", one);
        case Function::exit_code:
            return fmt::format("GetExitCodeProcess({}, &code)", one);
        case Function::create_process:
            return fmt::format("CreateProcess{}(process {}, {}, bInheritHandles = {}{})",
                               call.wide ? 'W' : 'A', call.of_process, attributes(call),
                               truth(call.inherit_handles),
                               call.with_list ? ", list = " + handles(call, values) : "");
        case Function::terminate_process:
            return fmt::format("TerminateProcess({}, {})", one, call.code);
        case Function::exit_process:
            return fmt::format("ExitProcess({})", call.code);
        case Function::kill_process:
            return "is killed";
        case Function::start_process:
            return "is started";
        case Function::start_thread:
            return fmt::format("starts thread {}", call.of_thread);
        case Function::exit_thread:
            return "ends";
        case Function::create_boundary:
            return fmt::format("CreateBoundaryDescriptor{}({}, {})", call.wide ? 'W' : 'A',
                               text(call.name), call.flags);
        case Function::add_sid:
            return fmt::format("AddSIDToBoundaryDescriptor(&{}, S-1-{}-{})", one,
                               call.sid_authority, fmt::join(call.sid_parts, "-"));
        case Function::delete_boundary:
            return fmt::format("DeleteBoundaryDescriptor({})", one);
        case Function::create_namespace:
            return fmt::format("CreatePrivateNamespace{}({}, {}, {})", call.wide ? 'W' : 'A',
                               attributes(call), one, text(call.name));
        case Function::open_namespace:
            return fmt::format("OpenPrivateNamespace{}({}, {})", call.wide ? 'W' : 'A', one,
                               text(call.name));
        case Function::close_namespace:
            return fmt::format("ClosePrivateNamespace({}, {})", one, call.flags);
    }
    return "";
}

std::string describe(const Call& call, const Response& response) {
    const bool as_hex = results_in_handle(call.function) || is_wait(call.function);
    std::string words =
        as_hex ? fmt::format("{:#x}", response.result) : std::to_string(response.result);
    if (response.error != win32::kErrorUntouched) {
        words += fmt::format(", last error {}", response.error);
    }
    if (response.made != 0) {
        words += fmt::format(", makes {:#x}", response.made);
    }
    if (response.made_second != 0) {
        words += fmt::format(" and {:#x}", response.made_second);
    }
    if (response.written) {
        words += fmt::format(", tells {}", *response.written);
    }
    for (const win32::Delivery& each : response.delivered) {
        words += each.of_timer
                     ? fmt::format(", runs the routine set by #{} ({})", each.code, each.due)
                     : fmt::format(", runs call {}", each.code);
    }
    return words;
}

}  // namespace castaway::harness::conformance
