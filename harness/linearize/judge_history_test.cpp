// Whole histories, made by hand.
#include "harness/linearize/judge_history.h"

#include <gtest/gtest.h>

#include "harness/linearize/testing/history_builder.h"
#include "harness/model/acts.h"

namespace castaway::harness {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

TEST(JudgeHistory, TwoOwnersAtOnceCannotBe) {
    HistoryBuilder history(2);
    const ObjectIndex m = history.object(of_type("m", ObjectType::mutex));
    history.call(0, OperationKind::wait, {m}, 1, 2);
    history.call(1, OperationKind::wait, {m}, 3, 4);
    EXPECT_EQ(history.finding(), Finding::not_linearizable);
    const auto& witness = history.judgement().parts.at(0).judgement.witness;
    ASSERT_TRUE(witness);
    EXPECT_EQ(witness->impossible, 1U);
}

TEST(JudgeHistory, TheCheckTellsItsVerdictInWords) {
    HistoryBuilder history(2);
    const ObjectIndex m = history.object(of_type("m", ObjectType::mutex));
    EXPECT_EQ(history.verdict().kind, VerdictKind::not_applicable);
    history.call(0, OperationKind::wait, {m}, 1, 2);
    EXPECT_EQ(history.finding(), Finding::linearizable);
    EXPECT_EQ(history.verdict().kind, VerdictKind::pass);
    history.call(1, OperationKind::wait, {m}, 3, 4);
    EXPECT_EQ(history.finding(), Finding::not_linearizable);
    const Verdict verdict = history.verdict();
    EXPECT_EQ(verdict.check, "linearizable");
    EXPECT_EQ(verdict.kind, VerdictKind::fail);
    EXPECT_NE(verdict.message.find("mutex \"m\""), std::string::npos) << verdict.message;
    EXPECT_NE(verdict.message.find("owned by p/0.main"), std::string::npos) << verdict.message;
    EXPECT_EQ(verdict.witness, (std::vector<OperationRef>{{1, 0, 0}}));
}

TEST(JudgeHistory, ADeadOwnersMutexIsToldAbandonedOnce) {
    for (const auto second : {ResponseStatus::ok, ResponseStatus::abandoned}) {
        HistoryBuilder history(3);
        const ObjectIndex m = history.object(of_type("m", ObjectType::mutex));
        history.call(0, OperationKind::wait, {m}, 1, 2);
        history.call(1, OperationKind::wait, {m}, 3, 20, ResponseStatus::abandoned);
        history.call(1, OperationKind::release_mutex, {m}, 21, 22);
        history.call(2, OperationKind::wait, {m}, 23, 24, second);
        history.dies(0, 10);
        EXPECT_EQ(history.finding(),
                  second == ResponseStatus::ok ? Finding::linearizable : Finding::not_linearizable);
    }
}

TEST(JudgeHistory, NobodyIsToldOfADeathThatWasNot) {
    HistoryBuilder history(2);
    const ObjectIndex m = history.object(of_type("m", ObjectType::mutex));
    history.call(0, OperationKind::wait, {m}, 1, 2);
    history.call(0, OperationKind::release_mutex, {m}, 3, 4);
    history.call(1, OperationKind::wait, {m}, 5, 6, ResponseStatus::abandoned);
    EXPECT_EQ(history.finding(), Finding::not_linearizable);
}

TEST(JudgeHistory, ADeadWaiterMayHaveBecomeTheOwner) {
    HistoryBuilder history(3);
    const ObjectIndex m = history.object(of_type("m", ObjectType::mutex));
    history.call(0, OperationKind::wait, {m}, 1, 2);
    history.call(1, OperationKind::wait, {m}, 3, 0, ResponseStatus::pending);
    history.call(0, OperationKind::release_mutex, {m}, 4, 5);
    history.call(2, OperationKind::wait, {m}, 6, 20, ResponseStatus::abandoned);
    history.dies(1, 10);
    EXPECT_EQ(history.finding(), Finding::linearizable);
}

// The last call is about another object than the one that tells of the death: nothing but the
// thread joins the two, and the call must have had its effect before the death that is told.
TEST(JudgeHistory, ADeadOwnersLastCallMayHaveTakenEffectBeforeItsDeath) {
    for (const std::int32_t before : {0, 1, 2}) {
        HistoryBuilder history(3);
        const ObjectIndex m = history.object(of_type("m", ObjectType::mutex));
        const ObjectIndex s = history.object(of_type("s", ObjectType::semaphore));
        history.call(2, OperationKind::wait_any, {m, s}, 1, 2);
        history.call(2, OperationKind::release_mutex, {m}, 3, 4);
        history.call(0, OperationKind::wait, {m}, 10, 11);
        history.call(0, OperationKind::release_semaphore, {s}, 20, 0, ResponseStatus::pending)
            .count = 1;
        history.call(1, OperationKind::wait, {m}, 30, 40, ResponseStatus::abandoned);
        Operation& release = history.call(1, OperationKind::release_semaphore, {s}, 50, 60);
        release.count = 1;
        release.previous_count = before;
        history.dies(0, 100);
        EXPECT_EQ(history.finding(), before < 2 ? Finding::linearizable : Finding::not_linearizable)
            << before;
    }
}

// Nobody waits for the event when the death is told, but the call could not have come later.
TEST(JudgeHistory, ADeadOwnersLastCallIsNotPutOffBeyondItsDeath) {
    for (const auto last : {OperationKind::reset_event, OperationKind::set_event}) {
        HistoryBuilder history(3);
        const ObjectIndex m = history.object(of_type("m", ObjectType::mutex));
        HistoryObject signaled = of_type("a", ObjectType::event);
        signaled.initially_signaled = true;
        const ObjectIndex a = history.object(signaled);
        history.call(2, OperationKind::wait_any, {m, a}, 1, 2);
        history.call(2, OperationKind::release_mutex, {m}, 3, 4);
        history.call(0, OperationKind::wait, {m}, 10, 11);
        history.call(0, last, {a}, 20, 0, ResponseStatus::pending);
        history.call(1, OperationKind::wait, {m}, 30, 40, ResponseStatus::abandoned);
        history.call(1, OperationKind::wait, {a}, 50, 60, ResponseStatus::timeout).timeout_ms = 0;
        history.dies(0, 100);
        EXPECT_EQ(history.finding(), last == OperationKind::reset_event
                                         ? Finding::linearizable
                                         : Finding::not_linearizable);
    }
}

// The thread's call and the other's are alike; the thread's must be used first, for it is ended.
TEST(JudgeHistory, AnEndedThreadsLastCallIsNotKeptForLater) {
    for (const std::int64_t waited : {50, 70}) {
        HistoryBuilder history(3);
        history.add_thread(0);
        const ObjectIndex m = history.object(of_type("m", ObjectType::mutex));
        const ObjectIndex a = history.object(of_type("a", ObjectType::event));
        history.call(2, OperationKind::wait_any, {a, m}, 1, 2).satisfied_by = 1;
        history.call(2, OperationKind::release_mutex, {m}, 3, 4);
        history.call(0, OperationKind::wait, {m}, 5, 6).thread = 1;
        history.call(1, OperationKind::set_event, {a}, 10, 60);
        history.second_thread_calls(0, OperationKind::set_event, a, 15);
        history.thread_ends(0, 1, 20);
        history.call(2, OperationKind::wait, {a}, 16, 18);
        history.call(2, OperationKind::wait, {m}, 30, 40, ResponseStatus::abandoned);
        history.call(2, OperationKind::wait, {a}, 50, 55);
        history.call(2, OperationKind::wait, {a}, waited + 10, waited + 15,
                     waited == 50 ? ResponseStatus::timeout : ResponseStatus::ok);
        EXPECT_EQ(history.finding(),
                  waited == 50 ? Finding::linearizable : Finding::not_linearizable);
    }
}

// At one time a thread's call ends, its last one begins, and its process is last known to live.
TEST(JudgeHistory, AProcessEndsOnlyItsOwnCalls) {
    HistoryBuilder history(3);
    history.add_thread(0);
    HistoryObject named = of_type("n", ObjectType::mutex);
    named.whole_run = false;
    const ObjectIndex n = history.object(named);
    history.call(1, OperationKind::create, {n}, 1, 100).error = kErrorAlreadyExists;
    history.call(0, OperationKind::create, {n}, 5, 10).thread = 1;
    history.second_thread_calls(0, OperationKind::wait, n, 10);
    history.call(2, OperationKind::create, {n}, 20, 30);
    history.call(2, OperationKind::close, {n}, 110, 111);
    history.call(1, OperationKind::close, {n}, 112, 113);
    history.dies(0, 15);
    EXPECT_EQ(history.finding(), Finding::linearizable);
}

TEST(JudgeHistory, ADeadWaiterTakesNothingAfterItsDeath) {
    HistoryBuilder history(3);
    const ObjectIndex s = history.object(of_type("s", ObjectType::semaphore));
    history.call(0, OperationKind::wait, {s}, 1, 0, ResponseStatus::pending);
    history.dies(0, 10);
    history.call(1, OperationKind::release_semaphore, {s}, 20, 21).count = 1;
    history.call(2, OperationKind::wait, {s}, 30, 31, ResponseStatus::timeout).timeout_ms = 0;
    EXPECT_EQ(history.finding(), Finding::not_linearizable);
}

TEST(JudgeHistory, ATimeOutNeedsAMomentWithoutASignal) {
    for (const std::int64_t released : {5, 15}) {
        HistoryBuilder history(2);
        const ObjectIndex s = history.object(of_type("s", ObjectType::semaphore));
        history.call(0, OperationKind::release_semaphore, {s}, released, released + 1).count = 1;
        history.call(1, OperationKind::wait, {s}, 10, 20, ResponseStatus::timeout).timeout_ms = 0;
        EXPECT_EQ(history.finding(),
                  released < 10 ? Finding::not_linearizable : Finding::linearizable);
    }
}

TEST(JudgeHistory, WaitAnyTakesTheLowestSignaledObject) {
    for (const std::uint32_t satisfied_by : {0U, 1U}) {
        HistoryBuilder history(1);
        HistoryObject signaled = of_type("a", ObjectType::event);
        signaled.initially_signaled = true;
        const ObjectIndex a = history.object(signaled);
        signaled.name = "b";
        const ObjectIndex b = history.object(signaled);
        history.call(0, OperationKind::wait_any, {a, b}, 1, 2).satisfied_by = satisfied_by;
        EXPECT_EQ(history.finding(),
                  satisfied_by == 0 ? Finding::linearizable : Finding::not_linearizable);
        EXPECT_EQ(history.judgement().parts.size(), 1U);
    }
}

TEST(JudgeHistory, AWaitForAnyOfOneObjectIsAWait) {
    for (const bool signaled : {true, false}) {
        HistoryBuilder history(1);
        HistoryObject event = of_type("a", ObjectType::event);
        event.initially_signaled = signaled;
        const ObjectIndex a = history.object(event);
        history.call(0, OperationKind::wait_any, {a, a}, 1, 2);
        EXPECT_EQ(history.finding(), signaled ? Finding::linearizable : Finding::not_linearizable);
    }
}

TEST(JudgeHistory, ATimerIsNotSignaledBeforeItIsDue) {
    for (const std::int64_t returned : {500, 5000}) {
        HistoryBuilder history(1);
        const ObjectIndex t = history.object(of_type("t", ObjectType::timer));
        history.call(0, OperationKind::set_timer, {t}, 1, 2).due_ns = 1000;
        history.call(0, OperationKind::wait, {t}, 3, returned);
        EXPECT_EQ(history.finding(),
                  returned < 1000 ? Finding::not_linearizable : Finding::linearizable);
    }
}

// The wait changes nothing, so it is never chosen to come before the call that would bar it; the
// moment at which it could have been satisfied must be noticed.
TEST(JudgeHistory, AWaitForAnyOfATimerMayPrecedeTheSignalOfALowerObject) {
    for (const std::int64_t invoked : {10, 35}) {
        HistoryBuilder history(2);
        HistoryObject manual = of_type("u", ObjectType::timer);
        manual.manual_reset = true;
        const ObjectIndex a = history.object(of_type("a", ObjectType::event));
        const ObjectIndex u = history.object(manual);
        history.call(0, OperationKind::set_timer, {u}, 1, 2);
        history.call(0, OperationKind::set_event, {a}, 20, 30);
        history.call(1, OperationKind::wait_any, {a, u}, invoked, 40).satisfied_by = 1;
        EXPECT_EQ(history.finding(),
                  invoked < 30 ? Finding::linearizable : Finding::not_linearizable);
    }
}

TEST(JudgeHistory, ANameLivesAsLongAsItsLastHandle) {
    for (const std::uint32_t error : {0U, kErrorAlreadyExists}) {
        HistoryBuilder history(2);
        HistoryObject named = of_type("n", ObjectType::event);
        named.whole_run = false;
        const ObjectIndex n = history.object(named);
        history.call(0, OperationKind::create, {n}, 1, 2);
        history.call(0, OperationKind::close, {n}, 3, 4);
        history.call(1, OperationKind::create, {n}, 5, 6).error = error;
        EXPECT_EQ(history.finding(),
                  error == 0 ? Finding::linearizable : Finding::not_linearizable);
    }
}

TEST(JudgeHistory, AProcessThatDiedHoldsNoName) {
    for (const bool waited : {false, true}) {
        HistoryBuilder history(2);
        HistoryObject named = of_type("n", ObjectType::mutex);
        named.whole_run = false;
        const ObjectIndex n = history.object(named);
        history.call(0, OperationKind::create, {n}, 1, 2);
        history.dies(0, 10);
        const std::int64_t at = waited ? 10 + 2 * kSecondNs : 20;
        history.call(1, OperationKind::open, {n}, at, at + 1);
        // Soon after the death the name may be there still, later not.
        EXPECT_EQ(history.finding(), waited ? Finding::not_linearizable : Finding::linearizable);
    }
}

TEST(JudgeHistory, CallsOfOneThreadStayInOrderAtOneTime) {
    HistoryBuilder history(2);
    const ObjectIndex m = history.object(of_type("m", ObjectType::mutex));
    history.call(0, OperationKind::wait, {m}, 1, 2);
    history.call(0, OperationKind::release_mutex, {m}, 2, 2);
    history.call(0, OperationKind::wait, {m}, 2, 3);
    history.call(1, OperationKind::wait, {m}, 2, 5, ResponseStatus::timeout);
    EXPECT_EQ(history.finding(), Finding::linearizable);
}

}  // namespace
}  // namespace castaway::harness
