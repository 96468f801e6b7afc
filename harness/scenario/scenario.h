// What a person writes, as a value. The JSON form and its schema are in scenarios/.
//
// A number that may differ from seed to seed is a Range; planning draws it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/history/operation.h"

namespace castaway::harness {

/// A number drawn from [low, high] by the plan's seed; written 5, or [1, 9].
struct Range {
    std::int64_t low = 0;
    std::int64_t high = 0;
    bool operator==(const Range&) const = default;
};

/// How the processes come to hold one object.
enum class Sharing : std::uint8_t { name, inherit, duplicate };

struct ObjectSpec {
    std::string name;
    ObjectType type = ObjectType::event;
    Sharing sharing = Sharing::name;
    bool manual_reset = false;        ///< event, timer
    bool initially_signaled = false;  ///< event
    std::int32_t initial_count = 0;   ///< semaphore
    std::int32_t maximum_count = 0;   ///< semaphore
    /// False: programs create, open and close it themselves.
    bool whole_run = true;
    bool operator==(const ObjectSpec&) const = default;
};

/// A call on the subject, or one of the harness's own steps, as written.
enum class StepKind : std::uint8_t {
    call,           ///< an operation on the subject
    work,           ///< compute for `duration_us`, as a critical section would
    reach,          ///< announce that this thread came to `point`
    await_point,    ///< until `point` was announced `count` times
    await_blocked,  ///< until `count` threads of `process` sleep in a wait of the subject
    await_death,    ///< until the harness knows `process` to be dead
};

struct Step {
    StepKind kind = StepKind::call;
    OperationKind operation = OperationKind::wait;  ///< call
    /// call: the handles, by object name or by the alias that a duplicate was given.
    std::vector<std::string> handles;
    std::string alias;                ///< duplicate: what the new handle is called
    std::optional<Range> timeout_ms;  ///< waits, sleep: empty is INFINITE
    bool alertable = false;           ///< waits, sleep: runs queued procedure calls
    bool with_routine = false;        ///< set_timer: its expiry queues a call to the caller
    Range count{1, 1};                ///< release_semaphore, await_*
    Range due_us{0, 0};               ///< set_timer: from the call on
    Range period_ms{0, 0};            ///< set_timer
    Range duration_us{0, 0};          ///< work
    std::string point;                ///< reach, await_point
    std::string process;  ///< await_blocked, await_death: a process or a group; queue_call: one
    std::string thread;   ///< queue_call: of that process; empty: its first
    bool operator==(const Step&) const = default;
};

struct Block;

/// Waits for `wait`; only when it was satisfied, does the body and then gives it back.
struct Hold;
/// Does the body so many times.
struct Repeat;
/// Does, so many times, one of the alternatives, drawn by weight.
struct Choose;

using Item = std::variant<Step, Hold, Repeat, Choose>;

struct Block {
    std::vector<Item> items;
    bool operator==(const Block&) const;
};
struct Hold {
    Step wait;
    Block body;
    bool operator==(const Hold&) const = default;
};
struct Repeat {
    Range times;
    Block body;
    bool operator==(const Repeat&) const = default;
};
struct Choose {
    struct Alternative {
        std::uint32_t weight = 1;
        Block body;
        bool operator==(const Alternative&) const = default;
    };
    Range times;
    std::vector<Alternative> alternatives;
    bool operator==(const Choose&) const = default;
};

struct ThreadSpec {
    std::string name;  ///< "main" where a process has only a program
    Block program;
    bool operator==(const ThreadSpec&) const = default;
};

/// A group of `count` equal processes, called "name/0", "name/1", ...
struct ProcessSpec {
    std::string name;
    Range count{1, 1};
    std::vector<ThreadSpec> threads;
    bool operator==(const ProcessSpec&) const = default;
};

enum class FaultKind : std::uint8_t {
    kill,        ///< SIGKILL
    exit,        ///< the process ends itself, with all it holds
    end_thread,  ///< one thread ends, its process lives on
    leak,        ///< the process ends without closing its handles
    stop,        ///< SIGSTOP, and SIGCONT when `resume` comes
};

/// When a fault strikes. Exactly one of the ways is used.
struct Trigger {
    /// The thread that trips it itself, at its own n-th operation (from 1).
    struct AtOperation {
        Range operation{1, 1};
        bool after = false;  ///< after the response rather than before the invocation
        /// Inside it: just before its k-th access to shared state (from 1).
        std::optional<Range> access;
        bool operator==(const AtOperation&) const = default;
    };
    /// The thread that comes to the named place in the subject for the n-th time (from 1).
    struct AtCrashPoint {
        std::string name;
        Range ordinal{1, 1};
        bool operator==(const AtCrashPoint&) const = default;
    };
    /// From outside, as soon as `count` threads of `process` sleep in a wait of the subject.
    struct WhenBlocked {
        std::string process;
        Range count{1, 1};
        bool operator==(const WhenBlocked&) const = default;
    };
    /// From outside, as soon as `point` was announced `count` times.
    struct WhenReached {
        std::string point;
        Range count{1, 1};
        bool operator==(const WhenReached&) const = default;
    };
    /// From outside, as soon as `count` processes of `process` are known to be dead.
    struct WhenDead {
        std::string process;
        Range count{1, 1};
        bool operator==(const WhenDead&) const = default;
    };
    std::variant<std::monostate, AtOperation, AtCrashPoint, WhenBlocked, WhenReached, WhenDead>
        when;
    bool operator==(const Trigger&) const = default;
};

struct FaultSpec {
    FaultKind kind = FaultKind::kill;
    std::string process;  ///< a group (one of it is drawn) or "group/index"
    std::string thread;   ///< empty: the first thread
    Trigger trigger;      ///< leak: none
    Trigger resume;       ///< stop only
    bool operator==(const FaultSpec&) const = default;
};

/// What must have happened for a pass to mean something.
struct SeenSpec {
    std::string what;
    std::int64_t minimum = 0;
    std::int64_t maximum = INT64_MAX;
    bool operator==(const SeenSpec&) const = default;
};

struct Scenario {
    std::string file;  ///< as given; empty for one that was not read from a file
    std::string name;
    std::string description;
    std::vector<std::string> rules;
    std::vector<ObjectSpec> objects;
    std::vector<ProcessSpec> processes;
    std::vector<FaultSpec> faults;
    std::vector<std::string> checks;  ///< empty: all that apply
    std::vector<SeenSpec> seen;
    std::uint32_t run_limit_ms = 10000;
    /// Nothing moved for so long while all that live sleep without a time limit: the run is over.
    std::uint32_t quiet_ms = 1000;
    bool operator==(const Scenario&) const = default;
};

inline bool Block::operator==(const Block& other) const {
    return items == other.items;
}

}  // namespace castaway::harness
