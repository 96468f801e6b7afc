#include "harness/engine/sim/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "harness/engine/sim/plan_judge.h"
#include "harness/engine/sim/strategies/by_name.h"
#include "harness/engine/sim/strategies/random_walk.h"
#include "harness/engine/sim/strategies/run_to_block.h"

namespace castaway::harness::sim {
namespace {

/// Executions between two looks at the clock and at who wants to know.
constexpr std::uint64_t kLookEvery = 256;

class CampaignRun {
  public:
    CampaignRun(const Plan& plan, const CampaignOptions& options)
        : options_(options),
          world_(plan, {.mutant = options.mutant, .granularity = options.granularity}),
          judge_(world_),
          fired_(plan.faults.size(), false),
          begin_(std::chrono::steady_clock::now()) {}

    Campaign run() {
        search();
        if (!finding_ && options_.crash != CrashMode::none) {
            enumerate();
        }
        found_.histories = judge_.histories();
        found_.inconclusive = judge_.inconclusive();
        for (std::size_t i = 0; i < fired_.size(); ++i) {
            if (!fired_[i]) {
                found_.never_fired.push_back(world_.plan().faults[i].what);
            }
        }
        if (finding_) {
            const Judge anew = [this](World& world, const Execution& execution) {
                return PlanJudge(world_)(world, execution);
            };
            found_.finding =
                shrink(world_.world(), *finding_, anew, options_.shrink_executions_max);
        }
        return std::move(found_);
    }

  private:
    void search() {
        Luck luck = options_.luck;
        luck.mortal = world_.mortal();
        const auto strategy = strategy_by_name(options_.strategy, options_.seed, luck);
        Exploration& sum = found_.search;
        while (sum.executions < options_.executions_max && !sum.exhausted && !finding_ &&
               !out_of_time()) {
            ExploreOptions part;
            part.executions_max = std::min(kLookEvery, options_.executions_max - sum.executions);
            part.twin_every = options_.twin_every;
            part.judge = watching_judge();
            Exploration made = explore(world_.world(), *strategy, part);
            if (!made.findings.empty()) {
                finding_ = std::move(made.findings.front());
                finding_->number += sum.executions;
            }
            add(made, sum);
            tell();
        }
        found_.exhausted = sum.exhausted && strategy->exhausted();
        note_miss_bound();
    }

    void enumerate() {
        for (std::uint32_t i = 0; i < options_.crash_schedules && !finding_ && !out_of_time();
             ++i) {
            const Schedule base = base_schedule(i);
            if (finding_) {
                return;
            }
            CrashOptions crash;
            crash.mortal = world_.mortal();
            crash.deaths = options_.crash == CrashMode::pairs ? Deaths::pairs : Deaths::single;
            crash.judge = watching_judge();
            crash.is_over = [this] {
                tell();
                return out_of_time();
            };
            CrashFindings made = enumerate_crashes(world_.world(), base, crash);
            if (!made.findings.empty()) {
                finding_ = std::move(made.findings.front());
            }
            add(made, found_.crash);
            ++found_.crash_schedules;
        }
    }

    /// The calmest execution's schedule, then random ones.
    Schedule base_schedule(std::uint32_t number) {
        World& world = world_.world();
        RunToBlock calm;
        RandomWalk random(options_.seed, number);
        Strategy& strategy = number == 0 ? static_cast<Strategy&>(calm) : random;
        world.revert();
        strategy.begin();
        const Execution execution = world.run(strategy);
        Schedule schedule = world.schedule();
        ++found_.search.executions;
        found_.search.steps += execution.steps;
        if (std::string problem = watching_judge()(world, execution); !problem.empty()) {
            finding_ =
                Finding{found_.search.executions - 1, execution, std::move(problem), schedule};
        }
        return schedule;
    }

    Judge watching_judge() {
        return [this](World& world, const Execution& execution) {
            for (std::uint32_t i = 0; i < fired_.size(); ++i) {
                fired_[i] = fired_[i] || world_.has_fired(i);
            }
            return judge_(world, execution);
        };
    }

    [[nodiscard]] bool out_of_time() const {
        return options_.budget && std::chrono::steady_clock::now() - begin_ > *options_.budget;
    }

    void tell() const {
        if (options_.progress) {
            options_.progress({found_.search.executions + found_.crash.executions,
                               found_.search.steps + found_.crash.steps, judge_.histories(),
                               finding_ ? std::size_t{1} : std::size_t{0}});
        }
    }

    void note_miss_bound() {
        const std::uint32_t depth = pct_depth_of(options_.strategy);
        if (depth == 0 || found_.search.longest == 0) {
            return;
        }
        double chance = 1.0 / static_cast<double>(world_.world().threads().size());
        for (std::uint32_t i = 1; i < depth; ++i) {
            chance /= static_cast<double>(found_.search.longest);
        }
        found_.miss_bound = std::pow(1.0 - chance, static_cast<double>(found_.search.executions));
    }

    static void add(const Exploration& made, Exploration& sum) {
        sum.executions += made.executions;
        sum.steps += made.steps;
        sum.longest = std::max(sum.longest, made.longest);
        sum.deaths += made.deaths;
        sum.twins += made.twins;
        for (std::size_t i = 0; i < made.by_outcome.size(); ++i) {
            sum.by_outcome[i] += made.by_outcome[i];
        }
        sum.exhausted = made.exhausted;
        sum.hash = (sum.hash ^ made.hash) * std::uint64_t{0x9e3779b97f4a7c15};
    }

    static void add(const CrashFindings& made, CrashFindings& sum) {
        sum.single_places += made.single_places;
        sum.pair_places += made.pair_places;
        sum.executions += made.executions;
        sum.steps += made.steps;
        sum.cut = sum.cut || made.cut;
    }

    const CampaignOptions& options_;
    PlanWorld world_;
    PlanJudge judge_;
    std::vector<bool> fired_;
    std::chrono::steady_clock::time_point begin_;
    Campaign found_;
    std::optional<Finding> finding_;
};

}  // namespace

SavedSchedule saved_schedule(const Finding& finding, Granularity granularity) {
    return {std::string(to_string(granularity)), to_string(finding.schedule),
            fmt::format("{:016x}", finding.execution.trace_hash), finding.problem};
}

Campaign run_campaign(const Plan& plan, const CampaignOptions& options) {
    return CampaignRun(plan, options).run();
}

}  // namespace castaway::harness::sim
