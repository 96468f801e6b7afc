// Timers: never early, never more often than they expire.
#include <gtest/gtest.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

class Timers : public ::testing::Test {
  protected:
    HistoryBuilder b;
    ObjectIndex t = b.timer("t");
    ObjectIndex m = b.manual_timer("m");
    Thread p = b.process();
    Thread q = b.process();

    [[nodiscard]] Verdict verdict() const { return judge_timers(b.build()); }
};

TEST_F(Timers, PassWhenNobodyIsSatisfiedEarly) {
    b.set_timer(p, t, {0, 1}, 10);
    b.wait(q, t, {0, 10});
    b.set_timer(p, m, {2, 3}, 10);
    b.wait(q, m, {11, 12});
    b.wait(q, m, {13, 14});
    const Verdict told = verdict();
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message, "3 waits satisfied, none before its timer was due");
}

TEST_F(Timers, FailWhenSatisfiedBeforeTheDueTime) {
    const Operation& armed = b.set_timer(p, t, {0, 5}, 10);
    const Operation& wait = b.wait(q, t, {0, 9});
    EXPECT_THAT(verdict(), FailsSayingWith(
                               "timer \"t\" satisfied p1.main's wait by 9.000 ms, and it was armed "
                               "at 0.000 ms to be due 10.000 ms later, not before 10.000 ms",
                               these({ref(armed), ref(wait)})));
}

TEST_F(Timers, FailWhenNobodyArmedThem) {
    const Operation& wait = b.wait(q, m, {0, 9});
    EXPECT_THAT(verdict(), FailsSayingWith("nobody had armed it", these({ref(wait)})));
}

TEST_F(Timers, SignalAtOnceForDueTimeZero) {
    b.set_timer(p, t, {0, 5}, 0);
    b.wait(q, t, {0, 0});
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Timers, FailWhenASignalOutlivesANewArming) {
    b.set_timer(p, m, {0, 1}, 0);
    b.set_timer(p, m, {2, 3}, 100);
    b.wait(q, m, {3, 50});
    EXPECT_THAT(verdict(), Passes());
    b.wait(q, m, {51, 52});
    EXPECT_THAT(verdict(), FailsSaying("not before 102.000 ms"));
}

TEST_F(Timers, LetTheOrderOfTwoArmingsAtTheSameTimeBeEither) {
    b.set_timer(p, m, {0, 3}, 0);
    b.set_timer(q, m, {3, 4}, 1000);
    b.wait(p, m, {10, 11});
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Timers, FailWhenACancelledOneIsSignaled) {
    b.set_timer(p, t, {0, 1}, 10);
    b.cancel(p, t, {2, 9});
    b.wait(q, t, {0, 50});
    EXPECT_THAT(verdict(), FailsSaying("was undone before its time"));
}

TEST_F(Timers, KeepASignalThatACancellingFinds) {
    b.set_timer(p, t, {0, 1}, 10);
    b.cancel(p, t, {2, 10});
    b.wait(q, t, {20, 50});
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Timers, LetPendingCallsHaveHelpedTheSubject) {
    b.set_timer(p, m, {0, {}}, 10);
    b.killed(p, 5);
    b.wait(q, m, {0, 10});
    EXPECT_THAT(verdict(), Passes());
    const Thread r = b.process();
    b.cancel(r, m, {1, {}});
    b.killed(r, 5);
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Timers, FailWhenOneExpirySatisfiesTwo) {
    b.set_timer(p, t, {0, 1}, 10);
    b.wait(p, t, {2, 12});
    b.wait(q, t, {2, 30});
    EXPECT_THAT(verdict(), FailsSaying("timer \"t\" satisfied 2 waits by 30.000 ms, and of the 1 "
                                       "expiry"));
}

TEST_F(Timers, LetEachPeriodSatisfyOne) {
    b.set_timer(p, t, {0, 1}, 10, 10);
    for (std::int64_t i = 1; i <= 5; ++i) {
        b.wait(q, t, {10 * i - 5, 10 * i});
    }
    EXPECT_THAT(verdict(), Passes());
    b.wait(p, t, {40, 50});
    EXPECT_THAT(verdict(), FailsSaying("satisfied 6 waits"));
}

TEST_F(Timers, FailWhenPeriodsThatPassedCountUp) {
    b.set_timer(p, t, {0, 1}, 10, 10);
    b.wait(q, t, {200, 201});
    b.wait(q, t, {202, 203});
    EXPECT_THAT(verdict(), Passes());  // One was stored, one may come just then.
    b.wait(q, t, {204, 205});
    b.wait(q, t, {206, 207});
    EXPECT_THAT(verdict(), FailsSaying("no more were there to be taken"));
}

TEST_F(Timers, StopExpiringWhenCancelled) {
    b.set_timer(p, t, {0, 1}, 10, 10);
    b.wait(q, t, {5, 12});
    b.cancel(p, t, {13, 14});
    b.wait(q, t, {15, 500});
    EXPECT_THAT(verdict(), FailsSaying("satisfied 2 waits"));
}

TEST_F(Timers, WithRoutinesAreCancelledWhenTheirSetterEnds) {  // TMR-10
    Operation& armed = b.set_timer(p, t, {0, 1}, 1500);
    b.ended(p, 10);
    const Operation& wait = b.wait(q, t, {2, 2000});
    EXPECT_THAT(verdict(), Passes());
    armed.with_routine = true;
    EXPECT_THAT(verdict(),
                FailsSayingWith("was undone before its time", these({ref(armed), ref(wait)})));
    armed.due_ns = 500'000'000;  // the subject may not have noticed by then
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Timers, WithRoutinesNeedNotExpireWhenTheirSetterMayHaveEnded) {  // TMR-10
    Operation& armed = b.set_timer(p, t, {0, 1}, 100);
    b.killed(p, 200);
    b.stuck(q);
    b.wait(q, t, {2, {}});
    b.quiescence(5000);
    EXPECT_THAT(judge_lost_wakeup(b.build()), FailsSaying("timer \"t\" must have been signaled"));
    armed.with_routine = true;
    EXPECT_THAT(judge_lost_wakeup(b.build()), Passes());
}

TEST_F(Timers, AreNotJudgedWhenTheyCanVanish) {
    b.by_program(t);
    b.wait(q, t, {0, 9});
    EXPECT_THAT(verdict(), IsNotApplicable());
}

TEST_F(Timers, AreNotApplicableWhenUnused) {
    b.wait(q, m, {0, 9}, kTimeout);
    EXPECT_THAT(verdict(), IsNotApplicable());
}

}  // namespace
}  // namespace castaway::harness::testing
