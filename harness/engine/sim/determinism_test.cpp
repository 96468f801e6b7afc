// The same seed gives the same execution, in any world of the same making.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "harness/base/error.h"
#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/strategies/misfortune.h"
#include "harness/engine/sim/strategies/portfolio.h"
#include "harness/engine/sim/strategies/random_walk.h"
#include "harness/engine/sim/testing/plans.h"
#include "harness/engine/sim/testing/toys.h"

namespace castaway::harness::sim {
namespace {

TEST(Determinism, AThousandSeedsGiveTheSameTraceTwice) {
    // Two worlds: their mappings, fibers and heaps lie at different addresses.
    const auto first = testing::locked_counter(3, 2);
    const auto second = testing::locked_counter(3, 2);
    const Luck luck{.deaths_max = 1, .expiries_max = 1, .disturbances_max = 2};
    std::set<std::uint64_t> hashes;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Misfortune one(std::make_unique<RandomWalk>(seed), luck, seed);
        Misfortune other(std::make_unique<RandomWalk>(seed), luck, seed);
        first->world().revert();
        second->world().revert();
        one.begin();
        other.begin();
        const Execution a = first->world().run(one);
        const Execution b = second->world().run(other);
        ASSERT_EQ(a, b) << "seed " << seed;
        ASSERT_EQ(first->world().schedule(), second->world().schedule()) << "seed " << seed;
        hashes.insert(a.trace_hash);
    }
    EXPECT_GT(hashes.size(), 900) << "the hash does not tell executions apart";
}

/// Over a thousand executions of the primitives: every trace, how it ended, and what the
/// strategy's generator would have drawn next.
std::uint64_t hash_of_a_thousand_seeds() {
    const Plan plan = testing::contenders(2, 1);
    PlanWorld simulated(plan, {});
    Luck luck{.deaths_max = 1, .disturbances_max = 1};
    luck.mortal = simulated.mortal();
    std::uint64_t hash = 0;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Misfortune strategy(std::make_unique<RandomWalk>(seed), luck, seed);
        simulated.world().revert();
        strategy.begin();
        const Execution execution = simulated.world().run(strategy);
        for (const std::uint64_t part :
             {execution.trace_hash, execution.generator_end, execution.choices,
              static_cast<std::uint64_t>(execution.outcome), simulated.history_hash()}) {
            hash = (hash ^ part) * std::uint64_t{0x9e3779b97f4a7c15};
            hash ^= hash >> 31;
        }
    }
    return hash;
}

std::string printed(std::uint64_t hash) {
    return fmt::format("hash of a thousand seeds: {:016x}", hash);
}

TEST(Determinism, AThousandSeedsOfAPlanGiveTheSameTwice) {
    const std::uint64_t hash = hash_of_a_thousand_seeds();
    EXPECT_EQ(hash, hash_of_a_thousand_seeds());
    fmt::print("{}\n", printed(hash));
}

TEST(Determinism, AThousandSeedsOfAPlanGiveTheSameInAnotherProcess) {
    // Started anew, it has other addresses, where the machine gives them out at random.
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    const std::string command =
        "exec timeout 60 '" + program +
        "' --gtest_filter=Determinism.AThousandSeedsOfAPlanGiveTheSameTwice 2>&1";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> other(popen(command.c_str(), "r"),
                                                                &pclose);
    ASSERT_NE(other, nullptr);
    std::string told;
    for (int c = std::fgetc(other.get()); c != EOF; c = std::fgetc(other.get())) {
        told += static_cast<char>(c);
    }
    const std::string mine = printed(hash_of_a_thousand_seeds());
    EXPECT_NE(told.find(mine), std::string::npos) << "here " << mine << ", there:\n" << told;
}

TEST(Determinism, WholeExplorationsAreTheSameTwice) {
    const auto explore_it = [](std::uint64_t seed) {
        const auto toy = testing::locked_counter(3, 2);
        const auto strategy =
            default_portfolio(seed, {.deaths_max = 2, .expiries_max = 0, .disturbances_max = 2});
        ExploreOptions options;
        options.executions_max = 3000;
        options.twin_every = 10;
        // A lock whose holder was killed stays taken: that is no finding here.
        options.judge = [](World&, const Execution&) { return std::string(); };
        return explore(toy->world(), *strategy, options);
    };
    const Exploration one = explore_it(5);
    const Exploration other = explore_it(5);
    EXPECT_EQ(one.hash, other.hash);
    EXPECT_EQ(one.steps, other.steps);
    EXPECT_EQ(one.by_outcome, other.by_outcome);
    EXPECT_GT(one.deaths, 1000);
    EXPECT_EQ(one.twins, 300);
    EXPECT_NE(one.hash, explore_it(6).hash);
}

TEST(Determinism, ADifferenceIsTracedToItsStep) {
    testing::Toy toy;
    std::uint32_t outside = 0;  // what no world restores
    toy.add("leaky", [&outside](const testing::Toy::Hands& hands) {
        hands.platform().load(hands.cell(0));
        hands.platform().store(hands.cell(1), outside++);
    });
    toy.ready();
    RandomWalk random(1);
    ExploreOptions options;
    options.executions_max = 1;
    options.twin_every = 1;
    try {
        explore(toy.world(), random, options);
        FAIL() << "the twins were taken for equal";
    } catch (const HarnessError& error) {
        EXPECT_STREQ(error.what(),
                     "two runs of one schedule differ at step 2: \"r0 leaky: store cell 64: 0x0 "
                     "-> 0x2\" and \"r0 leaky: store cell 64: 0x0 -> 0x3\"");
    }
}

}  // namespace
}  // namespace castaway::harness::sim
