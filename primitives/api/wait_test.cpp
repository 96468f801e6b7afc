// The wait calls: what they return, and what they leave alone.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

class WaitTest : public ApiTest {
  protected:
    static DWORD wait_any(const std::vector<HANDLE>& handles, DWORD milliseconds = 0) {
        return WaitForMultipleObjects(static_cast<DWORD>(handles.size()), handles.data(), FALSE,
                                      milliseconds);
    }
};

// Handles are multiples of four.
// NOLINTNEXTLINE(performance-no-int-to-ptr): a number in a pointer's clothes
const HANDLE not_given = reinterpret_cast<HANDLE>(std::uintptr_t{0x7ff0});

TEST_F(WaitTest, TimesOutNoEarlierThanAsked) {  // WAIT-02
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    const Handle other(CreateMutexA(nullptr, FALSE, "m"));
    for (const DWORD milliseconds : {1U, 7U}) {
        const auto begin = std::chrono::steady_clock::now();
        SetLastError(kUntouched);
        EXPECT_EQ(WaitForSingleObject(event, milliseconds), WAIT_TIMEOUT);
        EXPECT_GE(std::chrono::steady_clock::now() - begin,
                  std::chrono::milliseconds(milliseconds));
        EXPECT_EQ(GetLastError(), kUntouched);
    }
    EXPECT_EQ(state("e"), "auto event not set, 1 handle, 0 waiting");
}

TEST_F(WaitTest, OnAnInvalidHandleFails) {  // WAIT-03
    HANDLE closed = CreateEventA(nullptr, FALSE, TRUE, nullptr);
    ASSERT_EQ(CloseHandle(closed), TRUE);
    for (const HANDLE bad : {closed, HANDLE{nullptr}, not_given}) {
        expect_failure([&] { return WaitForSingleObject(bad, INFINITE); }, WAIT_FAILED,
                       ERROR_INVALID_HANDLE);
    }
}

TEST_F(WaitTest, NeedsSynchronize) {  // WAIT-04, ACC-03
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    constexpr DWORD kReadControl = 0x20000;
    for (const DWORD access : {DWORD{EVENT_MODIFY_STATE}, kReadControl}) {
        const Handle weak(OpenEventA(access, FALSE, "e"));
        ASSERT_NE(weak.get(), nullptr);
        expect_failure([&] { return poll_object(weak); }, WAIT_FAILED, ERROR_ACCESS_DENIED);
    }
}

TEST_F(WaitTest, TakesTheLowestIndexAndNothingElse) {  // WAIT-05
    const Handle a(CreateEventA(nullptr, FALSE, FALSE, "a"));
    const Handle b(CreateSemaphoreA(nullptr, 3, 3, "b"));
    const Handle c(CreateEventA(nullptr, FALSE, TRUE, "c"));
    const Handle d(CreateMutexA(nullptr, FALSE, "d"));
    EXPECT_EQ(wait_any({a, b, c, d}), WAIT_OBJECT_0 + 1);
    EXPECT_EQ(state("a"), "auto event not set, 1 handle, 0 waiting");
    EXPECT_EQ(state("b"), "semaphore 2/3, 1 handle, 0 waiting");
    EXPECT_EQ(state("c"), "auto event set, 1 handle, 0 waiting");
    EXPECT_EQ(state("d"), "mutex free, 1 handle, 0 waiting");
    EXPECT_EQ(wait_any({a, c, b, d}), WAIT_OBJECT_0 + 1);
    EXPECT_EQ(state("c"), "auto event not set, 1 handle, 0 waiting");
    EXPECT_EQ(wait_any({a, c, d, b}, INFINITE), WAIT_OBJECT_0 + 2);
    EXPECT_EQ(state("d"), "mutex owned 1, 1 handle, 0 waiting");
    EXPECT_EQ(ReleaseMutex(d), TRUE);
    EXPECT_EQ(wait_any({a, c}, 1), WAIT_TIMEOUT);
    EXPECT_EQ(state("a"), "auto event not set, 1 handle, 0 waiting");
    EXPECT_EQ(state("c"), "auto event not set, 1 handle, 0 waiting");
}

TEST_F(WaitTest, NeedsOneToSixtyFourHandles) {  // WAIT-07, WAIT-09
    const Handle event(CreateEventA(nullptr, TRUE, TRUE, "e"));
    const std::vector<HANDLE> many(65, event.get());
    expect_failure([&] { return WaitForMultipleObjects(0, many.data(), FALSE, INFINITE); },
                   WAIT_FAILED, ERROR_INVALID_PARAMETER);
    expect_failure([&] { return WaitForMultipleObjects(65, many.data(), FALSE, INFINITE); },
                   WAIT_FAILED, ERROR_INVALID_PARAMETER);
    expect_failure([&] { return WaitForMultipleObjects(1, nullptr, FALSE, INFINITE); }, WAIT_FAILED,
                   ERROR_INVALID_PARAMETER);
    EXPECT_EQ(WaitForMultipleObjects(64, many.data(), FALSE, 0), WAIT_OBJECT_0);
}

TEST_F(WaitTest, FindsTheLastOfSixtyFour) {
    std::vector<Handle> events;
    std::vector<HANDLE> handles;
    for (int i = 0; i < 64; ++i) {
        events.emplace_back(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        handles.push_back(events.back());
    }
    EXPECT_EQ(wait_any(handles), WAIT_TIMEOUT);
    ASSERT_EQ(SetEvent(handles[63]), TRUE);
    EXPECT_EQ(wait_any(handles), WAIT_OBJECT_0 + 63);
    EXPECT_EQ(wait_any(handles), WAIT_TIMEOUT);
}

TEST_F(WaitTest, AllowsTheSameObjectTwice) {  // WAIT-08
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    const Handle again(OpenEventA(SYNCHRONIZE, FALSE, "e"));
    EXPECT_EQ(wait_any({event, event, again}), WAIT_TIMEOUT);
    EXPECT_EQ(wait_any({event, event, again}, 1), WAIT_TIMEOUT);
    ASSERT_EQ(SetEvent(event), TRUE);
    EXPECT_EQ(wait_any({again, event, event}), WAIT_OBJECT_0);
    EXPECT_EQ(state("e"), "auto event not set, 2 handles, 0 waiting");
}

TEST_F(WaitTest, WithOneBadHandleChangesNothing) {  // WAIT-09, WAIT-10, ACC-01
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    const Handle semaphore(CreateSemaphoreA(nullptr, 1, 1, "s"));
    const Handle weak(OpenSemaphoreA(SEMAPHORE_MODIFY_STATE, FALSE, "s"));
    expect_failure([&] { return wait_any({event, nullptr}); }, WAIT_FAILED, ERROR_INVALID_HANDLE);
    expect_failure(
        [&] {
            return wait_any({event, not_given, semaphore});
        },
        WAIT_FAILED, ERROR_INVALID_HANDLE);
    expect_failure([&] { return wait_any({event, weak}); }, WAIT_FAILED, ERROR_ACCESS_DENIED);
}

// WAIT-10: what stands for a pseudo handle while the wait lasts is nobody's handle.
TEST_F(WaitTest, WithABadHandleBesideAPseudoHandleFails) {  // WAIT-10, WAIT-23
    HANDLE closed = CreateEventA(nullptr, FALSE, FALSE, nullptr);
    ASSERT_EQ(CloseHandle(closed), TRUE);
    expect_failure(
        [&] {
            return wait_any({closed, GetCurrentThread()});
        },
        WAIT_FAILED, ERROR_INVALID_HANDLE);
    expect_failure(
        [&] {
            return wait_any({GetCurrentProcess(), closed});
        },
        WAIT_FAILED, ERROR_INVALID_HANDLE);
}

/// The wait for all, with what it leaves: taken or not.
class WaitAllTest : public ApiTest {
  protected:
    static DWORD wait_all(const std::vector<HANDLE>& handles, DWORD milliseconds = 0) {
        return WaitForMultipleObjects(static_cast<DWORD>(handles.size()), handles.data(), TRUE,
                                      milliseconds);
    }
    /// An event of each kind, a semaphore, a mutex and a timer.
    const Handle auto_event_{CreateEventA(nullptr, FALSE, TRUE, "a")};
    const Handle manual_event_{CreateEventA(nullptr, TRUE, TRUE, "b")};
    const Handle semaphore_{CreateSemaphoreA(nullptr, 3, 3, "c")};
    const Handle mutex_{CreateMutexA(nullptr, FALSE, "d")};
    const Handle timer_{CreateWaitableTimerA(nullptr, FALSE, "e")};
    [[nodiscard]] std::vector<HANDLE> all() const {
        return {mutex_, timer_, semaphore_, auto_event_, manual_event_};
    }
    void arm(std::int64_t due) const {
        LARGE_INTEGER time{};
        time.QuadPart = due;
        ASSERT_EQ(SetWaitableTimer(timer_, &time, 0, nullptr, nullptr, FALSE), TRUE);
    }
};

TEST_F(WaitAllTest, TakesAllOfThem) {  // WAIT-06
    arm(0);
    SetLastError(kUntouched);
    EXPECT_EQ(wait_all(all()), WAIT_OBJECT_0);
    EXPECT_EQ(GetLastError(), kUntouched);
    EXPECT_EQ(state("a"), "auto event not set, 1 handle, 0 waiting");
    EXPECT_EQ(state("b"), "manual event set, 1 handle, 0 waiting");
    EXPECT_EQ(state("c"), "semaphore 2/3, 1 handle, 0 waiting");
    EXPECT_EQ(state("d"), "mutex owned 1, 1 handle, 0 waiting");
    EXPECT_EQ(state("e"), "auto timer not set, 1 handle, 0 waiting");
    EXPECT_EQ(wait_all(all(), 1), WAIT_TIMEOUT);
    EXPECT_EQ(ReleaseMutex(mutex_), TRUE);
}

TEST_F(WaitAllTest, TakesNoneWhileOneIsMissing) {  // WAIT-06
    const std::string before = states();
    EXPECT_EQ(wait_all(all()), WAIT_TIMEOUT);
    EXPECT_EQ(wait_all(all(), 1), WAIT_TIMEOUT);
    EXPECT_EQ(states(), before);
}

TEST_F(WaitAllTest, SleepsUntilItsTimerExpires) {  // WAIT-06, TMR-01
    arm(-20'000);
    EXPECT_EQ(wait_all(all(), INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(state("a"), "auto event not set, 1 handle, 0 waiting");
    EXPECT_EQ(ReleaseMutex(mutex_), TRUE);
}

TEST_F(WaitAllTest, AddsToTheDepthOfItsOwnMutexes) {  // MTX-02, WAIT-06
    ASSERT_EQ(poll_object(mutex_), WAIT_OBJECT_0);
    const Handle other(CreateMutexA(nullptr, TRUE, "o"));
    EXPECT_EQ(wait_all({mutex_, auto_event_, other}, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(state("d"), "mutex owned 2, 1 handle, 0 waiting");
    EXPECT_EQ(wait_all({mutex_, auto_event_}, 1), WAIT_TIMEOUT);
    EXPECT_EQ(state("d"), "mutex owned 2, 1 handle, 0 waiting");
    EXPECT_EQ(wait_all({mutex_, other}), WAIT_OBJECT_0);
    EXPECT_EQ(state("d"), "mutex owned 3, 1 handle, 0 waiting");
    EXPECT_EQ(state("o"), "mutex owned 3, 1 handle, 0 waiting");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(ReleaseMutex(mutex_), TRUE);
        EXPECT_EQ(ReleaseMutex(other), TRUE);
    }
    EXPECT_EQ(ReleaseMutex(mutex_), FALSE);
}

TEST_F(WaitAllTest, TellsTheFirstAbandonedMutexAndTakesAll) {  // MTX-12
    const Handle other(CreateMutexA(nullptr, FALSE, "o"));
    std::thread([&] {
        EXPECT_EQ(poll_object(other), WAIT_OBJECT_0);
        EXPECT_EQ(poll_object(mutex_), WAIT_OBJECT_0);
    }).join();
    EXPECT_EQ(wait_all({auto_event_, other, semaphore_, mutex_}), WAIT_ABANDONED_0 + 1);
    EXPECT_EQ(state("a"), "auto event not set, 1 handle, 0 waiting");
    EXPECT_EQ(state("c"), "semaphore 2/3, 1 handle, 0 waiting");
    EXPECT_EQ(state("d"), "mutex owned 1, 1 handle, 0 waiting");
    EXPECT_EQ(state("o"), "mutex owned 1, 1 handle, 0 waiting");
    EXPECT_EQ(ReleaseMutex(mutex_), TRUE);
    EXPECT_EQ(ReleaseMutex(other), TRUE);
    // MTX-09
    EXPECT_EQ(wait_all({mutex_, other}), WAIT_OBJECT_0);
    EXPECT_EQ(ReleaseMutex(mutex_), TRUE);
    EXPECT_EQ(ReleaseMutex(other), TRUE);
}

TEST_F(WaitAllTest, RefusesTheSameObjectTwice) {  // WAIT-08
    const Handle again(OpenEventA(SYNCHRONIZE, FALSE, "a"));
    for (const HANDLE twin : {auto_event_.get(), again.get()}) {
        expect_failure(
            [&] {
                return wait_all({auto_event_, semaphore_, twin}, INFINITE);
            },
            WAIT_FAILED, ERROR_INVALID_PARAMETER);
    }
}

TEST_F(WaitAllTest, WithOneBadHandleChangesNothing) {  // WAIT-09, ACC-01
    const Handle weak(OpenSemaphoreA(SEMAPHORE_MODIFY_STATE, FALSE, "c"));
    expect_failure(
        [&] {
            return wait_all({auto_event_, nullptr});
        },
        WAIT_FAILED, ERROR_INVALID_HANDLE);
    expect_failure([&] { return wait_all({auto_event_, weak}); }, WAIT_FAILED, ERROR_ACCESS_DENIED);
}

TEST_F(WaitAllTest, TakesSixtyFour) {  // WAIT-07
    std::vector<Handle> events;
    std::vector<HANDLE> handles;
    for (int i = 0; i < 64; ++i) {
        events.emplace_back(CreateEventA(nullptr, FALSE, i != 40, nullptr));
        handles.push_back(events.back());
    }
    EXPECT_EQ(wait_all(handles), WAIT_TIMEOUT);
    std::thread setter([&] { EXPECT_EQ(SetEvent(handles[40]), TRUE); });
    EXPECT_EQ(wait_all(handles, INFINITE), WAIT_OBJECT_0);
    setter.join();
    for (HANDLE event : handles) {
        EXPECT_EQ(poll_object(event), WAIT_TIMEOUT);
    }
    handles.push_back(handles.front());
    expect_failure([&] { return wait_all(handles); }, WAIT_FAILED, ERROR_INVALID_PARAMETER);
}

TEST_F(WaitTest, ForAllOfOneIsAWaitForOne) {
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    const HANDLE handle = event;
    EXPECT_EQ(WaitForMultipleObjects(1, &handle, TRUE, 0), WAIT_OBJECT_0);
    EXPECT_EQ(WaitForMultipleObjects(1, &handle, TRUE, 0), WAIT_TIMEOUT);
}

}  // namespace
}  // namespace castaway::testing
