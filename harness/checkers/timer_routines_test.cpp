// Timers' routines: run by who set them, as the timers expire, and no more once that is undone.
#include <gtest/gtest.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

class TimerRoutines : public ::testing::Test {
  protected:
    HistoryBuilder b;
    ObjectIndex t = b.timer("t");
    Thread p = b.process();
    Thread q = b.process();

    /// A timer set with a routine by `p`.
    Operation& set(At at, std::int64_t due_ms, std::int32_t period_ms = 0) {
        Operation& operation = b.set_timer(p, t, at, due_ms, period_ms);
        operation.with_routine = true;
        return operation;
    }
    /// `p` sleeps and runs these.
    Operation& run(At at, std::vector<CallId> calls) {
        return HistoryBuilder::alerted(b.sleep(p, at), std::move(calls));
    }
    [[nodiscard]] Verdict verdict() const { return judge_calls(b.build()); }
};

TEST_F(TimerRoutines, PassOnceForATimerThatExpiresOnce) {
    const Operation& armed = set({0, 1}, 10);
    run({2, 10}, {call_by(armed)});
    b.sleep(p, {11, 2000}, 100);
    const Verdict told = verdict();
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message, "timers' routines ran 1 time; where they may, in order and in time");
}

TEST_F(TimerRoutines, FailBeforeTheDueTime) {  // TMR-09
    const Operation& armed = set({0, 1}, 10);
    Operation& sleep = run({2, 10}, {call_by(armed)});
    sleep.returned_ns -= 1;
    EXPECT_THAT(verdict(),
                FailsSayingWith("ran the routine of timer \"t\", set at 0.000 ms to be due 10.000 "
                                "ms later, before that time",
                                these({ref(armed), ref(sleep)})));
}

TEST_F(TimerRoutines, FailInAnotherThread) {  // TMR-09
    const Operation& armed = set({0, 1}, 10);
    const Operation& sleep = HistoryBuilder::alerted(b.sleep(q, {2, 20}), {call_by(armed)});
    EXPECT_THAT(verdict(),
                FailsSayingWith("which is for another thread", these({ref(armed), ref(sleep)})));
}

TEST_F(TimerRoutines, FailWhenTheTimerHadNone) {
    Operation& armed = set({0, 1}, 10);
    run({2, 20}, {call_by(armed)});
    armed.with_routine = false;
    EXPECT_THAT(verdict(), FailsSaying("that nobody queued"));
}

TEST_F(TimerRoutines, FailTwiceForATimerThatExpiresOnce) {
    const Operation& armed = set({0, 1}, 10);
    const Operation& first = run({2, 10}, {call_by(armed)});
    const Operation& second = run({11, 30}, {call_by(armed)});
    EXPECT_THAT(verdict(), FailsSayingWith("for the second time, and the timer expires once",
                                           these({ref(armed), ref(first), ref(second)})));
}

TEST_F(TimerRoutines, PassOncePerPeriodAndFailMoreOften) {  // TMR-09
    const Operation& armed = set({0, 1}, 10, 5);
    run({2, 10}, {call_by(armed)});
    Operation& third = run({11, 20}, {call_by(armed), call_by(armed)});
    EXPECT_THAT(verdict(), Passes());
    third.returned_ns -= 1;
    EXPECT_THAT(verdict(), FailsSayingWith("every 5 ms from then on, as run 3",
                                           these({ref(armed), ref(third)})));
}

TEST_F(TimerRoutines, FailWhenACancellingHadUndoneThem) {  // TMR-14
    const Operation& armed = set({0, 1}, 10);
    Operation& cancel = b.cancel(q, t, {12, 20});
    const Operation& sleep = run({20, 30}, {call_by(armed)});
    EXPECT_THAT(verdict(), Passes());
    cancel.returned_ns -= 1;
    EXPECT_THAT(verdict(), FailsSayingWith("p1.main's cancel_timer of timer \"t\" at 12.000 ms had "
                                           "undone that",
                                           these({ref(armed), ref(cancel), ref(sleep)})));
    cancel.invoked_ns = 1'000'000;  // perhaps before the timer was set
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(TimerRoutines, FailWhenANewSettingHadUndoneThem) {  // TMR-14
    const Operation& armed = set({0, 1}, 0);
    const Operation& anew = b.set_timer(p, t, {2, 2}, 1000);
    Operation& sleep = run({2, 30}, {call_by(armed)});
    EXPECT_THAT(verdict(),
                FailsSayingWith("had undone that", these({ref(armed), ref(anew), ref(sleep)})));
    b.by_program(t);
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(TimerRoutines, FailWhenTheyExpireAfterACancelling) {
    const Operation& armed = set({0, 1}, 10);
    // It was still on its way when the sleep began, and over when the timer was due.
    Operation& cancel = b.cancel(q, t, {3, 9});
    const Operation& sleep = run({2, 30}, {call_by(armed)});
    EXPECT_THAT(verdict(), FailsSayingWith("before that time", these({ref(armed), ref(sleep)})));
    cancel.returned_ns = 10'000'000;
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(TimerRoutines, PassWhenTheCancellingFailedOrIsPending) {
    const Operation& armed = set({0, 1}, 10);
    Operation& cancel = b.cancel(q, t, {2, 3});
    cancel.status = ResponseStatus::failed;
    cancel.error = 6;
    b.cancel(q, t, {4, {}});
    b.killed(q, 5);
    run({20, 30}, {call_by(armed)});
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(TimerRoutines, FailWhenTheyAreLost) {  // TMR-09
    const Operation& armed = set({0, 1}, 10);
    Operation& sleep = b.sleep(p, {1011, 1012}, 0);
    EXPECT_THAT(verdict(),
                FailsSayingWith("p0.main's sleep from 1011.000 ms to 1012.000 ms did not "
                                "run the routine of timer \"t\"",
                                these({ref(armed), ref(sleep)})));
    sleep.invoked_ns -= 1;  // it may be late
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(TimerRoutines, FailWhenTheTimeOfASleepRunsOutAfterTheyWereDue) {  // TMR-09
    const Operation& armed = set({0, 1}, 10);
    Operation& sleep = b.sleep(p, {2, 1100}, 1010);
    EXPECT_THAT(verdict(),
                FailsSayingWith("did not run the routine", these({ref(armed), ref(sleep)})));
    sleep.timeout_ms = 1009;  // it may be late
    EXPECT_THAT(verdict(), Passes());
    sleep.timeout_ms = 1010;
    sleep.kind = OperationKind::wait;
    sleep.objects = {t};
    EXPECT_THAT(verdict(), Passes());  // something else ended it
}

TEST_F(TimerRoutines, FailWhenTheyAreDueAtOnceAndLost) {  // TMR-03, TMR-09
    const Operation& armed = set({0, 1}, 0);
    const Operation& sleep = b.sleep(p, {1, 2}, 1);
    EXPECT_THAT(verdict(),
                FailsSayingWith("did not run the routine", these({ref(armed), ref(sleep)})));
    b.by_program(t);
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(TimerRoutines, MayBeUndoneByAnyoneBeforeTheyMustRun) {
    set({0, 1}, 10);
    Operation& cancel = b.cancel(q, t, {1500, {}});
    b.sleep(p, {1400, 1500}, 100);
    EXPECT_THAT(verdict(), Passes());
    cancel.invoked_ns += 1;
    EXPECT_THAT(verdict(), FailsSaying("did not run the routine"));
}

TEST_F(TimerRoutines, FailWhenTheSetterSleepsThroughThem) {  // TMR-09
    b.stuck(p);
    const Operation& armed = set({0, 1}, 10);
    const Operation& sleep = b.sleep(p, {2, {}});
    b.quiescence(5000);
    EXPECT_THAT(verdict(), FailsSayingWith("p0.main's set_timer of timer \"t\" at 0.000 ms was "
                                           "queued for it",
                                           these({ref(armed), ref(sleep)})));
    HistoryBuilder cancelled = b;
    cancelled.cancel(q, t, {3, 4});
    EXPECT_THAT(judge_calls(cancelled.build()), Passes());
    HistoryBuilder later = b;
    later.raw().went_quiet = false;
    later.raw().hit_limit = true;
    EXPECT_THAT(judge_calls(later.build()), Passes());
}

TEST_F(TimerRoutines, OfADeadSetterAreNobodys) {  // TMR-10
    set({0, 1}, 10);
    b.sleep(p, {2, {}});
    b.killed(p, 5);
    b.queue_call(q, q, {3000, 3001});
    b.quiescence(5000).calls = 1;
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(TimerRoutines, HaveNoPlaceInTheOrderOfQueuedCalls) {
    const Operation& armed = set({0, 1}, 0);
    const Operation& call = b.queue_call(q, p, {2, 3});
    run({4, 5}, {call_by(call), call_by(armed)});
    EXPECT_THAT(verdict(), Passes());
}

}  // namespace
}  // namespace castaway::harness::testing
