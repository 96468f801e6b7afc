// Plans on the simulator: the primitives survive, and each deliberate defect is found.
#include <gtest/gtest.h>

#include <memory>

#include "harness/checkers/checkers.h"
#include "harness/engine/sim/crash_enumeration.h"
#include "harness/engine/sim/plan_judge.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/strategies/exhaustive.h"
#include "harness/engine/sim/strategies/portfolio.h"
#include "harness/engine/sim/strategies/random_walk.h"
#include "harness/engine/sim/strategies/run_to_block.h"
#include "harness/engine/sim/testing/plans.h"

namespace castaway::harness::sim {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): words for plans

std::string failures_of(const History& history) {
    std::string text;
    for (const Verdict& verdict : judge(history, {})) {
        if (verdict.kind == VerdictKind::fail) {
            text += verdict.check + ": " + verdict.message + "\n";
        }
    }
    return text;
}

History run_once(PlanWorld& plan, Strategy& strategy, Outcome expected = Outcome::finished) {
    plan.world().revert();
    strategy.begin();
    const Execution execution = plan.world().run(strategy);
    EXPECT_EQ(execution.outcome, expected) << execution.detail;
    plan.close();
    return plan.history(execution);
}

TEST(SimulatedPlan, MakesAHistoryThatTheChecksAccept) {
    const Plan plan = contenders(3, 2);
    PlanWorld simulated(plan, {});
    RandomWalk strategy(1);
    const History history = run_once(simulated, strategy);
    EXPECT_EQ(failures_of(history), "");
    // An opening, two waits and two releases, and a closing for each.
    EXPECT_EQ(history.operations.size(), 3 * (1 + 4 + 1));
    for (const HistoryProcess& process : history.processes) {
        EXPECT_EQ(process.end, ProcessEnd::finished);
        EXPECT_TRUE(process.known_dead_ns.has_value());
    }
    ASSERT_EQ(history.snapshots.size(), 2);
    EXPECT_EQ(history.snapshots[0].processes_attached, 3);
    EXPECT_EQ(history.snapshots[1].processes_attached, 0);
    EXPECT_TRUE(history.snapshots[1].objects.empty());
}

TEST(SimulatedPlan, GivesTheSameHistoryForTheSameSeed) {
    const Plan plan = contenders(3, 2);
    PlanWorld first(plan, {});
    PlanWorld second(plan, {});
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        RandomWalk one(seed);
        RandomWalk other(seed);
        ASSERT_EQ(run_once(first, one), run_once(second, other)) << "seed " << seed;
    }
}

TEST(SimulatedPlan, AbandonsTheMutexOfAKilledOwnerAndTellsOne) {
    Plan plan = contenders(3, 1);
    add_kill(plan, 0, after_operation(1));
    PlanWorld simulated(plan, {});
    std::int64_t told_in_all = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        RandomWalk strategy(seed);
        const History history = run_once(simulated, strategy);
        ASSERT_EQ(failures_of(history), "") << "seed " << seed;
        EXPECT_EQ(history.processes[0].end, ProcessEnd::killed);
        ASSERT_EQ(history.faults.size(), 1);
        const auto told = std::count_if(history.operations.begin(), history.operations.end(),
                                        [](const Operation& operation) {
                                            return operation.status == ResponseStatus::abandoned;
                                        });
        // None where the others had been through before.
        EXPECT_LE(told, 1);
        told_in_all += told;
    }
    EXPECT_GT(told_in_all, 25);
}

TEST(SimulatedPlan, GivesObjectsThatAreNotSharedByName) {  // INH-01, INH-06, INH-07, DUP-01
    for (const Sharing sharing : {Sharing::inherit, Sharing::duplicate}) {
        Plan plan = contenders(3, 1);
        plan.objects[0].sharing = sharing;
        add_kill(plan, 0, after_operation(1));
        PlanWorld simulated(plan, {});
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            RandomWalk strategy(seed);
            const History history = run_once(simulated, strategy);
            ASSERT_EQ(failures_of(history), "") << "seed " << seed;
            EXPECT_EQ(history.processes[0].end, ProcessEnd::killed);
            // The first process has made it, the others have found it there.
            const auto made = std::count_if(history.operations.begin(), history.operations.end(),
                                            [](const Operation& operation) {
                                                return operation.kind == OperationKind::create &&
                                                       operation.error == 0;
                                            });
            EXPECT_EQ(made, 1);
            EXPECT_TRUE(history.snapshots.back().objects.empty());
        }
    }
}

TEST(SimulatedPlan, LetsTimePassForTimeLimitsAndTimers) {
    Plan plan = plan_with({event("e"), timer("t")});
    add_process(plan, "waiter", {{wait_for(0, 50), set_timer(1, 2'000), wait_for(1)}});
    PlanWorld simulated(plan, {});
    RunToBlock calm;
    const History history = run_once(simulated, calm);
    EXPECT_EQ(failures_of(history), "");
    const auto program = [&](std::size_t i) { return history.operations.at(2 + i); };
    EXPECT_EQ(program(0).status, ResponseStatus::timeout);
    EXPECT_GE(program(0).returned_ns - program(0).invoked_ns, 50 * kNsPerMs);
    EXPECT_LT(program(0).returned_ns - program(0).invoked_ns, 51 * kNsPerMs);
    EXPECT_EQ(program(2).status, ResponseStatus::ok);
    EXPECT_GE(program(2).returned_ns - program(1).invoked_ns, 2 * kNsPerMs);
}

TEST(SimulatedPlan, TellsWhoSleepsForEver) {
    Plan plan = plan_with({event("e")});
    add_process(plan, "waiter", {{wait_for(0)}});
    PlanWorld simulated(plan, {});
    RunToBlock calm;
    const History history = run_once(simulated, calm, Outcome::deadlock);
    EXPECT_TRUE(history.went_quiet);
    ASSERT_EQ(history.stuck.size(), 1);
    EXPECT_EQ(history.stuck[0].sequence, 1);
    EXPECT_NE(history.stuck[0].waits_on.find("event \"Local\\e\""), std::string::npos)
        << history.stuck[0].waits_on;
    EXPECT_EQ(history.processes[0].end, ProcessEnd::stuck);
}

/// Both granularities, and at each of them single deaths.
class Survives : public ::testing::TestWithParam<Granularity> {};

TEST_P(Survives, RandomSchedulesWithDeaths) {
    const Plan plan = everything(3);
    PlanWorld simulated(plan, {.granularity = GetParam()});
    Luck luck{.deaths_max = 2, .expiries_max = 1, .disturbances_max = 2};
    luck.mortal = simulated.mortal();
    const auto strategy = default_portfolio(1, luck);
    PlanJudge judge(simulated);
    ExploreOptions options;
    options.executions_max = 3'000;
    options.twin_every = 100;
    options.judge = std::ref(judge);
    const Exploration found = explore(simulated.world(), *strategy, options);
    EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem << "\n"
                                        << to_string(found.findings.front().schedule);
    EXPECT_GT(found.deaths, 1'000);
    EXPECT_EQ(judge.inconclusive(), 0);
}

TEST_P(Survives, ADeathAtEveryPlaceOfACalmSchedule) {
    const Plan plan = everything(2);
    PlanWorld simulated(plan, {.granularity = GetParam()});
    RunToBlock calm;
    simulated.world().revert();
    simulated.world().run(calm);
    const Schedule base = simulated.world().schedule();
    PlanJudge judge(simulated);
    CrashOptions options;
    options.mortal = simulated.mortal();
    options.judge = std::ref(judge);
    const CrashFindings found = enumerate_crashes(simulated.world(), base, options);
    EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem << "\n"
                                        << to_string(found.findings.front().schedule);
    EXPECT_FALSE(found.cut);
    EXPECT_EQ(found.executions, found.single_places);
    EXPECT_GE(found.single_places, base.size());
    RecordProperty("places", std::to_string(found.single_places));
}

INSTANTIATE_TEST_SUITE_P(Granularities, Survives,
                         ::testing::Values(Granularity::access, Granularity::operation),
                         [](const auto& of) {
                             return of.param == Granularity::access ? "access" : "operation";
                         });

TEST(Exhausted, MutexesEventAndSemaphoreOfThreeThreadsAtOperationGranularity) {
    const Plan plan = peers_plan();
    PlanWorld simulated(plan, {.granularity = Granularity::operation});
    Exhaustive strategy({});
    PlanJudge judge(simulated);
    ExploreOptions options;
    options.executions_max = 200'000;
    options.judge = std::ref(judge);
    const Exploration found = explore(simulated.world(), strategy, options);
    EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem;
    EXPECT_TRUE(strategy.exhausted());
    EXPECT_LT(found.executions, 100'000);
    RecordProperty("executions", std::to_string(found.executions));
    RecordProperty("repetitions", std::to_string(strategy.repetitions()));
}

}  // namespace
}  // namespace castaway::harness::sim
