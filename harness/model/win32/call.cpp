#include "harness/model/win32/call.h"

#include <algorithm>
#include <array>

namespace castaway::harness::win32 {
namespace {

// In the order of Function.
constexpr std::array<const char*, 45> kNames{"create_event",
                                             "create_mutex",
                                             "create_semaphore",
                                             "create_timer",
                                             "open_event",
                                             "open_mutex",
                                             "open_semaphore",
                                             "open_timer",
                                             "set_event",
                                             "reset_event",
                                             "pulse_event",
                                             "release_mutex",
                                             "release_semaphore",
                                             "set_timer",
                                             "cancel_timer",
                                             "wait",
                                             "wait_several",
                                             "signal_and_wait",
                                             "sleep",
                                             "queue_call",
                                             "close_handle",
                                             "duplicate_handle",
                                             "get_handle_information",
                                             "set_handle_information",
                                             "compare_handles",
                                             "current_process",
                                             "current_thread",
                                             "open_process",
                                             "open_thread",
                                             "process_id",
                                             "thread_id",
                                             "exit_code",
                                             "create_process",
                                             "terminate_process",
                                             "exit_process",
                                             "kill_process",
                                             "start_process",
                                             "start_thread",
                                             "exit_thread",
                                             "create_boundary",
                                             "add_sid",
                                             "delete_boundary",
                                             "create_namespace",
                                             "open_namespace",
                                             "close_namespace"};
static_assert(kNames.size() == static_cast<std::size_t>(Function::close_namespace) + 1);

}  // namespace

const char* name_of(Function function) {
    return kNames.at(static_cast<std::size_t>(function));
}

std::optional<Function> function_named(std::string_view name) {
    const auto* const found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) {
        return std::nullopt;
    }
    return static_cast<Function>(found - kNames.begin());
}

bool results_in_handle(Function function) {
    switch (function) {
        case Function::create_event:
        case Function::create_mutex:
        case Function::create_semaphore:
        case Function::create_timer:
        case Function::open_event:
        case Function::open_mutex:
        case Function::open_semaphore:
        case Function::open_timer:
        case Function::current_process:
        case Function::current_thread:
        case Function::open_process:
        case Function::open_thread:
        case Function::create_boundary:
        case Function::create_namespace:
        case Function::open_namespace:
            return true;
        default:
            return false;
    }
}

}  // namespace castaway::harness::win32
