// What all reports say of a suite: order, counts, and what is wrong with a run, line by line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/result/run_result.h"
#include "reports/view/thread_index.h"

namespace castaway::harness {

/// In the order in which reports show them: what needs a person first.
inline constexpr std::array kOutcomesByNeed{Outcome::fail, Outcome::harness_error,
                                            Outcome::inconclusive, Outcome::skipped, Outcome::pass};

std::size_t count_of(const SuiteResult& suite, Outcome outcome);
std::int64_t total_duration_ns(const SuiteResult& suite);

/// Indices of the runs, by need, otherwise in their order.
std::vector<std::size_t> runs_by_need(const SuiteResult& suite);

/// A name for each run that no other has: the scenario's, with " #2" for the second run of the same
/// scenario, ...
std::vector<std::string> run_titles(const SuiteResult& suite);

/// "1 failed, 2 inconclusive, 11 passed".
std::string count_words(const SuiteResult& suite);
/// "1 of 14 scenarios failed", "All 14 scenarios passed", ...
std::string headline(const SuiteResult& suite);

/// Why the run ended as it did, on one line: the first failed check, else the note. Empty for a
/// pass.
std::string reason_line(const RunResult& run);
/// "412 operations, 37 blocked waits, 1 death, 3 abandoned": what is not zero of it.
std::string seen_line(const RunResult& run);
/// What was demanded of a count: "at least 1", "exactly 3", "2 to 5"; empty for nothing.
std::string demand_words(const Seen& seen);

/// An operation of a witness.
struct WitnessLine {
    std::optional<std::size_t> operation;  ///< index in History::operations; empty: not recorded
    std::string moments;                   ///< "1.204000 ms to 1.310000 ms"
    std::string words;                     ///< as operation_words
};
std::vector<WitnessLine> witness_lines(const History& history, const ThreadIndex& index,
                                       const Verdict& verdict);

/// `main of owner/0, in wait mutex "m" since 1.2 ms: waits on mutex "m", futex(...)`.
std::string stuck_line(const History& history, const ThreadIndex& index, const StuckThread& stuck);

}  // namespace castaway::harness
