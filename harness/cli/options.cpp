#include "harness/cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <random>

#include "harness/base/error.h"
#include "harness/conformance/program.h"

namespace castaway::harness {
namespace {

/// "500ms", "10s", "2m"; a bare number is seconds.
std::chrono::milliseconds parse_duration(const char* option, const std::string& text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string unit(end, text.data() + text.size());
    const std::int64_t factor = unit == "ms"                  ? 1
                                : unit == "s" || unit.empty() ? 1000
                                : unit == "m"                 ? 60'000
                                                              : 0;
    constexpr std::int64_t kLongestMs = std::int64_t{24} * 3600 * 1000;
    const std::int64_t ms = number * factor;
    if (error != std::errc() || ms <= 0 || ms > kLongestMs) {
        throw InputError(option, "\"" + text + "\" is not a time limit up to a day",
                         "write 500ms, 10s or 2m");
    }
    return std::chrono::milliseconds(ms);
}

/// A number, or "random": the one place where chance enters, before anything is planned.
std::uint64_t parse_seed(const std::string& text) {
    if (text == "random") {
        std::random_device device;
        return std::uint64_t{device()} << 32 | device();
    }
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw InputError("--seed", "\"" + text + "\" is not a number below 2^64",
                         "write a number, or random");
    }
    return seed;
}

/// What the options with a form of their own were given as.
struct Texts {
    std::string timeout;
    std::string budget;
    std::string seed = "1";
    std::int64_t minutes = 0;  ///< 0: not given
    std::int64_t seconds = 0;
};

void add_output_options(CLI::App& app, OutputOptions& output, Texts& texts) {
    app.add_option("--out", output.out, "Folder for the results, new or empty [out/<UTC time>]");
    app.add_option("--json", output.json, "Also write result.json to this file");
    app.add_option("--junit", output.junit, "Also write JUnit XML to this file");
    app.add_option("--html", output.html, "Also write the HTML report to this file");
    app.add_flag("--overwrite", output.overwrite,
                 "Let --json, --junit and --html replace files that are there");
    app.add_option("--timeout", texts.timeout,
                   "Time limit of each run, instead of the scenario's: 500ms, 10s, 2m");
    app.add_flag("-q,--quiet", output.quiet, "No progress, only the summary");
}

void add_exploration_options(CLI::App& app, ExplorationOptions& explore, Texts& texts) {
    app.add_option("path", explore.paths, "Scenario files, or folders of them")->required();
    app.add_option("--seed", texts.seed, "Seed of plans and search: a number, or random [1]");
    app.add_option("--subject", explore.subject,
                   "castaway, or castaway:MUTANT; see list [castaway]");
    app.add_option(
        "--strategy", explore.strategy,
        "portfolio, coverage, random, uniform, pct:DEPTH, preemptions:COUNT or exhaustive "
        "[portfolio]");
    app.add_option("--granularity", explore.granularity,
                   "What is a step: each access to shared memory, or each operation [access]")
        ->check(CLI::IsMember({"access", "operation"}));
    app.add_option("--memory", explore.memory,
                   "When others see a store: at once (sc, sequential consistency), or later (tso, "
                   "total store order, as on x86) [sc]")
        ->check(CLI::IsMember({"sc", "tso"}));
    app.add_option("--executions", explore.executions,
                   "Executions of each search, at most [10000, or no limit with a budget]")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40));
    app.add_option("--budget", texts.budget,
                   "Time for each scenario: 500ms, 60s, 2m; what is explored then depends on the "
                   "machine [none]");
    app.add_option("--crash", explore.crash,
                   "Visit every crash point of some schedules, singly (all) or also with a second "
                   "death after each (pairs) [none]")
        ->check(CLI::IsMember({"none", "all", "pairs"}));
    app.add_option("--crash-schedules", explore.crash_schedules, "So many schedules for that [4]")
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--deaths", explore.deaths,
                   "Processes killed by chance in each execution, at most [0]")
        ->check(CLI::Range(0, 16));
    app.add_option("--spurious", explore.spurious,
                   "Sleeps that end for no reason in each execution, at most [0]")
        ->check(CLI::Range(0, 1000));
    app.add_option("--twin-every", explore.twin_every,
                   "Make one of so many executions twice, and compare; 0 for none [100]");
    app.add_option("--workers", explore.workers,
                   "Threads that explore; changes no result, unless there is a budget [as many as "
                   "cores]")
        ->check(CLI::Range(1, 1024));
    app.add_option("--out", explore.out, "Folder for findings, new or empty [out/<UTC time>]");
    app.add_flag("--json", explore.json, "Print what was found as JSON");
    app.add_flag("-q,--quiet", explore.quiet, "No progress, only the summary");
}

void add_region_options(CLI::App& inspect_app, InspectOptions& inspect, CLI::App& audit_app,
                        AuditOptions& audit, CLI::App& rules_app, RulesOptions& rules) {
    const auto add_choice = [](CLI::App& app, RegionChoice& region) {
        app.add_option(
            "--region", region.name,
            "The region's name, or group:GROUP/NAME, or fd:N [what CASTAWAY_REGION says]");
        app.add_option("--file", region.file, "The region's file, instead");
        app.add_option("--pid", region.pid, "A process that takes part in it, instead");
    };
    add_choice(inspect_app, inspect.region);
    auto* const watch =
        inspect_app.add_flag("--watch", inspect.watch, "Look again every second until interrupted");
    inspect_app.add_option("--count", inspect.count, "Of a watch: so many looks")
        ->needs(watch)
        ->check(CLI::Range(1, 1'000'000));
    inspect_app.add_flag("--json", inspect.json, "Print JSON; of a watch, one line for each look");
    add_choice(audit_app, audit.region);
    audit_app.add_flag("--json", audit.json, "Print the findings as JSON");
    rules_app
        .add_option("--status", rules.status, "Only these: implemented, not-implemented [all]")
        ->check(CLI::IsMember({"implemented", "not-implemented"}));
    rules_app.add_flag("--json", rules.json, "Print them as JSON");
}

void add_mutation_options(CLI::App& app, MutationOptions& mutation, Texts& texts) {
    app.add_option("--engine", mutation.engine,
                   "Where the suite is executed; mutants that only real processes can show are "
                   "always hunted on those [sim]")
        ->check(CLI::IsMember({"sim", "real"}));
    app.add_option("--suite", mutation.suite, "Scenario files, or folders of them [scenarios]");
    auto* const mutants =
        app.add_option("--mutant", mutation.mutants, "Only these, see list [all]");
    app.add_flag("--sound-only", mutation.sound_only,
                 "No mutants, only what nobody broke: every finding is a false alarm, or a defect")
        ->excludes(mutants);
    app.add_option("--strategy", mutation.strategies,
                   "Strategies of the simulator, see explore [portfolio random uniform pct:2 pct:3 "
                   "preemptions:2]");
    app.add_option("--seed", texts.seed, "The first seed: a number, or random [1]");
    app.add_option("--seeds", mutation.seeds, "So many hunts with each strategy [5]")
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--executions", mutation.executions,
                   "Executions of each scenario in one hunt, at most [16]")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40));
    app.add_option("--jobs", mutation.jobs,
                   "Hunts in the simulator at once; changes no result [as many as cores]")
        ->check(CLI::Range(1, 1024));
    app.add_option("--out", mutation.out,
                   "Folder for the tables and a plan.json for each mutant, new or empty [none, or "
                   "out/<UTC time> where real processes run]");
    app.add_flag("--json", mutation.json, "Print the tables as JSON");
    app.add_flag("-q,--quiet", mutation.quiet, "No progress, only the tables");
}

void add_soak_options(CLI::App& app, SoakCommandOptions& soak, Texts& texts) {
    auto* const minutes = app.add_option("--minutes", texts.minutes, "How long, in minutes [1]")
                              ->check(CLI::Range(1, 100'000));
    app.add_option("--seconds", texts.seconds, "How long, in seconds")
        ->check(CLI::Range(1, 6'000'000))
        ->excludes(minutes);
    app.add_option("--processes", soak.processes, "Participants at a time [6]")
        ->check(CLI::Range(1, 63));
    app.add_option(
        "--seed", texts.seed,
        "Decides what participants do and whom the director strikes: a number, or random "
        "[1]");
    app.add_option("--subject", soak.subject, "castaway, or castaway:MUTANT; see list [castaway]");
    app.add_option("--region", soak.region,
                   "A region to make and to remove at the end, by a name or group:GROUP/NAME [one "
                   "without a name]");
    app.add_flag("--json", soak.json, "Print what was counted and found as JSON");
    app.add_flag("-q,--quiet", soak.quiet, "No progress, only the summary");
}

void add_conform_options(CLI::App& app, ConformOptions& conform, Texts& texts) {
    auto* const program =
        app.add_option("program", conform.program, "A saved program, to be made once more");
    app.add_option("--programs", conform.programs, "How many are drawn [200]")
        ->check(CLI::Range(1, 1'000'000))
        ->excludes(program);
    app.add_option("--calls", conform.calls, "How many calls each program has [60]")
        ->check(CLI::Range(1, 10'000))
        ->excludes(program);
    app.add_option("--seed", texts.seed,
                   "The first program's, each next has the next: a number, or random [1]")
        ->excludes(program);
    auto* const subject = app.add_option("--subject", conform.subject,
                                         "castaway, or castaway:MUTANT; see list [castaway]");
    auto* const caller =
        app.add_option("--caller", conform.caller,
                       "Judge another implementation: a command that makes the calls which it is "
                       "told, one JSON object a line (harness/conformance/README.md)")
            ->excludes(subject);
    app.add_option("--tick", conform.tick_ms,
                   "Of --caller: how many ms late a timer, or early the end of a wait may be [20]")
        ->check(CLI::Range(0, 1000))
        ->needs(caller);
    app.add_option("--processes", conform.processes,
                   "How many processes a program has at most [5; 1 with --caller]")
        ->check(CLI::Range(1U, conformance::kProcessesMax))
        ->excludes(program)
        ->excludes(caller);
    app.add_flag("--keep-going", conform.keep_going,
                 "Do not stop at the first finding: tell one of each kind")
        ->excludes(program);
    app.add_option("-j,--jobs", conform.jobs,
                   "Programs at a time [one for each core; with --caller one]")
        ->check(CLI::Range(1, 256))
        ->excludes(caller);
    app.add_option("--out", conform.out, "Folder for the program that failed, as drawn and short");
    app.add_flag("--json", conform.json, "Print what was counted and found as JSON");
    app.add_flag("-q,--quiet", conform.quiet, "No progress, only the summary");
}

std::string whole_line(const std::string& program, int argc, const char* const* argv) {
    std::string line = shell_quoted(program);
    for (int i = 1; i < argc; ++i) {
        line += ' ' + shell_quoted(argv[i]);
    }
    return line;
}

}  // namespace

std::string invoked_as(const char* argv0) {
    const char* told = std::getenv("CASTAWAY_INVOKED_AS");
    return told != nullptr && *told != '\0' ? told : argv0;
}

std::string shell_quoted(const std::string& word) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_./:=,+@%").find(c) != std::string_view::npos;
    };
    if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) {
        return word;
    }
    std::string quoted = "'";
    for (const char c : word) {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

const char* const tool_version = CASTAWAY_VERSION;

CommandLine parse_command_line(int argc, const char* const* argv) {
    CLI::App app{
        "Fault injection and stress testing for interprocess synchronization.\n"
        "Exit codes: 0 pass, 1 a check failed, 2 usage or bad input, 3 the harness could not do "
        "its "
        "work, 4 inconclusive."};
    app.name("castaway");
    app.set_version_flag("--version", std::string("castaway ") + tool_version);
    app.require_subcommand(1);

    Texts texts;
    RunOptions run;
    CLI::App* run_app = app.add_subcommand("run", "Run scenarios on real processes");
    run_app->add_option("path", run.paths, "Scenario files, or folders of them")->required();
    run_app->add_option("--seed", texts.seed, "Seed of the plans: a number, or random [1]");
    run_app->add_option("--repeat", run.repeat, "Run each scenario with so many seeds [1]")
        ->check(CLI::Range(1, 1'000'000));
    run_app->add_option("--subject", run.subject, "What is tested; see list [castaway]");
    run_app->add_option("--engine", run.engine, "What executes the plans [real]");
    add_output_options(*run_app, run.output, texts);

    ExplorationOptions explore;
    CLI::App* explore_app = app.add_subcommand(
        "explore", "Search the schedules and crash points of scenarios in the simulator");
    add_exploration_options(*explore_app, explore, texts);

    MutationOptions mutation;
    CLI::App* mutation_app = app.add_subcommand(
        "mutants", "Prove the checks: run the suite against every seeded defect");
    add_mutation_options(*mutation_app, mutation, texts);

    SoakCommandOptions soak;
    CLI::App* soak_app = app.add_subcommand(
        "soak",
        "Let many processes work on one region, kill and replace them all the time, and check "
        "what must hold");
    add_soak_options(*soak_app, soak, texts);

    ConformOptions conform;
    CLI::App* conform_app = app.add_subcommand(
        "conform",
        "Make programs of single Win32 calls in real processes, and judge each answer by the "
        "interface's model");
    add_conform_options(*conform_app, conform, texts);

    ReplayOptions replay;
    CLI::App* replay_app = app.add_subcommand("replay", "Run one plan again");
    replay_app->add_option("plan", replay.what, "A replay token, or a saved plan.json")->required();
    replay_app->add_flag("--trace", replay.trace,
                         "Of a plan with a schedule: tell every step in a line");
    replay_app->add_option("--scenarios", replay.scenarios,
                           "Where the scenario of a token is looked for [scenarios]");
    replay_app->add_option("--engine", replay.engine, "What executes the plan [real]");
    add_output_options(*replay_app, replay.output, texts);

    ValidateOptions validate;
    CLI::App* validate_app =
        app.add_subcommand("validate", "Check scenarios against schema and meaning");
    validate_app->add_option("path", validate.paths, "Scenario files, or folders of them");
    validate_app->add_flag("--print-schema", validate.print_schema,
                           "Print the JSON Schema (Draft-07) of scenarios");
    validate_app->add_flag("--json", validate.json, "Print the findings as JSON");

    ListOptions list;
    CLI::App* list_app = app.add_subcommand(
        "list", "Show scenarios, subjects, checks, faults and crash points, one line each");
    list_app->add_option("path", list.paths,
                         "Scenario files, or folders of them [scenarios, where it is]");
    list_app->add_flag("--json", list.json, "Print them as JSON");

    CheckOptions check;
    CLI::App* check_app = app.add_subcommand(
        "check", "Judge histories: whether each call can have taken effect at one moment");
    check_app
        ->add_option("history", check.paths,
                     "Histories as JSON Lines; result.json files, or folders of results")
        ->required();
    check_app->add_option("--model", check.model,
                          "Judge by this instead of what the history names: register, key-value, "
                          "mutex, semaphore, event; NAME:parameter=value,...");
    check_app
        ->add_option("--budget", check.budget,
                     "Steps of the search without progress, after which it is inconclusive "
                     "[20000000]")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40));
    check_app->add_option("--linearization", check.linearization_max,
                          "Tell the order of objects with at most so many operations [1000]");
    check_app->add_flag("--json", check.json, "Print the findings as JSON");

    InspectOptions inspect;
    AuditOptions audit;
    RulesOptions rules;
    CLI::App* inspect_app = app.add_subcommand(
        "inspect", "Show a region in use: processes, handles, objects, who waits for whom");
    CLI::App* audit_app =
        app.add_subcommand("audit", "Check that a region's structures hold together");
    CLI::App* rules_app = app.add_subcommand(
        "rules", "Show the rules that the primitives keep, and the tests that check them");
    add_region_options(*inspect_app, inspect, *audit_app, audit, *rules_app, rules);

    ReportOptions report;
    CLI::App* report_app =
        app.add_subcommand("report", "Make the reports again from a folder's result.json");
    report_app->add_option("folder", report.folder, "The folder of a run's results")->required();
    report_app->add_option(
        "--mutants", report.mutants,
        "mutants.json files of `castaway mutants --out`: their kill matrices and "
        "false alarms become part of the result");

    CommandLine line;
    line.as_typed = whole_line(invoked_as(argv[0]), argc, argv);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) {
        std::ostringstream text;
        app.exit(success, text, text);
        line.text = text.str();
        return line;
    } catch (const CLI::ParseError& error) {
        throw InputError("command line", error.what(), "see castaway --help");
    }
    run.seed = parse_seed(texts.seed);
    if (!texts.timeout.empty()) {
        run.output.timeout = replay.output.timeout = parse_duration("--timeout", texts.timeout);
    }
    explore.seed = mutation.seed = soak.seed = conform.seed = run.seed;
    if (texts.minutes != 0) {
        soak.duration = std::chrono::minutes(texts.minutes);
    } else if (texts.seconds != 0) {
        soak.duration = std::chrono::seconds(texts.seconds);
    }
    if (!texts.budget.empty()) {
        explore.budget = parse_duration("--budget", texts.budget);
    }
    if (*run_app) {
        line.command = run;
    } else if (*explore_app) {
        line.command = explore;
    } else if (*mutation_app) {
        line.command = mutation;
    } else if (*soak_app) {
        line.command = soak;
    } else if (*conform_app) {
        line.command = conform;
    } else if (*replay_app) {
        line.command = replay;
    } else if (*validate_app) {
        if (validate.paths.empty() && !validate.print_schema) {
            throw InputError("command line", "validate needs a scenario file or a folder",
                             "name one, or ask for --print-schema");
        }
        line.command = validate;
    } else if (*list_app) {
        line.command = list;
    } else if (*check_app) {
        line.command = check;
    } else if (*inspect_app) {
        line.command = inspect;
    } else if (*audit_app) {
        line.command = audit;
    } else if (*rules_app) {
        line.command = rules;
    } else {
        line.command = report;
    }
    return line;
}

}  // namespace castaway::harness
