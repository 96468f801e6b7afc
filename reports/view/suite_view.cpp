#include "reports/view/suite_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "harness/base/words.h"
#include "reports/view/plain_text.h"
#include "reports/view/words.h"

namespace castaway::harness {
namespace {

struct SeenWords {
    std::string_view what;
    std::string_view one;
    std::string_view many;
};

/// What a summary line tells, in this order.
constexpr std::array kTold{
    SeenWords{"operations", "operation", "operations"},
    SeenWords{"blocked_waits", "blocked wait", "blocked waits"},
    SeenWords{"deaths", "death", "deaths"},
    SeenWords{"abandoned", "abandoned", "abandoned"},
    SeenWords{"timeouts", "timeout", "timeouts"},
    SeenWords{"pending", "pending", "pending"},
};

std::size_t need_of(Outcome outcome) {
    return static_cast<std::size_t>(
        std::find(kOutcomesByNeed.begin(), kOutcomesByNeed.end(), outcome) -
        kOutcomesByNeed.begin());
}

void append_with_comma(std::string& line, const std::string& more) {
    line += (line.empty() ? "" : ", ") + more;
}

/// A stuck thread is still in its latest operation, or it stands still after it. One that was ended
/// by the harness can have come out of its operation on the way.
bool was_inside(const History& history, const Operation& operation) {
    const auto quiet = std::find_if(
        history.snapshots.begin(), history.snapshots.end(),
        [](const Snapshot& each) { return each.moment == SnapshotMoment::quiescence; });
    return operation.pending() ||
           (quiet != history.snapshots.end() && operation.returned_ns > quiet->at_ns);
}

}  // namespace

std::size_t count_of(const SuiteResult& suite, Outcome outcome) {
    return static_cast<std::size_t>(
        std::count_if(suite.runs.begin(), suite.runs.end(),
                      [outcome](const RunResult& run) { return run.outcome == outcome; }));
}

std::int64_t total_duration_ns(const SuiteResult& suite) {
    std::int64_t total = 0;
    for (const RunResult& run : suite.runs) {
        const std::int64_t duration = std::max<std::int64_t>(run.duration_ns, 0);
        total = duration > INT64_MAX - total ? INT64_MAX : total + duration;
    }
    return total;
}

std::vector<std::size_t> runs_by_need(const SuiteResult& suite) {
    std::vector<std::size_t> order(suite.runs.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = i;
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return need_of(suite.runs[a].outcome) < need_of(suite.runs[b].outcome);
    });
    return order;
}

std::vector<std::string> run_titles(const SuiteResult& suite) {
    std::set<std::string> taken;
    std::vector<std::string> titles;
    for (const RunResult& run : suite.runs) {
        const std::string scenario = plain_line(run.scenario);
        std::string title = scenario;
        for (int number = 2; !taken.insert(title).second; ++number) {
            title = fmt::format("{} #{}", scenario, number);
        }
        titles.push_back(std::move(title));
    }
    return titles;
}

std::string count_words(const SuiteResult& suite) {
    std::string words;
    for (const Outcome outcome : kOutcomesByNeed) {
        if (const std::size_t count = count_of(suite, outcome); count != 0) {
            const bool plural = outcome == Outcome::harness_error && count != 1;
            append_with_comma(
                words, fmt::format("{} {}{}", count, outcome_words(outcome), plural ? "s" : ""));
        }
    }
    return words.empty() ? "nothing ran" : words;
}

std::string headline(const SuiteResult& suite) {
    const std::size_t all = suite.runs.size();
    if (all == 0) {
        return "Nothing ran";
    }
    const std::string scenarios = all == 1 ? "scenario" : "scenarios";
    const auto some = [&](Outcome outcome, std::string_view what) {
        return fmt::format("{} of {} {} {}", count_of(suite, outcome), all, scenarios, what);
    };
    if (count_of(suite, Outcome::fail) != 0) {
        return some(Outcome::fail, "failed");
    }
    if (count_of(suite, Outcome::harness_error) != 0) {
        return some(Outcome::harness_error, "could not be run");
    }
    if (count_of(suite, Outcome::inconclusive) != 0) {
        return some(Outcome::inconclusive, count_of(suite, Outcome::inconclusive) == 1
                                               ? "is inconclusive"
                                               : "are inconclusive");
    }
    const std::size_t passed = count_of(suite, Outcome::pass);
    if (passed == 0) {
        return all == 1 ? "The only scenario was skipped"
                        : fmt::format("All {} scenarios were skipped", all);
    }
    if (passed < all) {
        return fmt::format("{} of {} {} passed, {} skipped", passed, all, scenarios, all - passed);
    }
    return all == 1 ? "The scenario passed" : fmt::format("All {} scenarios passed", all);
}

std::string reason_line(const RunResult& run) {
    for (const Verdict& verdict : run.verdicts) {
        if (run.outcome == Outcome::fail && verdict.kind == VerdictKind::fail) {
            return fmt::format("{}: {}", plain_line(verdict.check), plain_line(verdict.message));
        }
    }
    return plain_line(run.note);
}

std::string seen_line(const RunResult& run) {
    std::string line;
    for (const SeenWords& told : kTold) {
        const auto seen = std::find_if(run.seen.begin(), run.seen.end(),
                                       [&](const Seen& each) { return each.what == told.what; });
        if (seen != run.seen.end() && seen->count != 0) {
            append_with_comma(line, counted(seen->count, told.one, told.many));
        }
    }
    return line;
}

std::string demand_words(const Seen& seen) {
    if (seen.minimum == seen.maximum) {
        return fmt::format("exactly {}", seen.minimum);
    }
    if (seen.maximum == INT64_MAX) {
        return seen.minimum <= 0 ? std::string() : fmt::format("at least {}", seen.minimum);
    }
    return seen.minimum <= 0 ? fmt::format("at most {}", seen.maximum)
                             : fmt::format("{} to {}", seen.minimum, seen.maximum);
}

std::vector<WitnessLine> witness_lines(const History& history, const ThreadIndex& index,
                                       const Verdict& verdict) {
    std::vector<WitnessLine> lines;
    for (const OperationRef& reference : verdict.witness) {
        const std::optional<std::size_t> found = index.find(reference);
        if (!found) {
            lines.push_back({found,
                             {},
                             fmt::format("{}: operation {}, which was not recorded",
                                         thread_words(history, reference.process, reference.thread),
                                         reference.sequence)});
            continue;
        }
        const Operation& operation = history.operations[*found];
        const std::string begin = moment_words(operation.invoked_ns);
        lines.push_back({found,
                         operation.pending()
                             ? "since " + begin
                             : fmt::format("{} to {}", begin, moment_words(operation.returned_ns)),
                         operation_words(history, operation)});
    }
    return lines;
}

std::string stuck_line(const History& history, const ThreadIndex& index, const StuckThread& stuck) {
    std::string line = thread_words(history, stuck.process, stuck.thread);
    if (const auto found = index.find({stuck.process, stuck.thread, stuck.sequence})) {
        const Operation& operation = history.operations[*found];
        line += fmt::format(", {} {} since {}", was_inside(history, operation) ? "in" : "after",
                            call_words(history, operation),
                            moment_words(was_inside(history, operation) ? operation.invoked_ns
                                                                        : operation.returned_ns));
    } else {
        line += ", between two operations";
    }
    std::string where;
    if (!stuck.waits_on.empty()) {
        append_with_comma(where, "waits on " + plain_line(stuck.waits_on));
    }
    if (!stuck.system_call.empty()) {
        append_with_comma(where, plain_line(stuck.system_call));
    }
    return where.empty() ? line : line + ": " + where;
}

}  // namespace castaway::harness
