#include "harness/cli/mutation_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace castaway::harness {
namespace {

/// The percent-th percentile of the hunts, by nearest rank. \param found ascending
std::optional<std::uint64_t> percentile(const std::vector<std::uint64_t>& found, std::size_t hunts,
                                        std::size_t percent) {
    const std::size_t rank = (hunts * percent + 99) / 100;
    return rank == 0 || rank > found.size() ? std::nullopt : std::optional(found[rank - 1]);
}

std::string number_or_dash(const std::optional<std::uint64_t>& number) {
    return number ? std::to_string(*number) : "-";
}

std::string matrix_text(const MutationReport& report, std::size_t width) {
    const std::vector<std::string> columns = kill_columns();
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

}  // namespace

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

}  // namespace castaway::harness
