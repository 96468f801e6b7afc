#include "harness/engine/sim/sim_calls.h"

#include <array>

#include "primitives/objects/signal.h"
#include "primitives/objects/wait.h"

namespace castaway::harness::sim {
namespace {

constexpr std::int64_t kNsPerFileTimeUnit = 100;

HANDLE to_win32(Handle handle) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a Win32 handle is a number in a pointer's clothes
    return reinterpret_cast<HANDLE>(handle);
}

Handle from_win32(HANDLE handle) {
    return reinterpret_cast<Handle>(handle);
}

Response response_to(std::uint32_t error) {
    Response response;
    response.status = error == ERROR_SUCCESS ? ResponseStatus::ok : ResponseStatus::failed;
    response.error = error;
    return response;
}

/// Looks a handle up for a call that one type of object has, and makes the call.
template <class Matches, class Call>
Response operate(Part& thread, Handle handle, std::uint32_t access, Matches matches, Call call) {
    Target target;
    // A handle to another type is an invalid handle, whatever its rights (rule EVT-11).
    std::uint32_t error = look_up(thread, to_win32(handle), 0, target);
    if (error == ERROR_SUCCESS && !matches(target.kind)) {
        error = ERROR_INVALID_HANDLE;
    }
    if (error == ERROR_SUCCESS && access != 0) {
        error = look_up(thread, to_win32(handle), access, target);
    }
    if (error == ERROR_SUCCESS) {
        error = call(thread, target);
    }
    return response_to(error);
}

NewObject new_object(const ObjectSpec& object) {
    NewObject wanted;
    wanted.access = EVENT_ALL_ACCESS;
    switch (object.type) {
        case ObjectType::event:
            wanted.kind = object.manual_reset ? ObjectKind::manual_event : ObjectKind::auto_event;
            wanted.value = object.initially_signaled ? 1 : 0;
            break;
        case ObjectType::mutex:
            wanted.kind = ObjectKind::mutex;
            wanted.access = MUTEX_ALL_ACCESS;
            break;
        case ObjectType::semaphore:
            wanted.kind = ObjectKind::semaphore;
            wanted.value = static_cast<std::uint32_t>(object.initial_count);
            wanted.detail = static_cast<std::uint64_t>(object.maximum_count);
            break;
        case ObjectType::timer:
            wanted.kind = object.manual_reset ? ObjectKind::manual_timer : ObjectKind::auto_timer;
            break;
    }
    return wanted;
}

}  // namespace

Response create(Part& thread, const ObjectSpec& object, const CanonicalName& name, Handle& handle) {
    HANDLE made = nullptr;
    bool existed = false;
    const std::uint32_t error = create_object(thread, new_object(object), &name, made, existed);
    Response response = response_to(error);
    if (error == ERROR_SUCCESS) {
        handle = from_win32(made);
        response.error = existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS;
    }
    return response;
}

Response open(Part& thread, const ObjectSpec& object, const CanonicalName& name, Handle& handle) {
    const NewObject wanted = new_object(object);
    HANDLE made = nullptr;
    const std::uint32_t error = open_object(thread, wanted.kind, name, wanted.access, false, made);
    if (error == ERROR_SUCCESS) {
        handle = from_win32(made);
    }
    return response_to(error);
}

Response close(Part& thread, Handle handle) {
    const auto index = handle_index(to_win32(handle), thread.region.geometry());
    return response_to(index ? close_handle(thread, thread.process, *index)
                             : std::uint32_t{ERROR_INVALID_HANDLE});
}

Response duplicate(Part& thread, Handle handle, Handle& duplicate) {
    Target target;
    std::uint32_t error = look_up(thread, to_win32(handle), 0, target);
    HANDLE made = nullptr;
    if (error == ERROR_SUCCESS) {
        error = duplicate_handle(thread, to_win32(handle), std::nullopt, false, made);
    }
    if (error == ERROR_SUCCESS) {
        duplicate = from_win32(made);
    }
    return response_to(error);
}

Response wait(Part& thread, std::span<const Handle> handles,
              std::optional<std::uint32_t> timeout_ms) {
    std::array<Target, kWaitObjectsMax> targets;
    for (std::size_t i = 0; i < handles.size(); ++i) {
        if (const std::uint32_t error =
                look_up(thread, to_win32(handles[i]), SYNCHRONIZE, targets[i])) {
            return response_to(error);
        }
    }
    Deadline deadline;
    if (timeout_ms) {
        deadline.ns = thread.platform.now(Clock::monotonic) + std::int64_t{*timeout_ms} * kNsPerMs;
    }
    const WaitOutcome outcome =
        wait_any(thread, std::span<const Target>(targets).first(handles.size()), deadline,
                 timeout_ms.value_or(1) != 0);
    Response response;
    response.satisfied_by = outcome.index;
    switch (outcome.kind) {
        case WaitOutcome::Kind::satisfied:
            response.status = ResponseStatus::ok;
            break;
        case WaitOutcome::Kind::abandoned:
            response.status = ResponseStatus::abandoned;
            break;
        case WaitOutcome::Kind::timed_out:
            response.status = ResponseStatus::timeout;
            break;
        case WaitOutcome::Kind::failed:
            response.error = outcome.error;
            break;
    }
    return response;
}

Response release_mutex(Part& thread, Handle handle) {
    // Any handle of the mutex will do (rule MTX-14).
    return operate(
        thread, handle, 0, [](ObjectKind kind) { return kind == ObjectKind::mutex; },
        [](Part& part, const Target& target) { return castaway::release_mutex(part, target); });
}

Response release_semaphore(Part& thread, Handle handle, std::int32_t count) {
    if (count <= 0) {
        return response_to(ERROR_INVALID_PARAMETER);
    }
    std::int32_t previous = 0;
    Response response = operate(
        thread, handle, SEMAPHORE_MODIFY_STATE,
        [](ObjectKind kind) { return kind == ObjectKind::semaphore; },
        [&](Part& part, const Target& target) {
            return castaway::release_semaphore(part, target, count, previous);
        });
    response.previous_count = previous;
    return response;
}

Response set_event(Part& thread, Handle handle) {
    return operate(
        thread, handle, EVENT_MODIFY_STATE, is_event,
        [](Part& part, const Target& target) { return castaway::set_event(part, target); });
}

Response reset_event(Part& thread, Handle handle) {
    return operate(
        thread, handle, EVENT_MODIFY_STATE, is_event,
        [](Part& part, const Target& target) { return castaway::reset_event(part, target); });
}

Response set_timer(Part& thread, Handle handle, std::int64_t due_ns, std::int32_t period_ms) {
    if (period_ms < 0) {
        return response_to(ERROR_INVALID_PARAMETER);
    }
    // Rounded up to whole units, as the adapter for real processes does: never early.
    const std::int64_t units =
        due_ns / kNsPerFileTimeUnit + (due_ns % kNsPerFileTimeUnit > 0 ? 1 : 0);
    return operate(
        thread, handle, TIMER_MODIFY_STATE, is_timer, [&](Part& part, const Target& target) {
            const Deadline due{part.platform.now(Clock::monotonic) + units * kNsPerFileTimeUnit};
            return castaway::set_timer(part, target, due, std::int64_t{period_ms} * kNsPerMs);
        });
}

Response cancel_timer(Part& thread, Handle handle) {
    return operate(
        thread, handle, TIMER_MODIFY_STATE, is_timer,
        [](Part& part, const Target& target) { return castaway::cancel_timer(part, target); });
}

}  // namespace castaway::harness::sim
