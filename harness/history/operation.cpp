#include "harness/history/operation.h"

#include <array>
#include <cstddef>

namespace castaway::harness {
namespace {

constexpr std::array<std::string_view, 4> kObjectTypes{"event", "mutex", "semaphore", "timer"};
constexpr std::array<std::string_view, kOperationKindCount> kOperationKinds{
    "create",    "open",        "close",           "duplicate",
    "wait",      "wait_any",    "release_mutex",   "release_semaphore",
    "set_event", "reset_event", "set_timer",       "cancel_timer",
    "wait_all",  "pulse_event", "signal_and_wait", "queue_call",
    "sleep"};
constexpr std::array<std::string_view, 6> kResponseStatuses{"pending", "ok",     "abandoned",
                                                            "timeout", "failed", "alerted"};

/// The enumerator whose name stands at its value's place in the table.
template <class Enum, std::size_t kCount>
std::optional<Enum> from_name(const std::array<std::string_view, kCount>& names,
                              std::string_view name) {
    for (std::size_t i = 0; i < kCount; ++i) {
        if (names.at(i) == name) {
            return static_cast<Enum>(i);
        }
    }
    return std::nullopt;
}

}  // namespace

bool fits(OperationKind kind, std::size_t objects) {
    switch (kind) {
        case OperationKind::wait_any:
        case OperationKind::wait_all:
            return objects > 0;
        case OperationKind::signal_and_wait:
            return objects == 2;
        case OperationKind::queue_call:
        case OperationKind::sleep:
            return objects == 0;
        default:
            return objects == 1;
    }
}

std::string_view to_string(ObjectType type) {
    return kObjectTypes.at(static_cast<std::size_t>(type));
}

std::string_view to_string(OperationKind kind) {
    return kOperationKinds.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(ResponseStatus status) {
    return kResponseStatuses.at(static_cast<std::size_t>(status));
}

std::optional<ObjectType> object_type_from(std::string_view name) {
    return from_name<ObjectType>(kObjectTypes, name);
}

std::optional<OperationKind> operation_kind_from(std::string_view name) {
    return from_name<OperationKind>(kOperationKinds, name);
}

std::optional<ResponseStatus> response_status_from(std::string_view name) {
    return from_name<ResponseStatus>(kResponseStatuses, name);
}

}  // namespace castaway::harness
