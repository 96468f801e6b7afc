// What the hunts of a mutation analysis come to: kill matrix, executions to detection, score.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/cli/mutation.h"

namespace castaway::harness {

/// How soon the hunts of one strategy found something. Those that found nothing count as later than
/// any other.
struct Detection {
    std::string strategy;
    std::uint32_t hunts = 0;
    std::uint32_t found = 0;
    /// Executions; empty when that many hunts found nothing. By nearest rank.
    std::optional<std::uint64_t> median;
    std::optional<std::uint64_t> percentile_95;
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
    std::optional<Kill> shortest;
    std::uint32_t not_replayed = 0;  ///< hunts in the simulator whose schedule went another way
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
};

/// \param hunts, results of one subject
SubjectReport report_subject(const std::string& subject, const std::string& description,
                             const std::vector<Hunt>& hunts,
                             const std::vector<HuntResult>& results);

/// For people.
std::string to_text(const MutationReport& report);
std::string to_json_text(const MutationReport& report);

}  // namespace castaway::harness
