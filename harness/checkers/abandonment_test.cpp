// Each death of an owner is told once, to the next one.
#include <gtest/gtest.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

class Abandonment : public ::testing::Test {
  protected:
    HistoryBuilder b;
    ObjectIndex m = b.mutex("m");
    Thread p = b.process();
    Thread q = b.process();
    Thread r = b.process();

    [[nodiscard]] Verdict verdict() const { return judge_abandonment(b.build()); }

    /// p owns the mutex and is killed.
    const Operation& owner_dies() {
        const Operation& taken = b.wait(p, m, {0, 10});
        b.killed(p, 20);
        return taken;
    }
};

TEST_F(Abandonment, PassesWhenTheNextOneIsToldAndTheOneAfterIsNot) {
    owner_dies();
    b.wait(q, m, {5, 30}, kAbandoned);
    b.release(q, m, {40, 50});
    b.wait(r, m, {5, 60});
    b.release(r, m, {70, 80});
    const Verdict told = verdict();
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message, "of 3 holdings, 1 ended by death; 1 wait was told of one");
}

TEST_F(Abandonment, FailsWhenNobodyIsTold) {
    const Operation& dead = owner_dies();
    const Operation& next = b.wait(q, m, {5, 30});
    EXPECT_THAT(verdict(), FailsSayingWith("p1.main took mutex \"m\" at 30.000 ms and was not told "
                                           "that p0.main had ended owning it",
                                           these({ref(dead), ref(next)})));
}

TEST_F(Abandonment, FailsWhenADeathIsToldTwice) {
    owner_dies();
    const Operation& told = b.wait(q, m, {5, 30}, kAbandoned);
    const Operation& release = b.release(q, m, {40, 50});
    const Operation& again = b.wait(r, m, {5, 60}, kAbandoned);
    EXPECT_THAT(verdict(),
                FailsSayingWith("p1.main, its owner before, had released it by 50.000 ms",
                                these({ref(told), ref(again), ref(release)})));
}

TEST_F(Abandonment, FailsWhenNobodyHasDied) {
    const Operation& told = b.wait(p, m, {0, 10}, kAbandoned);
    EXPECT_THAT(verdict(), FailsSayingWith("nobody had owned it before", these({ref(told)})));
}

TEST_F(Abandonment, FailsWhenAnOwnerIsToldOfItself) {
    b.wait(p, m, {0, 10});
    const Operation& told = b.wait(p, m, {11, 12}, kAbandoned);
    EXPECT_THAT(verdict(), FailsSayingWith("owned it itself", these({ref(told)})));
}

TEST_F(Abandonment, FailsWhenAnythingButAMutexIsAbandoned) {
    const ObjectIndex e = b.event("e");
    const Operation& told = b.wait_any(p, {m, e}, {0, 10}, 1, kAbandoned);
    EXPECT_THAT(verdict(), FailsSayingWith("event \"e\"", these({ref(told)})));
}

TEST_F(Abandonment, TellsAgainWhenTheOneThatWasToldDies) {
    owner_dies();
    b.wait(q, m, {5, 30}, kAbandoned);
    b.killed(q, 40);
    b.wait(r, m, {5, 50}, kAbandoned);
    EXPECT_THAT(verdict(), Passes());
    b.release(r, m, {51, 52});
    b.wait(b.process(), m, {5, 60}, kAbandoned);
    EXPECT_THAT(verdict(), FailsSaying("had released it by 52.000 ms"));
}

TEST_F(Abandonment, TellsOfAThreadThatEndsInALivingProcess) {
    const Thread t = b.thread(p);
    b.wait(t, m, {0, 10});
    b.ended(t, 12);
    HistoryBuilder not_told = b;
    b.wait(p, m, {5, 30}, kAbandoned);
    EXPECT_THAT(verdict(), Passes());
    not_told.wait(p, m, {5, 30});
    EXPECT_THAT(judge_abandonment(not_told.build()), FailsSaying("p0.t1 had ended owning it"));
}

TEST_F(Abandonment, TellsOfADeathAtAnyDepth) {
    b.wait(p, m, {0, 10});
    b.wait(p, m, {11, 12});
    b.release(p, m, {13, 14});
    b.killed(p, 20);
    b.wait(q, m, {5, 30});
    EXPECT_THAT(verdict(), FailsSaying("not told"));
}

TEST_F(Abandonment, TellsOfAllMutexesOfOneDeath) {
    const ObjectIndex n = b.mutex("n");
    b.wait(p, m, {0, 1});
    b.wait(p, n, {2, 3});
    b.killed(p, 20);
    b.wait(q, m, {5, 30}, kAbandoned);
    b.wait(r, n, {5, 30});
    EXPECT_THAT(verdict(), FailsSaying("mutex \"n\""));
}

TEST_F(Abandonment, LetsAPendingReleaseHaveBeenEither) {
    for (const How& how : {kOk, kAbandoned}) {
        HistoryBuilder either = b;
        either.wait(p, m, {0, 10});
        either.release(p, m, {11, {}});
        either.killed(p, 20);
        either.wait(q, m, {5, 30}, how);
        EXPECT_THAT(judge_abandonment(either.build()), Passes());
    }
}

TEST_F(Abandonment, KnowsTheOwnerWhenAnInnerReleaseIsPending) {
    b.wait(p, m, {0, 10});
    b.wait(p, m, {11, 12});
    b.release(p, m, {13, {}});
    b.killed(p, 20);
    b.wait(q, m, {5, 30});
    EXPECT_THAT(verdict(), FailsSaying("not told"));
}

TEST_F(Abandonment, LetsADeadWaiterHaveBeenAnOwnerOnce) {
    b.wait(p, m, {0, {}});
    b.killed(p, 20);
    b.wait(q, m, {5, 30}, kAbandoned);
    b.release(q, m, {31, 32});
    EXPECT_THAT(verdict(), Passes());
    b.wait(r, m, {5, 40}, kAbandoned);
    EXPECT_THAT(verdict(), FailsSaying("had released it by 32.000 ms"));
}

TEST_F(Abandonment, NeedNotBelieveThatADeadWaiterWasAnOwner) {
    b.wait(p, m, {0, {}});
    b.killed(p, 20);
    b.wait(q, m, {5, 30});
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Abandonment, LetsADeadWaiterHaveBeenAnOwnerOnlyInItsLife) {
    b.wait(p, m, {0, {}});
    b.killed(p, 20);
    b.wait(q, m, {5, 10});
    b.release(q, m, {30, 31});
    b.wait(r, m, {32, 40}, kAbandoned);
    EXPECT_THAT(verdict(), FailsSaying("was told at 40.000 ms"));
}

TEST_F(Abandonment, GivesEachDeadWaiterToTheGapThatNeedsIt) {
    // Two gaps, two dead waiters; only one of these died early enough for the first gap.
    const Thread s = b.process();
    b.wait(r, m, {0, {}});
    b.killed(r, 100);
    b.wait(s, m, {0, {}});
    b.killed(s, 20);
    b.wait(p, m, {0, 10}, kAbandoned);
    b.release(p, m, {30, 31});
    b.wait(q, m, {32, 40}, kAbandoned);
    EXPECT_THAT(verdict(), Passes());
    b.killed(r, 25);
    EXPECT_THAT(verdict(), FailsSaying("p1.main was told"));
}

TEST_F(Abandonment, LetsAWaitForAnyHaveTakenTheMutex) {
    const ObjectIndex e = b.event("e");
    b.wait_any(p, {e, m}, {0, {}});
    b.killed(p, 20);
    b.wait(q, m, {5, 30}, kAbandoned);
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Abandonment, LeavesTheOrderOfHoldingsOfNoLengthOpen) {
    b.wait(p, m, {0, 10});
    b.killed(p, 30);
    b.wait(q, m, {5, 10}, kAbandoned);
    b.release(q, m, {10, 10});
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Abandonment, LetsAShortLivedMutexForgetADeath) {
    b.by_program(m);
    owner_dies();
    b.wait(q, m, {25, 30});
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Abandonment, FailsWhenTheSnapshotHasForgottenADeath) {
    const Operation& dead = owner_dies();
    Snapshot& snapshot = b.quiescence(100);
    ObjectState& state = b.state(snapshot, m);
    state.signaled = true;
    EXPECT_THAT(verdict(), FailsSayingWith("not marked as abandoned", these({ref(dead)})));
    state.abandoned = true;
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Abandonment, FailsWhenTheSnapshotStillHasAMarkThatWasTold) {
    owner_dies();
    b.wait(q, m, {5, 30}, kAbandoned);
    b.release(q, m, {40, 50});
    Snapshot& snapshot = b.quiescence(100);
    ObjectState& state = b.state(snapshot, m);
    state.abandoned = true;
    EXPECT_THAT(verdict(), FailsSaying("is marked as abandoned"));
    state.abandoned = false;
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Abandonment, SaysNothingOfAMarkThatADeadWaiterMayHaveLeft) {
    b.wait(q, m, {5, 30});
    b.release(q, m, {40, 50});
    b.wait(p, m, {0, {}});
    b.killed(p, 60);
    b.state(b.quiescence(100), m).abandoned = true;
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Abandonment, IsInconclusiveWhereHoldingsOverlap) {
    b.wait(p, m, {0, 10});
    b.release(p, m, {30, 40});
    b.wait(q, m, {5, 20}, kAbandoned);
    b.release(q, m, {50, 60});
    EXPECT_THAT(verdict(), IsInconclusive());
}

TEST_F(Abandonment, IsNotApplicableWithoutAHolding) {
    b.wait(p, m, {0, 10}, kTimeout);
    EXPECT_THAT(verdict(), IsNotApplicable());
}

}  // namespace
}  // namespace castaway::harness::testing
