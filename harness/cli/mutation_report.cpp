#include "harness/cli/mutation_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/checkers/checkers.h"

namespace castaway::harness {
namespace {

using Json = nlohmann::ordered_json;

/// The column of kills that no check saw: a crash or an endless loop, say, of which the simulator
/// itself tells.
constexpr const char* kEngineAlone = "engine_alone";

std::vector<std::string> all_check_names() {
    std::vector<std::string> names;
    for (const Check& check : all_checks()) {
        names.emplace_back(check.name);
    }
    return names;
}

/// The percent-th percentile of the hunts, by nearest rank. \param found ascending
std::optional<std::uint64_t> percentile(const std::vector<std::uint64_t>& found, std::size_t hunts,
                                        std::size_t percent) {
    const std::size_t rank = (hunts * percent + 99) / 100;
    return rank == 0 || rank > found.size() ? std::nullopt : std::optional(found[rank - 1]);
}

std::string number_or_dash(const std::optional<std::uint64_t>& number) {
    return number ? std::to_string(*number) : "-";
}

std::string short_name(const SubjectReport& report) {
    return report.subject.substr(report.subject.find(':') + 1);
}

std::string matrix_text(const MutationReport& report, std::size_t width) {
    std::vector<std::string> columns = all_check_names();
    columns.emplace_back(kEngineAlone);
    std::string text = fmt::format("kill matrix: in how many of the hunts each check saw it\n");
    for (std::size_t i = 0; i < columns.size(); ++i) {
        text += fmt::format("  {} {}\n", static_cast<char>('a' + i), columns[i]);
    }
    text += fmt::format("{:<{}}", "", width);
    for (std::size_t i = 0; i < columns.size(); ++i) {
        text += fmt::format(" {:>3}", static_cast<char>('a' + i));
    }
    text += "\n";
    for (const SubjectReport& mutant : report.mutants) {
        text += fmt::format("{:<{}}", short_name(mutant), width);
        for (const std::string& column : columns) {
            const auto count = mutant.checks.find(column);
            text += fmt::format(" {:>3}",
                                count == mutant.checks.end() ? "." : std::to_string(count->second));
        }
        text += "\n";
    }
    return text;
}

std::string detection_text(const MutationReport& report, std::size_t width) {
    constexpr int kColumn = 14;
    std::string text =
        "\nexecutions to detection: median / 95th percentile over the seeds; -: not within the "
        "budget\n";
    std::string header;
    for (const SubjectReport& mutant : report.mutants) {
        std::string line;
        std::string strategies = fmt::format("{:<{}}", "", width);
        for (const Detection& each : mutant.detections) {
            strategies += fmt::format(" {:>{}}", each.strategy, kColumn);
            line += fmt::format(
                " {:>{}}", number_or_dash(each.median) + " / " + number_or_dash(each.percentile_95),
                kColumn);
        }
        // Mutants that only real processes can show have a strategy of their own.
        if (strategies != header) {
            header = strategies;
            text += header + "\n";
        }
        text += fmt::format("{:<{}}{}\n", short_name(mutant), width, line);
    }
    return text;
}

/// The shortest schedules; empty where none comes from the simulator.
std::string schedules_text(const MutationReport& report, std::size_t width) {
    std::string lines;
    for (const SubjectReport& mutant : report.mutants) {
        if (mutant.shortest) {
            const ShortSchedule& schedule = *mutant.shortest->schedule;
            lines += fmt::format("{:<{}} {:>6} {:>9} {:>6}   {}\n", short_name(mutant), width,
                                 schedule.runs, schedule.switches, schedule.steps,
                                 mutant.shortest->scenario);
        }
    }
    if (lines.empty()) {
        return {};
    }
    return fmt::format(
        "\nshortest schedule that shows it, replayed; runs: parts that had to be given, one thread "
        "for a while or a death, and then it goes on calmly\n{:<{}} {:>6} {:>9} {:>6}   {}\n{}",
        "", width, "runs", "switches", "steps", "scenario", lines);
}

std::string mutants_text(const MutationReport& report) {
    std::size_t width = 0;
    for (const SubjectReport& mutant : report.mutants) {
        width = std::max(width, short_name(mutant).size());
    }
    std::string text =
        matrix_text(report, width) + detection_text(report, width) + schedules_text(report, width);
    if (const auto idle = report.idle_checks(); !idle.empty()) {
        text += fmt::format("\nchecks that saw no mutant: {}\n", fmt::join(idle, ", "));
    }
    text += fmt::format(
        "\n{} of {} mutants killed by {} scenarios, {} seeds each, at most {} executions of each "
        "scenario, engine {}\n",
        report.mutants.size() - report.survivors().size(), report.mutants.size(), report.scenarios,
        report.seeds, report.executions_of_each, report.engine);
    for (const SubjectReport& mutant : report.mutants) {
        if (mutant.found == 0) {
            text += fmt::format("SURVIVED: {}: {}\n", mutant.subject, mutant.description);
        }
        if (mutant.not_replayed != 0) {
            text += fmt::format("NOT REPLAYED: {}: {} of {} schedules\n", mutant.subject,
                                mutant.not_replayed, mutant.found);
        }
    }
    return text;
}

Json json_of(const SubjectReport& report) {
    Json json{{"subject", report.subject},   {"description", report.description},
              {"found", report.found},       {"executions", report.executions},
              {"strategies", Json::array()}, {"checks", Json::object()}};
    const auto or_null = [](const std::optional<std::uint64_t>& number) {
        return number ? Json(*number) : Json();
    };
    for (const Detection& each : report.detections) {
        json["strategies"].push_back({{"strategy", each.strategy},
                                      {"hunts", each.hunts},
                                      {"found", each.found},
                                      {"median", or_null(each.median)},
                                      {"percentile_95", or_null(each.percentile_95)}});
    }
    for (const auto& [check, count] : report.checks) {
        json["checks"][check] = count;
    }
    if (report.first) {
        json["first"] = {{"scenario", report.first->scenario}, {"problem", report.first->problem}};
    }
    if (report.shortest) {
        const ShortSchedule& schedule = *report.shortest->schedule;
        json["shortest"] = {{"scenario", report.shortest->scenario},
                            {"runs", schedule.runs},
                            {"switches", schedule.switches},
                            {"steps", schedule.steps}};
        json["not_replayed"] = report.not_replayed;
    }
    return json;
}

}  // namespace

std::vector<std::string> MutationReport::survivors() const {
    std::vector<std::string> names;
    for (const SubjectReport& mutant : mutants) {
        if (mutant.found == 0) {
            names.push_back(mutant.subject);
        }
    }
    return names;
}

std::vector<std::string> MutationReport::idle_checks() const {
    std::vector<std::string> names = all_check_names();
    std::erase_if(names, [this](const std::string& name) {
        return std::any_of(mutants.begin(), mutants.end(), [&](const SubjectReport& mutant) {
            return mutant.checks.contains(name);
        });
    });
    return names;
}

ExitCode MutationReport::exit_code() const {
    const bool all_replayed =
        std::all_of(mutants.begin(), mutants.end(),
                    [](const SubjectReport& mutant) { return mutant.not_replayed == 0; });
    return sound.found == 0 && survivors().empty() && all_replayed ? ExitCode::pass
                                                                   : ExitCode::check_failed;
}

SubjectReport report_subject(const std::string& subject, const std::string& description,
                             const std::vector<Hunt>& hunts,
                             const std::vector<HuntResult>& results) {
    SubjectReport report;
    report.subject = subject;
    report.description = description;
    std::vector<std::vector<std::uint64_t>> found;
    for (std::size_t i = 0; i < hunts.size(); ++i) {
        if (hunts[i].subject != subject) {
            continue;
        }
        auto at =
            std::find_if(report.detections.begin(), report.detections.end(),
                         [&](const Detection& each) { return each.strategy == hunts[i].strategy; });
        if (at == report.detections.end()) {
            at = report.detections.emplace(at);
            at->strategy = hunts[i].strategy;
            found.emplace_back();
        }
        ++at->hunts;
        report.executions += results[i].executions;
        if (!results[i].kill) {
            continue;
        }
        ++at->found;
        ++report.found;
        found[static_cast<std::size_t>(at - report.detections.begin())].push_back(
            results[i].executions);
        for (const std::string& check : results[i].kill->checks) {
            ++report.checks[check];
        }
        if (results[i].kill->checks.empty()) {
            ++report.checks[kEngineAlone];
        }
        if (!report.first) {
            report.first = results[i].kill;
        }
        if (const auto& schedule = results[i].kill->schedule) {
            report.not_replayed += schedule->replayed ? 0U : 1U;
            if (!report.shortest || *schedule < *report.shortest->schedule) {
                report.shortest = results[i].kill;
            }
        }
    }
    for (std::size_t i = 0; i < report.detections.size(); ++i) {
        std::sort(found[i].begin(), found[i].end());
        report.detections[i].median = percentile(found[i], report.detections[i].hunts, 50);
        report.detections[i].percentile_95 = percentile(found[i], report.detections[i].hunts, 95);
    }
    return report;
}

std::string to_text(const MutationReport& report) {
    std::string text;
    if (!report.mutants.empty()) {
        text = mutants_text(report);
    }
    text += report.sound.found == 0
                ? fmt::format("{}: no finding in {} executions\n", report.sound.subject,
                              report.sound.executions)
                : fmt::format(
                      "FALSE ALARM OR REAL DEFECT: {}, which nobody broke, in {} of the "
                      "hunts; first {}: {}\n",
                      report.sound.subject, report.sound.found, report.sound.first->scenario,
                      report.sound.first->problem);
    return text;
}

std::string to_json_text(const MutationReport& report) {
    Json json{{"castaway_mutants", 1},
              {"engine", report.engine},
              {"seeds", report.seeds},
              {"scenarios", report.scenarios},
              {"executions_of_each", report.executions_of_each},
              {"killed", report.mutants.size() - report.survivors().size()},
              {"of", report.mutants.size()},
              {"survivors", report.survivors()},
              {"idle_checks", report.idle_checks()},
              {"unmutated", json_of(report.sound)},
              {"mutants", Json::array()}};
    for (const SubjectReport& mutant : report.mutants) {
        json["mutants"].push_back(json_of(mutant));
    }
    return json.dump(2) + "\n";
}

}  // namespace castaway::harness
