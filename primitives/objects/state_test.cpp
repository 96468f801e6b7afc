// The pure rules of state words and of the words around them.
#include "primitives/objects/state.h"

#include <gtest/gtest.h>

#include "primitives/objects/wait_word.h"

namespace castaway {
namespace {

constexpr std::uint32_t kMe = mutex_owner(4, 9);
constexpr std::uint32_t kOther = mutex_owner(5, 9);
constexpr std::uint64_t kSlotBits = (std::uint64_t{0xabcdef} << kGenerationShift) | kHasWaiters;

TEST(StateWord, KeepsFlagsAndGenerationWhenTheValueChanges) {
    const std::uint64_t state = with_value(kSlotBits | kAbandoned, 7);
    EXPECT_EQ(value_of(state), 7U);
    EXPECT_EQ(generation_of(state), 0xabcdefU);
    EXPECT_TRUE(has_waiters(state));
    EXPECT_NE(state & kAbandoned, 0U);
}

TEST(StateWord, CountsSignalsAndChangesNothingElse) {
    std::uint64_t state = with_value(kSlotBits | kAbandoned, 7);
    const std::uint64_t rest = state & ~kSignals;
    for (std::uint64_t signals = 1; signals < 64; ++signals) {
        state = with_signal(state);
        EXPECT_EQ(state, rest | signals * kOneSignal);
    }
    EXPECT_EQ(with_signal(state), rest);
}

TEST(StateWord, OfAFreedSlotHasTheNextGenerationAndNothingElse) {
    const std::uint64_t state = next_generation(with_value(kSlotBits | kAbandoned, 7));
    EXPECT_EQ(generation_of(state), 0xabcdf0U);
    EXPECT_EQ(state & 0xffffffffffULL, 0U);
    EXPECT_EQ(next_generation(std::uint64_t{0xffffff} << kGenerationShift), 0U);
}

TEST(Take, OfAnAutoResetEventOrTimerResetsIt) {  // EVT-01
    for (const ObjectKind kind : {ObjectKind::auto_event, ObjectKind::auto_timer}) {
        const Take taken = take(kind, with_value(kSlotBits, 1), kMe);
        EXPECT_TRUE(taken.possible);
        EXPECT_EQ(taken.next, kSlotBits);
        EXPECT_FALSE(taken.abandoned);
        EXPECT_FALSE(take(kind, kSlotBits, kMe).possible);
    }
}

TEST(Take, OfAManualResetEventOrTimerChangesNothing) {  // EVT-02
    for (const ObjectKind kind : {ObjectKind::manual_event, ObjectKind::manual_timer}) {
        const std::uint64_t state = with_value(kSlotBits, 1);
        const Take taken = take(kind, state, kMe);
        EXPECT_TRUE(taken.possible);
        EXPECT_EQ(taken.next, state);
        EXPECT_FALSE(take(kind, kSlotBits, kMe).possible);
    }
}

TEST(Take, OfASemaphoreTakesOne) {  // SEM-02
    const Take taken = take(ObjectKind::semaphore, with_value(kSlotBits, 3), kMe);
    EXPECT_TRUE(taken.possible);
    EXPECT_EQ(taken.next, with_value(kSlotBits, 2));
    EXPECT_FALSE(take(ObjectKind::semaphore, kSlotBits, kMe).possible);
}

TEST(Take, OfAFreeMutexMakesTheWaiterOwner) {  // MTX-01
    const Take taken = take(ObjectKind::mutex, kSlotBits, kMe);
    EXPECT_TRUE(taken.possible);
    EXPECT_EQ(taken.next, with_value(kSlotBits, kMe));
    EXPECT_FALSE(taken.abandoned);
    EXPECT_FALSE(taken.again);
}

TEST(Take, OfAnAbandonedMutexTellsOnceAndClearsTheMark) {  // MTX-07
    const Take taken = take(ObjectKind::mutex, kSlotBits | kAbandoned, kMe);
    EXPECT_TRUE(taken.possible);
    EXPECT_TRUE(taken.abandoned);
    EXPECT_EQ(taken.next, with_value(kSlotBits, kMe));
}

TEST(Take, OfAnOwnedMutexIsForItsOwnerAlone) {  // MTX-02, MTX-06
    const std::uint64_t state = with_value(kSlotBits, kMe);
    const Take again = take(ObjectKind::mutex, state, kMe);
    EXPECT_TRUE(again.possible);
    EXPECT_TRUE(again.again);
    EXPECT_EQ(again.next, state);
    EXPECT_FALSE(take(ObjectKind::mutex, state, kOther).possible);
    EXPECT_FALSE(take(ObjectKind::mutex, state, mutex_owner(4, 10)).possible);
}

TEST(Take, OfAFreeSlotIsNeverPossible) {
    EXPECT_FALSE(take(ObjectKind::none, with_value(kSlotBits, 1), kMe).possible);
}

TEST(MutexOwner, NamesItsThreadAndIsNeverFree) {
    EXPECT_EQ(owner_slot(mutex_owner(0, 0)), 0U);
    EXPECT_NE(mutex_owner(0, 0), 0U);
    EXPECT_EQ(owner_slot(mutex_owner(32767, 0xffff)), 32767U);
}

TEST(WaitWordBits, SurvivePackingAndUnpacking) {
    const WaitWord word{WaitState::satisfied,         63,   true, true,
                        (std::uint64_t{1} << 50) + 5, true, true};
    const WaitWord back = WaitWord::unpack(word.pack());
    EXPECT_EQ(back.state, word.state);
    EXPECT_EQ(back.index, word.index);
    EXPECT_TRUE(back.abandoned);
    EXPECT_TRUE(back.look_again);
    EXPECT_EQ(back.epoch, word.epoch);
    EXPECT_TRUE(back.all);
    EXPECT_TRUE(back.alertable);
    EXPECT_EQ(WaitWord{}.pack(), 0U);
}

TEST(WaitWordBits, OfFollowingWaitsDifferInTheHalfThatIsSleptOn) {
    const WaitWord first{WaitState::waiting, 0, false, false, 41};
    const WaitWord next{WaitState::waiting, 0, false, false, 42};
    EXPECT_NE(static_cast<std::uint32_t>(first.pack()), static_cast<std::uint32_t>(next.pack()));
}

TEST(HandoffHappened, IfTheWordIsAsAnnouncedOrItsEpochIsPast) {
    const WaitWord announced{WaitState::satisfied, 2, false, false, 7};
    const auto after = [&](WaitWord now) { return handoff_happened(now.pack(), announced.pack()); };
    EXPECT_TRUE(after(announced));
    EXPECT_TRUE(after({WaitState::idle, 0, false, false, 8}));
    EXPECT_TRUE(after({WaitState::waiting, 0, false, false, 8}));
    EXPECT_FALSE(after({WaitState::waiting, 0, false, false, 7}));
    EXPECT_FALSE(after({WaitState::waiting, 0, false, true, 7}));
    EXPECT_FALSE(after({WaitState::withdrawn, 0, false, false, 7}));
    EXPECT_FALSE(after({WaitState::alerted, 0, false, false, 7}));
    EXPECT_FALSE(after({WaitState::satisfied, 1, false, false, 7}));
}

}  // namespace
}  // namespace castaway
