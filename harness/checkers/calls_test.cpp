// Procedure calls: where they run, in which order, and that none is lost.
#include <gtest/gtest.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

class Calls : public ::testing::Test {
  protected:
    HistoryBuilder b;
    ObjectIndex e = b.event("e");
    ObjectIndex n = b.manual_event("n");
    Thread p = b.process();
    Thread q = b.process();
    Thread r = b.process();  ///< for whom calls are queued, as a rule

    [[nodiscard]] Verdict verdict() const { return judge_calls(b.build()); }
    static constexpr std::int64_t kQuietMs = 5000;
};

TEST_F(Calls, PassWhenAllRunInOrder) {
    const Operation& first = b.queue_call(p, r, {0, 1});
    const Operation& second = b.queue_call(q, r, {2, 3});
    const Operation& late = b.queue_call(p, r, {4, 9});
    b.alerted(b.wait(r, e, {5, 6}), {call_by(first), call_by(second)});
    b.alerted(b.sleep(r, {7, 12}), {call_by(late)});
    b.sleep(r, {13, 14}, 1);
    b.wait(r, n, {15, 16}).alertable = true;
    const Verdict told = verdict();
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message,
              "3 of 3 queued procedure calls ran; where they may, in order and in time");
}

TEST_F(Calls, PassInEveryKindOfAlertableOperation) {
    const auto run_in = [this](Operation& operation) {
        const Operation& call = b.queue_call(
            q, r, {operation.invoked_ns / 1'000'000, operation.returned_ns / 1'000'000});
        HistoryBuilder::alerted(operation, {call_by(call)});
    };
    run_in(b.wait(r, e, {0, 1}));
    run_in(b.wait_any(r, {e, n}, {2, 3}));
    run_in(b.wait_all(r, {e, n}, {4, 5}));
    run_in(b.signal_and_wait(r, n, e, {6, 7}));
    run_in(b.sleep(r, {8, 9}));
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Calls, FailInAnOperationThatIsNotAlertable) {  // WAIT-16
    const Operation& call = b.queue_call(p, r, {0, 1});
    Operation& wait = b.alerted(b.wait(r, e, {2, 3}), {call_by(call)});
    EXPECT_THAT(verdict(), Passes());
    wait.alertable = false;
    EXPECT_THAT(verdict(), FailsSayingWith("p2.main's wait of event \"e\" at 2.000 ms was ended by "
                                           "procedure calls, and is not alertable",
                                           these({ref(wait)})));
    wait.status = ResponseStatus::ok;
    EXPECT_THAT(verdict(),
                FailsSayingWith("ran a procedure call, and is not alertable", these({ref(wait)})));
}

TEST_F(Calls, FailWhenTheyEndAnOperationAndNoneRan) {  // WAIT-14
    const Operation& wait = b.alerted(b.sleep(r, {2, 3}), {});
    EXPECT_THAT(verdict(), FailsSayingWith("was ended by procedure calls, and none ran in it",
                                           these({ref(wait)})));
}

TEST_F(Calls, FailWhenTheyRunAndDoNotEndTheOperation) {  // WAIT-15, WAIT-21
    const Operation& call = b.queue_call(p, r, {0, 1});
    Operation& wait = b.alerted(b.wait(r, e, {2, 3}), {call_by(call)});
    for (const ResponseStatus status :
         {ResponseStatus::ok, ResponseStatus::timeout, ResponseStatus::failed}) {
        wait.status = status;
        EXPECT_THAT(verdict(),
                    FailsSayingWith("ran a procedure call, and answered \"", these({ref(wait)})));
    }
}

TEST_F(Calls, FailWhenNobodyQueuedThem) {
    const Operation& set = b.set(p, e, {0, 1});
    const Operation& sleep = b.alerted(b.sleep(r, {2, 3}), {call_by(set)});
    EXPECT_THAT(verdict(), FailsSayingWith("p2.main's sleep at 2.000 ms ran a procedure call that "
                                           "nobody queued (operation 0 of p0.main)",
                                           these({ref(sleep)})));
}

TEST_F(Calls, MayBeOfOperationsThatTheHarnessCutOff) {
    b.set(p, e, {0, 1});
    Operation& sleep = b.alerted(b.sleep(r, {2, 30}), {CallId{p.process, 0, 1}});
    b.queue_call(r, r, {31, 32});
    EXPECT_THAT(verdict(), FailsSayingWith("nobody queued", these({ref(sleep)})));
    b.stuck(p);
    EXPECT_THAT(verdict(), Passes());
    sleep.ran.front().sequence = 0;
    EXPECT_THAT(verdict(), FailsSayingWith("nobody queued", these({ref(sleep)})));
}

TEST_F(Calls, FailWhenTheirQueueingFailed) {
    Operation& call = b.queue_call(p, r, {0, 1}, failed_with(31));
    EXPECT_THAT(verdict(), Passes());
    const Operation& sleep = b.alerted(b.sleep(r, {2, 3}), {call_by(call)});
    EXPECT_THAT(verdict(), FailsSayingWith("ran the procedure call of p0.main's queue_call for "
                                           "p2.main at 0.000 ms, which failed",
                                           these({ref(call), ref(sleep)})));
}

TEST_F(Calls, FailInAnotherThread) {
    const Operation& call = b.queue_call(p, r, {0, 1});
    const Operation& sleep = b.alerted(b.sleep(q, {2, 3}), {call_by(call)});
    EXPECT_THAT(verdict(),
                FailsSayingWith("which is for another thread", these({ref(call), ref(sleep)})));
}

TEST_F(Calls, FailBeforeTheyAreQueued) {
    const Operation& sleep = b.alerted(b.sleep(r, {0, 1}), {CallId{p.process, 0, 0}});
    Operation& call = b.queue_call(p, r, {1, 3});
    EXPECT_THAT(verdict(), Passes());
    call.invoked_ns += 1;
    EXPECT_THAT(verdict(),
                FailsSayingWith("which began after that", these({ref(sleep), ref(call)})));
}

TEST_F(Calls, FailWhenOneRunsTwice) {
    const Operation& call = b.queue_call(p, r, {0, 1});
    const Operation& first = b.alerted(b.sleep(r, {2, 3}), {call_by(call)});
    const Operation& second = b.alerted(b.wait(r, e, {4, 5}), {call_by(call)});
    EXPECT_THAT(verdict(),
                FailsSayingWith("ran 2 times", these({ref(call), ref(first), ref(second)})));
}

TEST_F(Calls, FailOutOfOrder) {  // WAIT-14
    const Operation& first = b.queue_call(p, r, {0, 1});
    Operation& second = b.queue_call(q, r, {1, 3});
    const Operation& sleep = b.alerted(b.sleep(r, {4, 5}), {call_by(second), call_by(first)});
    EXPECT_THAT(verdict(), Passes());
    second.invoked_ns += 1;
    EXPECT_THAT(verdict(), FailsSayingWith(
                               "before that of p0.main's queue_call for p2.main at 0.000 ms, which "
                               "was queued first",
                               these({ref(first), ref(second), ref(sleep)})));
}

TEST_F(Calls, OfOneThreadHaveItsOrderWhateverTheClockSays) {
    const Operation& first = b.queue_call(p, r, {0, 0});
    const Operation& second = b.queue_call(p, r, {0, 0});
    Operation& sleep = b.alerted(b.sleep(r, {0, 0}), {call_by(first), call_by(second)});
    EXPECT_THAT(verdict(), Passes());
    sleep.ran = {call_by(second), call_by(first)};
    EXPECT_THAT(verdict(), FailsSaying("which was queued first"));
}

TEST_F(Calls, FailWhenALaterOneRunsAndTheFirstNever) {
    // The operation was invoked while both were on their way: only their order tells.
    const Operation& first = b.queue_call(p, r, {0, 2});
    const Operation& second = b.queue_call(q, r, {3, 4});
    const Operation& sleep = b.alerted(b.sleep(r, {1, 5}), {call_by(second)});
    EXPECT_THAT(verdict(), FailsSayingWith("which was queued first",
                                           these({ref(first), ref(sleep), ref(second)})));
}

TEST_F(Calls, FailWhenOneIsLost) {  // WAIT-14, WAIT-15, WAIT-21
    Operation& call = b.queue_call(p, r, {0, 2});
    b.wait(r, n, {2, 3});
    b.sleep(r, {4, 4}, 0).alertable = false;
    EXPECT_THAT(verdict(), Passes());
    const Operation& sleep = b.sleep(r, {5, 6}, 1);
    EXPECT_THAT(verdict(),
                FailsSayingWith("the procedure call of p0.main's queue_call for p2.main at 0.000 "
                                "ms, which returned at 2.000 ms, had not run by the end of "
                                "p2.main's sleep at 5.000 ms",
                                these({ref(call), ref(sleep)})));
    call.returned_ns = 6'000'000;
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Calls, FailWhenTheTimeOfAWaitRunsOutAfterOne) {  // WAIT-14, WAIT-21
    Operation& call = b.queue_call(p, r, {3, 6});
    Operation& wait = b.wait(r, n, {2, 9}, kTimeout);
    wait.timeout_ms = 5;
    wait.alertable = true;
    EXPECT_THAT(verdict(), FailsSayingWith("had not run by the end of p2.main's wait of event",
                                           these({ref(wait), ref(call)})));
    call.returned_ns = 7'000'000;
    EXPECT_THAT(verdict(), Passes());
    call.returned_ns = 6'999'999;
    wait.status = ResponseStatus::ok;
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Calls, FailWhenOneRunsTooLate) {
    const Operation& call = b.queue_call(p, r, {0, 1});
    Operation& wait = b.wait(r, n, {2, 3});
    b.alerted(b.sleep(r, {4, 5}), {call_by(call)});
    EXPECT_THAT(verdict(), Passes());
    wait.alertable = true;
    EXPECT_THAT(verdict(), FailsSayingWith("had not run by the end of p2.main's wait of event",
                                           these({ref(call), ref(wait)})));
}

TEST_F(Calls, AreNotRunByWhatFailed) {
    const Operation& call = b.queue_call(p, r, {0, 1});
    b.wait(r, n, {2, 3}, failed_with(6)).alertable = true;
    EXPECT_THAT(verdict(), Passes());
    b.alerted(b.sleep(r, {4, 5}), {call_by(call)});
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Calls, ForOneselfAreThereAtOnce) {
    const Operation& call = b.queue_call(r, r, {0, 0});
    Operation& sleep = b.alerted(b.sleep(r, {0, 0}, 0), {call_by(call)});
    EXPECT_THAT(verdict(), Passes());
    sleep.ran.clear();
    sleep.status = ResponseStatus::ok;
    EXPECT_THAT(verdict(), FailsSaying("had not run by the end of p2.main's sleep"));
}

TEST_F(Calls, OfADeadQueuerMayRunOrNot) {
    const Operation& call = b.queue_call(p, r, {0, {}});
    b.killed(p, 3);
    b.sleep(r, {4, 5}, 1);
    EXPECT_THAT(verdict(), Passes());
    b.alerted(b.sleep(r, {6, 7}), {call_by(call)});
    EXPECT_THAT(verdict(), Passes());
    b.alerted(b.sleep(r, {8, 9}), {call_by(call)});
    EXPECT_THAT(verdict(), FailsSaying("ran 2 times"));
}

TEST_F(Calls, ForADeadThreadAreGone) {
    const Operation& first = b.queue_call(p, r, {0, 1});
    b.queue_call(p, r, {2, 3});
    b.alerted(b.sleep(r, {4, {}}), {call_by(first)});
    b.killed(r, 10);
    b.queue_call(p, r, {11, 12}, failed_with(31));
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Calls, OfAPendingOperationCountAsRun) {
    const Operation& call = b.queue_call(p, r, {0, 1});
    b.alerted(b.sleep(r, {2, {}}), {call_by(call), call_by(call)});
    b.killed(r, 10);
    EXPECT_THAT(verdict(), FailsSaying("ran 2 times"));
}

TEST_F(Calls, FailWhenSomebodySleepsThroughOne) {  // WAIT-14
    b.stuck(r);
    const Operation& call = b.queue_call(p, r, {0, 3});
    Operation& wait = b.wait(r, e, {2, {}});
    b.quiescence(kQuietMs);
    EXPECT_THAT(verdict(), Passes());
    wait.alertable = true;
    EXPECT_THAT(verdict(),
                FailsSayingWith("p2.main sleeps in a wait of event \"e\" since 2.000 ms and still "
                                "did so at 5000.000 ms, when all was quiet; the procedure call of "
                                "p0.main's queue_call for p2.main at 0.000 ms was queued for it",
                                these({ref(call), ref(wait)})));
    b.raw().went_quiet = false;
    b.raw().hit_limit = true;
    EXPECT_THAT(verdict(), FailsSaying("sleeps in a wait"));
    wait.invoked_ns = (kQuietMs - 1000) * 1'000'000;
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Calls, FailWhenLookingWokeWhoSleptThroughOne) {
    b.stuck(r);
    const Operation& call = b.queue_call(p, r, {3, 4});
    b.alerted(b.sleep(r, {2, kQuietMs + 1}), {call_by(call)});
    b.quiescence(kQuietMs);
    EXPECT_THAT(verdict(), FailsSaying("sleeps in a sleep"));
}

TEST_F(Calls, PassWhenTheSleeperHasRunAllThatWasForIt) {
    b.stuck(r);
    const Operation& call = b.queue_call(p, r, {3, 4});
    b.alerted(b.sleep(r, {2, 5}), {call_by(call)});
    b.sleep(r, {6, {}});
    b.queue_call(p, q, {5, 6});
    b.quiescence(kQuietMs);
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Calls, FailWhenADeadOnesCallIsQueuedAndNobodyIsWoken) {  // CONC-03
    b.stuck(r);
    const Operation& sleep = b.sleep(r, {0, {}});
    const Operation& call = b.queue_call(p, r, {1, {}});
    b.killed(p, 3);
    Snapshot& snapshot = b.quiescence(kQuietMs);
    EXPECT_THAT(verdict(), Passes());
    snapshot.calls = 1;
    EXPECT_THAT(verdict(),
                FailsSayingWith("1 procedure call was queued, and every thread that any can be for",
                                these({ref(sleep), ref(call)})));
    HistoryBuilder armed = b;
    armed.set_timer(q, armed.timer("t"), {0, 1}, 10).with_routine = true;
    EXPECT_THAT(judge_calls(armed.build()), Passes());
    b.queue_call(q, q, {4, 5});  // it may be this one
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Calls, AreNotApplicableWithoutAny) {
    b.wait(r, n, {0, 1}).alertable = true;
    b.sleep(r, {2, 3}, 1);
    EXPECT_THAT(verdict(), IsNotApplicable());
}

}  // namespace
}  // namespace castaway::harness::testing
