// Calls that act on several objects, or at two moments, each with one right and one wrong outcome
// (WAIT-06, WAIT-08, WAIT-14, WAIT-17, WAIT-18, EVT-08, EVT-09, MTX-12).
#include "harness/linearize/call_moments.h"

#include <gtest/gtest.h>

#include "harness/linearize/testing/history_builder.h"
#include "harness/model/acts.h"

namespace castaway::harness {
namespace {

using Kind = OperationKind;
using Status = ResponseStatus;

HistoryObject event(std::string name, bool manual = false, bool signaled = false) {
    HistoryObject object = of_type(std::move(name), ObjectType::event);
    object.manual_reset = manual;
    object.initially_signaled = signaled;
    return object;
}

HistoryObject semaphore(std::string name, std::int32_t initial, std::int32_t maximum = 10) {
    HistoryObject object = of_type(std::move(name), ObjectType::semaphore);
    object.initial_count = initial;
    object.maximum_count = maximum;
    return object;
}

HistoryObject mutex(std::string name) {
    return of_type(std::move(name), ObjectType::mutex);
}

Finding found(bool possible) {
    return possible ? Finding::linearizable : Finding::not_linearizable;
}

// Operations without objects, and waits that procedure calls ended.

TEST(CallsWithoutObjects, HaveNothingToBeJudged) {
    HistoryBuilder history(2);
    const ObjectIndex m = history.object(mutex("m"));
    history.call(0, Kind::sleep, {}, 1, 2);
    history.call(0, Kind::queue_call, {}, 3, 4).target = ThreadPlace{1, 0};
    history.call(1, Kind::wait, {m}, 1, 5, Status::alerted).alertable = true;
    EXPECT_EQ(history.finding(), Finding::linearizable);
    EXPECT_EQ(history.verdict().kind, VerdictKind::not_applicable);
    history.call(1, Kind::wait, {m}, 6, 7);
    EXPECT_EQ(history.finding(), Finding::linearizable);
    EXPECT_EQ(history.verdict().kind, VerdictKind::pass);
    EXPECT_EQ(history.verdict().message.substr(0, 2), "1 ");
}

TEST(AlertedWaits, TakeNothing) {
    for (const auto status : {Status::alerted, Status::ok}) {
        HistoryBuilder history(2);
        const ObjectIndex s = history.object(semaphore("s", 1));
        const ObjectIndex t = history.object(semaphore("t", 1));
        history.call(0, Kind::wait_all, {s, t}, 1, 2, status).alertable = true;
        history.call(1, Kind::wait, {s}, 3, 4);
        EXPECT_EQ(history.finding(), found(status == Status::alerted));
    }
}

TEST(AlertedWaits, HaveSignaledAllTheSame) {
    for (const auto waited : {Status::ok, Status::timeout}) {
        HistoryBuilder history(2);
        const ObjectIndex a = history.object(event("a"));
        const ObjectIndex b = history.object(event("b", false, true));
        history.call(0, Kind::signal_and_wait, {a, b}, 1, 2, Status::alerted).alertable = true;
        history.call(1, Kind::wait, {a}, 3, 4, waited).timeout_ms = 0;
        history.call(1, Kind::wait, {b}, 5, 6);
        EXPECT_EQ(history.finding(), found(waited == Status::ok));
    }
}

// Waits for all.

TEST(WaitForAll, TakesNoPart) {
    for (const bool both : {true, false}) {
        HistoryBuilder history(2);
        const ObjectIndex s = history.object(semaphore("s", 1));
        const ObjectIndex t = history.object(semaphore("t", 1));
        history.call(0, Kind::wait_all, {s, t}, 1, 2);
        history.call(1, Kind::wait, {s}, 3, 4, Status::timeout).timeout_ms = 0;
        history.call(1, Kind::wait, {t}, 5, 6, both ? Status::timeout : Status::ok).timeout_ms = 0;
        EXPECT_EQ(history.finding(), found(both));
    }
}

TEST(WaitForAll, ThatTimesOutHasTakenNoPart) {
    for (const auto later : {Status::ok, Status::timeout}) {
        HistoryBuilder history(2);
        const ObjectIndex s = history.object(semaphore("s", 1));
        const ObjectIndex t = history.object(semaphore("t", 0));
        history.call(0, Kind::wait_all, {s, t}, 1, 2, Status::timeout).timeout_ms = 0;
        history.call(1, Kind::wait, {s}, 3, 4, later).timeout_ms = 0;
        EXPECT_EQ(history.finding(), found(later == Status::ok));
    }
}

TEST(WaitForAll, HasOneMomentAtWhichAllWereSignaled) {
    for (const bool torn : {false, true}) {
        HistoryBuilder history(2);
        const ObjectIndex a = history.object(event("a", true, true));
        const ObjectIndex b = history.object(event("b", true));
        history.call(0, Kind::wait_all, {a, b}, 1, 100);
        if (torn) {
            history.call(1, Kind::reset_event, {a}, 10, 20);
        }
        history.call(1, Kind::set_event, {b}, 30, 40);
        EXPECT_EQ(history.finding(), found(!torn));
    }
}

TEST(WaitForAll, TellsOfAnAbandonedMutex) {
    struct Case {
        Status told;
        std::uint32_t by;
        bool possible;
    };
    for (const Case each : {Case{Status::abandoned, 1, true}, Case{Status::abandoned, 0, false},
                            Case{Status::ok, 0, false}}) {
        HistoryBuilder history(2);
        const ObjectIndex s = history.object(semaphore("s", 1));
        const ObjectIndex m = history.object(mutex("m"));
        history.call(0, Kind::wait, {m}, 1, 2);
        history.call(1, Kind::wait_all, {s, m}, 3, 20, each.told).satisfied_by = each.by;
        history.call(1, Kind::release_mutex, {m}, 21, 22);
        history.dies(0, 10);
        EXPECT_EQ(history.finding(), found(each.possible)) << each.by;
    }
}

TEST(WaitForAll, TakesAMutexOfItsOwnAgain) {
    for (const std::size_t releases : {2U, 3U}) {
        HistoryBuilder history(1);
        const ObjectIndex m = history.object(mutex("m"));
        const ObjectIndex s = history.object(semaphore("s", 1));
        history.call(0, Kind::wait, {m}, 1, 2);
        history.call(0, Kind::wait_all, {m, s}, 3, 4);
        for (std::size_t i = 0; i < releases; ++i) {
            const auto at = static_cast<std::int64_t>(10 + 2 * i);
            history.call(0, Kind::release_mutex, {m}, at, at + 1);
        }
        EXPECT_EQ(history.finding(), found(releases == 2));
    }
}

TEST(WaitForAll, DoesNotTimeOutWhileAllAreSignaled) {
    for (const bool signaled : {false, true}) {
        HistoryBuilder history(2);
        const ObjectIndex a = history.object(event("a", true, true));
        const ObjectIndex s = history.object(semaphore("s", signaled ? 1 : 0));
        history.call(0, Kind::wait_all, {a, s}, 5, 20, Status::timeout).timeout_ms = 0;
        history.call(1, Kind::set_event, {a}, 6, 7);
        EXPECT_EQ(history.finding(), found(!signaled));
    }
}

TEST(WaitForAll, RefusesTheSameObjectTwice) {
    struct Case {
        Status status;
        std::uint32_t error;
        bool twice;
        bool possible;
    };
    for (const Case each :
         {Case{Status::failed, kErrorInvalidParameter, true, true},
          Case{Status::failed, kErrorInvalidParameter, false, false},
          Case{Status::failed, kErrorInvalidHandle, true, false},
          Case{Status::timeout, 0, true, false}, Case{Status::ok, 0, true, false}}) {
        HistoryBuilder history(1);
        const ObjectIndex a = history.object(event("a", true, true));
        const ObjectIndex b = history.object(event("b", true, true));
        history.call(0, Kind::wait_all, {a, each.twice ? a : b}, 1, 2, each.status).error =
            each.error;
        EXPECT_EQ(history.finding(), found(each.possible));
    }
}

TEST(WaitForAll, OfADeadThreadTookAllOrNothing) {
    for (const int taken : {0, 1, 2}) {
        HistoryBuilder history(2);
        const ObjectIndex s = history.object(semaphore("s", 1));
        const ObjectIndex t = history.object(semaphore("t", 1));
        history.call(0, Kind::wait_all, {s, t}, 1, 0, Status::pending);
        history.call(1, Kind::wait, {s}, 20, 21, taken > 0 ? Status::timeout : Status::ok)
            .timeout_ms = 0;
        history.call(1, Kind::wait, {t}, 22, 23, taken > 1 ? Status::timeout : Status::ok)
            .timeout_ms = 0;
        history.dies(0, 10);
        EXPECT_EQ(history.finding(), found(taken != 1)) << taken;
    }
}

TEST(WaitForAll, OfADeadThreadMayHaveAbandonedItsMutex) {
    HistoryBuilder history(2);
    const ObjectIndex s = history.object(semaphore("s", 1));
    const ObjectIndex m = history.object(mutex("m"));
    history.call(0, Kind::wait_all, {s, m}, 1, 0, Status::pending);
    history.call(1, Kind::wait, {m}, 20, 30, Status::abandoned);
    history.call(1, Kind::wait, {s}, 31, 32, Status::timeout).timeout_ms = 0;
    history.dies(0, 10);
    EXPECT_EQ(history.finding(), Finding::linearizable);
}

// Pulses.

TEST(Pulse, ReachesAnyOfThoseThatWaitAndNobodyLater) {
    for (const bool manual : {false, true}) {
        for (const int reached : {0, 1, 2}) {
            for (const std::int64_t invoked : {1, 25, 40}) {
                HistoryBuilder history(3);
                const ObjectIndex e = history.object(event("e", manual));
                const auto wait = [&](std::uint32_t process, bool satisfied) {
                    history.call(process, Kind::wait, {e}, invoked, 60,
                                 satisfied ? Status::ok : Status::timeout);
                };
                wait(0, reached > 0);
                wait(1, reached > 1);
                history.call(2, Kind::pulse_event, {e}, 20, 30);
                const bool possible = reached == 0 || (invoked < 30 && (manual || reached == 1));
                EXPECT_EQ(history.finding(), found(possible))
                    << manual << " " << reached << " " << invoked;
            }
        }
    }
}

TEST(Pulse, LeavesTheEventNotSignaled) {
    for (const bool before : {false, true}) {
        for (const auto later : {Status::timeout, Status::ok}) {
            HistoryBuilder history(1);
            const ObjectIndex e = history.object(event("e", true, before));
            history.call(0, Kind::pulse_event, {e}, 1, 2);
            history.call(0, Kind::wait, {e}, 3, 4, later).timeout_ms = 0;
            EXPECT_EQ(history.finding(), found(later == Status::timeout));
        }
    }
}

// A set that was over before the pulse is gone, one that came after it stays; of one amid it
// either.
TEST(Pulse, ClearsNoLaterSignal) {
    for (const std::int64_t set : {1, 15, 35}) {
        for (const auto later : {Status::timeout, Status::ok}) {
            HistoryBuilder history(2);
            const ObjectIndex e = history.object(event("e"));
            history.call(0, Kind::pulse_event, {e}, 10, 30);
            history.call(1, Kind::set_event, {e}, set, set + 5);
            history.call(1, Kind::wait, {e}, 50, 51, later).timeout_ms = 0;
            const bool possible = set == 15 || (set > 30) == (later == Status::ok);
            EXPECT_EQ(history.finding(), found(possible)) << set;
        }
    }
}

// Whoever was satisfied before the set was made was so by the pulse, which had begun.
TEST(Pulse, ThatSatisfiedSomebodyClearsNoSignalThatCameThen) {
    for (const auto later : {Status::timeout, Status::ok}) {
        HistoryBuilder history(3);
        const ObjectIndex e = history.object(event("e"));
        history.call(0, Kind::pulse_event, {e}, 10, 40);
        history.call(1, Kind::wait, {e}, 11, 15);
        history.call(2, Kind::set_event, {e}, 20, 25);
        history.call(2, Kind::wait, {e}, 50, 51, later).timeout_ms = 0;
        EXPECT_EQ(history.finding(), found(later == Status::ok));
    }
}

TEST(Pulse, SatisfiesAWaitForAllWhoseOthersAreSignaled) {
    for (const std::int32_t count : {0, 1}) {
        HistoryBuilder history(2);
        const ObjectIndex e = history.object(event("e"));
        const ObjectIndex s = history.object(semaphore("s", count));
        history.call(0, Kind::wait_all, {e, s}, 1, 30);
        history.call(1, Kind::pulse_event, {e}, 10, 20);
        EXPECT_EQ(history.finding(), found(count == 1));
    }
}

TEST(Pulse, OfTheDeadIsNotLeftHalfDone) {
    for (const std::int64_t invoked : {5, 2'000'000'000}) {
        HistoryBuilder history(2);
        const ObjectIndex e = history.object(event("e", true));
        history.call(0, Kind::pulse_event, {e}, 1, 0, Status::pending);
        history.call(1, Kind::wait, {e}, invoked, invoked + 10);
        history.dies(0, 20);
        EXPECT_EQ(history.finding(), found(invoked == 5));
    }
}

// Signal and wait.

TEST(SignalAndWait, SignalsFirstAndWaitsThen) {
    for (const auto first : {ObjectType::event, ObjectType::semaphore, ObjectType::mutex}) {
        for (const bool lost : {false, true}) {
            HistoryBuilder history(2);
            const ObjectIndex a = history.object(of_type("a", first));
            const ObjectIndex b = history.object(event("b", false, true));
            if (first == ObjectType::mutex) {
                history.call(0, Kind::wait, {a}, 1, 2);
            }
            history.call(0, Kind::signal_and_wait, {a, b}, 3, 10);
            history.call(1, Kind::wait, {a}, 11, 12, lost ? Status::timeout : Status::ok)
                .timeout_ms = 0;
            EXPECT_EQ(history.finding(), found(!lost)) << to_string(first);
        }
    }
}

TEST(SignalAndWait, IsNotSatisfiedByNothing) {
    for (const bool signaled : {true, false}) {
        HistoryBuilder history(1);
        const ObjectIndex a = history.object(event("a"));
        const ObjectIndex b = history.object(event("b", false, signaled));
        history.call(0, Kind::signal_and_wait, {a, b}, 1, 2);
        EXPECT_EQ(history.finding(), found(signaled));
    }
}

TEST(SignalAndWait, MayWaitForWhatItSignals) {
    HistoryBuilder history(1);
    const ObjectIndex a = history.object(event("a"));
    history.call(0, Kind::signal_and_wait, {a, a}, 1, 2);
    history.call(0, Kind::wait, {a}, 3, 4, Status::timeout).timeout_ms = 0;
    EXPECT_EQ(history.finding(), Finding::linearizable);
}

// Who sees the signal and answers it satisfies the wait: in between anything may happen.
TEST(SignalAndWait, IsTwoMoments) {
    for (const bool answers : {true, false}) {
        HistoryBuilder history(2);
        const ObjectIndex a = history.object(event("a"));
        const ObjectIndex b = history.object(event("b"));
        history.call(0, Kind::signal_and_wait, {a, b}, 1, 20);
        history.call(1, answers ? Kind::wait : Kind::reset_event, {a}, 2, 5);
        history.call(1, answers ? Kind::set_event : Kind::reset_event, {b}, 6, 10);
        EXPECT_EQ(history.finding(), found(answers));
    }
}

// The other answers only when it has seen the signal, so the wait cannot have come first.
TEST(SignalAndWait, DoesNotWaitFirst) {
    for (const bool set_again : {true, false}) {
        HistoryBuilder history(2);
        const ObjectIndex a = history.object(event("a"));
        const ObjectIndex b = history.object(event("b", false, true));
        history.call(0, Kind::signal_and_wait, {a, b}, 10, 50);
        history.call(1, Kind::reset_event, {b}, 20, 21);
        history.call(1, Kind::wait, {a}, 22, 23, Status::timeout).timeout_ms = 0;
        history.call(1, set_again ? Kind::set_event : Kind::reset_event, {b}, 30, 31);
        EXPECT_EQ(history.finding(), found(set_again));
    }
}

TEST(SignalAndWait, ThatIsRefusedChangesNothing) {
    struct Case {
        ObjectType type;
        std::uint32_t error;
        std::int32_t count;
        bool possible;
    };
    for (const Case each : {Case{ObjectType::mutex, kErrorNotOwner, 0, true},
                            Case{ObjectType::semaphore, kErrorTooManyPosts, 10, true},
                            Case{ObjectType::semaphore, kErrorTooManyPosts, 9, false},
                            Case{ObjectType::timer, kErrorInvalidHandle, 0, true},
                            Case{ObjectType::event, kErrorInvalidHandle, 0, false},
                            Case{ObjectType::event, kErrorNotOwner, 0, false}}) {
        HistoryBuilder history(1);
        HistoryObject first = of_type("a", each.type);
        first.initial_count = each.count;
        const ObjectIndex a = history.object(first);
        const ObjectIndex b = history.object(event("b", false, true));
        history.call(0, Kind::signal_and_wait, {a, b}, 1, 2, Status::failed).error = each.error;
        history.call(0, Kind::wait, {b}, 3, 4);
        EXPECT_EQ(history.finding(), found(each.possible))
            << to_string(each.type) << " " << each.error;
    }
    HistoryBuilder history(1);
    const ObjectIndex t = history.object(of_type("t", ObjectType::timer));
    const ObjectIndex b = history.object(event("b", false, true));
    history.call(0, Kind::signal_and_wait, {t, b}, 1, 2);
    EXPECT_EQ(history.finding(), Finding::not_linearizable);
}

// The handle to `b` may have been closed; whether `a` was signaled before that was noticed is open.
TEST(SignalAndWait, WithABadHandleToWaitForMayHaveSignaled) {
    for (const bool bad_is_first : {false, true}) {
        for (const auto later : {Status::ok, Status::timeout}) {
            HistoryBuilder history(1);
            const ObjectIndex a = history.object(event("a"));
            const ObjectIndex b = history.object(event("b"));
            history.call(0, Kind::close, {bad_is_first ? a : b}, 1, 2);
            history.call(0, Kind::signal_and_wait, {a, b}, 3, 4, Status::failed).error =
                kErrorInvalidHandle;
            history.call(0, Kind::wait, {a}, 5, 6, later).timeout_ms = 0;
            EXPECT_EQ(history.finding(), found(!bad_is_first || later == Status::timeout));
        }
    }
}

TEST(SignalAndWait, ThatTimesOutHasSignaledAndSeenNoSignal) {
    for (const bool signaled : {false, true}) {
        HistoryBuilder history(2);
        const ObjectIndex a = history.object(event("a"));
        const ObjectIndex b = history.object(event("b", false, signaled));
        history.call(0, Kind::signal_and_wait, {a, b}, 1, 10, Status::timeout).timeout_ms = 0;
        history.call(1, Kind::wait, {a}, 11, 12);
        EXPECT_EQ(history.finding(), found(!signaled));
    }
}

TEST(SignalAndWait, OfTheDeadDoesNotWaitWithoutHavingSignaled) {
    for (const bool signaled : {true, false}) {
        HistoryBuilder history(2);
        const ObjectIndex a = history.object(event("a", true));
        const ObjectIndex m = history.object(mutex("m"));
        history.call(0, Kind::signal_and_wait, {a, m}, 1, 0, Status::pending);
        history.call(1, Kind::wait, {m}, 20, 30, Status::abandoned);
        history
            .call(1, Kind::wait, {a}, 2'000'000'000, 2'000'000'001,
                  signaled ? Status::ok : Status::timeout)
            .timeout_ms = 0;
        history.dies(0, 10);
        EXPECT_EQ(history.finding(), found(signaled));
    }
}

// It is the end of the dead that gave the mutex up, and then it did not wait any more.
TEST(SignalAndWait, OfTheDeadTakesNothingAfterItsEnd) {
    for (const std::int32_t left : {0, 1}) {
        HistoryBuilder history(2);
        const ObjectIndex m = history.object(mutex("m"));
        const ObjectIndex e = history.object(event("e", true));
        const ObjectIndex s = history.object(semaphore("s", 0));
        history.call(0, Kind::wait, {m}, 1, 2);
        history.call(0, Kind::signal_and_wait, {e, s}, 3, 0, Status::pending);
        history.call(1, Kind::wait_all, {m, e}, 10, 20, Status::abandoned).satisfied_by = 0;
        history.call(1, Kind::release_semaphore, {s}, 21, 22).count = 1;
        history.call(1, Kind::wait, {s}, 23, 24, left == 1 ? Status::ok : Status::timeout)
            .timeout_ms = 0;
        history.dies(0, 100);
        EXPECT_EQ(history.finding(), found(left == 1));
    }
}

// What is told.

TEST(CallsAtTwoMoments, AreToldOnceInAWitness) {
    HistoryBuilder history(2);
    const ObjectIndex a = history.object(event("a", true));
    const ObjectIndex b = history.object(event("b", true));
    history.call(0, Kind::signal_and_wait, {a, b}, 1, 10);
    history.call(1, Kind::pulse_event, {a}, 2, 3);
    ASSERT_EQ(history.finding(), Finding::not_linearizable);
    const HistoryPart& part = history.judgement().parts.at(0);
    EXPECT_EQ(part.judgement.operations, 2U);
    ASSERT_TRUE(part.judgement.witness);
    EXPECT_EQ(part.judgement.witness->core, std::vector<OperationId>{0U});
    const Verdict verdict = history.verdict();
    EXPECT_EQ(verdict.witness, (std::vector<OperationRef>{{0, 0, 0}}));
    EXPECT_NE(verdict.message.find("p/0.main between its signal and its wait"), std::string::npos)
        << verdict.message;
}

TEST(CallsAtTwoMoments, OfTooManyThreadsAreNotFollowed) {
    constexpr std::uint32_t kThreads = kTwoMomentCallersMax + 1;
    HistoryBuilder history(kThreads);
    const ObjectIndex a = history.object(event("a"));
    for (std::uint32_t i = 0; i < kThreads; ++i) {
        const std::int64_t at = std::int64_t{10} * i;
        history.call(i, Kind::pulse_event, {a}, at, at + 1);
    }
    EXPECT_EQ(history.finding(), Finding::inconclusive);
    const std::string& reason = history.judgement().parts.at(0).judgement.reason;
    EXPECT_NE(reason.find("threads"), std::string::npos) << reason;
}

}  // namespace
}  // namespace castaway::harness
