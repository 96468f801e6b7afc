// Carries out a list of plans, one after the other, and writes what came of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/plan/plan.h"
#include "harness/result/run_result.h"

namespace castaway::harness {

struct SuiteOptions {
    std::string subject;
    std::string engine;
    OutputOptions output;
    std::string command;  ///< the command line as typed
    std::string program;  ///< what a command to type begins with
};

/// Runs the plans in their order. Before each its token and the command that replays it are
/// printed. A signal to end (SIGINT, SIGTERM) lets the present run finish; those after it become
/// inconclusive. Writes result.json, junit.xml, report.html and each run's plan.json into the
/// output folder, prints the summary, and returns the exit code of the worst outcome. Throws
/// InputError (no such subject or engine, output that would overwrite something), HarnessError
/// (cannot write).
ExitCode run_suite(const std::vector<Plan>& plans, const SuiteOptions& options);

}  // namespace castaway::harness
