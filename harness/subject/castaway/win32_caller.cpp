#include "harness/subject/castaway/win32_caller.h"

#include <utility>

#include "harness/base/utf16.h"
#include "harness/subject/castaway/win32_arguments.h"
#include "harness/subject/win32/platform.h"

namespace castaway::harness {
namespace {

using win32::Call;
using win32::Due;
using win32::Function;
using win32::Response;

/// The sum without overflow, whatever a program says.
std::int64_t sum(std::int64_t left, std::int64_t right) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) +
                                     static_cast<std::uint64_t>(right));
}

/// What the function is given: a negative time is one from now on.
std::int64_t due_time(const Call& call) {
    switch (call.due) {
        case Due::null_pointer:
            return 0;
        case Due::relative:
            return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(call.due_100ns));
        case Due::absolute:
            return sum(utc_now(), call.due_100ns);
        case Due::absolute_as_is:
            return call.due_100ns;
    }
    return 0;
}

}  // namespace

Win32Caller::Win32Caller(std::function<std::string(std::uint32_t process)> command_line)
    : command_line_(std::move(command_line)), program_(own_program()) {}

Response Win32Caller::call(const Call& call) {
    constexpr std::size_t kSidPartsMax = 255;  // what the count of a SID can tell
    Response response;
    if (call.sid_parts.size() > kSidPartsMax ||
        (takes_boundary(call.function) && !may_give(call.handle.value))) {
        response.not_made = true;
        return response;
    }
    Win32Arguments arguments(call);
    if (call.function == Function::create_process) {
        arguments.program = program_;
        arguments.command_line = command_line_(call.of_process);
        arguments.wide_program = to_utf16(arguments.program);
        arguments.wide_command_line = to_utf16(arguments.command_line);
    } else if (call.function == Function::set_timer) {
        arguments.due.QuadPart = due_time(call);
        const bool absolute = call.due == Due::absolute || call.due == Due::absolute_as_is;
        response.due_utc = absolute ? arguments.due.QuadPart : 0;
    }
    response.invoked_utc = utc_now();
    response.invoked_ns = monotonic_now();
    SetLastError(win32::kErrorUntouched);
    make_win32_call(call, arguments, response);
    response.error = GetLastError();
    response.returned_ns = monotonic_now();
    response.returned_utc = utc_now();
    response.made = reinterpret_cast<std::uintptr_t>(arguments.made);
    if (arguments.written != arguments.unwritten) {
        response.written = arguments.written;
    }
    response.delivered = take_deliveries();
    note_boundary(call, response);
    return response;
}

bool Win32Caller::may_give(std::int64_t boundary) {
    const std::lock_guard lock(mutex_);
    return boundary == 0 || boundaries_.contains(static_cast<std::uint64_t>(boundary));
}

void Win32Caller::note_boundary(const Call& call, const Response& response) {
    const std::lock_guard lock(mutex_);
    if (call.function == Function::delete_boundary || call.function == Function::add_sid) {
        boundaries_.erase(static_cast<std::uint64_t>(call.handle.value));
    }
    if (call.function == Function::create_boundary && response.result != 0) {
        boundaries_.insert(response.result);
    }
    if (call.function == Function::add_sid && response.made != 0) {
        boundaries_.insert(response.made);
    }
}

}  // namespace castaway::harness
