#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <optional>

#include "harness/cli/commands.h"
#include "harness/cli/suite.h"
#include "harness/plan/plan_json.h"

namespace castaway::harness {
namespace {

/// Finds the scenario of that name. Files that cannot be read as scenarios are passed over: only
/// the one that is looked for matters.
Scenario find_by_name(const std::string& name, std::vector<std::filesystem::path> places) {
    if (places.empty()) {
        places.emplace_back("scenarios");
    }
    const Vocabulary vocabulary = scenario_vocabulary();
    for (const std::filesystem::path& place : places) {
        for (const std::filesystem::path& file : find_scenarios(place)) {
            std::vector<std::string> errors;
            std::optional<Scenario> scenario = read_scenario(file, vocabulary, errors);
            if (scenario && scenario->name == name) {
                return std::move(*scenario);
            }
        }
    }
    throw InputError(
        "replay", fmt::format("no sound scenario is called \"{}\" where it was looked for", name),
        "name the file or folder that has it with --scenarios");
}

SavedPlan plan_of_token(const ReplayToken& token, const ReplayOptions& options) {
    const Scenario scenario = find_by_name(token.scenario, options.scenarios);
    Plan plan = make_plan(scenario, token.seed);
    if (plan_digest(plan) != token.digest) {
        throw InputError(scenario.file, "it does not give the plan of the token any more",
                         "replay the run's plan.json, or run the scenario anew");
    }
    return {std::move(plan), token.subject, std::nullopt};
}

}  // namespace

std::vector<Scenario> read_scenarios(const std::vector<std::filesystem::path>& paths) {
    const Vocabulary vocabulary = scenario_vocabulary();
    std::vector<Scenario> scenarios;
    std::map<std::string, std::string> file_by_name;
    std::vector<std::string> errors;
    for (const std::filesystem::path& path : paths) {
        for (const std::filesystem::path& file : find_scenarios(path)) {
            std::optional<Scenario> scenario = read_scenario(file, vocabulary, errors);
            if (!scenario) {
                continue;
            }
            const auto [at, is_new] =
                file_by_name.emplace(scenario->name, std::filesystem::weakly_canonical(file));
            if (is_new) {
                scenarios.push_back(std::move(*scenario));
            } else if (at->second != std::filesystem::weakly_canonical(file)) {
                errors.push_back(
                    fmt::format("{}: /name: \"{}\" is the name of {}, too; give one of "
                                "the two another name",
                                file.string(), scenario->name, at->second));
            }
        }
    }
    if (!errors.empty()) {
        for (std::size_t i = 0; i + 1 < errors.size(); ++i) {
            fmt::print(stderr, "castaway: {}\n", errors[i]);
        }
        throw InputError(errors.back());
    }
    return scenarios;
}

ExitCode run_command(const RunOptions& options, const CommandLine& line, const char* argv0) {
    const std::vector<Scenario> scenarios = read_scenarios(options.paths);
    std::vector<Plan> plans;
    for (const Scenario& scenario : scenarios) {
        for (std::uint32_t i = 0; i < options.repeat; ++i) {
            plans.push_back(make_plan(scenario, options.seed + i));
        }
    }
    return run_suite(
        plans, {options.subject, options.engine, options.output, line.as_typed, invoked_as(argv0)});
}

ExitCode replay_command(const ReplayOptions& options, const CommandLine& line, const char* argv0) {
    const SavedPlan saved = looks_like_token(options.what)
                                ? plan_of_token(parse_token(options.what), options)
                                : read_plan(options.what);
    if (saved.schedule) {
        return replay_schedule(saved, options.what, options.trace);
    }
    if (options.trace) {
        throw InputError("--trace", options.what + " has no schedule",
                         "name the plan.json of a finding of castaway explore");
    }
    return run_suite({saved.plan}, {saved.subject, options.engine, options.output, line.as_typed,
                                    invoked_as(argv0)});
}

}  // namespace castaway::harness
