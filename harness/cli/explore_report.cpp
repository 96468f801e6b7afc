// What an exploration says of itself, in words and as JSON.
#include "harness/cli/explore_report.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace castaway::harness {
namespace {

using Json = nlohmann::ordered_json;

/// What the numbers of a search mean.
std::string search_lines(const Explored& explored, const ExplorationOptions& options) {
    const sim::Campaign& campaign = explored.campaign;
    std::string text = fmt::format(
        "    {} executions of at most {} steps, {} steps in all; {} histories that differ; {} "
        "deaths; {} made twice, equal\n",
        campaign.search.executions, campaign.search.longest, campaign.search.steps,
        campaign.histories, campaign.search.deaths, campaign.search.twins);
    if (campaign.exhausted) {
        text += options.strategy == "exhaustive"
                    ? "    exhausted: every execution that differs was made, up to the order of "
                      "independent steps\n"
                    : "    exhausted: every schedule within the bound was executed\n";
    }
    if (campaign.miss_bound) {
        text += fmt::format(
            "    a defect of depth {} would have been missed with a chance of at most {:.3g}\n",
            options.strategy.substr(options.strategy.find(':') + 1), *campaign.miss_bound);
    }
    if (options.crash != "none" && explored.outcome != Outcome::fail) {
        text += fmt::format("    crash points, by {} base schedule(s): {} visited singly{}{}\n",
                            campaign.crash_schedules, campaign.crash.single_places,
                            options.crash == "pairs"
                                ? fmt::format(", {} as a second death", campaign.crash.pair_places)
                                : "",
                            campaign.crash.cut ? "; cut off by the budget" : ", all there are");
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

Json json_of(const Explored& explored) {
    const sim::Campaign& campaign = explored.campaign;
    Json json{{"scenario", explored.scenario},
              {"seed", explored.seed},
              {"outcome", to_string(explored.outcome)},
              {"note", explored.note},
              {"executions", campaign.search.executions},
              {"steps", campaign.search.steps},
              {"longest", campaign.search.longest},
              {"deaths", campaign.search.deaths},
              {"made_twice", campaign.search.twins},
              {"histories", campaign.histories},
              {"exhausted", campaign.exhausted},
              {"crash_schedules", campaign.crash_schedules},
              {"crash_points", campaign.crash.single_places},
              {"second_deaths", campaign.crash.pair_places},
              {"crash_executions", campaign.crash.executions},
              {"seconds", explored.seconds}};
    if (campaign.miss_bound) {
        json["miss_bound"] = *campaign.miss_bound;
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
        "{} executions, {} steps in {:.1f} s; strategy {}, {} granularity, memory sequentially "
        "consistent\n",
        all.size(), counts[static_cast<std::size_t>(Outcome::pass)],
        counts[static_cast<std::size_t>(Outcome::fail)],
        counts[static_cast<std::size_t>(Outcome::inconclusive)],
        counts[static_cast<std::size_t>(Outcome::skipped)], executions, steps, seconds,
        options.strategy, options.granularity);
}

void print_json(const std::vector<Explored>& all, const ExplorationOptions& options) {
    Json json{{"castaway_exploration", 1},
              {"subject", options.subject},
              {"strategy", options.strategy},
              {"granularity", options.granularity},
              {"scenarios", Json::array()}};
    for (const Explored& each : all) {
        json["scenarios"].push_back(json_of(each));
    }
    fmt::print("{}\n", json.dump(2));
}

}  // namespace castaway::harness
