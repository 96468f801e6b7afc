// castaway explore: what the simulator finds in scenarios, and how far it has looked.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/cli/commands.h"
#include "harness/cli/output_folder.h"
#include "harness/cli/requirements.h"
#include "harness/engine/sim/campaign.h"
#include "harness/engine/sim/sim_engine.h"
#include "harness/subject/subject.h"

namespace castaway::harness {
namespace {

using Json = nlohmann::ordered_json;

/// What became of one scenario.
struct Explored {
    std::string scenario;
    std::uint64_t seed = 0;
    Outcome outcome = Outcome::inconclusive;
    std::string note;  ///< why it is no pass
    sim::Campaign campaign;
    double seconds = 0;
    std::filesystem::path finding_file;
};

sim::CampaignOptions campaign_options(const ExplorationOptions& options) {
    sim::CampaignOptions campaign;
    campaign.mutant = sim::mutant_of(options.subject);
    campaign.granularity = sim::granularity_from(options.granularity).value();
    campaign.strategy = options.strategy;
    campaign.seed = options.seed;
    campaign.luck.deaths_max = options.deaths;
    campaign.luck.disturbances_max = options.spurious;
    campaign.executions_max = options.executions;
    campaign.budget = options.budget;
    campaign.crash = options.crash == "all"     ? sim::CrashMode::all
                     : options.crash == "pairs" ? sim::CrashMode::pairs
                                                : sim::CrashMode::none;
    campaign.crash_schedules = options.crash_schedules;
    campaign.twin_every = options.twin_every;
    return campaign;
}

/// A line that is written over on a terminal; elsewhere there is none.
class ProgressLine {
  public:
    explicit ProgressLine(bool wanted) : wanted_(wanted && isatty(STDERR_FILENO) == 1) {}
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine() { clear(); }

    void show(const std::string& scenario, const sim::CampaignProgress& progress) {
        const auto now = std::chrono::steady_clock::now();
        if (!wanted_ || now - shown_ < std::chrono::milliseconds(200)) {
            return;
        }
        shown_ = now;
        const double seconds = std::chrono::duration<double>(now - begin_).count();
        fmt::print(stderr, "\r\x1b[K{}: {} executions, {:.0f} steps/s, {} histories, {} findings",
                   scenario, progress.executions, static_cast<double>(progress.steps) / seconds,
                   progress.histories, progress.findings);
        std::fflush(stderr);
    }
    void clear() {
        if (wanted_) {
            fmt::print(stderr, "\r\x1b[K");
            std::fflush(stderr);
        }
    }

  private:
    bool wanted_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point shown_{};
};

/// Why nothing found is no pass; empty when it is one.
std::string reason_for_doubt(const sim::Campaign& campaign, const ExplorationOptions& options) {
    if (campaign.search.executions == 0) {
        return "nothing was executed within the budget";
    }
    if (campaign.search.exhausted && !campaign.exhausted) {
        return "the strategy has nothing left to try, but did not branch in its longest executions";
    }
    if (!campaign.never_fired.empty()) {
        return fmt::format("in no execution did this happen: {}",
                           fmt::join(campaign.never_fired, ", "));
    }
    if (campaign.inconclusive != 0) {
        return fmt::format("{} verdicts of checks were inconclusive", campaign.inconclusive);
    }
    if (options.crash != "none" &&
        (campaign.crash.cut || campaign.crash_schedules < options.crash_schedules)) {
        return "the budget ended before every crash point was visited";
    }
    return {};
}

class Explorer {
  public:
    Explorer(const ExplorationOptions& options, const char* argv0)
        : options_(options),
          program_(invoked_as(argv0)),
          subject_(find_subject(options.subject)),
          campaign_(campaign_options(options)) {
        if (options_.out) {
            folder_ = *options_.out;
            make_output_folder(*folder_);
        }
    }

    Explored explore(const Scenario& scenario) {
        Explored explored;
        explored.scenario = scenario.name;
        explored.seed = options_.seed;
        const Plan plan = make_plan(scenario, options_.seed);
        const std::vector<std::string> missing =
            missing_capabilities(plan, subject_->capabilities());
        if (!missing.empty()) {
            explored.outcome = Outcome::skipped;
            explored.note =
                fmt::format("{} cannot do {}", subject_->name(), fmt::join(missing, ", "));
            return explored;
        }
        ProgressLine line(!options_.quiet && !options_.json);
        campaign_.progress = [&](const sim::CampaignProgress& progress) {
            line.show(scenario.name, progress);
        };
        const auto begin = std::chrono::steady_clock::now();
        explored.campaign = sim::run_campaign(plan, campaign_);
        explored.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        if (explored.campaign.finding) {
            explored.outcome = Outcome::fail;
            explored.note = explored.campaign.finding->finding.problem;
            explored.finding_file = save(plan, explored.campaign.finding->finding);
        } else {
            explored.note = reason_for_doubt(explored.campaign, options_);
            explored.outcome = explored.note.empty() ? Outcome::pass : Outcome::inconclusive;
        }
        return explored;
    }

    [[nodiscard]] std::string replay_command_of(const std::filesystem::path& file) const {
        return fmt::format("{} replay {} --trace", shell_quoted(program_),
                           shell_quoted(file.string()));
    }

  private:
    std::filesystem::path save(const Plan& plan, const sim::Finding& finding) {
        if (!folder_) {
            folder_ = unused_output_folder(utc_now());
            make_output_folder(*folder_);
        }
        const std::filesystem::path folder = *folder_ / "findings" / plan.scenario;
        std::filesystem::create_directories(folder);
        write_file(folder / "plan.json",
                   plan_to_json_text(plan, subject_->name(),
                                     sim::saved_schedule(finding, campaign_.granularity)));
        return folder / "plan.json";
    }

    const ExplorationOptions& options_;
    std::string program_;
    std::unique_ptr<SubjectAdapter> subject_;
    sim::CampaignOptions campaign_;
    std::optional<std::filesystem::path> folder_;
};

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

std::string finding_lines(const Explored& explored, const Explorer& explorer) {
    const sim::ShrunkFinding& found = *explored.campaign.finding;
    return fmt::format(
        "    {}\n    execution {}; its schedule of {} runs was shrunk to {} in {} executions: {} "
        "switches in {} steps\n    replay: {}\n",
        explored.note, found.finding.number + 1, found.runs_before, found.runs_after,
        found.executions, sim::switches_in(found.finding.schedule), found.finding.execution.steps,
        explorer.replay_command_of(explored.finding_file));
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

void print_text(const Explored& explored, const ExplorationOptions& options,
                const Explorer& explorer) {
    fmt::print("{} (seed {}): {}{}\n", explored.scenario, explored.seed, word_of(explored.outcome),
               explored.outcome == Outcome::skipped || explored.outcome == Outcome::inconclusive
                   ? ": " + explored.note
                   : "");
    if (explored.outcome == Outcome::skipped) {
        return;
    }
    if (explored.campaign.finding) {
        fmt::print("{}", finding_lines(explored, explorer));
    }
    fmt::print("{}", search_lines(explored, options));
    std::fflush(stdout);
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
                           {"file", explored.finding_file.string()}};
    }
    return json;
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

/// Skipped scenarios neither help nor harm, unless there is nothing else.
ExitCode exit_code_of(const std::vector<Explored>& all) {
    SuiteResult suite;
    for (const Explored& each : all) {
        suite.runs.emplace_back().outcome = each.outcome;
    }
    return exit_code_of(overall(suite));
}

}  // namespace

ExitCode explore_command(const ExplorationOptions& options, const char* argv0) {
    const std::vector<Scenario> scenarios = read_scenarios(options.paths);
    Explorer explorer(options, argv0);
    std::vector<Explored> all;
    for (const Scenario& scenario : scenarios) {
        all.push_back(explorer.explore(scenario));
        if (!options.json) {
            print_text(all.back(), options, explorer);
        }
    }
    if (options.json) {
        Json json{{"castaway_exploration", 1},
                  {"subject", options.subject},
                  {"strategy", options.strategy},
                  {"granularity", options.granularity},
                  {"scenarios", Json::array()}};
        for (const Explored& each : all) {
            json["scenarios"].push_back(json_of(each));
        }
        fmt::print("{}\n", json.dump(2));
    } else {
        print_sums(all, options);
    }
    return exit_code_of(all);
}

}  // namespace castaway::harness
