// The simulated kernel keeps to the real one's rules.
#include "harness/engine/sim/world.h"

#include <gtest/gtest.h>
#include <linux/futex.h>

#include <vector>

#include "harness/engine/sim/strategies/replay.h"
#include "harness/engine/sim/strategies/run_to_block.h"
#include "harness/engine/sim/testing/toys.h"

namespace castaway::harness::sim {
namespace {

using testing::Toy;

constexpr std::uint32_t kAll = 1000;

/// Runs by the schedule and then to block.
Execution run_by(Toy& toy, const char* schedule) {
    Replay replay(parse_schedule(schedule));
    toy.world().revert();
    replay.begin();
    const Execution execution = toy.world().run(replay);
    EXPECT_FALSE(replay.diverged_at().has_value()) << "at " << *replay.diverged_at();
    return execution;
}

TEST(FutexWait, ReturnsAtOnceWhenTheWordIsNotAsExpected) {
    Toy toy;
    std::vector<FutexResult> results;
    toy.add("waiter", [&](const Toy::Hands& hands) {
        results.push_back(hands.platform().futex_wait(hands.cell(0), 1, {}));
    });
    toy.ready();
    EXPECT_EQ(run_by(toy, "").outcome, Outcome::finished);
    EXPECT_EQ(results, std::vector{FutexResult::changed});
}

TEST(FutexWake, WakesAsManyAsItIsToldAndTheLongestAsleepFirst) {
    Toy toy;
    std::vector<int> order;
    for (int i = 0; i < 3; ++i) {
        toy.add("waiter", [&order, i](const Toy::Hands& hands) {
            hands.platform().futex_wait(hands.cell(0), 0, {});
            order.push_back(i);
        });
    }
    toy.add("waker",
            [](const Toy::Hands& hands) { hands.platform().futex_wake(hands.cell(0), 2); });
    toy.ready();
    // Falls asleep in the order 2, 0, 1.
    EXPECT_EQ(run_by(toy, "r2 r2 r0 r0 r1 r1 r3 r3").outcome, Outcome::deadlock);
    EXPECT_EQ(order, (std::vector{0, 2}));
    EXPECT_EQ(toy.world().threads()[1].state, ThreadState::asleep);
}

TEST(FutexWaitAny, IsWokenByEachOfItsWords) {
    Toy toy;
    toy.add("waiter", [](const Toy::Hands& hands) {
        const std::array targets{FutexTarget{&hands.cell(0), 0}, FutexTarget{&hands.cell(1), 0}};
        EXPECT_EQ(hands.platform().futex_wait_any(targets, {}), FutexResult::woken);
    });
    toy.add("waker",
            [](const Toy::Hands& hands) { hands.platform().futex_wake(hands.cell(1), 1); });
    toy.ready();
    EXPECT_EQ(run_by(toy, "r0 r0 r1 r1").outcome, Outcome::finished);
}

TEST(Clock, StandsStillUntilNobodyCanMoveAndThenJumpsToTheNextEnd) {
    Toy toy;
    std::vector<std::int64_t> passed;
    std::vector<FutexResult> results;
    for (const std::int64_t ns : {5'000, 2'000}) {
        toy.add("sleeper", [&, ns](const Toy::Hands& hands) {
            const SimPlatform& platform = hands.platform();
            const std::int64_t begin = platform.now(Clock::monotonic);
            results.push_back(platform.futex_wait(hands.cell(0), 0, Deadline{begin + ns}));
            passed.push_back(platform.now(Clock::monotonic) - begin);
        });
    }
    toy.add("realtime", [&](const Toy::Hands& hands) {
        const SimPlatform& platform = hands.platform();
        const std::int64_t begin = platform.now(Clock::realtime);
        platform.futex_wait(hands.cell(1), 0, Deadline{begin + 3'000, Clock::realtime});
        passed.push_back(platform.now(Clock::realtime) - begin);
    });
    toy.ready();
    EXPECT_EQ(run_by(toy, "").outcome, Outcome::finished);
    EXPECT_EQ(passed, (std::vector<std::int64_t>{2'000, 3'000, 5'000}));
    EXPECT_EQ(results, (std::vector{FutexResult::timed_out, FutexResult::timed_out}));
}

TEST(Expire, EndsASleepWhileOthersCouldMove) {
    Toy toy;
    FutexResult result = FutexResult::woken;
    toy.add("sleeper", [&](const Toy::Hands& hands) {
        const std::int64_t now = hands.platform().now(Clock::monotonic);
        result = hands.platform().futex_wait(hands.cell(0), 0, Deadline{now + 1});
    });
    toy.add("waker",
            [](const Toy::Hands& hands) { hands.platform().futex_wake(hands.cell(0), 1); });
    toy.ready();
    run_by(toy, "r0 r0 r0 r1 e0 r1 r0");
    EXPECT_EQ(result, FutexResult::timed_out);
    run_by(toy, "r0 r0 r0 r1 r1 r0");
    EXPECT_EQ(result, FutexResult::woken);
}

TEST(Disturb, EndsASleepForNoReason) {
    Toy toy;
    toy.add("sleeper", [](const Toy::Hands& hands) {
        EXPECT_EQ(hands.platform().futex_wait(hands.cell(0), 0, {}), FutexResult::woken);
    });
    toy.add("other", [](const Toy::Hands& hands) { hands.platform().load(hands.cell(0)); });
    toy.ready();
    EXPECT_EQ(run_by(toy, "r0 r0 w0").outcome, Outcome::finished);
}

/// One holds two words, another watches the older of them.
class Holder : public ::testing::Test {
  protected:
    void SetUp() override {
        toy_.add("holder", [](const Toy::Hands& hands) {
            hands.platform().hold_liveness(hands.liveness(0));
            hands.platform().hold_liveness(hands.liveness(1));
            hands.platform().load(hands.cell(5));
            hands.platform().drop_liveness(hands.liveness(1));
            hands.platform().drop_liveness(hands.liveness(0));
        });
        toy_.add(
            "watcher",
            [](const Toy::Hands& hands) {
                std::uint32_t expected = 0;
                while (hands.platform().watch_value(hands.liveness(0), expected)) {
                    hands.platform().futex_wait(hands.cell(0), expected, {});
                }
            },
            ThreadRole::helper);
    }
    Toy toy_;
};

TEST_F(Holder, MarksItsWordsNewestFirstWhenItIsKilled) {
    toy_.ready();
    run_by(toy_, "r0*5 k0 r0");
    EXPECT_EQ(toy_.value(0) & FUTEX_OWNER_DIED, FUTEX_OWNER_DIED);
    EXPECT_EQ(toy_.value(1) & FUTEX_OWNER_DIED, FUTEX_OWNER_DIED);
    toy_.world().set_recording(true);
    run_by(toy_, "r0*5 k0");
    std::vector<Location> marked;
    for (const StepRecord& record : toy_.world().records()) {
        if (record.kind == StepKind::mark_dead) {
            marked.push_back(record.where);
        }
    }
    EXPECT_EQ(marked, (std::vector<Location>{64, 0}));
    EXPECT_EQ(toy_.world().threads()[0].state, ThreadState::dead);
    EXPECT_EQ(toy_.world().processes()[0].living, 0);
}

TEST_F(Holder, WakesOneWatcherAtItsDeath) {
    toy_.ready();
    // Both words held, the watcher asleep, then the death.
    const Execution execution = run_by(toy_, "r0*5 r1*4 k0");
    EXPECT_EQ(execution.outcome, Outcome::finished);
    EXPECT_EQ(toy_.world().threads()[1].state, ThreadState::finished);
    EXPECT_EQ(execution.deaths, 1);
}

TEST_F(Holder, GivesItsWordsBackWithoutAMarkWhenItEndsItself) {
    toy_.ready();
    EXPECT_EQ(run_by(toy_, "").outcome, Outcome::finished);
    EXPECT_EQ(toy_.value(0), 0);
    EXPECT_EQ(toy_.value(1), 0);
}

TEST_F(Holder, IsMarkedWhenItDiesBetweenTakingAWordAndListingIt) {
    toy_.ready();
    // start, store, cas: the word is taken, its place in the list is not.
    run_by(toy_, "r0*3 k0");
    EXPECT_EQ(toy_.value(0), FUTEX_OWNER_DIED);
}

TEST(PendingWord, WakesASleeperWhenItsHolderDiesBeforeItCould) {
    Toy toy;
    toy.add("holder", [](const Toy::Hands& hands) {
        hands.platform().hold_liveness(hands.liveness(0));
        hands.platform().drop_liveness(hands.liveness(0));
    });
    toy.add("watcher", [](const Toy::Hands& hands) {
        std::uint32_t expected = 0;
        EXPECT_TRUE(hands.platform().watch_value(hands.liveness(0), expected));
        hands.platform().futex_wait(hands.cell(0), expected, {});
    });
    toy.ready();
    // Dropped (exchange), not yet woken: the kernel does it for the dead.
    EXPECT_EQ(run_by(toy, "r0*3 r1*4 r0 k0").outcome, Outcome::finished);
    EXPECT_EQ(toy.value(0), 0);
}

TEST(Death, ReachesTheThreadsOfAProcessOneByOne) {
    Toy toy({.steps_while_dying = 2});
    const ThreadId main = toy.add("process", [](const Toy::Hands& hands) {
        hands.platform().hold_liveness(hands.liveness(0));
        hands.platform().load(hands.cell(3));
    });
    World& world = toy.world();
    const ProcessId process = world.threads()[main].process;
    const Toy::Hands hands(world, world.processes()[process].base);
    world.add_thread(process, "second", ThreadRole::program, [hands] {
        for (int i = 0; i < 10; ++i) {
            hands.platform().fetch_add(hands.cell(1), 1);
        }
    });
    const Toy::Hands others(
        world, world.add_process("observer") == 1 ? world.processes()[1].base : nullptr);
    bool gone_early = true;
    bool gone_late = false;
    world.add_thread(1, "observer", ThreadRole::program, [&, others] {
        while (!others.platform().is_marked_dead(others.liveness(0))) {
            others.platform().pause();
        }
        const ProcessIdentity whom = world.processes()[0].identity;
        gone_early = others.platform().process_gone(whom, 0);
        gone_late = others.platform().process_gone(whom, 1'000'000);
    });
    toy.ready();
    // The first thread is marked while the second still runs, for two steps; then that dies, too.
    const Execution execution = run_by(toy, "r0*3 r1*3 r2 k0 d0 r0*2 r2*3 r1*2");
    EXPECT_EQ(execution.outcome, Outcome::finished) << execution.detail;
    EXPECT_FALSE(gone_early);
    EXPECT_TRUE(gone_late);
    EXPECT_EQ(toy.value(1), 4);
}

TEST(Death, EndsEverySleepOfItsThreads) {
    Toy toy({.steps_while_dying = 5});
    toy.add("sleeper", [](const Toy::Hands& hands) {
        hands.platform().futex_wait(hands.cell(0), 0, {});
        ADD_FAILURE() << "the dead run";
    });
    toy.add("other", [](const Toy::Hands& hands) {
        hands.platform().load(hands.cell(0));
        hands.platform().futex_wake(hands.cell(0), kAll);
    });
    toy.ready();
    EXPECT_EQ(run_by(toy, "r0 r0 r1 k0").outcome, Outcome::finished);
    EXPECT_EQ(run_by(toy, "r0 k0 r0").outcome, Outcome::finished);
}

TEST(Pids, CanBeGivenOutAnewWithAnotherStartTime) {
    Toy toy({.reuses_pids = true});
    toy.add("first", [](const Toy::Hands& hands) { hands.platform().load(hands.cell(0)); });
    toy.ready();
    run_by(toy, "r0 k0");
    const ProcessIdentity first = toy.world().processes()[0].identity;
    const ProcessId number = toy.world().add_process("second");
    const ProcessIdentity second = toy.world().processes()[number].identity;
    EXPECT_EQ(first.pid, second.pid);
    EXPECT_NE(first.start_time, second.start_time);
}

TEST(Stop, KeepsAProcessFromMovingUntilItIsResumed) {
    Toy toy;
    const ThreadId stopped =
        toy.add("stopped", [](const Toy::Hands& hands) { hands.increment(0); });
    const ProcessId process = toy.world().threads()[stopped].process;
    toy.add("other", [process](const Toy::Hands& hands) {
        hands.world().stop(process);
        hands.platform().load(hands.cell(1));
        EXPECT_EQ(hands.platform().load(hands.cell(0)), 0);
        hands.world().resume(process);
    });
    toy.ready();
    EXPECT_EQ(run_by(toy, "r0 r0 r1*3").outcome, Outcome::finished);
    EXPECT_EQ(toy.value(0), 1);
}

TEST(Revert, PutsMemoryPrivateMemoryAndStacksBack) {
    Toy toy;
    auto& counter = toy.world().own_memory().make<std::uint32_t>(0U);
    toy.add(
        "looper",
        [&counter](const Toy::Hands& hands) {
            for (std::uint32_t i = 1;; ++i) {
                hands.platform().store(hands.cell(0), i);
                counter = i;
                hands.platform().futex_wait(hands.cell(1), 0, {});
            }
        },
        ThreadRole::helper);
    toy.add("waker",
            [](const Toy::Hands& hands) { hands.platform().futex_wake(hands.cell(1), 1); });
    RunToBlock calm;
    // The looper sleeps in its second round when the world is kept: in the middle of its loop.
    toy.world().run(calm);
    EXPECT_EQ(counter, 2);
    toy.add("later waker",
            [](const Toy::Hands& hands) { hands.platform().futex_wake(hands.cell(1), 1); });
    toy.ready();
    std::uint64_t hash = 0;
    for (int i = 0; i < 3; ++i) {
        toy.world().revert();
        EXPECT_EQ(counter, 2);
        EXPECT_EQ(toy.value(0), 2);
        const Execution execution = toy.world().run(calm);
        EXPECT_EQ(counter, 3);
        EXPECT_EQ(toy.value(0), 3);
        EXPECT_TRUE(i == 0 || hash == execution.trace_hash);
        hash = execution.trace_hash;
    }
}

}  // namespace
}  // namespace castaway::harness::sim
