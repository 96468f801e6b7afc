// The command line as a value.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/cli/region_choice.h"

namespace castaway::harness {

/// Where results go, and how long a run may take.
struct OutputOptions {
    std::optional<std::filesystem::path> out;    ///< empty: out/<UTC time>
    std::optional<std::filesystem::path> json;   ///< a further copy of result.json
    std::optional<std::filesystem::path> junit;  ///< a further copy of junit.xml
    std::optional<std::filesystem::path> html;   ///< a further copy of report.html
    bool overwrite = false;                      ///< the files named here may replace what is there
    std::optional<std::chrono::milliseconds> timeout;  ///< of each run, instead of the scenario's
    bool quiet = false;                                ///< no progress, only the summary
};

struct RunOptions {
    std::vector<std::filesystem::path> paths;
    std::uint64_t seed = 1;
    std::uint32_t repeat = 1;  ///< each scenario so often, with seeds that follow each other
    std::string subject = "castaway";
    std::string engine = "real";
    OutputOptions output;
};

/// What `castaway explore` does with each scenario; harness/engine/sim/campaign.h tells more.
struct ExplorationOptions {
    std::vector<std::filesystem::path> paths;
    std::uint64_t seed = 1;  ///< of the plans and of the search
    std::string subject = "castaway";
    std::string strategy = "portfolio";
    std::string granularity = "access";  ///< or "operation"
    std::string memory = "sc";           ///< or "tso"
    /// Of the search. Empty: 10'000, or without end where there is a budget.
    std::optional<std::uint64_t> executions;
    std::optional<std::chrono::milliseconds> budget;
    std::string crash = "none";         ///< or "all", "pairs"
    std::uint32_t crash_schedules = 4;  ///< whose crash points are visited
    std::uint32_t deaths = 0;           ///< by chance in one execution, at most
    std::uint32_t spurious = 0;         ///< wake-ups for no reason in one execution, at most
    std::uint64_t twin_every = 100;
    std::uint32_t workers = 0;                 ///< 0: as many as there are cores
    std::optional<std::filesystem::path> out;  ///< empty: out/<UTC time>
    bool json = false;
    bool quiet = false;
};

/// What `castaway mutants` does; harness/cli/mutation.h tells more.
struct MutationOptions {
    std::vector<std::filesystem::path> suite{"scenarios"};
    std::string engine = "sim";  ///< or "real"
    std::vector<std::string> strategies{"portfolio", "random", "uniform",
                                        "pct:2",     "pct:3",  "preemptions:2"};
    std::vector<std::string> mutants;  ///< empty: all
    bool sound_only = false;           ///< no mutant: counts false alarms
    std::uint64_t seed = 1;            ///< the first
    std::uint64_t seeds = 5;
    std::uint64_t executions = 64;             ///< of each scenario in one hunt, at most
    std::uint32_t jobs = 0;                    ///< 0: as many as there are cores
    std::optional<std::filesystem::path> out;  ///< empty: nothing is written, in the simulator
    bool json = false;
    bool quiet = false;
};

/// What `castaway soak` does; harness/soak/soak.h tells more.
struct SoakCommandOptions {
    std::chrono::milliseconds duration{60'000};
    std::uint32_t processes = 6;
    std::uint64_t seed = 1;
    std::string subject = "castaway";  ///< or "castaway:MUTANT"
    std::string region;                ///< empty: one without a name
    bool json = false;
    bool quiet = false;
};

/// What `castaway conform` does; harness/conformance/conform.h tells more.
struct ConformOptions {
    std::optional<std::filesystem::path> program;  ///< one to be made again; else they are drawn
    std::string subject = "castaway";              ///< or "castaway:MUTANT"
    std::string caller;                    ///< a command instead of the subject; empty: none
    std::optional<std::uint32_t> tick_ms;  ///< of its clock; empty: 20 of a caller's, else 0
    std::uint64_t seed = 1;
    std::uint64_t programs = 200;
    std::uint32_t calls = 60;                ///< of each
    std::optional<std::uint32_t> processes;  ///< of each at most; empty: 1 of a caller, else 5
    bool keep_going = false;                 ///< to what goes wrong besides the first
    std::uint32_t jobs = 0;  ///< 0: one for each core, or 1 of a caller, which may share names
    std::optional<std::filesystem::path> out;  ///< for the programs that failed
    bool json = false;
    bool quiet = false;
};

struct ReplayOptions {
    std::string what;                              ///< a token or a plan file
    bool trace = false;                            ///< a schedule's steps, one line each
    std::vector<std::filesystem::path> scenarios;  ///< where a token's scenario is looked for
    std::string engine = "real";
    OutputOptions output;
};

struct ValidateOptions {
    std::vector<std::filesystem::path> paths;
    bool print_schema = false;
    bool json = false;
};

struct ListOptions {
    std::vector<std::filesystem::path> paths;
    bool json = false;
};

struct CheckOptions {
    std::vector<std::filesystem::path> paths;  ///< histories, results, or folders of results
    std::string model;                         ///< "NAME:parameter=value,..."; empty: as they say
    std::uint64_t budget = 20'000'000;         ///< steps without settling anything
    std::uint64_t linearization_max = 1000;    ///< operations of an object whose order is told
    bool json = false;
};

/// Which region `castaway inspect` shows, and how often.
struct InspectOptions {
    RegionChoice region;
    bool watch = false;
    std::uint32_t count = 0;  ///< looks of a watch; 0: until it is interrupted
    bool json = false;
};

struct AuditOptions {
    RegionChoice region;
    bool json = false;
};

struct RulesOptions {
    std::string status;  ///< "implemented" or "not-implemented"; empty: all
    bool json = false;
};

struct ReportOptions {
    std::filesystem::path folder;
    std::vector<std::filesystem::path> mutants;  ///< mutants.json files; none: as it was
};

using Command =
    std::variant<RunOptions, ExplorationOptions, MutationOptions, SoakCommandOptions,
                 ConformOptions, ReplayOptions, ValidateOptions, ListOptions, CheckOptions,
                 InspectOptions, AuditOptions, RulesOptions, ReportOptions>;

struct CommandLine {
    std::optional<Command> command;  ///< empty: everything asked for was said in `text`
    std::string text;                ///< help or version
    std::string as_typed;            ///< the whole line, quoted so that a shell takes it back
};

/// The project's version, as the build knows it.
extern const char* const tool_version;

/// Throws InputError: unknown option, bad number, missing argument.
CommandLine parse_command_line(int argc, const char* const* argv);

/// How the user called the program: what a command to type begins with. CASTAWAY_INVOKED_AS, where
/// a script that starts the program sets it, else argv[0].
std::string invoked_as(const char* argv0);

/// The word as a POSIX shell takes it back.
std::string shell_quoted(const std::string& word);

}  // namespace castaway::harness
