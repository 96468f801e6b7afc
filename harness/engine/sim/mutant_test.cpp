// Deliberate defects of the primitives, in plans made for each, are found within a stated number of
// executions, and its schedule shows it again; without the defect the same search finds nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/plan_judge.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/strategies/portfolio.h"
#include "harness/engine/sim/testing/plans.h"

namespace castaway::harness::sim {
namespace {

struct Hunt {
    Mutant mutant;
    Plan (*plan)();
    std::uint32_t deaths;
    std::uint64_t executions;  ///< within so many, for each of the seeds
};

std::string name_of(const Hunt& hunt) {
    return std::string(std::find_if(kMutants.begin(), kMutants.end(), [&](const MutantName& each) {
                           return each.mutant == hunt.mutant;
                       })->name);
}

std::ostream& operator<<(std::ostream& out, const Hunt& hunt) {
    return out << name_of(hunt);
}

Plan three_contenders() {
    return testing::contenders(3, 2);
}

Plan three_holders() {
    return testing::holders(3);
}

constexpr std::uint64_t kSeeds = 5;

class Hunted : public ::testing::TestWithParam<Hunt> {
  protected:
    static Exploration hunt(Mutant mutant, std::uint64_t seed, std::uint64_t executions_max) {
        const Hunt& hunt = GetParam();
        const Plan plan = hunt.plan();
        PlanWorld simulated(plan, {.mutant = mutant});
        Luck luck{.deaths_max = hunt.deaths};
        luck.mortal = simulated.mortal();
        const auto strategy = default_portfolio(seed, luck);
        PlanJudge judge(simulated);
        ExploreOptions options;
        options.executions_max = executions_max;
        options.judge = std::ref(judge);
        Exploration found = explore(simulated.world(), *strategy, options);
        if (!found.findings.empty()) {
            const Finding& finding = found.findings.front();
            PlanJudge anew(simulated);
            const Execution again = run_schedule(simulated.world(), finding.schedule);
            EXPECT_EQ(again.trace_hash, finding.execution.trace_hash);
            EXPECT_EQ(anew(simulated.world(), again), finding.problem);
        }
        return found;
    }
};

TEST_P(Hunted, IsFoundAndShownAgain) {
    std::vector<std::uint64_t> taken;
    std::string problems;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        const Exploration found = hunt(GetParam().mutant, seed, GetParam().executions);
        ASSERT_EQ(found.findings.size(), 1) << "seed " << seed;
        taken.push_back(found.executions);
        problems += found.findings.front().problem + "\n";
    }
    std::sort(taken.begin(), taken.end());
    RecordProperty("median", std::to_string(taken[kSeeds / 2]));
    RecordProperty("most", std::to_string(taken.back()));
    RecordProperty("problems", problems);
}

TEST_P(Hunted, IsNotThereWithoutTheDefect) {
    const Exploration found = hunt(Mutant::none, 0, GetParam().executions);
    EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem << "\n"
                                        << to_string(found.findings.front().schedule);
}

INSTANTIATE_TEST_SUITE_P(
    Defects, Hunted,
    ::testing::Values(
        Hunt{Mutant::lost_wakeup, three_contenders, 0, 1'000},
        Hunt{Mutant::second_abandoned_notice, three_contenders, 1, 1'000},
        Hunt{Mutant::handles_outlive_death, three_contenders, 1, 1'000},
        Hunt{Mutant::dead_waiter_eats_signal, testing::two_sets_two_waiters, 1, 5'000},
        Hunt{Mutant::auto_reset_releases_two, testing::two_sets_two_waiters, 0, 1'000},
        Hunt{Mutant::semaphore_count_not_taken, testing::one_release_one_waiter, 0, 1'000},
        Hunt{Mutant::mutex_not_abandoned, three_holders, 1, 1'000},
        Hunt{Mutant::name_outlives_object, testing::name_after_close, 0, 1'000},
        Hunt{Mutant::timer_early, testing::one_timer, 0, 10}),
    [](const auto& of) { return name_of(of.param); });

}  // namespace
}  // namespace castaway::harness::sim
