// Made-up results that look like real ones: what the reports' tests and golden files are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/result/run_result.h"

namespace castaway::harness {

/// A pass of that name in which nothing has happened yet.
RunResult named_run(const std::string& scenario, const std::string& description,
                    std::uint64_t seed);
RunResult passing_run();
/// Two threads hold one mutex; its check tells them as its witness.
RunResult failing_run();
/// A waiter sleeps on a set event.
RunResult stuck_run();
RunResult crashed_run();
RunResult inconclusive_run();
RunResult skipped_run();
RunResult harness_error_run();
/// So many operations of six processes with four threads each, some of which die.
RunResult long_run(std::size_t operations);

/// One run of each outcome.
SuiteResult sample_suite();
SuiteResult suite_of(std::vector<RunResult> runs);
/// Text that wants to break out of its place, wherever text can stand.
SuiteResult hostile_suite();

}  // namespace castaway::harness
