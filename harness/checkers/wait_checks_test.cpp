// timeouts and wait_any_lowest.
#include <gtest/gtest.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

class WaitHistory : public ::testing::Test {
  protected:
    HistoryBuilder b;
    ObjectIndex e = b.event("e");
    ObjectIndex n = b.manual_event("n");
    ObjectIndex m = b.mutex("m");
    ObjectIndex s = b.semaphore("s", 1, 3);
    ObjectIndex t = b.timer("t");
    Thread p = b.process();
    Thread q = b.process();

    [[nodiscard]] Verdict timeouts() const { return judge_timeouts(b.build()); }
    [[nodiscard]] Verdict lowest() const { return judge_wait_any_lowest(b.build()); }
};

using Timeouts = WaitHistory;
using WaitAnyLowest = WaitHistory;

TEST_F(Timeouts, PassAtTheTimeLimitOrAfter) {
    b.wait(p, e, {0, 10}, kTimeout).timeout_ms = 10;
    b.wait(p, e, {20, 100}, kTimeout).timeout_ms = 10;
    b.wait(p, e, {200, 200}, kTimeout);
    const Verdict told = timeouts();
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message, "3 waits timed out, none early");
}

TEST_F(Timeouts, FailBeforeTheTimeLimit) {
    Operation& wait = b.wait(p, e, {0, 10}, kTimeout);
    wait.timeout_ms = 10;
    wait.returned_ns -= 1;
    EXPECT_THAT(timeouts(),
                FailsSayingWith("timed out after 10.000 ms, and its time limit was 10 ms",
                                these({ref(wait)})));
}

TEST_F(Timeouts, FailWithoutATimeLimit) {
    b.wait(p, e, {0, 10}, kTimeout).timeout_ms = std::nullopt;
    EXPECT_THAT(timeouts(), FailsSaying("it had no time limit"));
}

TEST_F(Timeouts, FailOnASignaledAutoResetEvent) {
    const Operation& set = b.set(q, e, {0, 1});
    const Operation& wait = b.wait(p, e, {2, 3}, kTimeout);
    EXPECT_THAT(timeouts(), FailsSayingWith("event \"e\" was signaled all that time",
                                            these({ref(set), ref(wait)})));
}

TEST_F(Timeouts, PassOnAnAutoResetEventThatAnotherMayHaveTaken) {
    b.set(q, e, {0, 1});
    b.wait(p, e, {2, 3}, kTimeout);
    const Thread r = b.process();
    b.wait(r, e, {3, {}});
    b.killed(r, 100);
    EXPECT_THAT(timeouts(), Passes());
}

TEST_F(Timeouts, FailOnASemaphoreThatHasMoreThanOthersCanTake) {
    b.release(q, s, 1, {0, 1}, 1);
    b.wait(p, s, {2, 3}, kTimeout);
    b.wait(q, s, {2, 3});
    EXPECT_THAT(timeouts(), FailsSaying("semaphore \"s\""));
    b.wait(b.process(), s, {3, 5});
    EXPECT_THAT(timeouts(), Passes());
}

TEST_F(Timeouts, FailOnAFreeMutex) {
    b.wait(q, m, {0, 1});
    const Operation& release = b.release(q, m, {2, 3});
    const Operation& wait = b.wait(p, m, {4, 5}, kTimeout);
    EXPECT_THAT(timeouts(), FailsSayingWith("mutex \"m\"", these({ref(release), ref(wait)})));
}

TEST_F(Timeouts, PassOnAMutexThatMayBeHeld) {
    b.wait(q, m, {0, 1});
    b.release(q, m, {2, 3});
    b.wait(p, m, {3, 5}, kTimeout);
    b.wait(q, m, {9, 10});
    b.wait(p, m, {6, 9}, kTimeout);
    EXPECT_THAT(timeouts(), Passes());
}

TEST_F(Timeouts, GiveTheSubjectTimeToNoticeADeath) {
    b.wait(q, m, {0, 1});
    b.killed(q, 3);
    b.wait(p, m, {4, 5}, kTimeout);
    EXPECT_THAT(timeouts(), Passes());
}

TEST_F(Timeouts, FailOnATimerThatWasDueAtOnce) {
    b.set_timer(q, t, {0, 1}, 0);
    HistoryBuilder late = b;
    b.wait(p, t, {4, 5}, kTimeout);
    EXPECT_THAT(timeouts(), FailsSaying("timer \"t\""));
    late.wait(q, t, {2, 3});
    late.wait(p, t, {4, 5}, kTimeout);
    EXPECT_THAT(judge_timeouts(late.build()), Passes());
}

TEST_F(Timeouts, LetATimerBeLate) {
    b.set_timer(q, t, {0, 1}, 1);
    b.wait(p, t, {4, 5}, kTimeout);
    EXPECT_THAT(timeouts(), Passes());
}

TEST_F(Timeouts, JudgeEachObjectOfAWaitForAny) {
    b.wait_any(p, {e, s}, {2, 3}, 0, kTimeout);
    EXPECT_THAT(timeouts(), FailsSaying("semaphore \"s\""));
}

TEST_F(Timeouts, SayNothingOfObjectsThatCanVanish) {
    b.by_program(e);
    b.set(q, e, {0, 1});
    b.wait(p, e, {2, 3}, kTimeout);
    EXPECT_THAT(timeouts(), Passes());
}

TEST_F(Timeouts, AreNotApplicableWhenNoneHappens) {
    b.wait(p, e, {2, 3});
    EXPECT_THAT(timeouts(), IsNotApplicable());
}

TEST_F(WaitAnyLowest, PassesWhenTheLowestIsTaken) {
    b.set(q, n, {0, 1});
    b.wait_any(p, {n, s}, {2, 3}, 0);
    b.reset(q, n, {4, 5});
    b.wait_any(p, {n, s}, {6, 7}, 1);
    const Verdict told = lowest();
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message, "2 waits for any of several objects took no higher index than need be");
}

TEST_F(WaitAnyLowest, FailsWhenALowerOneWasSignaled) {
    b.set(q, n, {0, 1});
    const Operation& wait = b.wait_any(p, {n, s}, {2, 3}, 1);
    EXPECT_THAT(lowest(), FailsSayingWith("took semaphore \"s\", at index 1, and event \"n\", at "
                                          "index 0, was signaled all that time",
                                          these({ref(wait)})));
}

TEST_F(WaitAnyLowest, FailsForEachTypeOfObject) {
    b.set(q, e, {0, 1});
    b.set_timer(q, t, {2, 3}, 0);
    b.set(q, n, {4, 5});
    for (const ObjectIndex lower : {e, s, m, t}) {
        HistoryBuilder wrong = b;
        wrong.wait_any(p, {lower, n}, {8, 9}, 1);
        EXPECT_THAT(judge_wait_any_lowest(wrong.build()), FailsSaying("at index 0, was signaled"))
            << lower;
    }
}

TEST_F(WaitAnyLowest, PassesWhenTheLowerOneMayHaveBeenTakenOrCameLater) {
    b.set(q, n, {0, 1});
    b.wait_any(p, {e, n}, {2, 10}, 1);
    b.set(q, e, {2, 3});
    b.wait(b.process(), m, {9, 12});
    b.wait_any(p, {m, n}, {11, 12}, 1);
    EXPECT_THAT(lowest(), Passes());
}

TEST_F(WaitAnyLowest, KnowsThatAnOwnersMutexIsSignaledForIt) {
    b.set(q, n, {0, 1});
    b.wait(p, m, {0, 1});
    b.wait_any(p, {m, n}, {2, 3}, 1);
    EXPECT_THAT(lowest(), FailsSaying("mutex \"m\""));
}

TEST_F(WaitAnyLowest, LeavesOutAnObjectThatIsNamedTwice) {
    b.set(q, n, {0, 1});
    b.wait_any(p, {n, n}, {2, 3}, 1);
    EXPECT_THAT(lowest(), Passes());
}

TEST_F(WaitAnyLowest, IsNotApplicableWithoutASatisfiedWait) {
    b.wait_any(p, {e, n}, {2, 3}, 0, kTimeout);
    b.wait(p, s, {4, 5});
    EXPECT_THAT(lowest(), IsNotApplicable());
}

}  // namespace
}  // namespace castaway::harness::testing
