// What the checks that follow each object by itself are shown, and what they say they left out.
#include "harness/checkers/view.h"

#include <gtest/gtest.h>

#include "harness/checkers/checkers.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

using ::testing::HasSubstr;

constexpr OperationKind kPulse = OperationKind::pulse_event;

class ViewByObject : public ::testing::Test {
  protected:
    HistoryBuilder b;
    ObjectIndex e = b.event("e");
    ObjectIndex f = b.event("f");
    ObjectIndex n = b.manual_event("n");
    ObjectIndex m = b.mutex("m");
    ObjectIndex s = b.semaphore("s", 1, 3);
    ObjectIndex t = b.timer("t");
    Thread p = b.process();
    Thread q = b.process();
    Thread r = b.process();

    /// The operations that are left, in order.
    [[nodiscard]] std::vector<OperationRef> left() const {
        const History whole = b.build();
        const ReducedView view(whole);
        std::vector<OperationRef> refs;
        for (const Operation& operation : view.history().operations) {
            refs.push_back(ref(operation));
        }
        return refs;
    }
    [[nodiscard]] Verdict judged_by(const std::string& check) const {
        return judge(b.build(), std::vector<std::string>{check}).at(0);
    }
};

TEST_F(ViewByObject, IsTheHistoryItselfWhereNothingIsLeftOut) {
    b.wait_any(p, {e, f}, {0, 1}, 1);
    b.wait(q, m, {2, {}}).alertable = true;
    const History whole = b.build();
    const ReducedView view(whole);
    EXPECT_EQ(&view.history(), &whole);
    EXPECT_FALSE(view.leaves_out(e));
    EXPECT_EQ(view.omission(), "");
}

TEST_F(ViewByObject, HasNoOperationsAboutNothingAndNoAlertedWaits) {
    b.sleep(p, {0, 1}, 1);
    b.queue_call(q, p, {1, 2});
    b.alerted(b.wait(p, e, {3, 4}), {{q.process, 0, 0}});
    b.alerted(b.wait_all(p, {e, m}, {5, 6}), {});
    const Operation& set = b.set(p, e, {7, 8});
    const Operation& wait = b.wait(q, e, {9, 10});
    EXPECT_EQ(left(), these({ref(set), ref(wait)}));
    EXPECT_EQ(set.sequence, 3U);
    EXPECT_EQ(ReducedView(b.build()).omission(), "");
    EXPECT_THAT(judged_by("auto_reset"), Passes());
}

TEST_F(ViewByObject, LeavesOutWhateverIsJoinedWithAJointOperation) {
    b.call(kPulse, p, e, {0, 1});
    b.wait_any(p, {e, f}, {2, 3}, 0);
    b.wait_any(q, {f, m}, {2, 3}, 0);
    b.release(q, m, {4, 5});
    const Operation& wait = b.wait_any(r, {s, n}, {6, 7}, 0);
    EXPECT_EQ(left(), these({ref(wait)}));
    const History whole = b.build();
    const ReducedView view(whole);
    for (const ObjectIndex object : {e, f, m}) {
        EXPECT_TRUE(view.leaves_out(object));
        EXPECT_FALSE(view.history().objects[object].whole_run);
    }
    for (const ObjectIndex object : {s, n, t}) {
        EXPECT_FALSE(view.leaves_out(object));
        EXPECT_TRUE(view.history().objects[object].whole_run);
    }
    EXPECT_EQ(view.omission(),
              "3 objects with pulses, waits for all or signal-and-waits not "
              "judged here but by linearizable");
}

TEST_F(ViewByObject, IsNotJoinedByWhatHadNoEffect) {
    b.wait_all(p, {e, e}, {0, 1}, failed_with(87));
    b.signal_and_wait(p, t, f, {2, 3}, failed_with(6));
    b.alerted(b.wait_any(p, {s, n}, {4, 5}), {});
    b.call(kPulse, p, n, {6, 7}, failed_with(6));
    const Operation& wait = b.wait(q, s, {8, 9});
    EXPECT_EQ(left(), these({ref(wait)}));
    EXPECT_EQ(ReducedView(b.build()).omission(), "");
}

TEST_F(ViewByObject, KnowsThatASignalAndWaitHasSignaledWhenCallsEndIt) {
    b.alerted(b.signal_and_wait(p, e, f, {0, 1}), {});
    b.wait(q, e, {2, 3});
    EXPECT_EQ(left(), these({}));
    EXPECT_THAT(judged_by("auto_reset"), IsNotApplicable());
}

TEST_F(ViewByObject, SaysNothingFalseOfObjectsThatAreLeftOut) {
    // By its sets alone each of these would be wrong: taken and never given, and signaled at the
    // end.
    b.signal_and_wait(p, m, e, {0, 1});
    b.wait_all(q, {m, e, s}, {2, 3});
    b.wait(r, e, {4, 5});
    b.wait(r, m, {6, 7}, kAbandoned);
    b.wait(q, n, {6, 7});
    b.call(kPulse, p, n, {6, 7});
    Snapshot& quiet = b.quiescence(100);
    b.state(quiet, e).signaled = true;
    b.state(quiet, n).signaled = true;
    b.state(quiet, s).value = 3;
    b.state(quiet, m).abandoned = true;
    for (const Check& check : all_checks()) {
        if (check.view == View::by_object) {
            const Verdict told = judged_by(std::string(check.name));
            EXPECT_THAT(told, IsNotApplicable()) << check.name;
            EXPECT_THAT(told.message, HasSubstr("; 4 objects with pulses")) << check.name;
        }
    }
    EXPECT_THAT(judged_by("lost_wakeup"), Passes());
}

TEST_F(ViewByObject, StillShowsWhatIsWrongBesides) {
    b.wait_all(p, {m, n}, {0, 1});
    b.sleep(p, {2, 3}, 1);
    const Operation& wait = b.wait(p, e, {4, 5});
    EXPECT_THAT(judged_by("auto_reset"), FailsSayingWith("event \"e\"", these({ref(wait)})));
    EXPECT_THAT(judged_by("semaphore").message, HasSubstr("; 2 objects with pulses"));
}

TEST_F(ViewByObject, OfTimeoutsHasTheLengthsOfAllButTheStateOfFew) {
    b.set(q, n, {0, 1});
    b.wait_all(p, {n, e}, {2, 12}, kTimeout).timeout_ms = 10;
    b.sleep(q, {2, 12}, 10);
    const Verdict told = judged_by("timeouts");
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message,
              "1 wait timed out and 1 sleep ended, none early; 2 objects with pulses, waits for "
              "all or signal-and-waits not judged here but by linearizable");
    Operation& wait = b.wait_all(p, {n, e}, {20, 29}, kTimeout);
    wait.timeout_ms = 10;
    EXPECT_THAT(judged_by("timeouts"),
                FailsSayingWith("p0.main's wait_all of event \"n\", event \"e\" timed out after "
                                "9.000 ms, and its time limit was 10 ms",
                                these({ref(wait)})));
}

TEST_F(ViewByObject, OfTimeoutsHasSleepsThatAreTooShort) {  // WAIT-21
    const Operation& sleep = b.sleep(p, {0, 9}, 10);
    EXPECT_THAT(judged_by("timeouts"), FailsSayingWith("p0.main's sleep", these({ref(sleep)})));
}

}  // namespace
}  // namespace castaway::harness::testing
