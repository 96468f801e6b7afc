// One call of one thread on the subject: what was asked, what came back, and when.
//
// Times are nanoseconds of the monotonic clock since the run's start. An operation occupies the
// closed interval [invoked_ns, returned_ns]: with equal times two operations count as concurrent,
// which is the harmless direction (a checker may then order them either way).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace castaway::harness {

enum class ObjectType : std::uint8_t { event, mutex, semaphore, timer };

/// What an operation does. The values are stored in history files: append, never renumber.
enum class OperationKind : std::uint8_t {
    create = 0,         ///< Create*: makes the object or joins the one of that name
    open = 1,           ///< Open*: joins the one of that name or fails
    close = 2,          ///< CloseHandle
    duplicate = 3,      ///< DuplicateHandle within the process
    wait = 4,           ///< WaitForSingleObject
    wait_any = 5,       ///< WaitForMultipleObjects, any
    release_mutex = 6,  ///< ReleaseMutex
    release_semaphore = 7,
    set_event = 8,
    reset_event = 9,
    set_timer = 10,
    cancel_timer = 11,
    wait_all = 12,  ///< WaitForMultipleObjects, all
    pulse_event = 13,
    signal_and_wait = 14,  ///< SignalObjectAndWait
    queue_call = 15,       ///< QueueUserAPC: a procedure call for a thread
    sleep = 16,            ///< SleepEx
};

inline constexpr std::size_t kOperationKindCount = 17;

/// How an operation ended.
enum class ResponseStatus : std::uint8_t {
    pending = 0,    ///< no response: the thread died, or the run ended, inside the call
    ok = 1,         ///< a wait was satisfied; another call succeeded
    abandoned = 2,  ///< a wait was satisfied by a mutex whose owner died (WAIT_ABANDONED)
    timeout = 3,    ///< a wait ran out of time (WAIT_TIMEOUT)
    failed = 4,     ///< no effect; `error` says why
    alerted = 5,    ///< procedure calls ended an alertable wait (WAIT_IO_COMPLETION)
};

/// One object of a wait, or the object of another call, by its index in History::objects.
using ObjectIndex = std::uint32_t;

/// A thread, by the indices of an Operation.
struct ThreadPlace {
    std::uint32_t process = 0;
    std::uint32_t thread = 0;

    bool operator==(const ThreadPlace&) const = default;
};

/// A procedure call, by the operation that had it queued: a queue_call, or the set_timer of a timer
/// with a routine.
struct CallId {
    std::uint32_t process = 0;
    std::uint32_t thread = 0;
    std::uint32_t sequence = kUnknown;

    /// What ran is no call that anybody had queued.
    static constexpr std::uint32_t kUnknown = 0xffffffff;

    bool operator==(const CallId&) const = default;
    bool operator<(const CallId& other) const {
        return std::tie(process, thread, sequence) <
               std::tie(other.process, other.thread, other.sequence);
    }
};

struct Operation {
    std::uint32_t process = 0;   ///< index in History::processes
    std::uint32_t thread = 0;    ///< index in that process's threads
    std::uint32_t sequence = 0;  ///< this thread's n-th operation, from 0
    OperationKind kind = OperationKind::wait;
    /// Objects in argument order: any number for wait_any and wait_all, two for signal_and_wait
    /// (the signaled one first), none for queue_call and sleep, one for all others.
    std::vector<ObjectIndex> objects;
    /// Waits and sleep: the time limit in milliseconds, empty for INFINITE.
    std::optional<std::uint32_t> timeout_ms;
    /// Waits and sleep: runs the procedure calls that are queued for the thread.
    bool alertable = false;
    /// queue_call: whom for.
    std::optional<ThreadPlace> target;
    /// set_timer: with a routine, which is a procedure call to the thread that sets it.
    bool with_routine = false;
    /// release_semaphore: the release count.
    std::int32_t count = 0;
    /// set_timer: due time in nanoseconds after the call (relative), and period in ms (0: once).
    std::int64_t due_ns = 0;
    std::int32_t period_ms = 0;

    std::int64_t invoked_ns = 0;
    std::int64_t returned_ns = 0;  ///< meaningless while pending
    ResponseStatus status = ResponseStatus::pending;
    /// wait_any that was satisfied: the index in `objects` of the one that satisfied it. wait_all
    /// that is abandoned: of one of the abandoned ones.
    std::uint32_t satisfied_by = 0;
    /// failed: the subject's last error (Win32 code). create: 183 when the object existed.
    std::uint32_t error = 0;
    /// release_semaphore that succeeded: the count before the call.
    std::int32_t previous_count = 0;
    /// The thread went to sleep inside this call (empty where the subject cannot tell).
    std::optional<bool> slept;
    /// The procedure calls that ran in this one, in their order.
    std::vector<CallId> ran;

    [[nodiscard]] bool pending() const { return status == ResponseStatus::pending; }
    [[nodiscard]] bool is_wait() const {
        return kind == OperationKind::wait || kind == OperationKind::wait_any ||
               kind == OperationKind::wait_all || kind == OperationKind::signal_and_wait;
    }
    /// A wait that took what it waited for: ok or abandoned.
    [[nodiscard]] bool satisfied() const {
        return is_wait() && (status == ResponseStatus::ok || status == ResponseStatus::abandoned);
    }
    /// It acts on objects that waits and signals share, one or several.
    [[nodiscard]] bool is_about_objects() const {
        return kind != OperationKind::queue_call && kind != OperationKind::sleep;
    }
    /// The object that satisfied the wait, or the only object of any other call. Requires that
    /// the operation is none of those that act on several at once.
    [[nodiscard]] ObjectIndex object() const {
        return objects.at(kind == OperationKind::wait_any ? satisfied_by : 0);
    }

    bool operator==(const Operation&) const = default;
};

//// Whether an operation of that kind can have so many objects.
bool fits(OperationKind kind, std::size_t objects);

// The enumerators' names as they stand in files and reports.
std::string_view to_string(ObjectType type);
std::string_view to_string(OperationKind kind);
std::string_view to_string(ResponseStatus status);
std::optional<ObjectType> object_type_from(std::string_view name);
std::optional<OperationKind> operation_kind_from(std::string_view name);
std::optional<ResponseStatus> response_status_from(std::string_view name);

}  // namespace castaway::harness
