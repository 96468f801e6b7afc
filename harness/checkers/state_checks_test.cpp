// leaks, integrity, unexpected_death, errors, and the list of checks.
#include <gtest/gtest.h>

#include <set>

#include "harness/base/error.h"
#include "harness/checkers/checkers.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

class StateHistory : public ::testing::Test {
  protected:
    HistoryBuilder b;
    ObjectIndex m = b.mutex("m");
    Thread p = b.process();
    Thread q = b.process();
};

using Leaks = StateHistory;
using Integrity = StateHistory;
using UnexpectedDeath = StateHistory;
using Errors = StateHistory;

TEST_F(Leaks, PassWhenNothingIsLeft) {
    b.killed(p, 10);
    Snapshot& snapshot = b.quiescence(100);
    snapshot.handles = {{q.process, 3}};
    b.state(snapshot, m).handles = 3;
    b.end(200);
    const Verdict told = judge_leaks(b.build());
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message, "nothing was left of 2 processes, 1 of which died in the run");
}

TEST_F(Leaks, FailForEachThingThatIsLeftAtTheEnd) {
    Snapshot& end = b.end(200);
    const Snapshot nothing = end;
    end.processes_attached = 2;
    EXPECT_THAT(judge_leaks(b.build()), FailsSaying("this was left: 2 process entries"));
    end = nothing;
    end.names = 1;
    EXPECT_THAT(judge_leaks(b.build()), FailsSaying("this was left: 1 name"));
    end = nothing;
    b.state(end, m);
    EXPECT_THAT(judge_leaks(b.build()), FailsSaying("this was left: 1 object (mutex \"m\")"));
    end = nothing;
    const Operation& last = b.wait(p, m, {0, {}});
    b.killed(p, 10);
    b.quiescence(100);
    end.handles = {{p.process, 2}, {q.process, 1}};
    EXPECT_THAT(
        judge_leaks(b.build()),
        FailsSayingWith("3 handles (2 of p0 (killed), 1 of p1 (finished))", these({ref(last)})));
}

TEST_F(Leaks, FailForProcedureCallsThatNobodyCanRunAnyMore) {
    b.end(200).calls = 2;
    EXPECT_THAT(judge_leaks(b.build()),
                FailsSaying("this was left: 2 procedure calls of threads that have ended"));
}

TEST_F(Leaks, FailWhenTheDeadHaveHandlesWhileOthersLive) {
    const Operation& last = b.wait(p, m, {0, {}});
    b.killed(p, 10);
    b.end(200);
    Snapshot& snapshot = b.quiescence(100);
    snapshot.handles = {{p.process, 1}, {q.process, 1}};
    EXPECT_THAT(judge_leaks(b.build()),
                FailsSayingWith("p0 (killed) was known to be dead at 10.000 ms, and at 100.000 ms "
                                "it still had 1 handle",
                                these({ref(last)})));
    snapshot.at_ns = 10'000'000;
    EXPECT_THAT(judge_leaks(b.build()), Passes());
}

TEST_F(Leaks, FailWhenTheDeadOwnAMutexWhileOthersLive) {
    b.killed(p, 10);
    b.end(200);
    ObjectState& state = b.state(b.quiescence(100), m);
    state.owner = q.process;
    EXPECT_THAT(judge_leaks(b.build()), Passes());
    state.owner = p.process;
    EXPECT_THAT(judge_leaks(b.build()), FailsSaying("it still owned mutex \"m\""));
}

TEST_F(Leaks, AreInconclusiveWithoutTheSnapshotsTheyNeed) {
    EXPECT_THAT(judge_leaks(b.build()), IsInconclusive());
    b.end(200);
    EXPECT_THAT(judge_leaks(b.build()), Passes());
    b.killed(p, 10);
    EXPECT_THAT(judge_leaks(b.build()), IsInconclusive());
    b.quiescence(100);
    EXPECT_THAT(judge_leaks(b.build()), Passes());
}

TEST_F(Leaks, AndDamageCountOnlyWhereSomebodyLivedToSeeThem) {
    b.killed(p, 10);
    Snapshot& snapshot = b.quiescence(100);
    snapshot.handles = {{p.process, 1}};
    snapshot.damage = {"a name lock is held"};
    Snapshot& end = b.end(200);
    HistoryBuilder all_dead = b;
    all_dead.killed(q, 20);
    EXPECT_THAT(judge_leaks(b.build()), FailsSaying("it still had 1 handle"));
    EXPECT_THAT(judge_integrity(b.build()), FailsSaying("while no operation was running"));
    EXPECT_THAT(judge_leaks(all_dead.build()), Passes());
    EXPECT_THAT(judge_integrity(all_dead.build()), Passes());
    end.damage = snapshot.damage;
    b.killed(q, 20);
    EXPECT_THAT(judge_integrity(b.build()), FailsSaying("after all processes had ended"));
}

TEST_F(Leaks, AreNotApplicableWithoutProcesses) {
    EXPECT_THAT(judge_leaks(History{}), IsNotApplicable());
}

TEST_F(Integrity, FailsForAnyDamage) {
    EXPECT_THAT(judge_integrity(b.build()), IsInconclusive());
    b.quiescence(100);
    Snapshot& end = b.end(200);
    EXPECT_THAT(judge_integrity(b.build()), Passes());
    end.damage = {"the queue of object slot 3 does not end", "a name lock is held"};
    EXPECT_THAT(
        judge_integrity(b.build()),
        FailsSaying("2 structural faults in the shared state after all processes had ended, "
                    "at 200.000 ms: the queue of object slot 3 does not end"));
}

TEST_F(UnexpectedDeath, FailsForACrash) {
    b.killed(q, 10);
    EXPECT_THAT(judge_unexpected_death(b.build()), Passes());
    b.wait(p, m, {0, 1});
    const Operation& inside = b.release(p, m, {2, {}});
    HistoryProcess& process = b.raw().processes[p.process];
    process.end = ProcessEnd::crashed;
    process.end_detail = "SIGSEGV";
    EXPECT_THAT(judge_unexpected_death(b.build()),
                FailsSayingWith("p0 died of SIGSEGV, and no fault had struck it; the last that is "
                                "known of it is a release_mutex of mutex \"m\" at 2.000 ms",
                                these({ref(inside)})));
    EXPECT_THAT(judge_unexpected_death(History{}), IsNotApplicable());
}

TEST_F(Errors, PassForFailuresThatMayBe) {
    const ObjectIndex x = b.mutex("x");
    const ObjectIndex s = b.semaphore("s", 0, 1);
    const ObjectIndex t = b.timer("t");
    b.by_program(x);
    b.open(p, x, {0, 1}, failed_with(2));
    b.wait(p, x, {2, 3}, failed_with(6));
    b.release(p, m, {4, 5}, failed_with(288));
    b.release(p, s, 5, {6, 7}, 0, failed_with(298));
    b.release(p, s, 0, {8, 9}, 0, failed_with(87));
    b.create(p, x, {10, 11});
    Operation& refused = b.set_timer(p, t, {14, 15}, 0, -1);
    refused.status = ResponseStatus::failed;
    refused.error = 87;
    const Verdict told = judge_errors(b.build());
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message, "7 operations, 6 of which failed as they may");
    refused.error = 0;
    EXPECT_THAT(judge_errors(b.build()), FailsSaying("failed and gave no reason"));
}

TEST_F(Errors, FailForAnInvalidHandleOfAWholeRunObject) {
    const Operation& wait = b.wait(p, m, {2, 3}, failed_with(6));
    EXPECT_THAT(
        judge_errors(b.build()),
        FailsSayingWith("p0.main's wait of mutex \"m\" at 2.000 ms failed with error 6, for "
                        "which there was no cause",
                        these({ref(wait)})));
}

TEST_F(Errors, PassForAHandleThatMayBeClosedOrNotMadeYet) {
    const Thread other = b.thread(p);
    b.close(other, m, {3, 4});
    b.wait(p, m, {2, 3}, failed_with(6));
    EXPECT_THAT(judge_errors(b.build()), Passes());
    HistoryBuilder duplicating;
    const ObjectIndex e = duplicating.event("e");
    const Thread r = duplicating.process();
    duplicating.wait(r, e, {2, 3}, failed_with(6));
    duplicating.call(OperationKind::duplicate, r, e, {4, 5});
    EXPECT_THAT(judge_errors(duplicating.build()), Passes());
}

TEST_F(Errors, FailForAFirstCloseThatIsRefused) {
    b.call(OperationKind::close, p, m, {2, 3}, failed_with(6));
    EXPECT_THAT(judge_errors(b.build()), FailsSaying("p0.main's close"));
    b.close(b.thread(p), m, {1, 2});
    EXPECT_THAT(judge_errors(b.build()), Passes());
}

TEST_F(Errors, FailForCodesThatDoNotFitTheCall) {
    using Case = std::pair<OperationKind, std::uint32_t>;
    for (const auto& [kind, error] :
         {Case{OperationKind::create, 6}, Case{OperationKind::open, 2},
          Case{OperationKind::wait, 87}, Case{OperationKind::wait, 5},
          Case{OperationKind::release_mutex, 5}, Case{OperationKind::set_event, 298}}) {
        HistoryBuilder wrong = b;
        wrong.call(kind, p, m, {0, 1}, failed_with(error));
        EXPECT_THAT(judge_errors(wrong.build()), FailsSaying("for which there was no cause"))
            << to_string(kind);
    }
}

TEST_F(Errors, PassForASubjectThatHasNoRoom) {
    b.call(OperationKind::create, p, m, {0, 1}, failed_with(1450));
    b.wait(p, m, {2, 3}, failed_with(6));
    EXPECT_THAT(judge_errors(b.build()), Passes());
}

TEST_F(Errors, PassForWhatTheCallsOnSeveralObjectsMayRefuse) {  // WAIT-08, WAIT-17, WAIT-18
    const ObjectIndex e = b.event("e");
    const ObjectIndex s = b.semaphore("s", 1, 1);
    const ObjectIndex t = b.timer("t");
    for (const ObjectIndex object : {m, e, s, t}) {
        b.create(p, object, {1, 1});
    }
    b.wait_all(p, {m, e, m}, {2, 3}, failed_with(87));
    b.signal_and_wait(p, m, e, {4, 5}, failed_with(288));
    b.signal_and_wait(p, s, e, {6, 7}, failed_with(298));
    b.signal_and_wait(p, t, e, {8, 9}, failed_with(6));
    EXPECT_THAT(judge_errors(b.build()), Passes());
}

TEST_F(Errors, FailForWhatTheCallsOnSeveralObjectsMayNotRefuse) {
    const ObjectIndex e = b.event("e");
    const ObjectIndex s = b.semaphore("s", 1, 1);
    for (const ObjectIndex object : {m, e, s}) {
        b.create(p, object, {1, 1});
    }
    const auto wrong = [&](auto add) {
        HistoryBuilder one = b;
        add(one);
        return judge_errors(one.build());
    };
    EXPECT_THAT(
        wrong([&](auto& h) {
            h.wait_all(p, {m, e}, {2, 3}, failed_with(87));
        }),
        FailsSaying("wait_all of mutex \"m\", event \"e\" at 2.000 ms failed with error 87"));
    EXPECT_THAT(wrong([&](auto& h) {
                    h.signal_and_wait(p, e, m, {2, 3}, failed_with(288));
                }),
                FailsSaying("error 288"));
    EXPECT_THAT(wrong([&](auto& h) {
                    h.signal_and_wait(p, m, s, {2, 3}, failed_with(298));
                }),
                FailsSaying("error 298"));
    EXPECT_THAT(wrong([&](auto& h) {
                    h.signal_and_wait(p, e, m, {2, 3}, failed_with(6));
                }),
                FailsSaying("error 6"));
}

TEST_F(Errors, FailForCallsThatMustHaveFailed) {  // WAIT-08, WAIT-18
    HistoryBuilder twice = b;
    twice.wait_all(p, {m, m}, {2, 3}, kTimeout);
    EXPECT_THAT(judge_errors(twice.build()),
                FailsSaying("did not fail, and names an object twice"));
    const ObjectIndex t = b.timer("t");
    b.signal_and_wait(p, t, m, {2, 3});
    EXPECT_THAT(judge_errors(b.build()), FailsSaying("its first object is a timer"));
}

TEST_F(Errors, OfQueuedCallsDependOnTheThreadsLife) {  // WAIT-22
    b.killed(q, 10);
    b.queue_call(p, q, {5, 6}, failed_with(31));
    b.queue_call(p, q, {7, 8});
    b.queue_call(p, q, {11, 12});
    b.queue_call(p, q, {13, 14}, failed_with(1450));
    EXPECT_THAT(judge_errors(b.build()), Passes());
    HistoryBuilder alive = b;
    alive.set(q, alive.event("e"), {5, 7});
    EXPECT_THAT(judge_errors(alive.build()),
                FailsSaying("p0.main's queue_call for p1.main at 5.000 ms failed with error 31"));
    b.queue_call(p, q, {1011, 1012});
    EXPECT_THAT(judge_errors(b.build()), FailsSaying("the thread had ended"));
}

TEST_F(Errors, KnowThatASleepIsEndedByCallsOrTimeAlone) {
    HistoryBuilder failing = b;
    b.sleep(p, {0, 1}, 1);
    b.alerted(b.sleep(p, {2, 3}), {});
    EXPECT_THAT(judge_errors(b.build()), Passes());
    failing.sleep(p, {0, 1}, 1, failed_with(6));
    EXPECT_THAT(judge_errors(failing.build()), FailsSaying("p0.main's sleep at 0.000 ms failed"));
    b.call(OperationKind::set_event, p, b.event("e"), {4, 5}, {ResponseStatus::alerted});
    EXPECT_THAT(judge_errors(b.build()), FailsSaying("as only a wait can"));
}

TEST_F(Errors, FailForAnAnswerThatOnlyAWaitGives) {
    b.release(p, m, {0, 1}, kTimeout);
    EXPECT_THAT(judge_errors(b.build()), FailsSaying("answered \"timeout\", as only a wait can"));
    EXPECT_THAT(judge_errors(History{}), IsNotApplicable());
}

TEST(Checks, AreListedOnceEachWithTheirRules) {
    std::set<std::string_view> names;
    for (const Check& check : all_checks()) {
        EXPECT_TRUE(names.insert(check.name).second) << check.name;
        EXPECT_FALSE(check.description.empty()) << check.name;
        EXPECT_FALSE(check.rules.empty()) << check.name;
        EXPECT_NE(check.judge, nullptr) << check.name;
    }
    EXPECT_EQ(names.size(), 18U);
}

TEST(Checks, AreAllMadeWhenNoneIsNamed) {
    const std::vector<Verdict> verdicts = judge(History{}, {});
    ASSERT_EQ(verdicts.size(), all_checks().size());
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        EXPECT_EQ(verdicts[i].check, all_checks()[i].name);
        EXPECT_NE(verdicts[i].kind, VerdictKind::pass) << verdicts[i].check;
        EXPECT_NE(verdicts[i].kind, VerdictKind::fail) << verdicts[i].check;
    }
}

TEST(Checks, AreMadeInTheOrderInWhichTheyAreNamed) {
    const std::vector<std::string> names{"leaks", "abandonment"};
    const std::vector<Verdict> verdicts = judge(History{}, names);
    ASSERT_EQ(verdicts.size(), 2U);
    EXPECT_EQ(verdicts[0].check, "leaks");
    EXPECT_EQ(verdicts[1].check, "abandonment");
    const std::vector<std::string> unknown{"leak"};
    EXPECT_THROW(judge(History{}, unknown), HarnessError);
}

TEST(VerdictKinds, HaveNames) {
    EXPECT_EQ(to_string(VerdictKind::pass), "pass");
    EXPECT_EQ(to_string(VerdictKind::fail), "fail");
    EXPECT_EQ(to_string(VerdictKind::inconclusive), "inconclusive");
    EXPECT_EQ(to_string(VerdictKind::not_applicable), "not_applicable");
}

}  // namespace
}  // namespace castaway::harness::testing
