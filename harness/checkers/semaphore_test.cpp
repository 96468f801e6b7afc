// Counts within bounds, none lost or invented.
#include <gtest/gtest.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

class SemaphoreCheck : public ::testing::Test {
  protected:
    HistoryBuilder b;
    ObjectIndex s = b.semaphore("s", 1, 3);
    Thread p = b.process();
    Thread q = b.process();
    Thread r = b.process();

    [[nodiscard]] Verdict verdict() const { return judge_semaphore(b.build()); }
    /// While all is quiet, the semaphore has that count.
    void finally(std::int64_t count) { b.state(b.quiescence(1000), s).value = count; }
};

TEST_F(SemaphoreCheck, PassesWhenTheCountsAddUp) {
    b.wait(p, s, {0, 10});
    b.release(q, s, 2, {20, 30}, 0);
    b.wait(r, s, {5, 25});
    b.release(p, s, 2, {40, 50}, 1);
    b.release(p, s, 1, {60, 70}, 0, failed_with(298));
    finally(3);
    const Verdict told = verdict();
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message, "the counts of 1 semaphore add up");
}

TEST_F(SemaphoreCheck, FailsWhenMoreIsTakenThanThereIs) {
    const Operation& first = b.wait(p, s, {0, 10});
    const Operation& second = b.wait(q, s, {0, 20});
    finally(0);
    EXPECT_THAT(verdict(), FailsSayingWith("by 20.000 ms, 2 waits had taken semaphore \"s\", and "
                                           "with initial count 1 and 0 released there were 1",
                                           these({ref(first), ref(second)})));
}

TEST_F(SemaphoreCheck, FailsWhenOneIsTakenBeforeItIsReleased) {
    b.wait(p, s, {0, 10});
    b.wait(q, s, {0, 20});
    b.release(r, s, 1, {21, 30}, 0);
    finally(0);
    EXPECT_THAT(verdict(), FailsSaying("by 20.000 ms"));
}

TEST_F(SemaphoreCheck, TakesEqualTimesForConcurrent) {
    b.wait(p, s, {0, 10});
    b.wait(q, s, {0, 20});
    b.release(r, s, 1, {20, 30}, 0);
    finally(0);
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(SemaphoreCheck, LetsAPendingReleaseHaveReleased) {
    b.wait(p, s, {0, 10});
    b.wait(q, s, {0, 20});
    b.release(r, s, 1, {15, {}}, 0);
    b.killed(r, 30);
    finally(0);
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(SemaphoreCheck, FailsAboveTheMaximum) {
    const Operation& first = b.release(p, s, 2, {0, 10}, 1);
    const Operation& second = b.release(q, s, 1, {11, 20}, 2);
    finally(4);
    EXPECT_THAT(verdict(),
                FailsSayingWith("had count 4 at least", these({ref(first), ref(second)})));
}

TEST_F(SemaphoreCheck, LetsAWaitInBetweenMakeRoom) {
    b.release(p, s, 2, {0, 10}, 1);
    b.release(q, s, 1, {11, 20}, 2);
    b.wait(r, s, {20, 30});
    finally(3);
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(SemaphoreCheck, FailsWhenThePreviousCountIsWrong) {
    const Operation& release = b.release(p, s, 1, {0, 10}, 0);
    finally(2);
    EXPECT_THAT(verdict(),
                FailsSayingWith("told the previous count 0, and it was 1", these({ref(release)})));
}

TEST_F(SemaphoreCheck, LetsThePreviousCountBeWhatAnyOrderGives) {
    for (const std::int32_t previous : {0, 1, 2}) {
        HistoryBuilder any = b;
        any.release(p, s, 1, {0, 10}, previous);
        any.wait(q, s, {5, 15});
        any.release(r, s, 1, {5, 15}, 1);
        any.state(any.quiescence(1000), s).value = 2;
        EXPECT_THAT(judge_semaphore(any.build()), Passes()) << previous;
    }
    b.release(p, s, 1, {0, 10}, 3);
    EXPECT_THAT(verdict(), FailsSaying("previous count 3"));
}

TEST_F(SemaphoreCheck, FailsWhenAReleaseIsRefusedThoughThereIsRoom) {
    const Operation& refused = b.release(p, s, 2, {0, 10}, 0, failed_with(298));
    finally(1);
    EXPECT_THAT(verdict(), FailsSayingWith("there was room for 2", these({ref(refused)})));
}

TEST_F(SemaphoreCheck, LetsAReleaseBeRefusedForAnotherAtTheSameTime) {
    b.release(p, s, 2, {0, 10}, 0, failed_with(298));
    b.release(q, s, 1, {10, 20}, 1);
    finally(2);
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(SemaphoreCheck, FailsWhenACountBelowOneIsReleased) {
    b.release(p, s, 0, {0, 10}, 1);
    finally(1);
    EXPECT_THAT(verdict(), FailsSaying("a count below 1 fails with 87"));
}

TEST_F(SemaphoreCheck, WantsCode87ForACountBelowOneAlone) {
    b.release(p, s, -1, {0, 10}, 0, failed_with(87));
    finally(1);
    EXPECT_THAT(verdict(), Passes());
    b.release(p, s, 1, {11, 12}, 0, failed_with(87));
    EXPECT_THAT(verdict(), FailsSaying("failed with 87, though its count is 1"));
}

TEST_F(SemaphoreCheck, FailsWhenTheFinalCountIsNotWhatIsLeft) {
    const Operation& release = b.release(p, s, 1, {0, 10}, 1);
    const Operation& wait = b.wait(q, s, {20, 30});
    finally(2);
    EXPECT_THAT(verdict(), FailsSayingWith("had count 2; initial 1 + released 1 - taken 1 leaves 1",
                                           these({ref(release), ref(wait)})));
}

TEST_F(SemaphoreCheck, LetsADeadWaiterHaveTakenOne) {
    b.wait(p, s, {0, {}});
    b.killed(p, 10);
    HistoryBuilder other = b;
    finally(0);
    EXPECT_THAT(verdict(), Passes());
    other.state(other.quiescence(1000), s).value = 1;
    EXPECT_THAT(judge_semaphore(other.build()), Passes());
}

TEST_F(SemaphoreCheck, FailsWhenADeadWaiterTakesWhatIsReleasedAfterItsDeath) {
    b.wait(q, s, {0, 1});
    b.wait(p, s, {2, {}});
    b.killed(p, 10);
    b.release(r, s, 1, {11, 20}, 0);
    finally(0);
    EXPECT_THAT(verdict(), FailsSaying("had count 0"));
}

TEST_F(SemaphoreCheck, FailsWhenADeathGivesACountBack) {
    b.wait(p, s, {0, 1});
    b.killed(p, 10);
    finally(1);
    EXPECT_THAT(verdict(), FailsSaying("taken 1 leaves 0"));
}

TEST_F(SemaphoreCheck, CountsOnlyWhatSatisfiedAWaitForAny) {
    const ObjectIndex e = b.event("e");
    b.wait_any(p, {e, s}, {0, 10}, 0);
    b.wait_any(q, {e, s}, {0, 10}, 1);
    finally(0);
    EXPECT_THAT(verdict(), Passes());
    b.wait_any(r, {e, s}, {0, 10}, 1);
    EXPECT_THAT(verdict(), FailsSaying("2 waits had taken"));
}

TEST_F(SemaphoreCheck, IsInconclusiveWithoutAFinalCount) {
    b.wait(p, s, {0, 10});
    EXPECT_THAT(verdict(), IsInconclusive());
    b.create(q, s, {0, 1});
    b.quiescence(1000);
    EXPECT_THAT(verdict(), IsInconclusive());
}

TEST_F(SemaphoreCheck, NeedsNoFinalCountOfASemaphoreWhoseUsersAreAllDead) {
    b.create(p, s, {0, 1});
    b.wait(p, s, {2, 10});
    b.killed(p, 20);
    b.quiescence(1000);
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(SemaphoreCheck, IsNotApplicableToSemaphoresThatCanVanish) {
    b.by_program(s);
    b.wait(p, s, {0, 10});
    b.wait(q, s, {0, 10});
    EXPECT_THAT(verdict(), IsNotApplicable());
}

TEST_F(SemaphoreCheck, IsNotApplicableWhenNoneIsUsed) {
    b.create(p, s, {0, 1});
    EXPECT_THAT(verdict(), IsNotApplicable());
}

}  // namespace
}  // namespace castaway::harness::testing
