#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/words.h"
#include "reports/reports.h"
#include "reports/view/details.h"
#include "reports/view/plain_text.h"
#include "reports/view/suite_view.h"
#include "reports/view/words.h"

namespace castaway::harness {
namespace {

/// Longer names push their own line's columns to the right, and only that one's.
constexpr std::size_t kNameWidthMax = 44;
constexpr std::size_t kOutcomeWidth = 13;
/// More would push the first ones off the screen.
constexpr std::size_t kSectionsMax = 10;

std::string_view color_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::pass:
            return "\x1b[32m";
        case Outcome::skipped:
            return "\x1b[2m";
        case Outcome::inconclusive:
            return "\x1b[33m";
        default:
            return "\x1b[1;31m";
    }
}

std::string colored(std::string_view words, Outcome outcome, bool color) {
    return color ? fmt::format("{}{}\x1b[0m", color_of(outcome), words) : std::string(words);
}

/// Failures are to be found at a glance, without colours as well.
std::string outcome_column(Outcome outcome) {
    std::string words(outcome_words(outcome));
    if (outcome == Outcome::fail || outcome == Outcome::harness_error) {
        std::transform(words.begin(), words.end(), words.begin(), [](char letter) {
            return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
        });
    }
    return words;
}

std::size_t name_width(const std::vector<std::string>& titles) {
    std::size_t width = 0;
    for (const std::string& title : titles) {
        width = std::max(width, std::min(title.size(), kNameWidthMax));
    }
    return width;
}

std::string run_line(const RunResult& run, const std::string& title, std::size_t width,
                     bool color) {
    const std::string outcome = fmt::format("{:<{}}", outcome_column(run.outcome), kOutcomeWidth);
    // What is wrong with a run is told in its section.
    const std::string told =
        run.outcome == Outcome::skipped ? plain_line(run.note) : seen_line(run);
    std::string line =
        fmt::format("  {} {:<{}} {:>9}", colored(outcome, run.outcome, color), title, width,
                    run.duration_ns == 0 ? "-" : duration_words(run.duration_ns));
    if (!told.empty()) {
        line += "  " + told;
    }
    return line + '\n';
}

std::string problem_section(const RunResult& run, const std::string& title, bool color) {
    std::string section =
        fmt::format("\n{} {}\n", colored(outcome_column(run.outcome), run.outcome, color), title);
    if (!run.description.empty()) {
        section += "  " + plain_line(run.description) + '\n';
    }
    if (!run.note.empty()) {
        section += "  " + plain_line(run.note) + '\n';
    }
    std::vector<DetailLine> lines = problem_lines(run);
    for (DetailLine& line : lines) {
        ++line.indent;
    }
    section += joined_lines(lines);
    if (!run.replay_command.empty()) {
        section += fmt::format("  replay: {}\n", plain_line(run.replay_command));
    }
    return section;
}

bool needs_a_section(Outcome outcome) {
    return outcome != Outcome::pass && outcome != Outcome::skipped;
}

}  // namespace

std::string summary_text(const SuiteResult& suite, const SummaryOptions& options) {
    const std::vector<std::string> titles = run_titles(suite);
    const std::size_t width = name_width(titles);
    std::string text;
    for (std::size_t i = 0; i < suite.runs.size(); ++i) {
        text += run_line(suite.runs[i], titles[i], width, options.color);
    }
    std::size_t sections = 0;
    for (const std::size_t i : runs_by_need(suite)) {
        if (needs_a_section(suite.runs[i].outcome) && ++sections <= kSectionsMax) {
            text += problem_section(suite.runs[i], titles[i], options.color);
        }
    }
    if (sections > kSectionsMax) {
        text += fmt::format("\n... and {} more, told in the reports\n", sections - kSectionsMax);
    }
    text +=
        fmt::format("\n{}: {} in {}\n",
                    counted(static_cast<std::int64_t>(suite.runs.size()), "scenario", "scenarios"),
                    colored(count_words(suite), overall(suite), options.color),
                    duration_words(total_duration_ns(suite)));
    for (const MutationReport& report : suite.mutations) {
        for (const std::string& line : mutation_lines(report)) {
            text += plain_line(line) + '\n';
        }
    }
    if (!options.folder.empty()) {
        text += fmt::format("Reports: {0}/report.html {0}/junit.xml {0}/result.json\n",
                            plain_line(options.folder));
    }
    return text;
}

}  // namespace castaway::harness
