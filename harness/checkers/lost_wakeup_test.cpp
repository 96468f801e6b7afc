// lost_wakeup and progress: who still waits when all is quiet.
#include <gtest/gtest.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

class QuietHistory : public ::testing::Test {
  protected:
    HistoryBuilder b;
    ObjectIndex e = b.event("e");
    ObjectIndex n = b.manual_event("n");
    ObjectIndex m = b.mutex("m");
    ObjectIndex s = b.semaphore("s", 0, 3);
    ObjectIndex t = b.timer("t");
    Thread p = b.process();
    Thread q = b.process();
    Thread sleeper = b.process();

    void SetUp() override { b.stuck(sleeper); }

    [[nodiscard]] Verdict lost_wakeup() const { return judge_lost_wakeup(b.build()); }
    [[nodiscard]] Verdict progress() const { return judge_progress(b.build()); }
    static constexpr std::int64_t kQuietMs = 5000;
};

using LostWakeup = QuietHistory;
using Progress = QuietHistory;

TEST_F(LostWakeup, PassesWhenNobodyWaits) {
    b.raw().processes[sleeper.process].end = ProcessEnd::finished;
    b.wait(p, e, {0, 1}, kTimeout);
    EXPECT_THAT(lost_wakeup(), Passes());
}

TEST_F(LostWakeup, PassesWhenTheSleeperRightlySleeps) {
    b.wait_any(sleeper, {e, n, s, t}, {0, {}});
    b.state(b.quiescence(kQuietMs), e);
    const Verdict told = lost_wakeup();
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message,
              "1 living thread was still waiting when all was quiet, none for a signaled object");
}

TEST_F(LostWakeup, FailsWhenTheSnapshotSaysSignaled) {
    const Operation& wait = b.wait_any(sleeper, {n, e}, {0, {}});
    const Operation& set = b.set(p, e, {1, 2});
    b.state(b.quiescence(kQuietMs), e).signaled = true;
    EXPECT_THAT(
        lost_wakeup(),
        FailsSayingWith("p2.main waits since 0.000 ms and still did so at 5000.000 ms, when "
                        "all was quiet; event \"e\" was signaled then",
                        these({ref(wait), ref(set)})));
}

TEST_F(LostWakeup, FailsWhenASetWasHandedToNobodyThatWoke) {
    const Operation& wait = b.wait(sleeper, e, {0, {}});
    const Operation& set = b.set(p, e, {1, 2});
    b.state(b.quiescence(kQuietMs), e);
    EXPECT_THAT(lost_wakeup(),
                FailsSayingWith("event \"e\" must have been signaled, or handed to a "
                                "waiter that was not woken",
                                these({ref(wait), ref(set)})));
}

TEST_F(LostWakeup, PassesWhenAnotherTookTheSignal) {
    b.wait(sleeper, e, {0, {}});
    b.set(p, e, {1, 2});
    b.wait(q, e, {0, 3});
    b.quiescence(kQuietMs);
    EXPECT_THAT(lost_wakeup(), Passes());
}

TEST_F(LostWakeup, PassesWhenADeadWaiterMayHaveTakenTheSignal) {
    b.wait(sleeper, e, {0, {}});
    b.wait(q, e, {0, {}});
    b.killed(q, 2);
    b.set(p, e, {1, 2});
    b.quiescence(kQuietMs);
    EXPECT_THAT(lost_wakeup(), Passes());
    b.set(p, e, {3, 4});
    EXPECT_THAT(lost_wakeup(), FailsSaying("event \"e\""));
}

TEST_F(LostWakeup, FindsAWaiterOfASetManualResetEvent) {
    b.wait(sleeper, n, {0, {}});
    b.set(p, n, {1, 2});
    b.wait(q, n, {0, 3});
    b.quiescence(kQuietMs);
    HistoryBuilder with_reset = b;
    EXPECT_THAT(lost_wakeup(), FailsSaying("event \"n\""));
    with_reset.reset(q, n, {4, 5});
    EXPECT_THAT(judge_lost_wakeup(with_reset.build()), Passes());
}

TEST_F(LostWakeup, FindsAWaiterOfASemaphoreWithACountLeft) {
    b.wait(sleeper, s, {0, {}});
    b.release(p, s, 2, {1, 2}, 0);
    b.wait(q, s, {0, 3});
    b.quiescence(kQuietMs);
    HistoryBuilder all_taken = b;
    EXPECT_THAT(lost_wakeup(), FailsSaying("semaphore \"s\""));
    all_taken.wait(p, s, {4, 5});
    EXPECT_THAT(judge_lost_wakeup(all_taken.build()), Passes());
}

TEST_F(LostWakeup, FindsAWaiterOfAMutexThatNobodyHolds) {
    b.wait(p, m, {0, 1});
    b.wait(sleeper, m, {1, {}});
    b.quiescence(kQuietMs);
    EXPECT_THAT(lost_wakeup(), Passes());
    b.release(p, m, {2, 3});
    EXPECT_THAT(lost_wakeup(), FailsSaying("mutex \"m\""));
}

TEST_F(LostWakeup, FindsAWaiterOfAMutexWhoseOwnerDied) {
    const Operation& wait = b.wait(sleeper, m, {1, {}});
    b.wait(p, m, {0, 1});
    b.killed(p, 20);
    b.quiescence(kQuietMs);
    EXPECT_THAT(lost_wakeup(), FailsSayingWith("mutex \"m\"", these({ref(wait)})));
}

TEST_F(LostWakeup, FindsAWaiterOfAMutexWhoseOwnerThreadEnded) {
    b.wait(sleeper, m, {1, {}});
    b.wait(p, m, {0, 1});
    b.quiescence(kQuietMs);
    EXPECT_THAT(lost_wakeup(), Passes());
    b.ended(p, 20);
    EXPECT_THAT(lost_wakeup(), FailsSaying("mutex \"m\""));
}

TEST_F(LostWakeup, FindsAnOwnerThatWaitsForItsOwnMutex) {
    b.wait(sleeper, m, {0, 1});
    b.wait(sleeper, m, {2, {}});
    b.quiescence(kQuietMs);
    EXPECT_THAT(lost_wakeup(), FailsSaying("mutex \"m\""));
}

TEST_F(LostWakeup, FindsAWaiterOfATimerThatWasDue) {
    b.set_timer(p, t, {0, 1}, 10);
    b.wait(sleeper, t, {2, {}});
    b.quiescence(kQuietMs);
    HistoryBuilder cancelled = b;
    HistoryBuilder taken = b;
    EXPECT_THAT(lost_wakeup(), FailsSaying("timer \"t\""));
    cancelled.cancel(p, t, {2, 3});
    EXPECT_THAT(judge_lost_wakeup(cancelled.build()), Passes());
    taken.wait(q, t, {2, 30});
    EXPECT_THAT(judge_lost_wakeup(taken.build()), Passes());
}

TEST_F(LostWakeup, FindsAWaiterOfATimerThatGoesOn) {
    b.set_timer(p, t, {0, 1}, 10, 10);
    b.wait(q, t, {2, 30});
    b.wait(sleeper, t, {2, {}});
    b.quiescence(kQuietMs);
    HistoryBuilder cancelled = b;
    EXPECT_THAT(lost_wakeup(), FailsSaying("timer \"t\""));
    cancelled.cancel(p, t, {31, 32});
    EXPECT_THAT(judge_lost_wakeup(cancelled.build()), Passes());
}

TEST_F(LostWakeup, IgnoresWhatHappensWhenTheHarnessEndsThoseThatStandStill) {
    // Two wait for a mutex that was handed to one of them, which never woke. When the harness
    // kills that one, the other is told; it was waiting all the same.
    const Thread other = b.process();
    b.stuck(other);
    b.wait(p, m, {0, 1});
    b.wait(sleeper, m, {1, {}});
    b.wait(other, m, {1, 5010}, kAbandoned);
    b.release(p, m, {2, 3});
    b.set(other, e, {5011, 5012});
    b.quiescence(kQuietMs);
    EXPECT_THAT(lost_wakeup(), FailsSaying("mutex \"m\""));
}

TEST_F(LostWakeup, FindsAWaitForAllOfWhichAllAreSignaled) {
    const Operation& wait = b.wait_all(sleeper, {e, m}, {0, {}});
    const Operation& set = b.set(p, e, {1, 2});
    Snapshot& snapshot = b.quiescence(kQuietMs);
    b.state(snapshot, e).signaled = true;
    ObjectState& mutex = b.state(snapshot, m);
    EXPECT_THAT(lost_wakeup(), Passes());
    mutex.signaled = true;
    EXPECT_THAT(lost_wakeup(), FailsSayingWith("event \"e\", mutex \"m\" were signaled then",
                                               these({ref(wait), ref(set)})));
}

TEST_F(LostWakeup, FindsASignalAndWaitOfWhichTheSecondIsSignaled) {
    const Operation& wait = b.signal_and_wait(sleeper, e, n, {0, {}});
    Snapshot& snapshot = b.quiescence(kQuietMs);
    b.state(snapshot, e).signaled = true;
    b.state(snapshot, n);
    EXPECT_THAT(lost_wakeup(), Passes());
    snapshot.objects.back().signaled = true;
    EXPECT_THAT(lost_wakeup(), FailsSayingWith("event \"n\" was signaled", these({ref(wait)})));
}

TEST_F(LostWakeup, FindsAWaiterOfAPulsedEventThatIsSignaled) {
    b.wait_any(sleeper, {s, n}, {0, {}});
    b.call(OperationKind::pulse_event, p, n, {1, 2});
    const Operation& set = b.set(p, n, {3, 4});
    Snapshot& snapshot = b.quiescence(kQuietMs);
    b.state(snapshot, n);
    EXPECT_THAT(lost_wakeup(), Passes());
    snapshot.objects.back().signaled = true;
    const Verdict told = lost_wakeup();
    EXPECT_THAT(told, FailsSaying("event \"n\" was signaled"));
    EXPECT_EQ(told.witness, these({{sleeper.process, 0, 0}, ref(set)}));
}

TEST_F(LostWakeup, NeedsASecondOfRestAtTheRunsLimit) {
    b.raw().went_quiet = false;
    b.raw().hit_limit = true;
    b.wait(sleeper, n, {0, {}}).timeout_ms = 10'000;
    b.quiescence(kQuietMs);
    HistoryBuilder rested = b;
    b.set(p, n, {3900, 4000});
    EXPECT_THAT(lost_wakeup(), Passes());
    rested.set(p, n, {3900, 3999});
    EXPECT_THAT(judge_lost_wakeup(rested.build()), FailsSaying("event \"n\""));
}

TEST_F(LostWakeup, LeavesTimersOutAtTheRunsLimit) {
    b.raw().went_quiet = false;
    b.raw().hit_limit = true;
    b.set_timer(p, t, {0, 1}, 10);
    b.wait(sleeper, t, {2, {}});
    b.quiescence(kQuietMs);
    EXPECT_THAT(lost_wakeup(), Passes());
}

TEST_F(LostWakeup, IsInconclusiveWithoutASnapshot) {
    b.wait(sleeper, e, {0, {}});
    b.set(p, e, {1, 2});
    EXPECT_THAT(lost_wakeup(), IsInconclusive());
}

TEST_F(LostWakeup, IsNotApplicableWhenNobodyEverWaited) {
    b.set(p, e, {1, 2});
    EXPECT_THAT(lost_wakeup(), IsNotApplicable());
}

TEST_F(Progress, PassesWhenAllCameToTheirEnd) {
    b.raw().processes[sleeper.process].end = ProcessEnd::finished;
    b.killed(q, 10);
    const Verdict told = progress();
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message, "all threads of the 2 living processes came to their end");
}

TEST_F(Progress, FailsForEachThreadThatStoodStill) {
    const Operation& wait = b.wait_any(sleeper, {e, m}, {7, {}});
    b.raw().stuck.push_back({sleeper.process, 0, 0, "event \"e\"", "futex(...)", {}});
    EXPECT_THAT(
        progress(),
        FailsSayingWith("1 thread had not come to an end when nothing could move any more: "
                        "p2.main was in a wait_any of event \"e\", mutex \"m\" since 7.000 ms",
                        these({ref(wait)})));
}

TEST_F(Progress, FailsForASleepThatNobodyEnds) {
    const Operation& sleep = b.sleep(sleeper, {7, {}});
    b.raw().stuck.push_back({sleeper.process, 0, 0, "", "futex(...)", {}});
    EXPECT_THAT(progress(),
                FailsSayingWith("p2.main was in a sleep since 7.000 ms", these({ref(sleep)})));
}

TEST_F(Progress, SaysWhatAThreadAwaitsThatIsInNoCall) {
    b.set(sleeper, e, {1, 2});
    b.raw().stuck.push_back({sleeper.process, 0, 0, "point \"ready\"", "", {}});
    b.raw().went_quiet = false;
    b.raw().hit_limit = true;
    EXPECT_THAT(
        progress(),
        FailsSayingWith("at the run's time limit: p2.main awaited point \"ready\"", these({})));
}

TEST_F(Progress, KnowsACallThatReturnedOnlyWhenItWasLookedAt) {
    const Operation& wait = b.wait(sleeper, e, {7, 5001});
    b.raw().stuck.push_back({sleeper.process, 0, 0, "event \"e\"", "futex(...)", {}});
    b.quiescence(kQuietMs);
    EXPECT_THAT(progress(),
                FailsSayingWith("p2.main was in a wait of event \"e\"", these({ref(wait)})));
}

TEST_F(Progress, NamesFewOfMany) {
    for (std::uint32_t i = 0; i < 6; ++i) {
        const Thread thread = b.thread(sleeper);
        b.wait(thread, e, {i, {}});
        b.raw().stuck.push_back({thread.process, thread.index, 0, "", "", {}});
    }
    const Verdict told = progress();
    EXPECT_THAT(told, FailsSaying("6 threads had not come"));
    EXPECT_THAT(told, FailsSaying("; and 2 more"));
    EXPECT_EQ(told.witness.size(), 4U);
}

TEST_F(Progress, FailsAtTheLimitWhateverIsKnown) {
    b.raw().went_quiet = false;
    b.raw().hit_limit = true;
    EXPECT_THAT(progress(),
                FailsSaying("1 process had not come to an end at the run's time limit"));
}

TEST_F(Progress, IsNotApplicableWhenNobodyLived) {
    b.killed(p, 1);
    b.killed(q, 1);
    b.raw().went_quiet = false;
    b.killed(sleeper, 1);
    EXPECT_THAT(progress(), IsNotApplicable());
}

}  // namespace
}  // namespace castaway::harness::testing
