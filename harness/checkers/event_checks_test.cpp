// auto_reset and manual_reset.
#include <gtest/gtest.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

class EventHistory : public ::testing::Test {
  protected:
    HistoryBuilder b;
    ObjectIndex a = b.event("a");
    ObjectIndex m = b.manual_event("m");
    Thread p = b.process();
    Thread q = b.process();
    Thread r = b.process();

    [[nodiscard]] Verdict auto_reset() const { return judge_auto_reset(b.build()); }
    [[nodiscard]] Verdict manual_reset() const { return judge_manual_reset(b.build()); }
    void finally(ObjectIndex event, bool signaled) {
        b.state(b.quiescence(1000), event).signaled = signaled;
    }
};

using AutoReset = EventHistory;
using ManualReset = EventHistory;

TEST_F(AutoReset, PassesWhenEachWaitHasASetOfItsOwn) {
    b.wait(p, a, {0, 20});
    b.wait(q, a, {0, 40});
    b.set(r, a, {10, 15});
    b.set(r, a, {30, 35});
    finally(a, false);
    const Verdict told = auto_reset();
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message, "2 waits satisfied, 2 signals given");
}

TEST_F(AutoReset, FailsWhenOneSetSatisfiesTwo) {
    const Operation& first = b.wait(p, a, {0, 20});
    const Operation& second = b.wait(q, a, {0, 21});
    const Operation& set = b.set(r, a, {10, 15});
    EXPECT_THAT(auto_reset(), FailsSayingWith("event \"a\" satisfied p1.main's wait by 21.000 ms",
                                              these({ref(first), ref(second), ref(set)})));
}

TEST_F(AutoReset, FailsWhenTheSetComesAfterTheWait) {
    b.wait(p, a, {0, 20});
    b.set(r, a, {21, 30});
    EXPECT_THAT(auto_reset(), FailsSaying("no signal was left for it: of 0 signals"));
}

TEST_F(AutoReset, TakesEqualTimesForConcurrent) {
    b.wait(p, a, {0, 20});
    b.set(r, a, {20, 30});
    b.wait(q, a, {25, 35});
    b.set(r, a, {35, 35});
    EXPECT_THAT(auto_reset(), Passes());
}

TEST_F(AutoReset, FailsWhenSignalsCountUp) {
    b.set(r, a, {0, 1});
    b.set(r, a, {2, 3});
    b.wait(p, a, {10, 11});
    b.wait(q, a, {12, 13});
    EXPECT_THAT(auto_reset(), FailsSaying("1 satisfied another wait, 1 came while one was stored"));
}

TEST_F(AutoReset, LetsAWaitLieBetweenTwoSets) {
    b.set(r, a, {0, 1});
    b.set(r, a, {2, 3});
    b.wait(p, a, {1, 11});
    b.wait(q, a, {12, 13});
    EXPECT_THAT(auto_reset(), Passes());
}

TEST_F(AutoReset, FailsWhenTheInitialSignalIsTakenTwice) {
    const ObjectIndex c = b.event("c", true);
    b.wait(p, c, {0, 1});
    EXPECT_THAT(auto_reset(), Passes());
    b.wait(q, c, {2, 3});
    EXPECT_THAT(auto_reset(),
                FailsSaying("of 1 signal up to then, the initial one included, 1 satisfied"));
}

TEST_F(AutoReset, FailsWhenAResetSignalIsTaken) {
    b.set(r, a, {0, 1});
    b.reset(r, a, {2, 3});
    b.wait(p, a, {4, 5});
    EXPECT_THAT(auto_reset(), FailsSaying("1 had been reset"));
}

TEST_F(AutoReset, LetsAResetComeBeforeASetAtTheSameTime) {
    b.reset(q, a, {0, 3});
    b.set(r, a, {2, 3});
    b.wait(p, a, {4, 5});
    EXPECT_THAT(auto_reset(), Passes());
}

TEST_F(AutoReset, LetsAWaitComeBeforeAReset) {
    b.set(r, a, {0, 1});
    b.reset(q, a, {2, 3});
    b.wait(p, a, {3, 5});
    EXPECT_THAT(auto_reset(), Passes());
}

TEST_F(AutoReset, LetsPendingCallsHaveHelpedTheSubject) {
    const Thread s = b.process();
    b.set(s, a, {0, {}});
    b.killed(s, 3);
    b.reset(r, a, {1, {}});
    b.killed(r, 3);
    b.wait(p, a, {50, 60});
    EXPECT_THAT(auto_reset(), Passes());
}

TEST_F(AutoReset, NeedsNoSignalForAPendingWait) {
    b.wait(p, a, {0, {}});
    b.killed(p, 10);
    b.wait(q, a, {0, 20});
    b.set(r, a, {1, 2});
    finally(a, false);
    EXPECT_THAT(auto_reset(), Passes());
}

TEST_F(AutoReset, FailsWhenTheLastSignalIsGone) {
    const Operation& set = b.set(r, a, {10, 15});
    finally(a, false);
    EXPECT_THAT(auto_reset(), FailsSayingWith("was not signaled", these({ref(set)})));
}

TEST_F(AutoReset, FailsWhenADeadWaiterTakesASignalThatCameAfterItsDeath) {
    b.wait(p, a, {0, {}});
    b.killed(p, 9);
    b.set(r, a, {10, 15});
    finally(a, false);
    EXPECT_THAT(auto_reset(), FailsSaying("nobody had taken"));
}

TEST_F(AutoReset, LetsADeadWaiterHaveTakenASignalOfItsLifetime) {
    b.wait(p, a, {0, {}});
    b.killed(p, 10);
    b.set(r, a, {10, 15});
    finally(a, false);
    EXPECT_THAT(auto_reset(), Passes());
}

TEST_F(AutoReset, FailsWhenATakenSignalIsStillThere) {
    const Operation& set = b.set(r, a, {10, 15});
    const Operation& wait = b.wait(p, a, {16, 20});
    finally(a, true);
    EXPECT_THAT(auto_reset(), FailsSayingWith("its last signal had been taken or reset",
                                              these({ref(set), ref(wait)})));
}

TEST_F(AutoReset, LetsASetAtTheSameTimeAsTheTakingStay) {
    b.set(r, a, {10, 15});
    b.wait(p, a, {12, 20});
    b.set(q, a, {13, 30});
    finally(a, true);
    EXPECT_THAT(auto_reset(), Passes());
}

TEST_F(AutoReset, IsNotApplicableToOtherObjects) {
    b.set(p, m, {0, 1});
    EXPECT_THAT(auto_reset(), IsNotApplicable());
    b.by_program(a);
    b.wait(p, a, {2, 3});
    EXPECT_THAT(auto_reset(), IsNotApplicable());
}

TEST_F(ManualReset, PassesWhenASetSatisfiesAll) {
    b.wait(p, m, {0, 20});
    b.wait(q, m, {0, 21});
    b.set(r, m, {10, 15});
    b.wait(r, m, {30, 31});
    b.reset(r, m, {40, 41});
    b.wait(p, m, {50, 51}, kTimeout);
    finally(m, false);
    const Verdict told = manual_reset();
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message, "4 waits, each satisfied or not as the event was set");
}

TEST_F(ManualReset, FailsWhenNobodyHasSetIt) {
    const Operation& wait = b.wait(p, m, {0, 20});
    b.set(r, m, {21, 22});
    EXPECT_THAT(manual_reset(), FailsSayingWith("nobody had set it", these({ref(wait)})));
}

TEST_F(ManualReset, FailsWhenItWasReset) {
    const Operation& set = b.set(r, m, {0, 1});
    const Operation& reset = b.reset(r, m, {2, 3});
    const Operation& wait = b.wait(p, m, {4, 5});
    EXPECT_THAT(manual_reset(), FailsSayingWith("it was reset by 3.000 ms and not set again",
                                                these({ref(set), ref(reset), ref(wait)})));
}

TEST_F(ManualReset, LetsAWaitBeSatisfiedByAnyMomentOfItsInterval) {
    b.set(r, m, {10, 11});
    b.reset(r, m, {12, 13});
    b.wait(p, m, {0, 20});
    b.wait(q, m, {13, 20});
    EXPECT_THAT(manual_reset(), Passes());
}

TEST_F(ManualReset, LetsASetComeAfterAResetAtTheSameTime) {
    b.set(r, m, {10, 12});
    b.reset(q, m, {12, 13});
    b.wait(p, m, {14, 20});
    EXPECT_THAT(manual_reset(), Passes());
}

TEST_F(ManualReset, LetsAPendingSetAndNoPendingResetCount) {
    b.set(r, m, {0, {}});
    b.killed(r, 1);
    b.wait(p, m, {14, 20});
    EXPECT_THAT(manual_reset(), Passes());
    b.set(q, m, {30, 31});
    b.wait(p, m, {40, 41});
    const Thread s = b.process();
    b.reset(s, m, {32, {}});
    b.killed(s, 33);
    b.wait(q, m, {2000, 2001}, kTimeout);
    EXPECT_THAT(manual_reset(), Passes());
}

TEST_F(ManualReset, FailsWhenATestMissesASetEvent) {
    const Operation& set = b.set(r, m, {10, 11});
    const Operation& wait = b.wait(p, m, {12, 13}, kTimeout);
    EXPECT_THAT(manual_reset(), FailsSayingWith("it was set by 11.000 ms and not reset",
                                                these({ref(set), ref(wait)})));
}

TEST_F(ManualReset, FailsWhenATestMissesTheInitialState) {
    const ObjectIndex n = b.manual_event("n", true);
    b.wait(p, n, {12, 13}, kTimeout);
    EXPECT_THAT(manual_reset(), FailsSaying("so from the start"));
    b.reset(q, n, {13, 14});
    EXPECT_THAT(manual_reset(), Passes());
}

TEST_F(ManualReset, LetsATestMissASetAtTheSameTime) {
    b.set(r, m, {10, 12});
    b.wait(p, m, {12, 13}, kTimeout);
    b.reset(r, m, {20, 21});
    b.set(r, m, {22, 22});
    b.wait(p, m, {23, 24}, kTimeout);
    EXPECT_THAT(manual_reset(), FailsSaying("from 23.000 ms to 24.000 ms timed out"));
    HistoryBuilder other;
    const ObjectIndex n = other.manual_event("n");
    const Thread t = other.process();
    const Thread u = other.process();
    other.set(t, n, {10, 12});
    other.wait(u, n, {12, 13}, kTimeout);
    other.reset(t, n, {22, 25});
    other.wait(u, n, {23, 24}, kTimeout);
    EXPECT_THAT(judge_manual_reset(other.build()), Passes());
}

TEST_F(ManualReset, JudgesEachObjectOfAWaitForAny) {
    const ObjectIndex n = b.manual_event("n");
    b.set(r, n, {0, 1});
    b.wait_any(p, {m, n}, {2, 3}, 1);
    EXPECT_THAT(manual_reset(), Passes());
    HistoryBuilder wrong_one = b;
    wrong_one.wait_any(p, {m, n}, {4, 5}, 0);
    EXPECT_THAT(judge_manual_reset(wrong_one.build()), FailsSaying("event \"m\""));
    b.wait_any(p, {m, n}, {4, 5}, 0, kTimeout);
    EXPECT_THAT(manual_reset(), FailsSaying("event \"n\""));
}

TEST_F(ManualReset, ComparesTheFinalState) {
    b.wait(p, m, {0, 1}, kTimeout);
    b.set(r, m, {0, 1});
    HistoryBuilder other = b;
    finally(m, false);
    EXPECT_THAT(manual_reset(), FailsSaying("was not signaled"));
    other.reset(r, m, {2, 3});
    other.state(other.quiescence(1000), m).signaled = true;
    EXPECT_THAT(judge_manual_reset(other.build()), FailsSaying("was signaled"));
}

TEST_F(ManualReset, IsNotApplicableWithoutAWait) {
    b.set(r, m, {0, 1});
    EXPECT_THAT(manual_reset(), IsNotApplicable());
    b.by_program(m);
    b.wait(r, m, {2, 3});
    EXPECT_THAT(manual_reset(), IsNotApplicable());
}

}  // namespace
}  // namespace castaway::harness::testing
