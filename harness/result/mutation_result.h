// What a mutation analysis found: which of a subject's seeded defects were seen, by which checks
// and how soon; and whether anything was found in the subject that nobody broke.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "harness/base/error.h"

namespace castaway::harness {

/// The column of kills that no check saw: a crash or an endless loop, say, of which the simulator
/// itself tells.
inline constexpr const char* kEngineAlone = "engine_alone";

/// The schedule that shows what a hunt in the simulator found, made as short as it could be.
struct ShortSchedule {
    std::uint64_t runs = 0;      ///< parts that had to be given: one thread for a while, or a death
    std::uint64_t switches = 0;  ///< from one thread to another, in the whole execution
    std::uint64_t steps = 0;
    bool replayed = false;  ///< a world made anew went the same way, step by step
    bool operator==(const ShortSchedule&) const = default;
    bool operator<(const ShortSchedule& other) const {
        return std::tie(runs, switches, steps) < std::tie(other.runs, other.switches, other.steps);
    }
};

/// How a hunt found that the subject is wrong.
struct Kill {
    std::string scenario;
    std::string problem;                      ///< one line
    std::vector<std::string> checks;          ///< those that failed; empty: only the engine saw it
    std::string plan;                         ///< JSON that `castaway replay` takes; may be empty
    std::optional<ShortSchedule> schedule{};  ///< of the simulator
    bool operator==(const Kill&) const = default;
};

/// How soon the hunts of one strategy found something. Those that found nothing count as later than
/// any other.
struct Detection {
    std::string strategy;
    std::uint32_t hunts = 0;
    std::uint32_t found = 0;
    /// Executions; empty when that many hunts found nothing. By nearest rank.
    std::optional<std::uint64_t> median;
    std::optional<std::uint64_t> percentile_95;
    bool operator==(const Detection&) const = default;
};

struct SubjectReport {
    std::string subject;
    std::string description;
    std::uint64_t executions = 0;
    std::uint32_t found = 0;  ///< hunts that found something
    std::vector<Detection> detections;
    std::map<std::string, std::uint32_t> checks;  ///< in how many hunts each saw it
    std::optional<Kill> first;                    ///< of the first hunt that found something
    /// What shows it in the simulator with the fewest runs, and of those with the fewest switches
    /// and steps.
    std::optional<Kill> shortest{};
    std::uint32_t not_replayed = 0;  ///< hunts in the simulator whose schedule went another way

    [[nodiscard]] std::uint64_t hunts() const;
    bool operator==(const SubjectReport&) const = default;
};

struct MutationReport {
    std::string engine;
    std::uint64_t seeds = 0;
    std::uint64_t executions_of_each = 0;  ///< of each scenario in one hunt, at most
    std::size_t scenarios = 0;
    SubjectReport sound;
    std::vector<SubjectReport> mutants;

    [[nodiscard]] std::vector<std::string> survivors() const;
    /// Checks of the harness that saw no mutant.
    [[nodiscard]] std::vector<std::string> idle_checks() const;
    /// Pass: every mutant was killed, nothing was found in the sound subject, and every schedule
    /// that was found could be replayed.
    [[nodiscard]] ExitCode exit_code() const;
    bool operator==(const MutationReport&) const = default;
};

/// The columns of the kill matrix: the checks' names, and kEngineAlone.
std::vector<std::string> kill_columns();
/// "lost_wakeup" of "castaway:lost_wakeup".
std::string short_name(const SubjectReport& report);

}  // namespace castaway::harness
