// Units on several threads give what they give on one; and a campaign, whatever the number of
// workers.
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/engine/sim/campaign.h"
#include "harness/engine/sim/ordered_work.h"
#include "harness/engine/sim/testing/plans.h"

namespace castaway::harness::sim {
namespace {

class Ordered : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(Ordered, UnitsAreTakenInOrderUntilNoMoreAreWanted) {
    OrderedWork work(GetParam(), [] {});
    std::vector<std::uint64_t> results(1000, 0);
    std::vector<std::uint64_t> taken;
    work.run(
        results.size(), [&](std::uint32_t, std::uint64_t unit) { results[unit] = unit * unit; },
        [&](std::uint64_t unit) {
            taken.push_back(results[unit]);
            return unit != 99;
        });
    std::vector<std::uint64_t> expected(100);
    for (std::uint64_t i = 0; i < expected.size(); ++i) {
        expected[i] = i * i;
    }
    EXPECT_EQ(taken, expected);
}

TEST_P(Ordered, NoWorkerHasTwoUnitsAtOnce) {
    OrderedWork work(GetParam(), [] {});
    std::vector<std::atomic<int>> busy(GetParam());
    std::atomic<bool> twice = false;
    work.run(
        200,
        [&](std::uint32_t worker, std::uint64_t) {
            twice = busy.at(worker)++ != 0 || twice;
            --busy.at(worker);
        },
        [](std::uint64_t) { return true; });
    EXPECT_FALSE(twice);
}

TEST_P(Ordered, WhatAUnitThrowsIsThrownInItsTurn) {
    OrderedWork work(GetParam(), [] {});
    std::uint64_t taken = 0;
    EXPECT_THROW(work.run(
                     50,
                     [](std::uint32_t, std::uint64_t unit) {
                         if (unit == 7) {
                             throw std::runtime_error("seven");
                         }
                     },
                     [&](std::uint64_t) {
                         ++taken;
                         return true;
                     }),
                 std::runtime_error);
    EXPECT_EQ(taken, 7);
}

INSTANTIATE_TEST_SUITE_P(Workers, Ordered, ::testing::Values(1, 2, 5));

struct Searched {
    const char* strategy;
    Mutant mutant;
    CrashMode crash;
};

class Campaigns : public ::testing::TestWithParam<Searched> {};

TEST_P(Campaigns, FindTheSameOnAnyNumberOfWorkers) {
    const Plan plan = testing::contenders(2, 2);
    CampaignOptions options;
    options.strategy = GetParam().strategy;
    options.mutant = GetParam().mutant;
    options.crash = GetParam().crash;
    options.crash_schedules = 1;
    options.luck.disturbances_max = options.strategy.starts_with("preemptions") ? 0 : 1;
    options.executions_max = 1200;
    const Campaign one = run_campaign(plan, options);
    options.workers = 3;
    const Campaign three = run_campaign(plan, options);
    EXPECT_EQ(one.search.hash, three.search.hash);
    EXPECT_EQ(one.search.executions, three.search.executions);
    EXPECT_EQ(one.search.steps, three.search.steps);
    EXPECT_EQ(one.exhausted, three.exhausted);
    EXPECT_EQ(one.histories, three.histories);
    EXPECT_EQ(one.crash.executions, three.crash.executions);
    EXPECT_EQ(one.crash.steps, three.crash.steps);
    EXPECT_EQ(one.crash_places, three.crash_places);
    EXPECT_EQ(one.corpus, three.corpus);
    EXPECT_TRUE(one.coverage == three.coverage);
    ASSERT_EQ(one.finding.has_value(), three.finding.has_value());
    EXPECT_EQ(one.finding.has_value(), GetParam().mutant != Mutant::none);
    if (one.finding) {
        EXPECT_EQ(one.finding->finding.problem, three.finding->finding.problem);
        EXPECT_EQ(one.finding->finding.number, three.finding->finding.number);
        EXPECT_EQ(one.finding->finding.schedule, three.finding->finding.schedule);
    } else {
        EXPECT_EQ(one.search.executions, 1200 + (GetParam().crash == CrashMode::none ? 0 : 1));
        EXPECT_EQ(one.crash.single_places, one.crash_places);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Strategies, Campaigns,
    ::testing::Values(Searched{"portfolio", Mutant::none, CrashMode::all},
                      Searched{"random", Mutant::lost_wakeup, CrashMode::none},
                      Searched{"pct:3", Mutant::none, CrashMode::none},
                      Searched{"coverage", Mutant::none, CrashMode::none},
                      Searched{"coverage", Mutant::lost_wakeup, CrashMode::none},
                      Searched{"preemptions:2", Mutant::none, CrashMode::none}));

}  // namespace
}  // namespace castaway::harness::sim
