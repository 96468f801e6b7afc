// The reduction must leave out nothing that makes a difference: on many small random programs it
// reaches the same final states as the search of every order of all steps.
#include "harness/engine/sim/strategies/exhaustive.h"

#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <string>

#include "harness/base/prng.h"
#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/testing/random_programs.h"

namespace castaway::harness::sim {
namespace {

using testing::Toy;

/// Programs whose full search takes more are passed over.
constexpr std::uint64_t kExecutionsMax = 100'000;

struct Found {
    std::set<std::vector<std::uint32_t>> states;  ///< outcome, cells, states of threads
    std::uint64_t executions = 0;
    bool exhausted = false;
};

Found search(Toy& toy, const ExhaustiveOptions& options, std::uint64_t executions_max) {
    Found found;
    Exhaustive strategy(options);
    ExploreOptions explore_options;
    explore_options.executions_max = executions_max;
    explore_options.judge = [&](World& /*world*/, const Execution& execution) {
        if (execution.outcome != Outcome::abandoned) {
            found.states.insert(testing::end_of(toy, execution));
        }
        return std::string();
    };
    found.executions = explore(toy.world(), strategy, explore_options).executions;
    found.exhausted = strategy.exhausted();
    return found;
}

struct Size {
    std::size_t threads;
    std::size_t length;
    std::uint32_t deaths;
    std::size_t mortal;  ///< so many of the processes hold a liveness word, and may be killed
    std::uint64_t seeds;
    MemoryModel memory = MemoryModel::sc;
};

std::string name_of(const Size& size) {
    return std::to_string(size.threads) + "x" + std::to_string(size.length) + "deaths" +
           std::to_string(size.deaths) + std::string(to_string(size.memory));
}

std::ostream& operator<<(std::ostream& out, const Size& size) {
    return out << name_of(size);
}

class Reduced : public ::testing::TestWithParam<Size> {};

TEST_P(Reduced, ReachesEveryStateThatTheFullSearchReaches) {
    const Size size = GetParam();
    std::uint64_t full_executions = 0;
    std::uint64_t reduced_executions = 0;
    std::uint64_t compared = 0;
    for (std::uint64_t seed = 0; seed < size.seeds; ++seed) {
        Prng generator = Prng(seed).fork(size.threads * 100 + size.length * 10 + size.deaths);
        const auto toy =
            testing::random_toy(testing::random_programs(generator, size.threads, size.length),
                                {.mortal = size.mortal, .memory = size.memory});
        ExhaustiveOptions options{.reduction = Reduction::none, .deaths_max = size.deaths};
        for (std::size_t t = 0; t < size.mortal; ++t) {
            options.mortal.push_back(static_cast<ProcessId>(t));
        }
        const Found full = search(*toy, options, kExecutionsMax);
        if (!full.exhausted) {
            continue;
        }
        options.reduction = Reduction::source;
        const Found reduced = search(*toy, options, kExecutionsMax);
        EXPECT_TRUE(reduced.exhausted) << "seed " << seed;
        ASSERT_EQ(full.states, reduced.states) << "seed " << seed;
        full_executions += full.executions;
        reduced_executions += reduced.executions;
        ++compared;
    }
    EXPECT_GT(compared, size.seeds / 4);
    EXPECT_LT(reduced_executions, full_executions);
    RecordProperty("full", std::to_string(full_executions));
    RecordProperty("reduced", std::to_string(reduced_executions));
}

INSTANTIATE_TEST_SUITE_P(Sizes, Reduced,
                         ::testing::Values(Size{2, 3, 0, 0, 20}, Size{3, 1, 0, 0, 20},
                                           Size{3, 2, 0, 0, 6}, Size{2, 2, 1, 2, 16},
                                           Size{3, 1, 1, 1, 5}, Size{2, 1, 2, 2, 20},
                                           Size{2, 2, 0, 0, 40, MemoryModel::tso},
                                           Size{2, 3, 0, 0, 12, MemoryModel::tso},
                                           Size{3, 1, 0, 0, 12, MemoryModel::tso}),
                         [](const auto& of) { return name_of(of.param); });

}  // namespace
}  // namespace castaway::harness::sim
