#include "harness/engine/sim/sim_calls.h"

#include <algorithm>
#include <array>

#include "primitives/api/handle_calls.h"

namespace castaway::harness::sim {
namespace {

/// Nobody jumps there: who runs a call says what that is.
constexpr ApcRoutine kSomeRoutine{1, 0};

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

/// At most kWaitObjectsMax of them.
class Win32Handles {
  public:
    explicit Win32Handles(std::span<const Handle> handles) : count_(handles.size()) {
        std::transform(handles.begin(), handles.end(), all_.begin(),
                       [](Handle handle) { return to_win32(handle); });
    }
    [[nodiscard]] std::span<const HANDLE> span() const {
        return std::span<const HANDLE>(all_).first(count_);
    }

  private:
    std::array<HANDLE, kWaitObjectsMax> all_{};
    std::size_t count_;
};

/// What the plan's object is. Its counts are those of a semaphore: the plan was validated.
calls::Creation creation_of(const ObjectSpec& object) {
    switch (object.type) {
        case ObjectType::event:
            return calls::new_event(object.manual_reset, object.initially_signaled);
        case ObjectType::mutex:
            return calls::new_mutex(false);
        case ObjectType::semaphore:
            return calls::new_semaphore(object.initial_count, object.maximum_count).value();
        case ObjectType::timer:
            return calls::new_timer(object.manual_reset);
    }
    return {};
}

}  // namespace

Response create(Part& thread, const ObjectSpec& object, const CanonicalName& name, Handle& handle) {
    HANDLE made = nullptr;
    bool existed = false;
    const std::uint32_t error =
        calls::create(thread, creation_of(object), std::nullopt, object.sharing == Sharing::inherit,
                      &name, made, existed);
    Response response = response_to(error);
    if (error == ERROR_SUCCESS) {
        handle = from_win32(made);
        response.error = existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS;
    }
    return response;
}

Response open(Part& thread, const ObjectSpec& object, const CanonicalName& name, Handle& handle) {
    const ObjectKind kind = creation_of(object).object.kind;
    HANDLE made = nullptr;
    const std::uint32_t error =
        calls::open(thread, kind, name, calls::all_access(kind), false, made);
    if (error == ERROR_SUCCESS) {
        handle = from_win32(made);
    }
    return response_to(error);
}

Response close(Part& thread, Handle handle) {
    return response_to(calls::close(thread, to_win32(handle)));
}

Response duplicate(Part& thread, Handle handle, Handle& duplicate) {
    HANDLE made = nullptr;
    const ProcessRef self = own_process(thread);
    const std::uint32_t error = calls::duplicate(thread, {self, to_win32(handle), self}, made);
    if (error == ERROR_SUCCESS) {
        duplicate = from_win32(made);
    }
    return response_to(error);
}

Response open_process(Part& thread, std::uint32_t pid, Handle& handle) {
    HANDLE made = nullptr;
    const std::uint32_t error = calls::open_process(thread, pid, PROCESS_ALL_ACCESS, false, made);
    handle = from_win32(made);
    return response_to(error);
}

Response duplicate_into(Part& thread, Handle handle, Handle process, Handle& made) {
    calls::Duplication wanted{own_process(thread), to_win32(handle), {}};
    HANDLE theirs = nullptr;
    std::uint32_t error =
        calls::process_by(thread, to_win32(process), PROCESS_DUP_HANDLE, wanted.to);
    if (error == ERROR_SUCCESS) {
        error = calls::duplicate(thread, wanted, theirs);
    }
    made = from_win32(theirs);
    return response_to(error);
}

Response duplicate_from(Part& thread, Handle process, Handle handle, Handle& duplicate) {
    calls::Duplication wanted{{}, to_win32(handle), own_process(thread)};
    HANDLE made = nullptr;
    std::uint32_t error =
        calls::process_by(thread, to_win32(process), PROCESS_DUP_HANDLE, wanted.from);
    if (error == ERROR_SUCCESS) {
        error = calls::duplicate(thread, wanted, made);
    }
    duplicate = from_win32(made);
    return response_to(error);
}

Response wait(Part& thread, std::span<const Handle> handles,
              std::optional<std::uint32_t> timeout_ms, bool for_all) {
    const Win32Handles all(handles);
    return response_to(calls::wait(thread, all.span(), for_all, timeout_ms.value_or(INFINITE)));
}

WaitOutcome wait_alertably(Part& thread, std::span<const Handle> handles, const OnCall& on_call,
                           bool for_all, std::optional<std::uint32_t> timeout_ms) {
    const Win32Handles all(handles);
    return calls::wait_alertably(thread, all.span(), for_all, timeout_ms.value_or(INFINITE),
                                 on_call);
}

Response signal_and_wait(Part& thread, Handle signaled, Handle awaited,
                         std::optional<std::uint32_t> timeout_ms) {
    return response_to(calls::signal_and_wait(thread, to_win32(signaled), to_win32(awaited),
                                              timeout_ms.value_or(INFINITE)));
}

WaitOutcome signal_and_wait_alertably(Part& thread, Handle signaled, Handle awaited,
                                      const OnCall& on_call,
                                      std::optional<std::uint32_t> timeout_ms) {
    return calls::signal_and_wait_alertably(thread, to_win32(signaled), to_win32(awaited),
                                            timeout_ms.value_or(INFINITE), on_call);
}

Response response_to(const WaitOutcome& outcome) {
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
        case WaitOutcome::Kind::alerted:
            response.status = ResponseStatus::alerted;
            break;
        case WaitOutcome::Kind::failed:
            response.error = outcome.error;
            break;
    }
    return response;
}

Response open_thread(Part& thread, std::uint32_t id, Handle& handle) {
    HANDLE made = nullptr;
    const std::uint32_t error = calls::open_thread(thread, id, THREAD_ALL_ACCESS, false, made);
    handle = from_win32(made);
    return response_to(error);
}

Response queue_call(Part& thread, Handle target, std::uint64_t argument) {
    return response_to(calls::queue_user_apc(thread, to_win32(target),
                                             ApcRoutine{kSomeRoutine.address, argument}));
}

WaitOutcome sleep_alertably(Part& thread, std::uint32_t milliseconds, const OnCall& on_call) {
    return calls::sleep_alertably(thread, milliseconds, on_call);
}

Response release_mutex(Part& thread, Handle handle) {
    return response_to(calls::release_mutex(thread, to_win32(handle)));
}

Response release_semaphore(Part& thread, Handle handle, std::int32_t count) {
    std::int32_t previous = 0;
    Response response =
        response_to(calls::release_semaphore(thread, to_win32(handle), count, previous));
    response.previous_count = previous;
    return response;
}

Response set_event(Part& thread, Handle handle) {
    return response_to(calls::set_event(thread, to_win32(handle)));
}

Response reset_event(Part& thread, Handle handle) {
    return response_to(calls::reset_event(thread, to_win32(handle)));
}

Response pulse_event(Part& thread, Handle handle) {
    return response_to(calls::pulse_event(thread, to_win32(handle)));
}

Response set_timer(Part& thread, Handle handle, std::int64_t due_ns, std::int32_t period_ms,
                   std::optional<std::uint64_t> routine) {
    // From now on is negative. Rounded up to whole units, as the adapter for real processes does:
    // never early.
    const std::int64_t units =
        due_ns / calls::kNsPerFileTimeUnit + (due_ns % calls::kNsPerFileTimeUnit > 0 ? 1 : 0);
    return response_to(
        calls::set_timer(thread, to_win32(handle), -units, period_ms,
                         routine ? ApcRoutine{kSomeRoutine.address, *routine} : ApcRoutine{}));
}

Response cancel_timer(Part& thread, Handle handle) {
    return response_to(calls::cancel_timer(thread, to_win32(handle)));
}

}  // namespace castaway::harness::sim
