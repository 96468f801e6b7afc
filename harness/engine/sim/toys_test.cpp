// What the simulator must find, and what it must not, in programs small enough to know.
#include "harness/engine/sim/testing/toys.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/strategies/exhaustive.h"
#include "harness/engine/sim/strategies/pct.h"
#include "harness/engine/sim/strategies/portfolio.h"
#include "harness/engine/sim/strategies/preemption_bound.h"
#include "harness/engine/sim/strategies/random_walk.h"
#include "harness/engine/sim/strategies/replay.h"
#include "harness/engine/sim/strategies/uniform_walk.h"

namespace castaway::harness::sim {
namespace {

using testing::Toy;

/// Every execution that differs, to the end.
Exploration exhaust(Toy& toy, const Judge& judge = {}) {
    Exhaustive strategy({});
    ExploreOptions options;
    options.executions_max = 100'000;
    options.findings_max = 100'000;
    options.judge = judge;
    Exploration found = explore(toy.world(), strategy, options);
    EXPECT_TRUE(strategy.exhausted());
    return found;
}

/// Until the first finding.
Exploration search(Toy& toy, Strategy& strategy, std::uint64_t executions_max) {
    ExploreOptions options;
    options.executions_max = executions_max;
    options.twin_every = 7;
    return explore(toy.world(), strategy, options);
}

TEST(LockedCounter, CountsEveryIncrementInEveryExecution) {
    const auto toy = testing::locked_counter(3, 1);
    const Exploration found = exhaust(*toy, [&](World&, const Execution& execution) {
        const bool right = execution.outcome == Outcome::abandoned || toy->value(1) == 3;
        return right ? problem_by_outcome(toy->world(), execution) : "an increment is missing";
    });
    EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem;
    EXPECT_GT(found.with(Outcome::finished), 6);
}

TEST(RacyCounter, LosesIncrementsInSomeExecutionsAndNotInOthers) {
    const auto toy = testing::racy_counter(3);
    std::set<std::uint32_t> totals;
    exhaust(*toy, [&](World&, const Execution& execution) {
        if (execution.outcome == Outcome::finished) {
            totals.insert(toy->value(1));
        }
        return std::string();
    });
    EXPECT_EQ(totals, (std::set<std::uint32_t>{1, 2, 3}));
}

TEST(FutexProtocol, LosesAWakeUpOnlyWhenItBelievesASecondLook) {
    EXPECT_TRUE(exhaust(*testing::flag_and_sleeper(false)).findings.empty());
    const auto broken = testing::flag_and_sleeper(true);
    const Exploration found = exhaust(*broken);
    ASSERT_FALSE(found.findings.empty());
    // It sleeps on the value that the setter wrote, so the word is as it expects: nobody is left to
    // wake it, which is a deadlock for the simulator.
    EXPECT_EQ(found.findings.front().execution.outcome, Outcome::deadlock);
    EXPECT_NE(found.findings.front().problem.find("sleeper sleeps on cell 0"), std::string::npos);
}

TEST(ForgottenWake, IsALostWakeUp) {
    Toy toy;
    toy.add("sleeper",
            [](const Toy::Hands& hands) { hands.platform().futex_wait(hands.cell(0), 0, {}); });
    toy.add("setter", [](const Toy::Hands& hands) { hands.platform().store(hands.cell(0), 1); });
    toy.ready();
    const Exploration found = exhaust(toy);
    EXPECT_EQ(found.with(Outcome::lost_wakeup), 1);
    EXPECT_EQ(found.with(Outcome::finished), 1);
}

TEST(CrossedLocks, DeadlockAndEveryStrategyFindsIt) {
    const auto toy = testing::crossed_locks();
    const Exploration all = exhaust(*toy);
    EXPECT_GT(all.with(Outcome::deadlock), 0);
    EXPECT_GT(all.with(Outcome::finished), 0);
    EXPECT_EQ(all.with(Outcome::lost_wakeup), 0);

    RandomWalk random(1);
    UniformWalk uniform(1);
    Pct pct(1, 2);
    PreemptionBound bound({.preemptions = 1});
    const auto portfolio = default_portfolio(1, {});
    for (Strategy* strategy :
         std::initializer_list<Strategy*>{&random, &uniform, &pct, &bound, portfolio.get()}) {
        const Exploration found = search(*toy, *strategy, 1000);
        ASSERT_EQ(found.findings.size(), 1);
        EXPECT_EQ(found.findings.front().execution.outcome, Outcome::deadlock);
    }
}

TEST(CrossedLocks, CannotDeadlockWithoutAPreemption) {
    const auto toy = testing::crossed_locks();
    PreemptionBound none({.preemptions = 0});
    const Exploration found = search(*toy, none, 1000);
    EXPECT_TRUE(found.findings.empty());
    EXPECT_TRUE(none.exhausted());
}

TEST(FivePhilosophers, DeadlockWhenEachHasItsLeftFork) {
    const auto toy = testing::philosophers(5);
    RandomWalk random(1);
    const Exploration by_random = search(*toy, random, 10'000);
    ASSERT_EQ(by_random.findings.size(), 1);
    EXPECT_EQ(by_random.findings.front().execution.outcome, Outcome::deadlock);
    Exhaustive exhaustive({});
    const Exploration by_search = search(*toy, exhaustive, 1'000'000);
    ASSERT_EQ(by_search.findings.size(), 1);
    RecordProperty("random", std::to_string(by_random.executions));
    RecordProperty("exhaustive", std::to_string(by_search.executions));
}

TEST(StoreBuffers, GiveEveryResultButTheOneThatOrderForbids) {
    const auto toy = testing::store_buffers();
    std::set<std::pair<std::uint32_t, std::uint32_t>> results;
    exhaust(*toy, [&](World&, const Execution& execution) {
        if (execution.outcome == Outcome::finished) {
            results.emplace(toy->value(2) - 1, toy->value(3) - 1);
        }
        return std::string();
    });
    EXPECT_EQ(results, (std::set<std::pair<std::uint32_t, std::uint32_t>>{{0, 1}, {1, 0}, {1, 1}}));
}

TEST(MissedPulse, LeavesTheWaiterAsleepInOneOfTwoOrders) {
    const Exploration found = exhaust(*testing::missed_pulse());
    EXPECT_EQ(found.with(Outcome::deadlock), 1);
    EXPECT_EQ(found.with(Outcome::finished), 1);
}

TEST(EndlessSpin, IsALivelock) {
    const auto toy = testing::endless_spin();
    RandomWalk random(1);
    const Exploration found = search(*toy, random, 10);
    ASSERT_EQ(found.findings.size(), 1);
    EXPECT_EQ(found.findings.front().execution.outcome, Outcome::livelock);
}

TEST(StrayPointer, IsFoundWhereItIsUsed) {
    Toy toy;
    const ThreadId first =
        toy.add("owner", [](const Toy::Hands& hands) { hands.platform().load(hands.cell(0)); });
    const ProcessId owner = toy.world().threads()[first].process;
    unsigned char* const theirs = toy.world().processes()[owner].base;
    toy.add("stray", [theirs](const Toy::Hands& hands) {
        // As if a pointer had been stored in shared memory.
        hands.platform().load(*reinterpret_cast<Cell32*>(theirs + 64));
    });
    toy.ready();
    RandomWalk random(1);
    const Exploration found = search(toy, random, 1);
    ASSERT_EQ(found.findings.size(), 1);
    EXPECT_EQ(found.findings.front().problem,
              "stray access: stray uses an address that is cell 64 in process owner");
}

TEST(WildAccess, EndsTheExecutionAndNotTheSimulator) {
    Toy toy;
    toy.add("wild", [](const Toy::Hands& hands) {
        hands.platform().load(hands.cell(0));
        std::abort();
    });
    toy.ready();
    for (int i = 0; i < 3; ++i) {
        RandomWalk random(1);
        const Exploration found = search(toy, random, 1);
        ASSERT_EQ(found.findings.size(), 1);
        EXPECT_EQ(found.findings.front().problem, "crash: wild raised SIGABRT");
    }
}

TEST(Replay, MakesAFindingAgainStepByStep) {
    const auto toy = testing::philosophers(5);
    RandomWalk random(3);
    const Exploration found = search(*toy, random, 10'000);
    ASSERT_EQ(found.findings.size(), 1);
    const Finding& finding = found.findings.front();
    const Schedule read = parse_schedule(to_string(finding.schedule));
    EXPECT_EQ(read, finding.schedule);

    Replay replay(read);
    toy->world().revert();
    ASSERT_TRUE(replay.begin());
    const Execution again = toy->world().run(replay);
    EXPECT_FALSE(replay.diverged_at().has_value());
    EXPECT_EQ(again.trace_hash, finding.execution.trace_hash);
    EXPECT_EQ(again.outcome, finding.execution.outcome);
    EXPECT_EQ(again.detail, finding.execution.detail);

    const std::vector<std::string> lines = trace_lines(toy->world(), read);
    EXPECT_EQ(lines.front(), "    0 r" + std::to_string(read.front().index) + " philosopher/" +
                                 std::to_string(read.front().index) +
                                 ": start thread philosopher/" +
                                 std::to_string(read.front().index));
    EXPECT_EQ(lines.back().substr(0, 10), "deadlock: ");
}

TEST(Replay, SaysWhereASchedulesWorldIsAnother) {
    const auto toy = testing::racy_counter(2);
    Replay replay(parse_schedule("r0 r1 r7"));
    toy->world().revert();
    ASSERT_TRUE(replay.begin());
    EXPECT_EQ(toy->world().run(replay).outcome, Outcome::finished);
    EXPECT_EQ(replay.diverged_at(), 2);
}

}  // namespace
}  // namespace castaway::harness::sim
