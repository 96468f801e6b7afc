// Waitable timers through the Win32 calls. Nothing here says how soon a timer must expire, only
// that it does not do so too early, and that it does.
#include <gtest/gtest.h>
#include <time.h>

#include <chrono>
#include <limits>

#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

constexpr LONGLONG kMillisecond = 10'000;  // in units of 100 ns
constexpr LONGLONG kHour = kMillisecond * 3600 * 1000;
constexpr LONGLONG kUnixEpoch = 116'444'736'000'000'000;  // as a FILETIME

class TimerTest : public ApiTest {
  protected:
    static BOOL arm(HANDLE timer, LONGLONG due, LONG period_ms = 0) {
        LARGE_INTEGER due_time;
        due_time.QuadPart = due;
        return SetWaitableTimer(timer, &due_time, period_ms, nullptr, nullptr, FALSE);
    }
    static LONGLONG now_as_filetime() {
        timespec now{};
        clock_gettime(CLOCK_REALTIME, &now);
        return kUnixEpoch + now.tv_sec * 1000 * kMillisecond + now.tv_nsec / 100;
    }
};

TEST_F(TimerTest, IsNotSignaledWhenMade) {
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
    EXPECT_EQ(state("t"), "auto timer not set, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(timer), WAIT_TIMEOUT);
}

TEST_F(TimerTest, DueAtZeroOrInThePastIsSignaledAtOnce) {  // TMR-03
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
    for (const LONGLONG due : {LONGLONG{0}, LONGLONG{1}, kUnixEpoch, kUnixEpoch + kHour}) {
        expect_success([&] { return arm(timer, due); });
        EXPECT_EQ(state("t"), "auto timer set, 1 handle, 0 waiting");
        EXPECT_EQ(poll_object(timer), WAIT_OBJECT_0);
        EXPECT_EQ(state("t"), "auto timer not set, 1 handle, 0 waiting");
        EXPECT_EQ(poll_object(timer), WAIT_TIMEOUT);
    }
}

TEST_F(TimerTest, ManualResetStaysSignaledUntilItIsSetAgain) {  // TMR-04, TMR-05
    const Handle timer(CreateWaitableTimerA(nullptr, TRUE, "t"));
    expect_success([&] { return arm(timer, 0); });
    EXPECT_EQ(poll_object(timer), WAIT_OBJECT_0);
    EXPECT_EQ(poll_object(timer), WAIT_OBJECT_0);
    EXPECT_EQ(state("t"), "manual timer set, 1 handle, 0 waiting");
    expect_success([&] { return arm(timer, -kHour); });
    EXPECT_EQ(state("t"), "manual timer not set, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(timer), WAIT_TIMEOUT);
}

TEST_F(TimerTest, CancellingStopsItAndKeepsItsState) {  // TMR-06
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
    expect_success([&] { return arm(timer, 0); });
    expect_success([&] { return CancelWaitableTimer(timer); });
    EXPECT_EQ(state("t"), "auto timer set, 1 handle, 0 waiting") << "it had expired before";
    EXPECT_EQ(poll_object(timer), WAIT_OBJECT_0);
    expect_success([&] { return arm(timer, -1 * kMillisecond, 1); });
    expect_success([&] { return CancelWaitableTimer(timer); });
    static_cast<void>(poll_object(timer));  // it may have expired before it was cancelled
    EXPECT_EQ(WaitForSingleObject(timer, 5), WAIT_TIMEOUT);
    expect_success([&] { return CancelWaitableTimer(timer); });
}

TEST_F(TimerTest, NeverExpiresEarly) {  // TMR-01, TMR-02, WAIT-02
    using Clock = std::chrono::steady_clock;
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
    for (const int milliseconds : {1, 3, 10}) {
        const auto begin = Clock::now();
        ASSERT_EQ(arm(timer, -milliseconds * kMillisecond), TRUE);
        EXPECT_EQ(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
        EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(milliseconds));
    }
    const LONGLONG due = now_as_filetime() + 5 * kMillisecond;
    ASSERT_EQ(arm(timer, due), TRUE);
    EXPECT_EQ(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
    EXPECT_GE(now_as_filetime(), due);
}

TEST_F(TimerTest, FarAwayIsFarAway) {  // TMR-01
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
    for (const LONGLONG due : {-kHour, std::numeric_limits<LONGLONG>::min(),
                               std::numeric_limits<LONGLONG>::max(), now_as_filetime() + kHour}) {
        expect_success([&] { return arm(timer, due); });
        EXPECT_EQ(WaitForSingleObject(timer, 1), WAIT_TIMEOUT) << due;
    }
}

TEST_F(TimerTest, ExpiresAgainAndAgainWithAPeriod) {  // TMR-07, TMR-08
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(arm(timer, -2 * kMillisecond, 3), TRUE);
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(2 + i * 3));
    }
    // Periods that pass unseen leave one signal.
    ASSERT_EQ(arm(timer, 0, 3'600'000), TRUE);
    EXPECT_EQ(poll_object(timer), WAIT_OBJECT_0);
    EXPECT_EQ(poll_object(timer), WAIT_TIMEOUT);
}

TEST_F(TimerTest, RefusesANegativePeriodAndNoDueTime) {  // TMR-07, TMR-16
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
    expect_failure([&] { return arm(timer, 0, -1); }, FALSE, ERROR_INVALID_PARAMETER);
    expect_failure([&] { return SetWaitableTimer(timer, nullptr, 0, nullptr, nullptr, FALSE); },
                   FALSE, ERROR_NOACCESS);
}

TEST_F(TimerTest, SaysThatItCannotWakeTheMachine) {  // TMR-12
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
    LARGE_INTEGER due;
    due.QuadPart = 0;
    SetLastError(kUntouched);
    EXPECT_EQ(SetWaitableTimer(timer, &due, 0, nullptr, nullptr, TRUE), TRUE);
    EXPECT_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
    EXPECT_EQ(poll_object(timer), WAIT_OBJECT_0);
}

TEST_F(TimerTest, NeedsModifyStateToBeChanged) {  // TMR-11, ACC-01
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
    const Handle weak(OpenWaitableTimerA(SYNCHRONIZE, FALSE, "t"));
    expect_failure([&] { return arm(weak, 0); }, FALSE, ERROR_ACCESS_DENIED);
    expect_failure([&] { return CancelWaitableTimer(weak); }, FALSE, ERROR_ACCESS_DENIED);
    const Handle strong(OpenWaitableTimerA(TIMER_MODIFY_STATE, FALSE, "t"));
    expect_success([&] { return arm(strong, 0); });
    EXPECT_EQ(state("t"), "auto timer set, 3 handles, 0 waiting");
    expect_success([&] { return CancelWaitableTimer(strong); });
    EXPECT_EQ(poll_object(weak), WAIT_OBJECT_0);
}

TEST_F(TimerTest, CallsOnAnotherTypeFailAsOnAnInvalidHandle) {
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    expect_failure([&] { return arm(event, 0); }, FALSE, ERROR_INVALID_HANDLE);
    expect_failure([&] { return CancelWaitableTimer(event); }, FALSE, ERROR_INVALID_HANDLE);
}

}  // namespace
}  // namespace castaway::testing
