// One call of the Win32 interface and its answer, as plain values: what the model of the interface
// (world.h) judges, and what conformance runs make and write down.
//
// Calls are made one after the other, by threads of several processes. Handles are the values that
// the caller sees. A program that is not yet run names them by the call that will make them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castaway::harness::win32 {

enum class Function : std::uint8_t {
    // Objects.
    create_event,
    create_mutex,
    create_semaphore,
    create_timer,
    open_event,
    open_mutex,
    open_semaphore,
    open_timer,
    set_event,
    reset_event,
    pulse_event,
    release_mutex,
    release_semaphore,
    set_timer,
    cancel_timer,
    // Waiting.
    wait,             ///< WaitForSingleObject(Ex)
    wait_several,     ///< WaitForMultipleObjects(Ex)
    signal_and_wait,  ///< SignalObjectAndWait
    sleep,            ///< SleepEx
    queue_call,       ///< QueueUserAPC
    // Handles.
    close_handle,
    duplicate_handle,
    get_handle_information,
    set_handle_information,
    compare_handles,
    // Processes and threads.
    current_process,
    current_thread,
    open_process,
    open_thread,
    process_id,  ///< GetProcessId
    thread_id,   ///< GetThreadId
    exit_code,   ///< GetExitCodeProcess
    create_process,
    terminate_process,
    exit_process,
    kill_process,   ///< SIGKILL from outside; no call of the process's own
    start_process,  ///< an unrelated one, from outside
    start_thread,   ///< by a thread of the same process
    exit_thread,
    // Private namespaces.
    create_boundary,
    add_sid,
    delete_boundary,
    create_namespace,
    open_namespace,
    close_namespace,
};

/// Waits, and sleeps: what can run procedure calls.
constexpr bool is_wait(Function function) {
    return function >= Function::wait && function <= Function::sleep;
}
/// The result by which the function says that it has failed.
constexpr std::uint64_t failure_of(Function function) {
    constexpr std::uint64_t kWaitFailed = 0xffffffff;
    return is_wait(function) && function != Function::sleep ? kWaitFailed : 0;
}
/// The call's `handle` is a boundary.
constexpr bool takes_boundary(Function function) {
    return function >= Function::add_sid && function <= Function::open_namespace;
}
/// The function returns a handle; a boundary is one.
bool results_in_handle(Function function);

inline constexpr std::int64_t kPseudoProcess = -1;
inline constexpr std::int64_t kPseudoThread = -2;

/// A handle that a call is given.
struct HandleArgument {
    enum class Source : std::uint8_t {
        value,        ///< as it stands; 0 is NULL, -1 and -2 are the pseudo handles
        made,         ///< the handle that call `of` made
        made_second,  ///< the thread's handle of the create_process call `of`
    };
    Source source = Source::value;
    std::uint32_t of = 0;
    /// The value itself; of another source: to be filled in when the program runs. A call that
    /// made none, or did not take place, gives kNeverMade.
    std::int64_t value = 0;
    /// What the two low bits of a handle that a call has made become when the program runs: they
    /// are the caller's own (rule HND-03).
    std::uint32_t tag = 0;
    bool operator==(const HandleArgument&) const = default;
    [[nodiscard]] bool is_pseudo() const { return is_pseudo(value); }
    /// The value without the two low bits. Pseudo handles are whole values.
    [[nodiscard]] std::int64_t plain() const { return plain(value); }

    static constexpr bool is_pseudo(std::int64_t value) {
        return value == kPseudoProcess || value == kPseudoThread;
    }
    static constexpr std::int64_t plain(std::int64_t value) {
        return is_pseudo(value) ? value : value & ~std::int64_t{3};
    }
};

/// No subject gives it, nor the multiple of four below it.
inline constexpr std::int64_t kNeverMade = 0x7ffffff3;

/// When a timer is due.
enum class Due : std::uint8_t {
    null_pointer,    ///< no time at all
    relative,        ///< `due_100ns` from now
    absolute,        ///< the UTC time now, and `due_100ns`
    absolute_as_is,  ///< the FILETIME `due_100ns`
};

/// The name of what the last error was before the call: no function sets it.
inline constexpr std::uint32_t kErrorUntouched = 0xdead;

/// What a function has no use for stays as it is here.
struct Call {
    Function function = Function::close_handle;
    std::uint32_t number = 0;   ///< in its program; kept when others are left out
    std::uint32_t process = 0;  ///< who calls; kill_process and start_process: the one it is about
    std::uint32_t thread = 0;

    /// The first handle; duplicate_handle: the source; wait_several, create_process: none.
    /// create_namespace, open_namespace, add_sid, delete_boundary: the boundary.
    HandleArgument handle;
    /// compare_handles: the second; signal_and_wait: what is waited for; duplicate_handle: the
    /// source's process.
    HandleArgument second;
    HandleArgument target_process;        ///< duplicate_handle
    std::vector<HandleArgument> handles;  ///< wait_several; create_process: the list, if any

    // Create and open.
    /// create_event, create_mutex, ...: the Ex form, with `flags` and `access`.
    bool extended = false;
    /// The A form with the name in UTF-8 otherwise.
    bool wide = false;
    std::optional<std::u16string> name;  ///< NULL if absent; create_namespace, ...: the alias
    bool attributes = false;             ///< a SECURITY_ATTRIBUTES, with `inherit`
    bool inherit = false;
    std::uint32_t access = 0;
    std::uint32_t flags = 0;  ///< Ex forms; set_handle_information; options of duplicate_handle;
                              ///< create_boundary; close_namespace
    std::uint32_t mask = 0;   ///< set_handle_information
    bool manual_reset = false;
    bool initially = false;  ///< event: signaled; mutex: owned
    std::int32_t count = 0;  ///< semaphore: initial, or to be released
    std::int32_t maximum = 0;

    // Waits and timers.
    std::uint32_t milliseconds = 0;
    bool alertable = false;
    bool wait_all = false;
    bool with_routine = false;  ///< set_timer
    bool resume = false;        ///< set_timer
    Due due = Due::relative;
    std::int64_t due_100ns = 0;
    std::int32_t period_ms = 0;
    std::uint32_t tolerable_ms = 0;  ///< set_timer's Ex form

    /// The pointer to the answer is NULL (duplicate_handle: the target; release_semaphore: the
    /// previous count).
    bool null_pointer = false;

    /// open_process, open_thread: whose id it gives; create_process, start_process, start_thread,
    /// kill_process: the number of the one it is about. `of_thread` likewise.
    std::uint32_t of_process = 0;
    std::uint32_t of_thread = 0;
    /// open_process, open_thread: the id itself. To be filled in when the program runs; 0 when that
    /// process or thread has never been there.
    std::uint32_t os_process_id = 0;
    std::uint32_t os_thread_id = 0;
    std::uint32_t code = 0;        ///< exit_process, terminate_process; queue_call: what it carries
    bool inherit_handles = false;  ///< create_process
    bool with_list = false;        ///< create_process: PROC_THREAD_ATTRIBUTE_HANDLE_LIST
    /// add_sid: the SID's identifier authority and its sub-authorities.
    std::uint8_t sid_authority = 0;
    std::vector<std::uint32_t> sid_parts;

    bool operator==(const Call&) const = default;
};

/// A procedure call that was run, or a timer's routine.
struct Delivery {
    bool of_timer = false;
    std::uint32_t code = 0;  ///< queue_call: what it carried; of a timer: the number of set_timer
    std::int64_t due = 0;    ///< of a timer: the due time that it was given, as a FILETIME
    bool operator==(const Delivery&) const = default;
};

struct Response {
    /// The call could not be made: a boundary that is not alive in the process. Nothing else counts
    /// then.
    bool not_made = false;
    /// As the function returned it, widened: BOOL, DWORD, HANDLE.
    std::uint64_t result = 0;
    std::uint32_t error = kErrorUntouched;  ///< the last error afterwards
    /// A handle that came by a pointer: duplicate_handle, create_process, add_sid (the boundary as
    /// it is afterwards). 0 where nothing was written.
    std::uint64_t made = 0;
    std::uint64_t made_second = 0;  ///< create_process: the thread's
    /// create_process. start_process, start_thread: the ids of what was started.
    std::uint32_t process_id = 0;
    std::uint32_t thread_id = 0;
    std::int64_t due_utc = 0;  ///< set_timer with an absolute time: the FILETIME that was given
    /// release_semaphore: the count before; get_handle_information: the flags; exit_code: the code.
    std::optional<std::uint32_t> written;
    std::vector<Delivery> delivered;
    std::int64_t invoked_ns = 0;   ///< CLOCK_MONOTONIC, just before the call
    std::int64_t returned_ns = 0;  ///< just after it
    std::int64_t invoked_utc = 0;  ///< FILETIME units, just before the call
    std::int64_t returned_utc = 0;

    bool operator==(const Response&) const = default;
};

/// The name by which programs in JSON call it.
const char* name_of(Function function);
std::optional<Function> function_named(std::string_view name);

}  // namespace castaway::harness::win32
