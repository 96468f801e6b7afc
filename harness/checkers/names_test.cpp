// A name is made by one, joined by the others, and free after its last handle.
#include <gtest/gtest.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/testing/history_builder.h"
#include "harness/checkers/testing/verdict_matchers.h"

namespace castaway::harness::testing {
namespace {

constexpr std::uint32_t kExisted = 183;

class Names : public ::testing::Test {
  protected:
    HistoryBuilder b;
    ObjectIndex x = b.mutex("x");
    Thread p = b.process();
    Thread q = b.process();

    void SetUp() override { b.by_program(x); }
    [[nodiscard]] Verdict verdict() const { return judge_names(b.build()); }
};

TEST_F(Names, PassWhenOneMakesAndTheOthersJoin) {
    b.create(p, x, {0, 10});
    b.create(q, x, {0, 10}, kExisted);
    b.open(q, x, {11, 12});
    b.close(q, x, {13, 14});
    b.close(q, x, {15, 16});
    b.close(p, x, {17, 18});
    b.open(q, x, {19, 20}, failed_with(2));
    b.create(q, x, {21, 22});
    const Verdict told = verdict();
    EXPECT_THAT(told, Passes());
    EXPECT_EQ(told.message, "5 calls by name, each as the handles of the others have it");
}

TEST_F(Names, FailWhenTwoMakeIt) {
    const Operation& first = b.create(p, x, {0, 10});
    const Operation& second = b.create(q, x, {5, 12});
    EXPECT_THAT(verdict(), Passes());  // p may have been through with it: nothing tells its end
    b.close(p, x, {100, 101});
    b.close(q, x, {102, 103});
    EXPECT_THAT(verdict(), FailsSayingWith("p0.main and p1.main both made mutex \"x\"",
                                           these({ref(first), ref(second)})));
}

TEST_F(Names, LetTwoMakeItWhenTheFirstMayHaveClosedIt) {
    b.create(p, x, {0, 10});
    b.close(p, x, {11, 20});
    b.create(q, x, {5, 12});
    b.close(q, x, {30, 31});
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Names, FailWhenItIsMadeAnewWhileOthersHaveIt) {
    // The maker's handle is closed, another's is not.
    b.create(p, x, {0, 1});
    b.create(q, x, {2, 3}, kExisted);
    b.close(p, x, {4, 5});
    b.create(p, x, {6, 7});
    b.close(q, x, {20, 21});
    EXPECT_THAT(verdict(), FailsSaying("p0.main's create of mutex \"x\" from 6.000 ms to 7.000 ms "
                                       "made it anew, and somebody had a handle to it all the "
                                       "while"));
}

TEST_F(Names, SeeHandlesThatReplaceEachOther) {
    const Thread r = b.process();
    b.create(p, x, {0, 1});
    b.create(q, x, {2, 3}, kExisted);
    b.close(p, x, {10, 11});
    b.close(q, x, {30, 31});
    HistoryBuilder gap = b;
    b.open(r, x, {5, 20}, failed_with(2));
    EXPECT_THAT(verdict(), FailsSaying("did not find it"));
    gap.open(r, x, {5, 30}, failed_with(2));
    EXPECT_THAT(judge_names(gap.build()), Passes());
}

TEST_F(Names, FailWhenTheNameOutlivesTheLastHandle) {
    b.create(p, x, {0, 1});
    const Operation& close = b.close(p, x, {2, 3});
    const Operation& open = b.open(q, x, {4, 5});
    EXPECT_THAT(verdict(), FailsSayingWith("found it, and nobody had a handle to it any more",
                                           these({ref(close), ref(open)})));
}

TEST_F(Names, FailWhenACreateJoinsWhatIsGone) {
    b.create(p, x, {0, 1});
    b.close(p, x, {2, 3});
    b.create(q, x, {4, 5}, kExisted);
    EXPECT_THAT(verdict(), FailsSaying("found it, and nobody had a handle to it any more"));
}

TEST_F(Names, FailWhenNobodyMadeIt) {
    b.create(p, x, {0, 10}, kExisted);
    b.create(q, x, {0, 10}, kExisted);
    EXPECT_THAT(verdict(), FailsSaying("found it, and nobody had made it"));
}

TEST_F(Names, LetAPendingCreateHaveMadeIt) {
    b.create(p, x, {0, {}});
    b.killed(p, 100);
    b.open(q, x, {50, 51});
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Names, LetAPendingCloseHaveClosedItOrNot) {
    b.create(p, x, {0, 1});
    b.close(p, x, {2, {}});
    b.killed(p, 100);
    HistoryBuilder closed = b;
    b.open(q, x, {50, 51});
    EXPECT_THAT(verdict(), Passes());
    closed.open(q, x, {50, 51}, failed_with(2));
    EXPECT_THAT(judge_names(closed.build()), Passes());
}

TEST_F(Names, GiveTheSubjectTimeToNoticeADeath) {
    b.create(p, x, {0, 1});
    b.killed(p, 100);
    HistoryBuilder later = b;
    b.open(q, x, {1000, 1001});
    EXPECT_THAT(verdict(), Passes());
    later.open(q, x, {1101, 1102});
    EXPECT_THAT(judge_names(later.build()), FailsSaying("nobody had a handle to it any more"));
}

TEST_F(Names, LetAKilledProcessHaveDiedRightAfterItsLastEvent) {
    b.create(p, x, {0, 1});
    b.killed(p, 100);
    b.create(q, x, {2, 3});
    b.close(q, x, {50, 51});
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Names, CountDuplicates) {
    b.create(p, x, {0, 1});
    b.call(OperationKind::duplicate, p, x, {2, 3});
    b.close(p, x, {4, 5});
    b.open(q, x, {6, 7});
    b.close(q, x, {8, 9});
    b.close(p, x, {10, 11});
    EXPECT_THAT(verdict(), Passes());
    b.open(q, x, {12, 13});
    EXPECT_THAT(verdict(), FailsSaying("p1.main's open"));
}

TEST_F(Names, SeeThreadsOfOneProcessShareItsHandles) {
    const Thread other = b.thread(p);
    b.create(p, x, {0, 10});
    b.create(other, x, {5, 15}, kExisted);
    b.close(p, x, {20, 21});
    b.create(p, x, {22, 23}, kExisted);
    EXPECT_THAT(verdict(), Passes());
}

TEST_F(Names, CompareTheMakersOfAWholeRunObjectThatWasJoined) {
    HistoryBuilder w;
    const ObjectIndex y = w.event("y");
    const Thread r = w.process();
    const Thread s = w.process();
    const Thread t = w.process();
    w.create(r, y, {0, 1});
    w.create(s, y, {2, 3});
    for (const Thread each : {r, s}) {
        w.close(each, y, {100, 101});
    }
    EXPECT_THAT(judge_names(w.build()), IsNotApplicable());  // inherited, for all that is known
    w.create(t, y, {2, 3}, kExisted);
    EXPECT_THAT(judge_names(w.build()), FailsSaying("both made event \"y\""));
}

TEST_F(Names, AreNotApplicableWhenNoObjectIsOpened) {
    b.wait(p, x, {0, 1}, failed_with(6));
    EXPECT_THAT(verdict(), IsNotApplicable());
}

}  // namespace
}  // namespace castaway::harness::testing
