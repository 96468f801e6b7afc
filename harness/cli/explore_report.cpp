// What an exploration says of itself, in words and as JSON.
#include "harness/cli/explore_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "harness/base/words.h"

namespace castaway::harness {
namespace {

using Json = nlohmann::ordered_json;
using CallPairs = std::vector<std::pair<sim::Activity, sim::Activity>>;

/// Of both kinds what was visited, and what was not.
struct Visits {
    std::vector<std::string> points_never;
    std::vector<std::string> pairs_never;

    Visits(const sim::Coverage& coverage, const CallPairs& pairs) {
        for (const CrashPointName& each : kCrashPoints) {
            if (!coverage.has_point(each.point)) {
                points_never.emplace_back(each.name);
            }
        }
        for (const auto& [a, b] : pairs) {
            if (!coverage.has_pair(a, b)) {
                pairs_never.push_back(sim::name_of_activity(a) + " with " +
                                      sim::name_of_activity(b));
            }
        }
    }
};

std::string coverage_lines(const sim::Coverage& coverage, const CallPairs& pairs) {
    const Visits visits(coverage, pairs);
    std::string text = fmt::format(
        "    coverage: {} of {} crash points passed ({} by kind of call), {} of {} pairs of calls "
        "made at once, {} kinds of access, {} conflicts\n",
        kCrashPoints.size() - visits.points_never.size(), kCrashPoints.size(),
        coverage.points_in_activities(), pairs.size() - visits.pairs_never.size(), pairs.size(),
        coverage.accesses(), coverage.conflicts());
    if (!visits.pairs_never.empty()) {
        text += fmt::format("    never at once: {}\n", fmt::join(visits.pairs_never, ", "));
    }
    return text;
}

Json coverage_json(const sim::Coverage& coverage, const CallPairs& pairs) {
    const Visits visits(coverage, pairs);
    return {{"crash_points",
             {{"passed", kCrashPoints.size() - visits.points_never.size()},
              {"of", kCrashPoints.size()},
              {"by_kind_of_call", coverage.points_in_activities()},
              {"never", visits.points_never}}},
            {"pairs_of_calls",
             {{"visited", pairs.size() - visits.pairs_never.size()},
              {"of", pairs.size()},
              {"never", visits.pairs_never}}},
            {"accesses", coverage.access_names()},
            {"conflicts", coverage.conflicts()}};
}

/// Of all scenarios together.
struct Sum {
    sim::Coverage coverage;
    CallPairs pairs;

    explicit Sum(const std::vector<Explored>& all) {
        std::set<CallPairs::value_type> different;
        for (const Explored& each : all) {
            coverage += each.campaign.coverage;
            different.insert(each.campaign.pairs.begin(), each.campaign.pairs.end());
        }
        pairs.assign(different.begin(), different.end());
    }
};

std::string_view words_of_strategy(std::string_view name) {
    return name == "portfolio" ? "portfolio (random, uniform, pct:2, pct:3, preemptions:2 in turn)"
                               : name;
}

/// What the numbers of a search mean.
std::string search_lines(const Explored& explored, const ExplorationOptions& options) {
    const sim::Campaign& campaign = explored.campaign;
    std::string text = fmt::format(
        "    {} executions of at most {} steps, {} steps in all; {} histories that differ; {} "
        "deaths; {} made twice, equal\n",
        campaign.search.executions, campaign.search.longest, campaign.search.steps,
        campaign.histories, campaign.search.deaths, campaign.search.twins);
    if (const std::uint64_t left = campaign.search.with(sim::Outcome::abandoned); left != 0) {
        text += fmt::format("    {} of them left early: what follows was gone through elsewhere\n",
                            left);
    }
    if (campaign.exhausted) {
        text += options.strategy == "exhaustive"
                    ? "    exhausted: every execution that differs was made, up to the order of "
                      "independent steps\n"
                    : "    exhausted: every schedule within the bound was executed, but for those "
                      "that could show nothing else\n";
    }
    if (campaign.pct) {
        const sim::PctBound& bound = *campaign.pct;
        text += fmt::format(
            "    a defect of depth {} is hit by one execution with a chance of at least {:.3g} "
            "({} threads, {} steps), and was missed by all with one of at most {:.3g}\n",
            bound.depth, bound.hit, bound.threads, bound.steps, bound.missed);
    }
    if (campaign.corpus != 0) {
        text += fmt::format("    {} reached something new, and were varied\n",
                            counted(campaign.corpus, "schedule", "schedules"));
    }
    text += coverage_lines(campaign.coverage, campaign.pairs);
    if (options.crash != "none" && explored.outcome != Outcome::fail) {
        text += fmt::format("    places to be killed at, in {}: {} of {} visited{}{}\n",
                            counted(campaign.crash_schedules, "schedule", "schedules"),
                            campaign.crash.single_places, campaign.crash_places,
                            options.crash == "pairs"
                                ? fmt::format(", {} as a second death", campaign.crash.pair_places)
                                : "",
                            campaign.crash.cut ? "; cut off by the budget" : "");
    }
    return text;
}

std::string finding_lines(const Explored& explored) {
    const sim::ShrunkFinding& found = *explored.campaign.finding;
    return fmt::format(
        "    {}\n    execution {}; its schedule of {} runs was shrunk to {} in {} executions: {} "
        "switches in {} steps\n    replay: {}\n",
        explored.note, found.finding.number + 1, found.runs_before, found.runs_after,
        found.executions, sim::switches_in(found.finding.schedule), found.finding.execution.steps,
        explored.replay_command);
}

std::string_view word_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::pass:
            return "no finding";
        case Outcome::fail:
            return "FOUND";
        case Outcome::skipped:
            return "skipped";
        default:
            return "inconclusive";
    }
}

/// One line for each scenario: what was made, and of how many.
std::string table_of(const std::vector<Explored>& all, const ExplorationOptions& options) {
    const bool crashes = options.crash != "none";
    std::size_t width = 8;
    for (const Explored& each : all) {
        width = std::max(width, each.scenario.size());
    }
    std::string text = fmt::format("\n{:<{}} {:>10} {:>13} {:>9}", "scenario", width, "executions",
                                   "steps", "histories");
    text += crashes ? fmt::format(" {:>12} {:>9}", "killed at", "of places") : "";
    text += options.crash == "pairs" ? fmt::format(" {:>10}", "and then") : "";
    text += "\n";
    for (const Explored& each : all) {
        const sim::Campaign& campaign = each.campaign;
        text += fmt::format("{:<{}} {:>10} {:>13} {:>9}", each.scenario, width,
                            campaign.search.executions + campaign.crash.executions,
                            campaign.search.steps + campaign.crash.steps, campaign.histories);
        text += crashes ? fmt::format(" {:>12} {:>9}", campaign.crash.single_places,
                                      campaign.crash_places)
                        : "";
        text += options.crash == "pairs" ? fmt::format(" {:>10}", campaign.crash.pair_places) : "";
        text += fmt::format("   {}{}\n", word_of(each.outcome),
                            campaign.exhausted ? ", exhausted" : "");
    }
    return text;
}

Json json_of(const Explored& explored) {
    const sim::Campaign& campaign = explored.campaign;
    Json json{{"scenario", explored.scenario},
              {"seed", explored.seed},
              {"outcome", to_string(explored.outcome)},
              {"note", explored.note},
              {"executions", campaign.search.executions},
              {"steps", campaign.search.steps},
              {"longest", campaign.search.longest},
              {"left_early", campaign.search.with(sim::Outcome::abandoned)},
              {"deaths", campaign.search.deaths},
              {"made_twice", campaign.search.twins},
              {"histories", campaign.histories},
              {"exhausted", campaign.exhausted},
              {"crash_schedules", campaign.crash_schedules},
              {"crash_points", campaign.crash.single_places},
              {"crash_points_of", campaign.crash_places},
              {"second_deaths", campaign.crash.pair_places},
              {"crash_executions", campaign.crash.executions},
              {"coverage", coverage_json(campaign.coverage, campaign.pairs)},
              {"seconds", explored.seconds}};
    if (campaign.pct) {
        json["hit_bound"] = campaign.pct->hit;
        json["miss_bound"] = campaign.pct->missed;
    }
    if (campaign.finding) {
        json["finding"] = {{"problem", explored.note},
                           {"execution", campaign.finding->finding.number + 1},
                           {"runs_before", campaign.finding->runs_before},
                           {"runs_after", campaign.finding->runs_after},
                           {"steps", campaign.finding->finding.execution.steps},
                           {"file", explored.finding_file}};
    }
    return json;
}

}  // namespace

void print_text(const Explored& explored, const ExplorationOptions& options) {
    fmt::print("{} (seed {}): {}{}\n", explored.scenario, explored.seed, word_of(explored.outcome),
               explored.outcome == Outcome::skipped || explored.outcome == Outcome::inconclusive
                   ? ": " + explored.note
                   : "");
    if (explored.outcome == Outcome::skipped) {
        return;
    }
    if (explored.campaign.finding) {
        fmt::print("{}", finding_lines(explored));
    }
    fmt::print("{}", search_lines(explored, options));
    std::fflush(stdout);
}

void print_sums(const std::vector<Explored>& all, const ExplorationOptions& options) {
    if (all.size() > 1) {
        fmt::print("{}", table_of(all, options));
    }
    std::uint64_t executions = 0;
    std::uint64_t steps = 0;
    double seconds = 0;
    std::array<std::size_t, 5> counts{};
    for (const Explored& each : all) {
        executions += each.campaign.search.executions + each.campaign.crash.executions;
        steps += each.campaign.search.steps + each.campaign.crash.steps;
        seconds += each.seconds;
        ++counts[static_cast<std::size_t>(each.outcome)];
    }
    fmt::print(
        "\n{} scenarios: {} without a finding, {} with one, {} inconclusive, {} skipped\n"
        "{} executions, {} steps in {:.1f} s of work; strategy {}; {} granularity; memory {}\n",
        all.size(), counts[static_cast<std::size_t>(Outcome::pass)],
        counts[static_cast<std::size_t>(Outcome::fail)],
        counts[static_cast<std::size_t>(Outcome::inconclusive)],
        counts[static_cast<std::size_t>(Outcome::skipped)], executions, steps, seconds,
        words_of_strategy(options.strategy), options.granularity,
        options.memory == "sc" ? "sequentially consistent" : "in total store order");
    if (all.size() > 1) {
        const Sum sum(all);
        fmt::print("{}", coverage_lines(sum.coverage, sum.pairs));
        const Visits visits(sum.coverage, sum.pairs);
        if (!visits.points_never.empty()) {
            fmt::print("    never passed: {}\n", fmt::join(visits.points_never, ", "));
        }
    }
}

void print_json(const std::vector<Explored>& all, const ExplorationOptions& options) {
    Json json{{"castaway_exploration", 1},    {"subject", options.subject},
              {"strategy", options.strategy}, {"granularity", options.granularity},
              {"memory", options.memory},     {"scenarios", Json::array()}};
    for (const Explored& each : all) {
        json["scenarios"].push_back(json_of(each));
    }
    const Sum sum(all);
    json["coverage"] = coverage_json(sum.coverage, sum.pairs);
    fmt::print("{}\n", json.dump(2));
}

}  // namespace castaway::harness
