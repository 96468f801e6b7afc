#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/words.h"
#include "reports/html/assets.h"
#include "reports/html/markup.h"
#include "reports/html/mutation_markup.h"
#include "reports/html/run_markup.h"
#include "reports/html/timeline_data.h"
#include "reports/reports.h"
#include "reports/view/plain_text.h"
#include "reports/view/suite_view.h"
#include "reports/view/words.h"

namespace castaway::harness {
namespace {

/// So many runs that need a person are shown in full from the start.
constexpr std::size_t kOpenRunsMax = 3;

std::string proportions(const SuiteResult& suite) {
    std::string parts;
    for (const Outcome outcome : kOutcomesByNeed) {
        if (const std::size_t count = count_of(suite, outcome); count != 0) {
            parts +=
                fmt::format("<i class=\"{}\" style=\"--n:{}\"></i>", to_string(outcome), count);
        }
    }
    return "<div class=\"proportions\" aria-hidden=\"true\">" + parts + "</div>\n";
}

std::string fact(std::string_view name, std::string_view value) {
    return value.empty()
               ? std::string()
               : "<div>" + element("dt", "", name) + element("dd", "", value) + "</div>\n";
}

/// Each of them once, in the order of the runs.
std::string subjects(const SuiteResult& suite) {
    std::vector<std::string> names;
    for (const RunResult& run : suite.runs) {
        const std::string name =
            run.engine.empty() ? run.subject : fmt::format("{} ({})", run.subject, run.engine);
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            names.push_back(name);
        }
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string started_words(std::string_view utc) {
    std::string words(utc);
    std::replace(words.begin(), words.end(), 'T', ' ');
    return words.empty() ? words : words + " UTC";
}

std::string machine_words(const MachineFacts& machine) {
    const std::string cores =
        machine.cores == 0 ? std::string() : counted(machine.cores, "core", "cores");
    return machine.kernel.empty() || cores.empty() ? machine.kernel + cores
                                                   : machine.kernel + ", " + cores;
}

std::string suite_header(const SuiteResult& suite) {
    return fmt::format("<header>\n<p class=\"brand\"><b>castaway</b>{}</p>\n{}\n{}",
                       element("span", "", suite.tool_version), element("h1", "", headline(suite)),
                       proportions(suite)) +
           "<dl class=\"facts\">\n" + fact("Subject", subjects(suite)) +
           fact("Started", started_words(suite.started_utc)) +
           fact("Took", duration_words(total_duration_ns(suite))) +
           fact("Machine", machine_words(suite.machine)) + fact("Command", suite.command) +
           "</dl>\n</header>\n";
}

std::string chip(std::string_view outcome, std::string_view words, std::size_t count) {
    return fmt::format(
        "<button type=\"button\" class=\"{0}\" data-outcome=\"{0}\" "
        "aria-pressed=\"{3}\">{1}<b>{2}</b></button>\n",
        outcome, words, count, outcome.empty() ? "true" : "false");
}

std::string tools(const SuiteResult& suite) {
    std::string chips = chip("", "All", suite.runs.size());
    for (const Outcome outcome : kOutcomesByNeed) {
        if (const std::size_t count = count_of(suite, outcome); count != 0) {
            std::string words(outcome_words(outcome));
            words.front() = static_cast<char>(words.front() - 'a' + 'A');
            chips += chip(to_string(outcome), words, count);
        }
    }
    return "<div class=\"tools\" hidden>\n<input type=\"search\" placeholder=\"Find scenarios\" "
           "aria-label=\"Find scenarios\">\n<div class=\"chips\" role=\"group\" "
           "aria-label=\"Outcome\">\n" +
           chips + "</div>\n</div>\n";
}

/// For mail readers, which show neither closed details nor scripts.
std::string plain_table(const SuiteResult& suite, const std::vector<std::string>& titles) {
    std::string rows;
    for (const std::size_t i : runs_by_need(suite)) {
        const RunResult& run = suite.runs[i];
        rows += fmt::format("<tr>{}{}{}</tr>\n", element("td", "k", outcome_words(run.outcome)),
                            element("td", "", titles[i]), element("td", "", reason_line(run)));
    }
    return "<noscript>\n<p class=\"dim\">Timelines need JavaScript; everything else is here."
           "</p>\n<table>\n" +
           rows + "</table>\n</noscript>\n";
}

std::string runs(const SuiteResult& suite, const std::vector<std::string>& titles) {
    std::string all;
    std::size_t budget = kPageOperationsMax;
    std::size_t place = 0;
    for (const std::size_t i : runs_by_need(suite)) {
        const RunResult& run = suite.runs[i];
        const ThreadIndex index(run.history);
        const OperationWindow window = operation_window(run, index, budget);
        budget -= window.size();
        const bool needs_a_person =
            run.outcome == Outcome::fail || run.outcome == Outcome::harness_error;
        all += run_markup({run, index, fmt::format("run-{}", i + 1), titles[i], window,
                           needs_a_person && place < kOpenRunsMax});
        ++place;
    }
    return all;
}

}  // namespace

std::string html_page(const SuiteResult& suite) {
    const std::vector<std::string> titles = run_titles(suite);
    const std::string body = suite_header(suite) + plain_table(suite, titles) + tools(suite) +
                             "<main>\n" + runs(suite, titles) +
                             "<p class=\"nothing\" hidden>No scenario matches.</p>\n</main>\n" +
                             mutation_markup(suite.mutations);
    const std::string words = word_table_json();
    const std::string title = escaped(headline(suite) + " - castaway");
    return filled(page_frame(), {{"title", title},
                                 {"style", page_style()},
                                 {"body", body},
                                 {"words", words},
                                 {"script", page_script()}});
}

}  // namespace castaway::harness
