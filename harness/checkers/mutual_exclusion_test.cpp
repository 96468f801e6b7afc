// mutual_exclusion and mutex_release: who holds a mutex, and who may give it back.
#include <gtest/gtest.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

class MutexHistory : public ::testing::Test {
  protected:
    HistoryBuilder b;
    ObjectIndex m = b.mutex("m");
    Thread p = b.process();
    Thread q = b.process();

    [[nodiscard]] Verdict exclusion() const { return judge_mutual_exclusion(b.build()); }
    [[nodiscard]] Verdict releases() const { return judge_mutex_release(b.build()); }
};

using MutualExclusion = MutexHistory;
using MutexRelease = MutexHistory;

TEST_F(MutualExclusion, PassesWhenOneHoldsAfterTheOther) {
    b.wait(p, m, {0, 10});
    b.release(p, m, {20, 30});
    b.wait(q, m, {5, 25});
    b.release(q, m, {40, 50});
    const Verdict verdict = exclusion();
    EXPECT_THAT(verdict, Passes());
    EXPECT_EQ(verdict.message, "2 holdings of 1 mutex, no two at once");
}

TEST_F(MutualExclusion, FailsWhenTwoSurelyHoldAtOnce) {
    const Operation& first = b.wait(p, m, {0, 10});
    const Operation& first_release = b.release(p, m, {30, 40});
    const Operation& second = b.wait(q, m, {5, 20});
    const Operation& second_release = b.release(q, m, {50, 60});
    EXPECT_THAT(
        exclusion(),
        FailsSayingWith("p0.main held it from 10.000 ms to 30.000 ms, and p1.main held it "
                        "from 20.000 ms to 50.000 ms",
                        these({ref(first), ref(second), ref(first_release), ref(second_release)})));
}

TEST_F(MutualExclusion, FailsWhenAHoldingOfNoLengthLiesInsideAnother) {
    b.wait(p, m, {0, 10});
    b.release(p, m, {30, 40});
    b.wait(q, m, {15, 20});
    b.release(q, m, {20, 25});
    EXPECT_THAT(exclusion(), FailsSaying("at once"));
}

TEST_F(MutualExclusion, TakesEqualTimesForConcurrent) {
    b.wait(p, m, {0, 10});
    b.release(p, m, {20, 30});
    b.wait(q, m, {0, 20});
    b.release(q, m, {20, 20});
    b.wait(q, m, {20, 20});
    b.release(q, m, {20, 40});
    EXPECT_THAT(exclusion(), Passes());
}

TEST_F(MutualExclusion, FindsAnOverlapBehindALongHolding) {
    const Thread r = b.process();
    b.wait(p, m, {0, 1});
    b.release(p, m, {100, 110});
    b.wait(q, m, {100, 120});
    b.release(q, m, {130, 140});
    EXPECT_THAT(exclusion(), Passes());
    b.wait(r, m, {2, 50});
    b.release(r, m, {60, 70});
    EXPECT_THAT(exclusion(), FailsSaying("p0.main"));
}

TEST_F(MutualExclusion, CountsRecursion) {
    b.wait(p, m, {0, 10});
    b.wait(p, m, {11, 12});
    b.release(p, m, {13, 14});
    b.release(p, m, {30, 31});
    b.wait(q, m, {15, 20});
    b.release(q, m, {21, 22});
    EXPECT_THAT(exclusion(), FailsSaying("p0.main held it from 10.000 ms to 30.000 ms"));
}

TEST_F(MutualExclusion, SeesThreadsOfOneProcessAsDifferentOwners) {
    const Thread other = b.thread(p);
    b.wait(p, m, {0, 10});
    b.release(p, m, {30, 40});
    b.wait(other, m, {5, 20});
    EXPECT_THAT(exclusion(), FailsSaying("p0.t1"));
}

TEST_F(MutualExclusion, SeesWhatAWaitForAnyTook) {
    const ObjectIndex e = b.event("e");
    b.wait(p, m, {0, 10});
    b.release(p, m, {30, 40});
    b.wait_any(q, {e, m}, {5, 20}, 0);
    EXPECT_THAT(exclusion(), Passes());
    b.wait_any(q, {e, m}, {21, 22}, 1);
    b.release(q, m, {23, 24});
    EXPECT_THAT(exclusion(), FailsSaying("at once"));
}

TEST_F(MutualExclusion, LetsAKilledOwnerHaveDiedRightAfterItsLastEvent) {
    b.wait(p, m, {0, 10});
    b.killed(p, 100);
    b.wait(q, m, {5, 11}, kAbandoned);
    EXPECT_THAT(exclusion(), Passes());
}

TEST_F(MutualExclusion, KnowsThatAnOwnerLivedWhenItsFaultStruck) {
    b.wait(p, m, {0, 10});
    b.killed(p, 100);
    b.raw().faults.push_back({0, p.process, 50'000'000, "kill p0"});
    b.wait(q, m, {5, 11}, kAbandoned);
    b.release(q, m, {20, 21});
    EXPECT_THAT(exclusion(), FailsSaying("p0.main held it from 10.000 ms to 50.000 ms"));
}

TEST_F(MutualExclusion, DoesNotTakeAnotherThreadsLastEventForASignOfLife) {
    // The threads of a killed process end one by one.
    const Thread other = b.thread(p);
    const ObjectIndex e = b.event("e");
    b.wait(p, m, {0, 10});
    b.set(other, e, {12, 13});
    b.killed(p, 100);
    b.wait(q, m, {5, 11}, kAbandoned);
    b.release(q, m, {11, 12});
    EXPECT_THAT(exclusion(), Passes());
}

TEST_F(MutualExclusion, EndsAHoldingWithItsThread) {
    b.wait(p, m, {0, 10});
    b.ended(p, 15);
    b.wait(q, m, {5, 16}, kAbandoned);
    EXPECT_THAT(exclusion(), Passes());
    b.wait(b.process(), m, {5, 14}, kAbandoned);
    EXPECT_THAT(exclusion(), FailsSaying("p0.main held it from 10.000 ms to 15.000 ms"));
}

TEST_F(MutualExclusion, LetsAPendingReleaseHaveReleased) {
    b.wait(p, m, {0, 10});
    b.release(p, m, {20, {}});
    b.killed(p, 100);
    b.wait(q, m, {5, 21});
    EXPECT_THAT(exclusion(), Passes());
}

TEST_F(MutualExclusion, LetsAPendingWaitHaveGotNothing) {
    b.wait(p, m, {0, 10});
    b.release(p, m, {20, 30});
    b.wait(q, m, {1, {}});
    b.killed(q, 100);
    EXPECT_THAT(exclusion(), Passes());
}

TEST_F(MutualExclusion, KnowsThatAThreadThatFinishedHeldToTheEnd) {
    b.wait(p, m, {0, 10});
    b.close(p, m, {90, 91});
    b.wait(q, m, {5, 50});
    b.release(q, m, {60, 61});
    EXPECT_THAT(exclusion(), FailsSaying("p0.main held it from 10.000 ms to 91.000 ms"));
}

TEST_F(MutualExclusion, FailsWhenAnOwnerCannotAcquireAgain) {
    b.wait(p, m, {0, 10});
    const Operation& again = b.wait(p, m, {11, 12}, kTimeout);
    EXPECT_THAT(exclusion(), FailsSayingWith("which it owned itself", these({ref(again)})));
}

TEST_F(MutualExclusion, LeavesOutAMutexThatCanHaveVanishedWhileHeld) {
    b.by_program(m);
    b.wait(p, m, {0, 10});
    b.close(p, m, {12, 13});
    b.wait(q, m, {14, 15});
    b.release(q, m, {16, 17});
    b.create(p, m, {18, 19});
    b.release(p, m, {30, 31}, failed_with(288));
    EXPECT_THAT(exclusion(), IsNotApplicable());
    EXPECT_THAT(releases(), IsNotApplicable());
}

TEST_F(MutualExclusion, FollowsAShortLivedMutexWhileItsHolderHasAHandle) {
    b.by_program(m);
    b.wait(p, m, {0, 10});
    b.release(p, m, {30, 40});
    b.close(p, m, {41, 42});
    b.wait(q, m, {5, 20});
    b.release(q, m, {21, 22});
    EXPECT_THAT(exclusion(), FailsSaying("at once"));
}

TEST_F(MutualExclusion, IsNotApplicableWithoutAHolding) {
    b.wait(p, m, {0, 10}, kTimeout);
    EXPECT_THAT(exclusion(), IsNotApplicable());
}

TEST_F(MutexRelease, PassesWhenEachReleasesWhatItAcquired) {
    b.release(q, m, {0, 1}, failed_with(288));
    b.wait(p, m, {2, 3});
    b.release(q, m, {4, 5}, failed_with(288));
    b.release(p, m, {6, 7});
    b.release(p, m, {8, 9}, failed_with(288));
    const Verdict verdict = releases();
    EXPECT_THAT(verdict, Passes());
    EXPECT_EQ(verdict.message, "4 releases, each as its thread's ownership has it");
}

TEST_F(MutexRelease, FailsWhenAThreadReleasesWhatItDoesNotOwn) {
    b.wait(p, m, {0, 10});
    const Operation& release = b.release(q, m, {11, 12});
    EXPECT_THAT(releases(), FailsSayingWith("p1.main's release of mutex \"m\" at 11.000 ms "
                                            "succeeded, and the thread did not own it",
                                            these({ref(release)})));
}

TEST_F(MutexRelease, FailsWhenOneReleaseTooManySucceeds) {
    const Operation& wait = b.wait(p, m, {0, 10});
    b.release(p, m, {11, 12});
    const Operation& release = b.release(p, m, {13, 14});
    EXPECT_THAT(releases(), FailsSayingWith("did not own it", these({ref(wait), ref(release)})));
}

TEST_F(MutexRelease, FailsWhenTheOwnerIsRefused) {
    const Operation& wait = b.wait(p, m, {0, 10}, kAbandoned);
    const Operation& release = b.release(p, m, {11, 12}, failed_with(288));
    EXPECT_THAT(releases(), FailsSayingWith("failed with error 288, and the thread owned it",
                                            these({ref(wait), ref(release)})));
}

TEST_F(MutexRelease, FailsWhenOneLevelOfRecursionIsLost) {
    b.wait(p, m, {0, 10});
    b.wait(p, m, {11, 12});
    b.release(p, m, {13, 14});
    b.release(p, m, {15, 16}, failed_with(288));
    EXPECT_THAT(releases(), FailsSaying("and the thread owned it"));
}

TEST_F(MutexRelease, FailsWhenTheRefusalHasAnotherCode) {
    b.release(p, m, {11, 12}, failed_with(6));
    EXPECT_THAT(releases(), FailsSaying("fails with 288"));
    b.by_program(m);
    EXPECT_THAT(releases(), Passes());
}

TEST_F(MutexRelease, SaysNothingOfAPendingRelease) {
    b.release(p, m, {11, {}});
    b.killed(p, 20);
    EXPECT_THAT(releases(), Passes());
}

TEST_F(MutexRelease, IsNotApplicableWithoutARelease) {
    b.wait(p, m, {0, 10});
    EXPECT_THAT(releases(), IsNotApplicable());
}

}  // namespace
}  // namespace castaway::harness::testing
