// castaway mutants: runs the suite against every seeded defect and against the sound subject.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "harness/cli/commands.h"
#include "harness/cli/mutation.h"
#include "harness/cli/mutation_report.h"
#include "harness/cli/output_folder.h"
#include "harness/engine/sim/sim_engine.h"
#include "harness/subject/subject.h"

namespace castaway::harness {
namespace {

constexpr const char* kSound = "castaway";

struct Named {
    std::string name;
    std::string description;
};

/// The seeded defects, or those that were asked for.
std::vector<Named> chosen_mutants(const std::vector<std::string>& wanted) {
    const std::string prefix = std::string(kSound) + ":";
    std::vector<Named> all;
    for (const auto& subject : all_subjects()) {
        if (subject->name().starts_with(prefix)) {
            all.push_back({subject->name(), subject->description()});
        }
    }
    if (wanted.empty()) {
        return all;
    }
    std::vector<Named> chosen;
    for (const std::string& name : wanted) {
        const auto found = std::find_if(all.begin(), all.end(), [&](const Named& each) {
            return each.name == name || each.name == prefix + name;
        });
        if (found == all.end()) {
            throw InputError("--mutant",
                             "there is no mutant \"" + name + "\" that scenarios can show",
                             "castaway list shows them as castaway:NAME; those of procedure calls "
                             "are hunted by sim_test alone");
        }
        chosen.push_back(*found);
    }
    return chosen;
}

std::vector<std::string> strategies_for(const std::string& subject,
                                        const MutationOptions& options) {
    if (sim::needs_single_calls(subject)) {
        return {kPrograms};
    }
    return options.engine == "sim" && sim::can_show(subject)
               ? options.strategies
               : std::vector<std::string>{kRealProcesses};
}

/// The sound subject is hunted in every way in which a mutant is.
std::vector<Hunt> hunts_of(const MutationOptions& options, const std::vector<Named>& mutants) {
    std::vector<std::string> subjects{kSound};
    for (const Named& mutant : mutants) {
        subjects.push_back(mutant.name);
    }
    const bool programs = std::any_of(mutants.begin(), mutants.end(), [](const Named& each) {
        return sim::needs_single_calls(each.name);
    });
    std::vector<Hunt> hunts;
    for (const std::string& subject : subjects) {
        std::vector<std::string> strategies = strategies_for(subject, options);
        if (programs && subject == kSound) {
            strategies.emplace_back(kPrograms);
        }
        for (const std::string& strategy : strategies) {
            for (std::uint64_t i = 0; i < options.seeds; ++i) {
                hunts.push_back({subject, strategy, options.seed + i});
            }
        }
    }
    return hunts;
}

void save(const std::filesystem::path& folder, const MutationReport& report) {
    write_file(folder / "mutants.json", to_json_text(report));
    write_file(folder / "mutants.txt", to_text(report));
    std::vector<SubjectReport> all = report.mutants;
    all.push_back(report.sound);
    for (const SubjectReport& each : all) {
        if (const std::optional<Kill>& shown = each.shortest ? each.shortest : each.first) {
            std::string name = each.subject;
            std::replace(name.begin(), name.end(), ':', '-');
            std::filesystem::create_directories(folder / "findings" / name);
            const char* const file =
                sim::needs_single_calls(each.subject) ? "program.json" : "plan.json";
            write_file(folder / "findings" / name / file, shown->plan);
        }
    }
}

}  // namespace

ExitCode mutants_command(const MutationOptions& options) {
    const std::vector<Scenario> scenarios = read_scenarios(options.suite);
    const std::vector<Named> mutants =
        options.sound_only ? std::vector<Named>{} : chosen_mutants(options.mutants);
    const std::vector<Hunt> hunts = hunts_of(options, mutants);
    HuntLimits limits;
    limits.executions = options.executions;
    const std::filesystem::path folder =
        options.out ? *options.out : unused_output_folder(utc_now());
    const bool writes =
        options.out.has_value() || std::any_of(hunts.begin(), hunts.end(), [](const Hunt& each) {
            return each.strategy == kRealProcesses;
        });
    if (writes) {
        make_output_folder(folder);
        limits.raw_folder = folder / "raw";
    }
    const bool shows = !options.json && !options.quiet && isatty(STDERR_FILENO) == 1;
    const std::uint32_t threads =
        options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
    const std::vector<HuntResult> results =
        hunt_all(hunts, scenarios, limits, threads, [&](std::size_t over) {
            if (shows) {
                fmt::print(stderr, "\r\x1b[K{} of {} hunts", over, hunts.size());
                std::fflush(stderr);
            }
        });
    if (shows) {
        fmt::print(stderr, "\r\x1b[K");
    }
    MutationReport report;
    report.engine = options.engine;
    report.seeds = options.seeds;
    report.executions_of_each = options.executions;
    report.scenarios = scenarios.size();
    report.sound = report_subject(kSound, "what nobody broke", hunts, results);
    for (const Named& mutant : mutants) {
        report.mutants.push_back(report_subject(mutant.name, mutant.description, hunts, results));
    }
    if (report.sound.executions == 0) {
        throw InputError("--suite", "none of the scenarios can be executed",
                         "name others, or another engine");
    }
    if (writes) {
        save(folder, report);
    }
    fmt::print("{}", options.json ? to_json_text(report) : to_text(report));
    return report.exit_code();
}

}  // namespace castaway::harness
