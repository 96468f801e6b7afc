// The operations of the Win32 objects as the models see them: calls with their answers, and the
// ends of threads and processes, which act on objects as calls do.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/history/operation.h"

namespace castaway::harness {

enum class Act : std::uint8_t {
    create,
    open,
    close,
    duplicate,
    wait,
    wait_any,
    wait_all,
    release_mutex,
    release_semaphore,
    set_event,
    reset_event,
    pulse_begin,  ///< from here on who waits may be satisfied
    pulse_end,    ///< from here on nobody is any more
    set_timer,
    cancel_timer,
    thread_end,   ///< the thread is gone: what it owns is abandoned
    process_end,  ///< the process is gone: its handles are closed
};

/// Of a call that is about objects and takes effect at one moment; of others the act that tells of
/// it where it failed: the wait of a signal_and_wait, the beginning of a pulse.
Act act_of(OperationKind kind);
std::string_view to_string(Act act);

/// Win32 error codes that tell something of the state.
inline constexpr std::uint32_t kErrorFileNotFound = 2;
inline constexpr std::uint32_t kErrorInvalidHandle = 6;
inline constexpr std::uint32_t kErrorInvalidParameter = 87;
inline constexpr std::uint32_t kErrorAlreadyExists = 183;
inline constexpr std::uint32_t kErrorNotOwner = 288;
inline constexpr std::uint32_t kErrorTooManyPosts = 298;
inline constexpr std::uint32_t kErrorMutantLimitExceeded = 587;

/// The implementation had no room for one more: allowed to each call that needs some.
bool means_no_room(std::uint32_t error);

/// An operation on one object.
struct ObjectOperation {
    Act act = Act::wait;
    ResponseStatus status = ResponseStatus::pending;
    /// release_semaphore: `previous` was told.
    bool tells_previous = false;
    /// The call may have used a handle that was not valid.
    bool handle_in_doubt = false;
    std::uint32_t thread = 0;
    std::uint32_t error = 0;
    std::int32_t count = 0;     ///< release_semaphore
    std::int32_t previous = 0;  ///< release_semaphore

    bool operator==(const ObjectOperation&) const = default;

    [[nodiscard]] bool answered(ResponseStatus wanted) const {
        return status == wanted || status == ResponseStatus::pending;
    }
};

/// A failure that has nothing to do with the object's state: allowed always, and changes nothing.
bool fails_outside_of_state(const ObjectOperation& operation);

/// A call that only makes or closes a handle to an object that exists anyway.
constexpr bool is_about_handles(Act act) {
    return act == Act::create || act == Act::open || act == Act::close || act == Act::duplicate ||
           act == Act::process_end;
}

}  // namespace castaway::harness
