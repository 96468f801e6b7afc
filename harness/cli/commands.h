// The program's commands. Each returns the exit code of what it found; what is wrong with its input
// or with the harness is thrown (InputError, HarnessError).
#pragma once

#include <filesystem>
#include <vector>

#include "harness/base/error.h"
#include "harness/cli/options.h"
#include "harness/plan/plan_json.h"
#include "harness/result/run_result.h"
#include "harness/scenario/scenario_json.h"

namespace castaway::harness {

ExitCode run_command(const RunOptions& options, const CommandLine& line, const char* argv0);
ExitCode explore_command(const ExplorationOptions& options, const char* argv0);
ExitCode mutants_command(const MutationOptions& options);
ExitCode soak_command(const SoakCommandOptions& options);
ExitCode conform_command(const ConformOptions& options);
ExitCode replay_command(const ReplayOptions& options, const CommandLine& line, const char* argv0);
ExitCode validate_command(const ValidateOptions& options);
ExitCode list_command(const ListOptions& options);
ExitCode check_command(const CheckOptions& options);
ExitCode inspect_command(const InspectOptions& options);
ExitCode audit_command(const AuditOptions& options);
ExitCode rules_command(const RulesOptions& options);
ExitCode report_command(const ReportOptions& options);

/// The exit code that tells an outcome.
ExitCode exit_code_of(Outcome outcome);

/// All scenarios of the paths, each file once. Says every error of every file before it throws
/// InputError.
std::vector<Scenario> read_scenarios(const std::vector<std::filesystem::path>& paths);

/// Makes the execution of a saved schedule again and tells how it ended. `trace`: step by step.
/// Throws InputError, with the file's name, where it is no schedule.
ExitCode replay_schedule(const SavedPlan& saved, const std::string& file, bool trace);

/// The checks and crash points that scenarios may name.
Vocabulary scenario_vocabulary();

}  // namespace castaway::harness
