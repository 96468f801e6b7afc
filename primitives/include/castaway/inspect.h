/// A look at a live region from outside: who is attached, what objects there are, who waits and who
/// owns, who waits for whom, and whether the structures hold together. Looking maps the file for
/// reading only: it takes no lock, attaches nobody and changes nothing. While others work in the
/// region, a look can catch a change half-done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)

namespace castaway {

enum class InspectedType : std::uint8_t {
    event,
    mutex,
    semaphore,
    timer,
    process,
    thread,
    private_namespace,
};

/// What a process's or thread's place in the region is.
enum class InspectedState : std::uint8_t {
    joining,  ///< being set up, or prepared by a parent for its child
    live,
    ending,  ///< (process) its death is known, what it held is being given back
    dead,    ///< it will never run again, and what it held has not been given back yet
};

struct InspectedObject {
    std::uint32_t slot = 0;
    InspectedType type = InspectedType::event;
    bool manual_reset = false;  ///< event, timer
    /// With its namespace, "Local\\x"; empty when it has none. A process's is "Process\\" and its
    /// pid, a thread's "Thread\\" and its id, a private namespace's "Boundary\\" and its
    /// boundary's, and "Namespace\\<id>\\x" that of an object in one.
    std::string name;
    bool signaled = false;
    bool armed = false;         ///< timer: will expire (again)
    std::uint32_t count = 0;    ///< semaphore
    std::uint64_t maximum = 0;  ///< semaphore
    std::uint64_t depth = 0;    ///< mutex: how often its owner has it
    std::optional<std::uint32_t> owner_pid;
    bool abandoned = false;
    std::uint64_t handles = 0;                   ///< in all processes
    std::uint32_t waiters = 0;                   ///< in its queue
    std::optional<std::uint32_t> owner_thread;   ///< mutex: the owner's slot
    std::vector<std::uint32_t> waiting_threads;  ///< slots, first in the queue first
};

struct InspectedHandle {
    std::uint64_t value = 0;   ///< as the process knows it
    std::uint32_t object = 0;  ///< its slot
    std::uint32_t access = 0;  ///< the rights, as of castaway/win32.h
    bool inherit = false;      ///< HANDLE_FLAG_INHERIT
    bool protect = false;      ///< HANDLE_FLAG_PROTECT_FROM_CLOSE
};

struct InspectedThread {
    std::uint32_t slot = 0;
    std::uint32_t process = 0;  ///< its slot
    std::uint32_t pid = 0;
    InspectedState state = InspectedState::live;
    /// Slots of the objects that it waits for, in the order of the call; empty: it does not wait.
    std::vector<std::uint32_t> waits_for;
    bool wait_all = false;
    std::uint64_t wait = 0;  ///< the number of that wait; no two waits of a slot have the same
};

/// What a kernel or a sandbox (a seccomp filter, say) keeps a process from. It takes part all the
/// same, in another way.
enum class Lack : std::uint8_t {
    futex_waitv,  ///< Linux 5.16
    pidfd,        ///< pidfd_open and pidfd_send_signal, Linux 5.3
};

/// The name of the system call.
std::string_view name_of(Lack lack);
/// What comes of it, in one sentence.
std::string_view consequence_of(Lack lack);

struct InspectedProcess {
    std::uint32_t slot = 0;
    std::uint32_t pid = 0;
    std::uint32_t threads = 0;  ///< its helper thread included
    std::uint64_t handles = 0;
    std::uint64_t start_time = 0;  ///< in clock ticks since boot, modulo 2^32
    /// The inode number of the pid namespace in which it has its pid (/proc/PID/ns/pid).
    std::uint64_t pid_namespace = 0;
    InspectedState state = InspectedState::live;
    std::vector<Lack> lacks;
    std::vector<InspectedHandle> open;  ///< by value
};

/// A thread that cannot go on before another one does.
struct WaitEdge {
    std::uint32_t thread = 0;
    std::uint32_t mutex = 0;  ///< the object's slot
    std::uint32_t owner = 0;  ///< the thread that has it
    bool operator==(const WaitEdge&) const = default;
};

/// Threads that wait for each other in a circle.
struct Deadlock {
    std::vector<WaitEdge> cycle;         ///< the owner of each is the thread of the next
    std::vector<std::uint32_t> blocked;  ///< further threads that wait for one of the circle
};

struct RegionPicture {
    std::vector<InspectedProcess> processes;
    std::vector<InspectedObject> objects;
    std::uint32_t names = 0;
    std::uint32_t apcs = 0;  ///< procedure calls that are queued, or wait for their timers
    /// Structural invariants that do not hold, one line each. While others work in the region, an
    /// entry may only mean that they do; audit_region() tells the two apart.
    std::vector<std::string> damage;
    std::vector<InspectedThread> threads;
    /// Of inspect_region(): each was there at one instant. No thread of it can go on until one is
    /// killed or its time limit ends its wait.
    std::vector<Deadlock> deadlocks;
    /// An earlier start of the machine has left the region: nobody in it is alive.
    bool left_by_earlier_start = false;
};

/// The region of that name (see CASTAWAY_REGION; "fd:N" too, or the path of a region's file, which
/// has a slash in it). Empty, with the reason in one line, when there is none or it cannot be read;
/// none is made.
std::optional<RegionPicture> inspect_region(std::string_view region, std::string& problem);

/// The files of other regions that have the name of that one: other users' and groups'. Each has
/// objects of its own, whatever their names. Empty for "fd:N" and for paths.
std::vector<std::string> regions_of_others(std::string_view region);

/// Who waits for whom: each wait for a mutex that another thread owns.
std::vector<WaitEdge> wait_graph(const RegionPicture& picture);

/// The deadlocks that both pictures of a region show, the same waits in both: those were there at
/// the moment between the two. Only mutexes count: anybody may set an event or release a semaphore.
std::vector<Deadlock> deadlocks_of(const RegionPicture& earlier, const RegionPicture& later);

/// One of the invariants that audit_region() checks.
struct AuditedRule {
    std::string_view id;         ///< one word
    std::string_view statement;  ///< what holds
    std::uint64_t checked = 0;   ///< how many things it was checked on, in the last look
};

struct AuditFinding {
    std::string_view rule;  ///< its id
    std::string what;       ///< one line
};

/// What an audit found, which looks until what is only in motion has gone by. A region is sound if
/// nothing is `wrong`.
struct RegionAudit {
    std::uint32_t looks = 0;
    std::uint32_t processes = 0;         ///< live ones
    bool left_by_earlier_start = false;  ///< as of RegionPicture
    std::vector<AuditedRule> rules;
    /// Seen in every look, and nobody is at work there.
    std::vector<AuditFinding> wrong;
    /// Seen at first and gone later, or a live thread holds the lock that guards it.
    std::vector<AuditFinding> in_change;
    /// Left by the dead in a region without a live process: whoever attaches next gives it back.
    std::vector<AuditFinding> left_by_dead;
};

/// Checks every structural invariant of a region. As inspect_region() otherwise.
std::optional<RegionAudit> audit_region(std::string_view region, std::string& problem);

/// What lies at that offset of the region's file, in words ("the wait word of thread 3 of process
/// 4711"); empty when nothing does.
std::string describe_region_offset(std::string_view region, std::uint64_t offset);

/// Fills an empty file, such as a memfd's, with a new region. False with the reason.
bool initialise_region(int fd, std::string& problem);

/// Attaches for a moment, as any process would, so that what dead processes left is given back, and
/// leaves again. False with the reason.
bool sweep_region(std::string_view region, std::string& problem);

}  // namespace castaway

#pragma GCC visibility pop
