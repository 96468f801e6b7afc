// Asynchronous procedure calls and timers' completion routines: what is run, when, and where.
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

using Numbers = std::vector<int>;

/// What the calling thread has run, in order.
Numbers& ran() {
    thread_local Numbers numbers;
    return numbers;
}
Numbers take_ran() {
    return std::exchange(ran(), {});
}

void note(ULONG_PTR number) {
    ran().push_back(static_cast<int>(number));
}
void note_timer(LPVOID argument, DWORD, DWORD) {
    ran().push_back(*static_cast<int*>(argument));
}

DWORD queue(ULONG_PTR number, PAPCFUNC routine = note) {
    return QueueUserAPC(routine, GetCurrentThread(), number);
}

class ApcTest : public ApiTest {};

TEST_F(ApcTest, AnAlertableWaitRunsAllThatIsQueuedInOrder) {  // WAIT-14
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    for (const ULONG_PTR number : {1U, 2U, 3U}) {
        EXPECT_EQ(queue(number), 1U);
    }
    EXPECT_EQ(region().look().apcs, 3U);
    SetLastError(kUntouched);
    EXPECT_EQ(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(GetLastError(), kUntouched);
    EXPECT_EQ(take_ran(), (Numbers{1, 2, 3}));
    EXPECT_EQ(WaitForSingleObjectEx(event, 0, TRUE), WAIT_TIMEOUT);
}

TEST_F(ApcTest, CallsComeBeforeWhatIsSignaled) {  // WAIT-15
    const Handle semaphore(CreateSemaphoreA(nullptr, 2, 2, "s"));
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    const std::array<HANDLE, 2> both = {semaphore, event};
    for (const BOOL all : {FALSE, TRUE}) {
        EXPECT_EQ(queue(7), 1U);
        EXPECT_EQ(WaitForMultipleObjectsEx(2, both.data(), all, INFINITE, TRUE),
                  WAIT_IO_COMPLETION);
        EXPECT_EQ(take_ran(), Numbers{7});
        EXPECT_EQ(state("s"), "semaphore 2/2, 1 handle, 0 waiting");
        EXPECT_EQ(state("e"), "auto event set, 1 handle, 0 waiting");
    }
    EXPECT_EQ(WaitForMultipleObjectsEx(2, both.data(), TRUE, INFINITE, TRUE), WAIT_OBJECT_0);
}

TEST_F(ApcTest, OtherWaitsRunNothing) {  // WAIT-16
    const Handle set(CreateEventA(nullptr, TRUE, TRUE, nullptr));
    const Handle never(CreateEventA(nullptr, TRUE, FALSE, nullptr));
    const std::array<HANDLE, 2> both = {set, never};
    EXPECT_EQ(queue(1), 1U);
    EXPECT_EQ(WaitForSingleObject(set, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(WaitForSingleObject(never, 1), WAIT_TIMEOUT);
    EXPECT_EQ(WaitForSingleObjectEx(never, 1, FALSE), WAIT_TIMEOUT);
    EXPECT_EQ(WaitForMultipleObjects(2, both.data(), TRUE, 1), WAIT_TIMEOUT);
    EXPECT_EQ(WaitForMultipleObjectsEx(2, both.data(), FALSE, 1, FALSE), WAIT_OBJECT_0);
    EXPECT_EQ(SignalObjectAndWait(set, never, 1, FALSE), WAIT_TIMEOUT);
    EXPECT_EQ(SleepEx(1, FALSE), 0U);
    Sleep(1);
    EXPECT_EQ(take_ran(), Numbers{});
    EXPECT_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(take_ran(), Numbers{1});
}

TEST_F(ApcTest, AWaitThatFailsRunsNothing) {  // WAIT-09
    EXPECT_EQ(queue(1), 1U);
    expect_failure([] { return WaitForSingleObjectEx(nullptr, INFINITE, TRUE); }, WAIT_FAILED,
                   ERROR_INVALID_HANDLE);
    EXPECT_EQ(take_ran(), Numbers{});
    EXPECT_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(take_ran(), Numbers{1});
}

TEST_F(ApcTest, SleepExTellsWhyItHasEnded) {  // WAIT-21
    EXPECT_EQ(SleepEx(0, TRUE), 0U);
    EXPECT_EQ(SleepEx(1, TRUE), 0U);
    EXPECT_EQ(queue(4), 1U);
    EXPECT_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(take_ran(), Numbers{4});
}

TEST_F(ApcTest, SignalObjectAndWaitSignalsBeforeItRunsThem) {  // WAIT-14, WAIT-17
    const Handle first(CreateEventA(nullptr, FALSE, FALSE, "e"));
    const Handle second(CreateEventA(nullptr, FALSE, TRUE, "f"));
    EXPECT_EQ(queue(5), 1U);
    EXPECT_EQ(SignalObjectAndWait(first, second, INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(take_ran(), Numbers{5});
    EXPECT_EQ(poll_object(first), WAIT_OBJECT_0);
    EXPECT_EQ(poll_object(second), WAIT_OBJECT_0);
}

TEST_F(ApcTest, RoutinesMayQueueAndWait) {  // WAIT-14
    EXPECT_EQ(queue(1,
                    [](ULONG_PTR number) {
                        note(number);
                        EXPECT_EQ(queue(3), 1U);
                        EXPECT_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);  // 2 and 3
                        EXPECT_EQ(queue(4), 1U);
                    }),
              1U);
    EXPECT_EQ(queue(2), 1U);
    EXPECT_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(take_ran(), (Numbers{1, 2, 3, 4}));
    EXPECT_EQ(SleepEx(0, TRUE), 0U);
}

TEST_F(ApcTest, ACallEndsAWaitOfAnotherThread) {  // WAIT-14
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    const Handle other(CreateEventA(nullptr, FALSE, FALSE, "f"));
    const std::array<HANDLE, 2> both = {event, other};
    for (int kind = 0; kind < 4; ++kind) {
        std::promise<DWORD> told;
        std::thread thread([&] {
            told.set_value(GetCurrentThreadId());
            const DWORD result =
                kind == 0   ? WaitForSingleObjectEx(event, INFINITE, TRUE)
                : kind == 1 ? WaitForMultipleObjectsEx(2, both.data(), FALSE, INFINITE, TRUE)
                : kind == 2 ? WaitForMultipleObjectsEx(2, both.data(), TRUE, INFINITE, TRUE)
                            : SleepEx(INFINITE, TRUE);
            EXPECT_EQ(result, WAIT_IO_COMPLETION);
            EXPECT_EQ(take_ran(), Numbers{kind});
        });
        const Handle handle(OpenThread(THREAD_SET_CONTEXT, FALSE, told.get_future().get()));
        EXPECT_EQ(QueueUserAPC(note, handle, static_cast<ULONG_PTR>(kind)), 1U);
        thread.join();
    }
    EXPECT_EQ(state("e"), "auto event not set, 1 handle, 0 waiting");
}

TEST_F(ApcTest, AThreadThatHasEndedTakesNone) {  // WAIT-22
    std::promise<DWORD> told;
    std::promise<void> end;
    std::thread thread([&] {
        told.set_value(GetCurrentThreadId());
        end.get_future().wait();
    });
    const Handle handle(OpenThread(THREAD_ALL_ACCESS, FALSE, told.get_future().get()));
    EXPECT_EQ(QueueUserAPC(note, handle, 1), 1U);
    EXPECT_EQ(region().look().apcs, 1U);
    end.set_value();
    thread.join();
    EXPECT_EQ(region().look().apcs, 0U);
    expect_failure([&] { return QueueUserAPC(note, handle, 1); }, 0U, ERROR_GEN_FAILURE);
}

TEST_F(ApcTest, TooManyCallsAreRefusedAndHarmNothing) {
    ULONG_PTR queued = 0;
    while (queue(queued) != FALSE) {
        ++queued;
    }
    EXPECT_EQ(GetLastError(), ERROR_NO_SYSTEM_RESOURCES);
    EXPECT_EQ(queued, kSmall.apcs);
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
    LARGE_INTEGER due;
    due.QuadPart = 0;
    expect_failure([&] { return SetWaitableTimer(timer, &due, 0, note_timer, nullptr, FALSE); },
                   FALSE, ERROR_NO_SYSTEM_RESOURCES);
    EXPECT_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(take_ran().size(), queued);
    EXPECT_EQ(region().look().apcs, 0U);
    expect_failure([] { return QueueUserAPC(nullptr, GetCurrentThread(), 0); }, 0U,
                   ERROR_INVALID_PARAMETER);
}

/// Timers with routines; each notes its argument, a number.
class RoutineTest : public ApcTest {
  protected:
    BOOL arm(LONGLONG due, LONG period_ms = 0, PTIMERAPCROUTINE routine = note_timer) {
        LARGE_INTEGER due_time;
        due_time.QuadPart = due;
        return SetWaitableTimer(timer_, &due_time, period_ms, routine, &number_, FALSE);
    }
    static constexpr LONGLONG kHour = 3'600'000LL * 10'000;

    Handle timer_{CreateWaitableTimerA(nullptr, TRUE, "t")};
    int number_ = 9;
};

TEST_F(RoutineTest, RunsInAnAlertableWaitOnly) {  // TMR-09, WAIT-16
    ASSERT_EQ(arm(0), TRUE);
    EXPECT_EQ(WaitForSingleObject(timer_, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(take_ran(), Numbers{});
    EXPECT_EQ(WaitForSingleObjectEx(timer_, INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(take_ran(), Numbers{9});
    EXPECT_EQ(WaitForSingleObjectEx(timer_, INFINITE, TRUE), WAIT_OBJECT_0);
    EXPECT_EQ(region().look().apcs, 0U);
}

TEST_F(RoutineTest, EndsASleepWhenItIsDue) {  // TMR-09, TMR-02
    ASSERT_EQ(arm(-20'000), TRUE);
    EXPECT_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(take_ran(), Numbers{9});
    EXPECT_EQ(poll_object(timer_), WAIT_OBJECT_0);
    // Beside a wait for others.
    const Handle never(CreateEventA(nullptr, TRUE, FALSE, nullptr));
    ASSERT_EQ(arm(-20'000), TRUE);
    EXPECT_EQ(WaitForSingleObjectEx(never, INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(take_ran(), Numbers{9});
}

TEST_F(RoutineTest, IsToldTheMomentOfTheSignal) {  // TMR-09
    static std::uint64_t told;
    const LONGLONG past = 130'000'000'000'000'000;  // in 2012
    ASSERT_EQ(
        arm(past, 0, [](LPVOID, DWORD low, DWORD high) { told = low | std::uint64_t{high} << 32; }),
        TRUE);
    EXPECT_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(told, static_cast<std::uint64_t>(past));
}

TEST_F(RoutineTest, OfAPeriodicTimerRunsAgainAndAgain) {  // TMR-07, TMR-09
    ASSERT_EQ(arm(0, 1), TRUE);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
        EXPECT_GE(take_ran().size(), 1U);
    }
    EXPECT_EQ(CancelWaitableTimer(timer_), TRUE);
    EXPECT_EQ(SleepEx(2, TRUE), 0U);
    EXPECT_EQ(region().look().apcs, 0U);
}

TEST_F(RoutineTest, OfPeriodsThatPassedUnseenIsQueuedOnce) {  // TMR-08, TMR-09
    ASSERT_EQ(arm(-1, 1), TRUE);
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(WaitForSingleObject(timer_, INFINITE), WAIT_OBJECT_0);
        Sleep(1);
    }
    EXPECT_EQ(region().look().apcs, 1U);
    EXPECT_EQ(CancelWaitableTimer(timer_), TRUE);
}

TEST_F(RoutineTest, IsDroppedByCancelAndByASecondSet) {  // TMR-14, TMR-05, TMR-06
    ASSERT_EQ(arm(0), TRUE);
    EXPECT_EQ(CancelWaitableTimer(timer_), TRUE);
    EXPECT_EQ(SleepEx(0, TRUE), 0U);
    EXPECT_EQ(poll_object(timer_), WAIT_OBJECT_0);
    ASSERT_EQ(arm(0), TRUE);
    ASSERT_EQ(arm(-kHour), TRUE);
    EXPECT_EQ(SleepEx(0, TRUE), 0U);
    ASSERT_EQ(arm(0, 0, nullptr), TRUE);
    EXPECT_EQ(SleepEx(0, TRUE), 0U);
    EXPECT_EQ(take_ran(), Numbers{});
    EXPECT_EQ(region().look().apcs, 0U);
}

TEST_F(RoutineTest, KeepsItsPlaceAmongCalls) {  // WAIT-14, TMR-14
    ASSERT_EQ(queue(1), 1U);
    ASSERT_EQ(arm(0), TRUE);
    ASSERT_EQ(queue(2), 1U);
    EXPECT_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(take_ran(), (Numbers{1, 9, 2}));
    ASSERT_EQ(queue(1), 1U);
    ASSERT_EQ(arm(0), TRUE);
    ASSERT_EQ(CancelWaitableTimer(timer_), TRUE);
    ASSERT_EQ(queue(2), 1U);
    EXPECT_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(take_ran(), (Numbers{1, 2}));
}

TEST_F(RoutineTest, GoesWithTheLastHandle) {  // TMR-14
    ASSERT_EQ(arm(0, 1), TRUE);
    timer_.reset();
    EXPECT_EQ(SleepEx(2, TRUE), 0U);
    EXPECT_EQ(region().look().apcs, 0U);
}

TEST_F(RoutineTest, TheSettersEndCancelsTheTimer) {  // TMR-10
    for (const LONGLONG due : {LONGLONG{0}, -kHour}) {
        std::thread([&] { EXPECT_EQ(arm(due, 3'600'000), TRUE); }).join();
        EXPECT_EQ(poll_object(timer_), due == 0 ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
        EXPECT_EQ(region().look().apcs, 0U);
        EXPECT_EQ(SleepEx(0, TRUE), 0U);
    }
    // One that would have expired by now, had its setter not ended.
    std::thread([&] { EXPECT_EQ(arm(-500'000), TRUE); }).join();
    EXPECT_EQ(WaitForSingleObject(timer_, 100), WAIT_TIMEOUT);
    // Without a routine it goes on.
    std::thread([&] { EXPECT_EQ(arm(-10'000, 0, nullptr), TRUE); }).join();
    EXPECT_EQ(WaitForSingleObject(timer_, INFINITE), WAIT_OBJECT_0);
    // And one that another thread has set since.
    std::thread([&] {
        EXPECT_EQ(arm(-kHour), TRUE);
        std::thread([&] { EXPECT_EQ(arm(-10'000, 0, nullptr), TRUE); }).join();
    }).join();
    EXPECT_EQ(WaitForSingleObject(timer_, INFINITE), WAIT_OBJECT_0);
}

}  // namespace
}  // namespace castaway::testing
