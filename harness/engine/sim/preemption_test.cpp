// What PreemptionBound prunes must make no difference: on many small random programs, and on plans
// of ours, it finds what the search of all schedules within the bound finds.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/plan_judge.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/strategies/contention.h"
#include "harness/engine/sim/strategies/preemption_bound.h"
#include "harness/engine/sim/strategies/seen_states.h"
#include "harness/engine/sim/testing/plans.h"
#include "harness/engine/sim/testing/random_programs.h"

namespace castaway::harness::sim {
namespace {

using testing::Toy;

/// Searches that take more are passed over.
constexpr std::uint64_t kExecutionsMax = 60'000;

struct Found {
    std::set<std::vector<std::uint32_t>> ends;
    std::uint64_t executions = 0;
    bool exhausted = false;
};

Found search(Toy& toy, const PreemptionOptions& options) {
    Found found;
    PreemptionBound strategy(options);
    ExploreOptions explore_options;
    explore_options.executions_max = kExecutionsMax;
    explore_options.twin_every = 50;
    explore_options.judge = [&](World& /*world*/, const Execution& execution) {
        if (execution.outcome != Outcome::abandoned) {
            found.ends.insert(testing::end_of(toy, execution));
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
    std::uint32_t preemptions;
    std::uint64_t seeds;
    MemoryModel memory = MemoryModel::sc;
};

std::string name_of(const Size& size) {
    return std::to_string(size.threads) + "x" + std::to_string(size.length) + "preemptions" +
           std::to_string(size.preemptions) + std::string(to_string(size.memory));
}

std::ostream& operator<<(std::ostream& out, const Size& size) {
    return out << name_of(size);
}

class Pruned : public ::testing::TestWithParam<Size> {};

TEST_P(Pruned, ReachesEveryEndThatAllSchedulesWithinTheBoundReach) {
    const Size size = GetParam();
    std::uint64_t all_executions = 0;
    std::uint64_t pruned_executions = 0;
    std::uint64_t compared = 0;
    for (std::uint64_t seed = 0; seed < size.seeds; ++seed) {
        Prng generator = Prng(seed).fork(size.threads * 10 + size.length);
        const auto toy =
            testing::random_toy(testing::random_programs(generator, size.threads, size.length),
                                {.own_work = true, .memory = size.memory});
        const Found all = search(*toy, {.preemptions = size.preemptions, .prunes = false});
        if (!all.exhausted) {
            continue;
        }
        const Found pruned = search(*toy, {.preemptions = size.preemptions});
        EXPECT_TRUE(pruned.exhausted) << "seed " << seed;
        ASSERT_EQ(all.ends, pruned.ends) << "seed " << seed;
        all_executions += all.executions;
        pruned_executions += pruned.executions;
        ++compared;
    }
    EXPECT_GT(compared, size.seeds / 2);
    if (size.preemptions != 0) {
        EXPECT_LT(pruned_executions, all_executions);
    }
    RecordProperty("all", std::to_string(all_executions));
    RecordProperty("pruned", std::to_string(pruned_executions));
}

INSTANTIATE_TEST_SUITE_P(Sizes, Pruned,
                         ::testing::Values(Size{2, 3, 0, 40}, Size{2, 4, 1, 60}, Size{2, 4, 2, 40},
                                           Size{3, 2, 0, 20}, Size{3, 3, 1, 40}, Size{3, 2, 2, 30},
                                           Size{2, 2, 3, 30}, Size{4, 2, 1, 20},
                                           Size{2, 2, 1, 12, MemoryModel::tso},
                                           Size{2, 1, 2, 10, MemoryModel::tso}),
                         [](const auto& of) { return name_of(of.param); });

/// A history without its moments: what each call answered, and which calls were over before which
/// began.
struct Story {
    std::vector<std::string> calls;  ///< thread by thread, with their answers
    std::set<std::pair<std::size_t, std::size_t>> order;
    bool operator<(const Story& other) const {
        return std::tie(calls, order) < std::tie(other.calls, other.order);
    }
};

Story story_of(History history) {
    std::sort(history.operations.begin(), history.operations.end(),
              [](const Operation& a, const Operation& b) {
                  return std::tie(a.process, a.thread, a.invoked_ns) <
                         std::tie(b.process, b.thread, b.invoked_ns);
              });
    Story story;
    const auto& calls = history.operations;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        story.calls.push_back(
            std::to_string(calls[i].process) + "." + std::to_string(calls[i].thread) + " " +
            std::string(to_string(calls[i].kind)) + " " +
            std::to_string(static_cast<int>(calls[i].status)) + " " +
            std::to_string(calls[i].satisfied_by) + " " + std::to_string(calls[i].error) + " " +
            std::to_string(calls[i].previous_count));
        for (std::size_t k = 0; k < calls.size(); ++k) {
            if (calls[i].status != ResponseStatus::pending &&
                calls[i].returned_ns < calls[k].invoked_ns) {
                story.order.emplace(i, k);
            }
        }
    }
    return story;
}

struct Told {
    std::set<Story> stories;
    std::set<std::string> problems;
    bool exhausted = false;
    std::uint64_t executions = 0;
};

Told tell(const Plan& plan, Mutant mutant, const PreemptionOptions& options) {
    PlanWorld simulated(plan, {.mutant = mutant, .steps_max = 20'000});
    PreemptionBound strategy(options);
    Told told;
    PlanJudge judge(simulated);
    ExploreOptions explore_options;
    explore_options.executions_max = kExecutionsMax;
    explore_options.judge = [&](World& world, const Execution& execution) {
        if (execution.outcome == Outcome::abandoned) {
            return std::string();
        }
        if (execution.outcome == Outcome::finished) {
            told.stories.insert(story_of(simulated.history(execution)));
        }
        const std::string problem = judge(world, execution);
        if (!problem.empty()) {
            told.problems.insert(problem.substr(0, problem.find(':')));
        }
        return std::string();
    };
    told.executions = explore(simulated.world(), strategy, explore_options).executions;
    told.exhausted = strategy.exhausted();
    return told;
}

/// Every story that all schedules tell is told by the pruned search, too, with all its order.
void expect_the_same(const Told& all, const Told& pruned) {
    ASSERT_TRUE(all.exhausted);
    ASSERT_TRUE(pruned.exhausted);
    EXPECT_LT(pruned.executions, all.executions);
    EXPECT_EQ(all.problems, pruned.problems);
    for (const Story& story : all.stories) {
        EXPECT_TRUE(std::any_of(pruned.stories.begin(), pruned.stories.end(),
                                [&](const Story& other) {
                                    return other.calls == story.calls &&
                                           std::includes(other.order.begin(), other.order.end(),
                                                         story.order.begin(), story.order.end());
                                }))
            << ::testing::PrintToString(story.calls);
    }
    for (const Story& story : pruned.stories) {
        EXPECT_TRUE(all.stories.contains(story)) << ::testing::PrintToString(story.calls);
    }
}

TEST(PrunedPlans, TellTheStoriesOfAllSchedules) {
    const std::vector<Plan> plans{testing::contenders(2, 1), testing::one_release_one_waiter(),
                                  testing::two_sets_two_waiters()};
    for (const Plan& plan : plans) {
        expect_the_same(tell(plan, Mutant::none, {.preemptions = 1, .prunes = false}),
                        tell(plan, Mutant::none, {.preemptions = 1}));
    }
}

TEST(PrunedPlans, ShowTheDefectsThatAllSchedulesShow) {
    const std::vector<std::pair<Plan, Mutant>> defects{
        {testing::contenders(2, 1), Mutant::lost_wakeup},
        {testing::contenders(2, 1), Mutant::take_not_atomic},
        {testing::contenders(2, 1), Mutant::no_look_after_enqueue},
        {testing::one_release_one_waiter(), Mutant::semaphore_count_not_taken},
        {testing::two_sets_two_waiters(), Mutant::wake_without_recheck},
        {testing::two_sets_two_waiters(), Mutant::owed_wake_not_given},
        {testing::two_sets_two_waiters(), Mutant::flag_after_last_look}};
    std::size_t shown = 0;
    for (const auto& [plan, mutant] : defects) {
        const Told all = tell(plan, mutant, {.preemptions = 1, .prunes = false});
        expect_the_same(all, tell(plan, mutant, {.preemptions = 1}));
        shown += all.problems.empty() ? 0U : 1U;
    }
    EXPECT_GE(shown, 2);
}

TEST(Contention, IsTwoThreadsAndAWrite) {
    Contention contention;
    const Step step{StepKind::store, 8};
    const std::vector<Access> write{{8, Touch::write}};
    const std::vector<Access> read{{8, Touch::read}};
    EXPECT_FALSE(contention.note(0, step, write));
    EXPECT_FALSE(contention.note(0, step, read));
    EXPECT_FALSE(contention.concerns_others(step));
    EXPECT_TRUE(contention.note(1, step, read));
    EXPECT_TRUE(contention.concerns_others(step));
    EXPECT_FALSE(contention.note(1, step, write));
}

TEST(Contention, IsNoMatterOfReadersAlone) {
    Contention contention;
    const Step step{StepKind::load, 8};
    const std::vector<Access> read{{8, Touch::read}};
    contention.note(0, step, read);
    contention.note(1, step, read);
    EXPECT_FALSE(contention.concerns_others(step));
}

TEST(Contention, ConcernsStepsThatTouchOtherThingsBesides) {
    Contention contention;
    const Step step{StepKind::store, 8};
    const Location word = location(Space::harness, 5);
    const std::vector<Access> both{{8, Touch::write}, {word, Touch::write}};
    contention.note(0, step, both);
    EXPECT_FALSE(contention.concerns_others(step));
    const std::vector<Access> other{{word, Touch::read}};
    contention.note(1, {StepKind::load, word}, other);
    EXPECT_TRUE(contention.concerns_others(step));
    // Whoever wakes a thread does so for others.
    const std::vector<Access> wakes{{16, Touch::write}, {location(Space::thread, 2), Touch::write}};
    contention.note(0, {StepKind::store, 16}, wakes);
    EXPECT_TRUE(contention.concerns_others({StepKind::store, 16}));
}

TEST(SeenStates, KnowsEveryStateAndTheFewestPreemptions) {
    SeenStates seen;
    Prng generator(1);
    std::map<std::uint64_t, std::uint32_t> expected;
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t state = Prng(generator.below(4000)).next();
        const auto used = static_cast<std::uint32_t>(generator.below(4));
        const auto [known, is_new] = expected.try_emplace(state, used);
        EXPECT_EQ(seen.note(state, used), is_new || used < known->second);
        known->second = std::min(known->second, used);
    }
    EXPECT_EQ(seen.size(), expected.size());
}

TEST(SeenStates, ForgetsWhatItHasNoRoomFor) {
    SeenStates seen(1);
    EXPECT_TRUE(seen.note(1 << 8, 0));
    EXPECT_TRUE(seen.note(2 << 8, 0));
    EXPECT_TRUE(seen.note(2 << 8, 0));
    EXPECT_FALSE(seen.note(1 << 8, 0));
    EXPECT_EQ(seen.size(), 1);
}

}  // namespace
}  // namespace castaway::harness::sim
