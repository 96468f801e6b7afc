#include "harness/model/acts.h"

#include <algorithm>
#include <array>

namespace castaway::harness {

Act act_of(OperationKind kind) {
    switch (kind) {
        case OperationKind::create:
            return Act::create;
        case OperationKind::open:
            return Act::open;
        case OperationKind::close:
            return Act::close;
        case OperationKind::duplicate:
            return Act::duplicate;
        case OperationKind::wait:
            return Act::wait;
        case OperationKind::wait_any:
            return Act::wait_any;
        case OperationKind::release_mutex:
            return Act::release_mutex;
        case OperationKind::release_semaphore:
            return Act::release_semaphore;
        case OperationKind::set_event:
            return Act::set_event;
        case OperationKind::reset_event:
            return Act::reset_event;
        case OperationKind::set_timer:
            return Act::set_timer;
        case OperationKind::cancel_timer:
            return Act::cancel_timer;
        case OperationKind::wait_all:
            return Act::wait_all;
        case OperationKind::pulse_event:
            return Act::pulse_begin;
        case OperationKind::signal_and_wait:
        case OperationKind::queue_call:
        case OperationKind::sleep:
            break;
    }
    return Act::wait;
}

std::string_view to_string(Act act) {
    constexpr std::array<std::string_view, 17> kNames{
        "create",      "open",        "close",         "duplicate",         "wait",
        "wait_any",    "wait_all",    "release_mutex", "release_semaphore", "set_event",
        "reset_event", "pulse_begin", "pulse_end",     "set_timer",         "cancel_timer",
        "thread_end",  "process_end"};
    return kNames.at(static_cast<std::size_t>(act));
}

bool means_no_room(std::uint32_t error) {
    // Not enough memory, out of memory, too many semaphores, disk full, no system resources, quota.
    constexpr std::array<std::uint32_t, 6> kCodes{8, 14, 100, 112, 1450, 1816};
    return std::find(kCodes.begin(), kCodes.end(), error) != kCodes.end();
}

bool fails_outside_of_state(const ObjectOperation& operation) {
    if (operation.status != ResponseStatus::failed) {
        return false;
    }
    if (operation.error == kErrorInvalidHandle) {
        return operation.handle_in_doubt;
    }
    const bool makes_handle = operation.act == Act::create || operation.act == Act::open ||
                              operation.act == Act::duplicate;
    return makes_handle && means_no_room(operation.error);
}

}  // namespace castaway::harness
