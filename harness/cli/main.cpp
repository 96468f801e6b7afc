// castaway: the command line program.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <variant>

#include "harness/cli/commands.h"

namespace {

using namespace castaway::harness;

/// Tells what was thrown in one line.
int give_up(ExitCode code, const char* what) {
    std::fflush(stdout);
    fmt::print(stderr, "castaway: {}\n", what);
    return static_cast<int>(code);
}

ExitCode carry_out(const CommandLine& line, const char* argv0) {
    struct Visitor {
        const CommandLine& line;
        const char* argv0;
        ExitCode operator()(const RunOptions& options) { return run_command(options, line, argv0); }
        ExitCode operator()(const ExplorationOptions& options) {
            return explore_command(options, argv0);
        }
        ExitCode operator()(const MutationOptions& options) { return mutants_command(options); }
        ExitCode operator()(const SoakCommandOptions& options) { return soak_command(options); }
        ExitCode operator()(const ConformOptions& options) { return conform_command(options); }
        ExitCode operator()(const ReplayOptions& options) {
            return replay_command(options, line, argv0);
        }
        ExitCode operator()(const ValidateOptions& options) { return validate_command(options); }
        ExitCode operator()(const ListOptions& options) { return list_command(options); }
        ExitCode operator()(const CheckOptions& options) { return check_command(options); }
        ExitCode operator()(const InspectOptions& options) { return inspect_command(options); }
        ExitCode operator()(const AuditOptions& options) { return audit_command(options); }
        ExitCode operator()(const RulesOptions& options) { return rules_command(options); }
        ExitCode operator()(const ReportOptions& options) { return report_command(options); }
    };
    return std::visit(Visitor{line, argv0}, *line.command);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const CommandLine line = parse_command_line(argc, argv);
        if (!line.command) {
            fmt::print("{}", line.text);
            return static_cast<int>(ExitCode::pass);
        }
        return static_cast<int>(carry_out(line, argv[0]));
    } catch (const InputError& error) {
        return give_up(ExitCode::bad_input, error.what());
    } catch (const std::exception& error) {
        return give_up(ExitCode::harness_failed, error.what());
    }
}
