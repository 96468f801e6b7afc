// castaway explore: what the simulator finds in scenarios, and how far it has looked.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "harness/base/words.h"
#include "harness/cli/commands.h"
#include "harness/cli/explore_report.h"
#include "harness/cli/output_folder.h"
#include "harness/cli/progress_line.h"
#include "harness/cli/requirements.h"
#include "harness/engine/sim/campaign.h"
#include "harness/engine/sim/ordered_work.h"
#include "harness/engine/sim/sim_engine.h"
#include "harness/engine/sim/strategies/by_name.h"
#include "harness/subject/subject.h"

namespace castaway::harness {
namespace {

sim::CampaignOptions campaign_options(const ExplorationOptions& options) {
    sim::CampaignOptions campaign;
    campaign.mutant = sim::mutant_of(options.subject);
    campaign.granularity = sim::granularity_from(options.granularity).value();
    campaign.memory = sim::memory_model_from(options.memory).value();
    campaign.strategy = options.strategy;
    campaign.seed = options.seed;
    campaign.luck.deaths_max = options.deaths;
    campaign.luck.disturbances_max = options.spurious;
    campaign.executions_max = options.executions.value_or(
        options.budget ? std::uint64_t{1} << 40 : sim::CampaignOptions{}.executions_max);
    campaign.budget = options.budget;
    campaign.crash = options.crash == "all"     ? sim::CrashMode::all
                     : options.crash == "pairs" ? sim::CrashMode::pairs
                                                : sim::CrashMode::none;
    campaign.crash_schedules = options.crash_schedules;
    campaign.twin_every = options.twin_every;
    campaign.workers =
        options.workers != 0 ? options.workers : std::max(std::thread::hardware_concurrency(), 1U);
    return campaign;
}

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

/// Then a death that no fault foresees can leave a process stopped for ever, with what it owns.
bool stops_somebody(const Plan& plan) {
    return std::any_of(plan.faults.begin(), plan.faults.end(),
                       [](const PlanFault& fault) { return fault.kind == FaultKind::stop; });
}

std::string progress_text(const std::string& scenario, const sim::CampaignProgress& progress,
                          double seconds) {
    const auto each_second = [seconds](std::uint64_t count) {
        return seconds > 0 ? static_cast<double>(count) / seconds : 0.0;
    };
    return fmt::format(
        "{}: {} executions ({:.0f}/s), {:.2g} steps/s, {} histories, coverage {}, {}", scenario,
        progress.executions, each_second(progress.executions), each_second(progress.steps),
        progress.histories, progress.coverage, counted(progress.findings, "finding", "findings"));
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

    /// All, in order. Each is given to `done` as soon as its turn has come.
    std::vector<Explored> explore(const std::vector<Scenario>& scenarios,
                                  const std::function<void(const Explored&)>& done) {
        // A search that cannot be cut is given a core, and so is the next.
        const std::uint32_t workers = std::exchange(campaign_.workers, 1);
        const bool divisible = sim::divisibility_of(campaign_.strategy) != sim::Divisible::no;
        campaign_.workers = divisible ? workers : 1;
        ProgressLine line(!options_.quiet && !options_.json);
        std::vector<Explored> all(scenarios.size());
        std::vector<Plan> plans(scenarios.size());
        std::size_t taken = 0;
        sim::OrderedWork work(divisible ? 1 : workers, [&] {
            line.show([&] { return fmt::format("{} of {} scenarios", taken, scenarios.size()); });
        });
        work.run(
            scenarios.size(),
            [&](std::uint32_t /*worker*/, std::uint64_t i) {
                plans[i] = make_plan(scenarios[i], options_.seed);
                all[i] = explore_one(plans[i], divisible ? &line : nullptr);
            },
            [&](std::uint64_t i) {
                Explored& explored = all[i];
                if (explored.campaign.finding) {
                    save(plans[i], explored);
                }
                plans[i] = {};
                line.clear();
                done(explored);
                ++taken;
                return true;
            });
        return all;
    }

  private:
    /// \param line null: somebody else tells how far it is
    [[nodiscard]] Explored explore_one(const Plan& plan, ProgressLine* line) const {
        Explored explored;
        explored.scenario = plan.scenario;
        explored.seed = options_.seed;
        const std::vector<std::string> missing =
            missing_capabilities(plan, subject_->capabilities());
        if (!missing.empty()) {
            explored.outcome = Outcome::skipped;
            explored.note =
                fmt::format("{} cannot do {}", subject_->name(), fmt::join(missing, ", "));
            return explored;
        }
        if ((options_.deaths != 0 || options_.crash != "none") && stops_somebody(plan)) {
            explored.outcome = Outcome::skipped;
            explored.note =
                "a fault stops a process, and whoever lets it go on may be killed by chance";
            return explored;
        }
        sim::CampaignOptions campaign = campaign_;
        const auto begin = std::chrono::steady_clock::now();
        const auto seconds = [begin] {
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        };
        if (line != nullptr) {
            campaign.progress = [&](const sim::CampaignProgress& progress) {
                line->show([&] { return progress_text(plan.scenario, progress, seconds()); });
            };
        }
        explored.campaign = sim::run_campaign(plan, campaign);
        explored.seconds = seconds();
        if (explored.campaign.finding) {
            explored.outcome = Outcome::fail;
            explored.note = explored.campaign.finding->finding.problem;
        } else {
            explored.note = reason_for_doubt(explored.campaign, options_);
            explored.outcome = explored.note.empty() ? Outcome::pass : Outcome::inconclusive;
        }
        return explored;
    }

    void save(const Plan& plan, Explored& explored) {
        if (!folder_) {
            folder_ = unused_output_folder(utc_now());
            make_output_folder(*folder_);
        }
        const std::filesystem::path folder = *folder_ / "findings" / plan.scenario;
        std::filesystem::create_directories(folder);
        explored.finding_file = (folder / "plan.json").string();
        write_file(
            explored.finding_file,
            plan_to_json_text(plan, subject_->name(),
                              sim::saved_schedule(explored.campaign.finding->finding, campaign_)));
        explored.replay_command = fmt::format("{} replay {} --trace", shell_quoted(program_),
                                              shell_quoted(explored.finding_file));
    }

    const ExplorationOptions& options_;
    std::string program_;
    std::unique_ptr<SubjectAdapter> subject_;
    sim::CampaignOptions campaign_;
    std::optional<std::filesystem::path> folder_;
};

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
    const std::vector<Explored> all =
        Explorer(options, argv0).explore(scenarios, [&](const Explored& explored) {
            if (!options.json) {
                print_text(explored, options);
            }
        });
    if (options.json) {
        print_json(all, options);
    } else {
        print_sums(all, options);
    }
    return exit_code_of(all);
}

}  // namespace castaway::harness
