// What people and other tools read of a suite's result. Pure: the same result gives the same bytes;
// no clock, no files, no randomness. README.md describes every file.
#pragma once

#include <string>

#include "harness/result/run_result.h"

namespace castaway::harness {

/// JUnit XML in the dialect that Jenkins, GitLab and the usual GitHub actions read alike.
///
/// A failed check is a `failure`. A crash, a hang, an inconclusive run and an error of the harness
/// are each an `error` with its own type: none of them may pass for a success.
std::string junit_xml(const SuiteResult& suite);

/// One self-contained page: verdicts, what was seen, faults and a timeline of each run. Needs no
/// network and no other file; without scripts it lacks only the timelines.
std::string html_page(const SuiteResult& suite);

struct SummaryOptions {
    /// Where the result's files lie; empty: not told.
    std::string folder;
    /// Outcomes in colour, by ANSI escape sequences.
    bool color = false;
};

/// What the terminal shows at the end: a line for each scenario, then what is wrong in words and
/// how to replay it, then the counts.
std::string summary_text(const SuiteResult& suite, const SummaryOptions& options = {});

}  // namespace castaway::harness
