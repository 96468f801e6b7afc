#include "reports/html/run_markup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/base/words.h"
#include "reports/html/markup.h"
#include "reports/view/suite_view.h"
#include "reports/view/words.h"

namespace castaway::harness {
namespace {

/// Without scripts, so many operations are told in a table.
constexpr std::size_t kTableOperations = 40;

std::string section(std::string_view heading, const std::string& content) {
    return content.empty() ? std::string()
                           : fmt::format("<section><h3>{}</h3>\n{}</section>\n", heading, content);
}

std::string summary(const RunOnPage& on_page) {
    const RunResult& run = on_page.run;
    const std::string reason = reason_line(run);
    return fmt::format(
        "<summary>{}{}{}{}</summary>\n", element("span", "tag", outcome_words(run.outcome)),
        element("span", "name", on_page.title),
        element("span", "why",
                run.outcome == Outcome::pass || reason.empty() ? seen_line(run) : reason),
        element("span", "time", run.duration_ns == 0 ? "" : duration_words(run.duration_ns)));
}

std::string witness(const RunOnPage& on_page, const Verdict& verdict) {
    std::string items;
    const std::vector<WitnessLine> lines =
        witness_lines(on_page.run.history, on_page.index, verdict);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string words =
            element("code", "", lines[i].words) + element("span", "at", lines[i].moments);
        const OperationRef& reference = verdict.witness[i];
        const auto lane = on_page.index.lane(reference.process, reference.thread);
        items += lines[i].operation && lane
                     ? fmt::format(
                           "<li><button type=\"button\" data-lane=\"{}\" "
                           "data-sequence=\"{}\">{}</button></li>\n",
                           *lane, reference.sequence, words)
                     : fmt::format("<li><span class=\"gone\">{}</span></li>\n", words);
    }
    return items.empty() ? items : "<ol class=\"witness\">\n" + items + "</ol>\n";
}

/// \param tone  the class that gives the colour
std::string problem(std::string_view tone, std::string_view what, std::string_view words,
                    const std::string& more = {}) {
    return fmt::format("<div class=\"problem {}\">\n<p>{} {}</p>\n{}</div>\n", tone,
                       element("span", "check", what), escaped(words), more);
}

std::string stack(const StuckThread& stuck) {
    std::string items;
    for (const std::string& frame : stuck.stack) {
        items += "<li>" + element("code", "", frame) + "</li>\n";
    }
    return items.empty() ? items
                         : "<details><summary>Stack</summary>\n<ol class=\"stack\">\n" + items +
                               "</ol>\n</details>\n";
}

std::string stuck_threads(const RunOnPage& on_page) {
    const RunResult& run = on_page.run;
    std::string items;
    for (const StuckThread& stuck : run.history.stuck) {
        items += "<li>" + escaped(stuck_line(run.history, on_page.index, stuck)) + stack(stuck) +
                 "</li>\n";
    }
    return items.empty() ? items
                         : problem(run.outcome == Outcome::fail ? "fail" : "inconclusive", "Stuck",
                                   counted(static_cast<std::int64_t>(run.history.stuck.size()),
                                           "thread", "threads"),
                                   "<ul class=\"stuck\">\n" + items + "</ul>\n");
}

std::string problems(const RunOnPage& on_page) {
    const RunResult& run = on_page.run;
    std::string all;
    for (const Verdict& verdict : run.verdicts) {
        if (verdict.kind == VerdictKind::fail || verdict.kind == VerdictKind::inconclusive) {
            all += problem(to_string(verdict.kind), verdict.check, verdict.message,
                           witness(on_page, verdict));
        }
    }
    if (!run.note.empty() && run.outcome != Outcome::pass) {
        const std::string_view heading = run.outcome == Outcome::fail            ? "Run failed"
                                         : run.outcome == Outcome::inconclusive  ? "Not enough seen"
                                         : run.outcome == Outcome::harness_error ? "Harness error"
                                                                                 : "Skipped";
        all += problem(to_string(run.outcome), heading, run.note);
    }
    return all.empty() ? all : "<div>\n" + all + "</div>\n";
}

std::string checks(const RunResult& run) {
    std::string rows;
    std::string idle;
    for (const Verdict& verdict : run.verdicts) {
        if (verdict.kind == VerdictKind::not_applicable) {
            idle += (idle.empty() ? "" : ", ") + verdict.check;
            continue;
        }
        rows += fmt::format(
            "<tr class=\"{}\"><td class=\"k\">{}</td><td class=\"k\">{}</td><td>{}</td></tr>\n",
            to_string(verdict.kind), element("span", "tag", verdict_words(verdict.kind)),
            element("code", "", verdict.check), escaped(verdict.message));
    }
    if (!rows.empty()) {
        rows = "<table>\n" + rows + "</table>\n";
    }
    return idle.empty() ? rows : rows + element("p", "dim", "Nothing to judge: " + idle) + '\n';
}

std::string seen(const RunResult& run) {
    std::string rows;
    for (const Seen& each : run.seen) {
        const std::string demand = demand_words(each);
        if (each.count == 0 && demand.empty()) {
            continue;
        }
        std::string what = each.what;
        std::replace(what.begin(), what.end(), '_', ' ');
        rows += fmt::format("<tr{}>{}{}{}</tr>\n", each.met() ? "" : " class=\"unmet\"",
                            element("td", "", what), element("td", "n", std::to_string(each.count)),
                            element("td", "n", demand));
    }
    return rows.empty() ? rows
                        : "<table>\n<tr><th></th><th class=\"n\">Count</th><th class=\"n\">"
                          "Demanded</th></tr>\n" +
                              rows + "</table>\n";
}

std::string faults(const RunResult& run) {
    std::string rows;
    for (const ArmedFault& fault : run.faults) {
        rows += fmt::format("<tr{}>{}{}</tr>\n", fault.fired ? "" : " class=\"unmet\"",
                            element("td", "", fault.what),
                            element("td", "k", fault.fired ? "fired" : "never fired"));
    }
    return rows.empty() ? rows : "<table>\n" + rows + "</table>\n";
}

std::string ends(const RunResult& run) {
    std::string rows;
    for (const HistoryProcess& process : run.history.processes) {
        if (process.end == ProcessEnd::finished) {
            continue;
        }
        rows += fmt::format("<tr>{}{}{}</tr>\n", element("td", "", process.name),
                            element("td", "", end_words(process)),
                            element("td", "n", "pid " + std::to_string(process.os_pid)));
    }
    return rows.empty() ? rows : "<table>\n" + rows + "</table>\n";
}

std::string fact(std::string_view name, std::string_view value) {
    return value.empty() ? std::string()
                         : element("dt", "", name) + element("dd", "", value) + '\n';
}

std::string facts(const RunResult& run) {
    return "<dl class=\"facts-of-run\">\n" + fact("Subject", run.subject) +
           fact("Engine", run.engine) + fact("Seed", std::to_string(run.seed)) +
           fact("Scenario", run.file) +
           fact("Rules", fmt::format("{}", fmt::join(run.rules, " "))) + fact("Token", run.token) +
           "</dl>\n";
}

std::string replay(const RunResult& run) {
    return run.replay_command.empty()
               ? std::string()
               : fmt::format(
                     "<div class=\"command\">{}<button type=\"button\" hidden>Copy"
                     "</button></div>\n",
                     element("code", "", run.replay_command));
}

/// For readers without scripts: some operations as a table.
std::string operations_table(const RunOnPage& on_page) {
    const History& history = on_page.run.history;
    const std::size_t count = std::min(on_page.window.size(), kTableOperations);
    // Just before the end of the window lies what ended the run, or the witness.
    OperationWindow window = on_page.window;
    if (const Verdict* failed = first_failed_check(on_page.run)) {
        for (const OperationRef& reference : failed->witness) {
            if (const auto found = on_page.index.find(reference)) {
                window.end =
                    std::clamp(*found + kTableOperations / 2, window.begin + count, window.end);
                break;
            }
        }
    }
    std::string rows;
    for (std::size_t i = window.end - count; i < window.end; ++i) {
        rows += fmt::format("<tr>{}{}</tr>\n",
                            element("td", "n", moment_words(history.operations[i].invoked_ns)),
                            element("td", "", operation_words(history, history.operations[i])));
    }
    return rows.empty() ? rows
                        : fmt::format(
                              "<noscript>\n<h3>{} of {} operations</h3>\n<table>\n{}"
                              "</table>\n</noscript>\n",
                              count, history.operations.size(), rows);
}

std::string timeline(const RunOnPage& on_page) {
    const std::size_t all = on_page.run.history.operations.size();
    if (on_page.run.history.processes.empty()) {
        return {};
    }
    std::string markup = fmt::format(
        "<section>\n<div class=\"timeline\" data-source=\"{}-data\">"
        "</div>\n",
        on_page.id);
    if (on_page.window.size() < all) {
        markup += element("p", "dim",
                          fmt::format("The timeline shows operations {} to {} of {}; all are in "
                                      "result.json.",
                                      on_page.window.begin + 1, on_page.window.end, all)) +
                  '\n';
    }
    if (on_page.run.outcome != Outcome::pass) {
        markup += operations_table(on_page);
    }
    return markup + fmt::format(
                        "<script type=\"application/json\" id=\"{}-data\">{}</script>\n"
                        "</section>\n",
                        on_page.id, timeline_json(on_page.run, on_page.index, on_page.window));
}

}  // namespace

std::string run_markup(const RunOnPage& on_page) {
    const RunResult& run = on_page.run;
    const std::string description = run.description.empty()
                                        ? std::string()
                                        : element("p", "description", run.description) + '\n';
    return fmt::format("<details class=\"run {}\" id=\"{}\"{}>\n", to_string(run.outcome),
                       on_page.id, on_page.open ? " open" : "") +
           summary(on_page) + "<div class=\"body\">\n" + description + problems(on_page) +
           timeline(on_page) + stuck_threads(on_page) + "<div class=\"columns\">\n" +
           section("Checks", checks(run)) + section("Seen", seen(run)) +
           section("Faults", faults(run)) + section("Processes", ends(run)) +
           section("Run", facts(run)) + "</div>\n" + section("Replay", replay(run)) +
           "</div>\n</details>\n";
}

}  // namespace castaway::harness
