// The subject seam: what an adapter must supply so that the harness can drive an implementation.
//
// A worker process holds one Subject. Its operations may be called by several threads at once. The
// calls do not throw; a Response tells all. `Handle` is opaque to the harness.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/history/operation.h"
#include "harness/history/snapshot.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

struct Response {
    ResponseStatus status = ResponseStatus::failed;
    std::uint32_t satisfied_by = 0;   ///< wait_any
    std::uint32_t error = 0;          ///< failed; create of an object that existed: 183
    std::int32_t previous_count = 0;  ///< release_semaphore
};

/// How long a wait or sleep lasts at most, and what ends it besides.
struct WaitTerms {
    std::optional<std::uint32_t> timeout_ms;  ///< empty: INFINITE
    bool alertable = false;                   ///< runs queued procedure calls, which end it
};

/// What an implementation can do; a scenario that needs more is reported as skipped.
struct Capabilities {
    std::vector<ObjectType> types;
    std::vector<Sharing> sharing;
    std::vector<OperationKind> operations;
    bool crash_points = false;   ///< kill at a named place or at the k-th access
    bool reports_sleep = false;  ///< tells when a wait is about to sleep
    bool snapshots = false;      ///< can count handles, names, waiters, owners
};

struct TimerSetting {
    std::int64_t due_ns = 0;     ///< after the call
    std::int32_t period_ms = 0;  ///< 0: once
    /// What its routine is told; empty: it has none.
    std::optional<std::uint64_t> routine = std::nullopt;
};

/// News from inside the subject, told by the thread it is about. Implemented by the worker.
class SubjectObserver {
  public:
    virtual ~SubjectObserver() = default;
    /// The calling thread is queued on its objects and goes to sleep next (again, if woken in
    /// vain), with no other news before that: its next news says that it is awake.
    virtual void about_to_sleep() = 0;
    /// The calling thread is at the named crash point.
    virtual void at_crash_point(std::string_view name) = 0;
    /// The calling thread is about to access shared state.
    virtual void at_access() = 0;
    /// The calling thread runs a procedure call. \param argument as queue_call() or set_timer() was
    /// given it
    virtual void runs_call(std::uint64_t argument) = 0;
};

class Subject {
  public:
    using Handle = std::uintptr_t;  ///< 0 is no handle

    virtual ~Subject() = default;
    /// Name by which processes of one run find an object.
    virtual Response create(const ObjectSpec& object, Handle& handle) = 0;
    virtual Response open(const ObjectSpec& object, Handle& handle) = 0;
    virtual Response close(Handle handle) = 0;
    virtual Response duplicate(Handle handle, Handle& duplicate) = 0;
    virtual Response wait(Handle handle, const WaitTerms& terms) = 0;
    virtual Response wait_any(std::span<const Handle> handles, const WaitTerms& terms) = 0;
    virtual Response wait_all(std::span<const Handle> /*handles*/, const WaitTerms& /*terms*/) {
        return {};
    }
    virtual Response signal_and_wait(Handle /*signaled*/, Handle /*awaited*/,
                                     const WaitTerms& /*terms*/) {
        return {};
    }
    virtual Response release_mutex(Handle handle) = 0;
    virtual Response release_semaphore(Handle handle, std::int32_t count) = 0;
    virtual Response set_event(Handle handle) = 0;
    virtual Response reset_event(Handle handle) = 0;
    virtual Response pulse_event(Handle /*handle*/) { return {}; }
    virtual Response set_timer(Handle handle, const TimerSetting& setting) = 0;
    virtual Response cancel_timer(Handle handle) = 0;
    /// From now on the calling thread can be found. What queue_call() calls it; not 0.
    virtual std::uint32_t introduce_thread() { return 0; }
    /// \param thread as its introduce_thread() said, in any process of the run
    virtual Response queue_call(std::uint32_t /*thread*/, std::uint64_t /*argument*/) { return {}; }
    virtual Response sleep(const WaitTerms& /*terms*/) { return {}; }

    // Objects that are not shared by their names: one process, the giver, makes them with create()
    // and gives them to each other process of the run, which neither creates nor opens them. For
    // subjects whose adapters declare these ways of sharing; the others fail.

    /// Sharing::inherit: to what attach_heir() is to be told in a process that is to come and that
    /// is to find the caller's handles of such objects under the same values. For one process
    /// only; at most kInheritanceMax bytes; empty when it fails.
    virtual std::string bequeath() { return {}; }
    /// Sharing::duplicate: puts a handle of the object into the table of the process of that OS
    /// pid, which has attached. \param given what it is to that process
    virtual Response give(Handle /*handle*/, std::int64_t /*os_pid*/, Handle& /*given*/) {
        return {};
    }

    static constexpr std::size_t kInheritanceMax = 59;
};

/// The shared state of one run, made before its processes and gone, whatever happens, after them.
/// Lives in the harness; the file descriptors it lists reach the workers under the same numbers.
class SubjectSpace {
  public:
    virtual ~SubjectSpace() = default;
    /// Descriptors that the workers must inherit, and variables to set in their environment.
    [[nodiscard]] virtual std::vector<int> descriptors() const = 0;
    [[nodiscard]] virtual std::vector<std::string> environment() const = 0;

    /// Counts what is in the shared state. Empty where the subject cannot tell. `pids` are the OS
    /// process ids in the order of History::processes; owners and handles are told by that index.
    virtual std::optional<Snapshot> observe(std::span<const std::int64_t> pids) = 0;

    /// Lets the subject notice that its last participants are gone (what the next participant to
    /// come would do), within a bound. Called before the `end` snapshot.
    virtual void settle_after_all_died() = 0;

    /// What a futex word at this offset of the descriptor's file belongs to, in words; empty if
    /// unknown.
    [[nodiscard]] virtual std::string describe_address(std::uint64_t file_offset) = 0;
};

/// One implementation under test.
class SubjectAdapter {
  public:
    virtual ~SubjectAdapter() = default;
    [[nodiscard]] virtual std::string name() const = 0;  ///< "castaway", "castaway:lost_wakeup"
    [[nodiscard]] virtual std::string description() const = 0;  ///< one line
    [[nodiscard]] virtual Capabilities capabilities() const = 0;
    /// Harness side. Throws HarnessError.
    virtual std::unique_ptr<SubjectSpace> make_space() = 0;
    /// Worker side, after the fork, with the space's descriptors and environment in place. The
    /// observer outlives the subject. Throws HarnessError.
    virtual std::unique_ptr<Subject> attach(SubjectObserver& observer) = 0;
    /// The same for a process that inherits. Null where nobody can. \param inheritance what
    /// bequeath() of the giver said
    virtual std::unique_ptr<Subject> attach_heir(SubjectObserver& /*observer*/,
                                                 const std::string& /*inheritance*/) {
        return nullptr;
    }
};

/// Every subject there is, in the order of `castaway list`. An explicit list: nothing registers
/// itself.
std::vector<std::unique_ptr<SubjectAdapter>> all_subjects();

/// Throws InputError (with the names there are) when no subject has that name.
std::unique_ptr<SubjectAdapter> find_subject(std::string_view name);

/// Names of the crash points that faults may use, with one line each.
struct CrashPointInfo {
    std::string_view name;
    std::string_view description;
};
std::span<const CrashPointInfo> crash_points();

}  // namespace castaway::harness
