// Total store order: what it allows, what it forbids, and that the primitives hold under it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/plan_judge.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/store_buffer.h"
#include "harness/engine/sim/strategies/exhaustive.h"
#include "harness/engine/sim/strategies/misfortune.h"
#include "harness/engine/sim/strategies/portfolio.h"
#include "harness/engine/sim/strategies/random_walk.h"
#include "harness/engine/sim/testing/plans.h"
#include "harness/engine/sim/testing/toys.h"

namespace castaway::harness::sim {
namespace {

using testing::Toy;
using Results = std::set<std::vector<std::uint32_t>>;

/// What the cells can hold at the end, over all executions.
Results results_of(Toy& toy, const std::vector<std::size_t>& cells,
                   Reduction reduction = Reduction::source) {
    Results results;
    Exhaustive exhaustive({.reduction = reduction});
    ExploreOptions options;
    options.judge = [&](World&, const Execution& execution) {
        if (execution.outcome == Outcome::finished) {
            std::vector<std::uint32_t> values;
            for (const std::size_t cell : cells) {
                values.push_back(toy.value(cell));
            }
            results.insert(std::move(values));
        }
        return std::string();
    };
    const Exploration found = explore(toy.world(), exhaustive, options);
    EXPECT_TRUE(found.exhausted && exhaustive.exhausted());
    EXPECT_EQ(found.with(Outcome::deadlock), 0);
    return results;
}

/// Whether the two of Peterson's toy can be inside at once, so that one count is lost.
bool excludes(MemoryModel memory, bool fenced) {
    const Results results = results_of(*testing::peterson(memory, fenced), {3, 4, 5});
    return std::all_of(results.begin(), results.end(),
                       [](const auto& each) { return each[0] == each[1] + each[2]; });
}

TEST(TotalStoreOrder, LetsBothOfDekkerPassUnlessThereIsAFence) {
    const Results order{{1, 2}, {2, 1}, {2, 2}};
    Results late = order;
    late.insert({1, 1});
    EXPECT_EQ(results_of(*testing::store_buffers(MemoryModel::sc), {2, 3}), order);
    EXPECT_EQ(results_of(*testing::store_buffers(MemoryModel::tso), {2, 3}), late);
    EXPECT_EQ(results_of(*testing::store_buffers(MemoryModel::tso, true), {2, 3}), order);
}

TEST(TotalStoreOrder, BreaksPetersonsLockUnlessThereIsAFence) {
    EXPECT_TRUE(excludes(MemoryModel::sc, false));
    EXPECT_FALSE(excludes(MemoryModel::tso, false));
    EXPECT_TRUE(excludes(MemoryModel::tso, true));
}

TEST(TotalStoreOrder, KeepsTheOrderOfStores) {
    EXPECT_EQ(results_of(*testing::message(MemoryModel::tso), {2, 3}),
              (Results{{1, 1}, {1, 2}, {2, 2}}));
}

TEST(TotalStoreOrder, AThreadSeesItsOwnStoresAtOnce) {
    const Results results = results_of(*testing::own_stores_first(MemoryModel::tso), {2, 3, 4, 5});
    EXPECT_EQ(results, (Results{{2, 2, 1, 1}, {2, 2, 1, 2}, {2, 2, 2, 1}, {2, 2, 2, 2}}));
}

TEST(TotalStoreOrder, TheReducedSearchReachesWhatTheFullOneReaches) {
    const auto both = [](auto make, const std::vector<std::size_t>& cells) {
        const Results full = results_of(*make(), cells, Reduction::none);
        EXPECT_EQ(results_of(*make(), cells), full);
        EXPECT_GT(full.size(), 1);
    };
    both([] { return testing::store_buffers(MemoryModel::tso); }, {2, 3});
    both([] { return testing::message(MemoryModel::tso); }, {2, 3});
}

TEST(TotalStoreOrder, AtTheMarkOfDeathEverythingIsSeen) {
    Toy toy(WorldOptions{.memory = MemoryModel::tso});
    toy.add("mortal", [](const Toy::Hands& hands) {
        hands.platform().hold_liveness(hands.liveness(0));
        for (std::uint32_t i = 1; i <= 3; ++i) {
            hands.platform().store(hands.cell(2), i);
        }
        hands.platform().futex_wait(hands.cell(3), 0, {});
    });
    toy.add("witness", [](const Toy::Hands& hands) {
        const SimPlatform& platform = hands.platform();
        for (int i = 0; i < 20; ++i) {
            if (platform.is_marked_dead(hands.liveness(0))) {
                platform.store(hands.cell(4), platform.load(hands.cell(2)) + 1);
                platform.store(hands.cell(5), platform.load(hands.cell(2)) + 1);
                return;
            }
        }
    });
    toy.ready();
    Misfortune deadly(std::make_unique<RandomWalk>(1), {.deaths_max = 1, .mortal = {0}}, 1);
    std::set<std::uint32_t> seen;
    ExploreOptions options;
    options.executions_max = 5000;
    options.judge = [&](World& world, const Execution& execution) -> std::string {
        if (execution.outcome == Outcome::livelock) {
            return "livelock";
        }
        EXPECT_TRUE(world.processes()[0].killed == (world.threads()[0].state == ThreadState::dead));
        if (toy.value(4) == 0) {
            return {};
        }
        seen.insert(toy.value(4));
        return toy.value(4) == toy.value(5) && toy.value(4) == toy.value(2) + 1
                   ? ""
                   : "a store was seen after the mark";
    };
    const Exploration found = explore(toy.world(), deadly, options);
    EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem;
    EXPECT_EQ(seen, (std::set<std::uint32_t>{1, 2, 3, 4})) << "deaths were not where they matter";
}

TEST(TotalStoreOrder, PartsOfAWordAreFoundInTheBuffer) {
    StoreBuffer buffer;
    std::uint64_t value = 0;
    buffer.push({64, 0x1122334455667788, 8});
    EXPECT_EQ(buffer.find(64, 4, value), StoreBuffer::Lookup::found);
    EXPECT_EQ(value, 0x55667788);
    EXPECT_EQ(buffer.find(68, 4, value), StoreBuffer::Lookup::found);
    EXPECT_EQ(value, 0x11223344);
    EXPECT_EQ(buffer.find(72, 8, value), StoreBuffer::Lookup::none);
    buffer.push({68, 5, 4});
    EXPECT_EQ(buffer.find(64, 8, value), StoreBuffer::Lookup::partial);
    EXPECT_EQ(buffer.find(68, 4, value), StoreBuffer::Lookup::found);
    EXPECT_EQ(value, 5);
    buffer.pop();
    EXPECT_EQ(buffer.find(64, 4, value), StoreBuffer::Lookup::none);
}

TEST(TotalStoreOrder, ThePrimitivesHold) {
    for (const Plan& plan : {testing::contenders(3, 2), testing::two_sets_two_waiters(),
                             testing::holders(3), testing::name_after_close()}) {
        PlanWorld simulated(plan, {.memory = MemoryModel::tso});
        Luck luck{.deaths_max = 1, .disturbances_max = 1};
        luck.mortal = simulated.mortal();
        const auto strategy = default_portfolio(1, luck);
        PlanJudge judge(simulated);
        ExploreOptions options;
        options.executions_max = 500;
        options.twin_every = 100;
        options.judge = std::ref(judge);
        const Exploration found = explore(simulated.world(), *strategy, options);
        EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem << "\n"
                                            << to_string(found.findings.front().schedule);
        EXPECT_EQ(found.executions, 500);
    }
}

}  // namespace
}  // namespace castaway::harness::sim
