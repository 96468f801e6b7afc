// The one immutable value that reports are made from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/checkers/verdict.h"
#include "harness/history/history.h"
#include "harness/result/mutation_result.h"

namespace castaway::harness {

/// How a run, or a whole suite, ended. The exit code follows from the worst.
enum class Outcome : std::uint8_t {
    pass,
    fail,           ///< a check failed, or a process died or hung that should not have
    inconclusive,   ///< nothing wrong was seen, but not enough was seen
    skipped,        ///< the subject cannot do what the scenario needs; `note` says what
    harness_error,  ///< the harness could not do its work; `note` says why
};

/// One expectation of the scenario's "seen" section against what happened.
struct Seen {
    std::string what;  ///< "abandoned", "faults_fired", "blocked_waits", ...
    std::int64_t count = 0;
    std::int64_t minimum = 0;
    std::int64_t maximum = INT64_MAX;
    [[nodiscard]] bool met() const { return count >= minimum && count <= maximum; }
    bool operator==(const Seen&) const = default;
};

/// A fault of the plan, in words, and whether it took place.
struct ArmedFault {
    std::string what;
    bool fired = false;
    bool operator==(const ArmedFault&) const = default;
};

struct RunResult {
    std::string scenario;  ///< its name
    std::string description;
    std::string file;     ///< where the scenario was read from, as given
    std::string subject;  ///< "castaway", "castaway:lost_wakeup", ...
    std::string engine;   ///< "real"
    std::uint64_t seed = 0;
    std::string token;  ///< the replay token
    std::string replay_command;
    std::vector<std::string> rules;  ///< ids of the semantic rules the scenario is about
    Outcome outcome = Outcome::inconclusive;
    std::string note;  ///< one line: why it is not a pass, where no failed check tells it
    std::vector<Verdict> verdicts;
    std::vector<Seen> seen;
    std::vector<ArmedFault> faults;
    std::int64_t duration_ns = 0;
    History history;
    bool operator==(const RunResult&) const = default;
};

/// Facts of the machine, as far as they matter to a reader.
struct MachineFacts {
    std::string kernel;  ///< "Linux 6.1.0 x86_64"
    std::uint32_t cores = 0;
    bool operator==(const MachineFacts&) const = default;
};

struct SuiteResult {
    std::string tool_version;
    std::string started_utc;  ///< "2026-01-31T12:00:00"
    std::string command;      ///< the command line that made it
    MachineFacts machine;
    std::vector<RunResult> runs;
    /// How well the checks themselves were checked; what `castaway report --mutants` was given.
    std::vector<MutationReport> mutations;
    bool operator==(const SuiteResult&) const = default;
};

std::string_view to_string(Outcome outcome);

/// The worst outcome of the runs: harness_error, fail, inconclusive, pass. A suite in which every
/// run was skipped, or that has none, is inconclusive.
Outcome overall(const SuiteResult& suite);

}  // namespace castaway::harness
