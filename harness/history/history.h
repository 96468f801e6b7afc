// What happened in one run: everything that a checker may know, and nothing of how it came about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/history/operation.h"
#include "harness/history/snapshot.h"

namespace castaway::harness {

/// An object as the run began, so that a checker needs nothing besides the history.
struct HistoryObject {
    std::string name;
    ObjectType type = ObjectType::event;
    bool manual_reset = false;        ///< event, timer
    bool initially_signaled = false;  ///< event
    std::int32_t initial_count = 0;   ///< semaphore
    std::int32_t maximum_count = 0;   ///< semaphore
    /// The object lives as long as the run: its handles are opened before the first operation and
    /// closed after the last. When false, it can vanish and be made anew by name inside the run.
    bool whole_run = true;

    bool operator==(const HistoryObject&) const = default;
};

enum class ProcessEnd : std::uint8_t {
    finished,  ///< did all its operations and left in order
    killed,    ///< by an injected SIGKILL
    exited,    ///< by an injected exit, holding whatever it held
    crashed,   ///< died by a signal or exit code that nobody injected
    stuck,     ///< still running when the run's limit came; the harness ended it
};

std::string_view to_string(ProcessEnd end);

struct HistoryThread {
    std::string name;  ///< "owner/0.main"
    /// Ended early by an injected fault (the process lived on); time of its last act.
    std::optional<std::int64_t> ended_ns;
    bool operator==(const HistoryThread&) const = default;
};

struct HistoryProcess {
    std::string name;  ///< "owner/0"
    std::int64_t os_pid = 0;
    std::vector<HistoryThread> threads;
    ProcessEnd end = ProcessEnd::finished;
    std::string end_detail;  ///< crashed: "SIGSEGV", "exit code 3"; else empty
    /// When the harness learned of its end (pidfd), which is after the end itself. It was surely
    /// alive at its last recorded event and surely dead here.
    std::optional<std::int64_t> known_dead_ns;
    bool operator==(const HistoryProcess&) const = default;
};

/// An injected fault that took place.
struct FaultEvent {
    std::uint32_t fault = 0;  ///< index in Plan::faults
    std::uint32_t process = 0;
    std::int64_t at_ns = 0;
    std::string what;  ///< "kill owner/0 at operation 3" ...
    bool operator==(const FaultEvent&) const = default;
};

/// A thread that was asleep in an operation when the run had become quiet or hit its limit.
struct StuckThread {
    std::uint32_t process = 0;
    std::uint32_t thread = 0;
    std::uint32_t sequence = 0;  ///< of its pending operation
    std::string waits_on;     ///< what the futex word belongs to, "event \"e\"" ...; may be empty
    std::string system_call;  ///< "futex(...)" as the kernel tells it; may be empty
    std::vector<std::string> stack;  ///< innermost first; empty where no unwinder is installed
    bool operator==(const StuckThread&) const = default;
};

struct History {
    std::vector<HistoryObject> objects;
    std::vector<HistoryProcess> processes;
    /// Ordered by invocation, then process, thread, sequence. Those of one thread do not overlap.
    std::vector<Operation> operations;
    std::vector<FaultEvent> faults;
    std::vector<StuckThread> stuck;
    std::vector<Snapshot> snapshots;
    /// The run reached its time limit before every living thread had finished.
    bool hit_limit = false;
    /// Before the limit: nothing could move any more (all that live sleep without a time limit).
    bool went_quiet = false;

    bool operator==(const History&) const = default;
};

/// Orders operations as History promises, and checks what it promises: indices in range, threads
/// sequential, responses after invocations. Returns the first breach in words, empty when sound.
/// A breach is the recorder's fault: it is never a verdict about the subject.
std::string normalise(History& history);

}  // namespace castaway::harness
