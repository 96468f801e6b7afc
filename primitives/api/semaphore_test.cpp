// Semaphores through the Win32 calls, without contention.
#include <gtest/gtest.h>

#include <limits>

#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

constexpr LONG kUnwritten = -0x33333334;  // 0xcccccccc

class SemaphoreTest : public ApiTest {};

TEST_F(SemaphoreTest, CountIsFromZeroToAPositiveMaximum) {  // SEM-01
    constexpr LONG kMost = std::numeric_limits<LONG>::max();
    const auto refused = [&](LONG initial, LONG maximum) {
        expect_failure([&] { return CreateSemaphoreA(nullptr, initial, maximum, "s"); },
                       static_cast<HANDLE>(nullptr), ERROR_INVALID_PARAMETER);
    };
    refused(0, 0);
    refused(0, -1);
    refused(-1, 1);
    refused(2, 1);
    refused(1, std::numeric_limits<LONG>::min());
    const Handle zero(CreateSemaphoreA(nullptr, 0, 1, "zero"));
    const Handle full(CreateSemaphoreA(nullptr, kMost, kMost, "full"));
    EXPECT_EQ(state("zero"), "semaphore 0/1, 1 handle, 0 waiting");
    EXPECT_EQ(state("full"), "semaphore 2147483647/2147483647, 1 handle, 0 waiting");
    expect_failure([&] { return ReleaseSemaphore(full, 1, nullptr); }, FALSE, ERROR_TOO_MANY_POSTS);
    expect_failure([&] { return ReleaseSemaphore(full, kMost, nullptr); }, FALSE,
                   ERROR_TOO_MANY_POSTS);
}

TEST_F(SemaphoreTest, WaitTakesOne) {  // SEM-02
    const Handle semaphore(CreateSemaphoreA(nullptr, 2, 2, "s"));
    EXPECT_EQ(poll_object(semaphore), WAIT_OBJECT_0);
    EXPECT_EQ(state("s"), "semaphore 1/2, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(semaphore), WAIT_OBJECT_0);
    EXPECT_EQ(state("s"), "semaphore 0/2, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(semaphore), WAIT_TIMEOUT);
    EXPECT_EQ(state("s"), "semaphore 0/2, 1 handle, 0 waiting");
}

TEST_F(SemaphoreTest, ReleaseAddsAndTellsThePreviousCount) {  // SEM-03
    const Handle semaphore(CreateSemaphoreA(nullptr, 0, 5, "s"));
    LONG previous = kUnwritten;
    expect_success([&] { return ReleaseSemaphore(semaphore, 2, &previous); });
    EXPECT_EQ(previous, 0);
    EXPECT_EQ(state("s"), "semaphore 2/5, 1 handle, 0 waiting");
    expect_success([&] { return ReleaseSemaphore(semaphore, 3, &previous); });
    EXPECT_EQ(previous, 2);
    EXPECT_EQ(state("s"), "semaphore 5/5, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(semaphore), WAIT_OBJECT_0);
    expect_success([&] { return ReleaseSemaphore(semaphore, 1, nullptr); });
    EXPECT_EQ(state("s"), "semaphore 5/5, 1 handle, 0 waiting");
}

TEST_F(SemaphoreTest, ReleasePastTheMaximumChangesNothing) {  // SEM-04
    const Handle semaphore(CreateSemaphoreA(nullptr, 1, 2, "s"));
    LONG previous = kUnwritten;
    expect_failure([&] { return ReleaseSemaphore(semaphore, 2, &previous); }, FALSE,
                   ERROR_TOO_MANY_POSTS);
    EXPECT_EQ(previous, kUnwritten);
    expect_success([&] { return ReleaseSemaphore(semaphore, 1, &previous); });
    EXPECT_EQ(previous, 1);
}

TEST_F(SemaphoreTest, ReleaseOfNothingOrLessIsRefused) {  // SEM-05
    const Handle semaphore(CreateSemaphoreA(nullptr, 1, 2, "s"));
    LONG previous = kUnwritten;
    for (const LONG count : {0, -1, std::numeric_limits<LONG>::min()}) {
        expect_failure([&] { return ReleaseSemaphore(semaphore, count, &previous); }, FALSE,
                       ERROR_INVALID_PARAMETER);
        EXPECT_EQ(previous, kUnwritten);
    }
}

TEST_F(SemaphoreTest, NeedsModifyStateToBeReleased) {  // SEM-09, ACC-01, ACC-03
    const Handle semaphore(CreateSemaphoreA(nullptr, 0, 2, "s"));
    const Handle weak(OpenSemaphoreA(SYNCHRONIZE, FALSE, "s"));
    LONG previous = kUnwritten;
    expect_failure([&] { return ReleaseSemaphore(weak, 1, &previous); }, FALSE,
                   ERROR_ACCESS_DENIED);
    EXPECT_EQ(previous, kUnwritten);
    const Handle strong(OpenSemaphoreA(SEMAPHORE_MODIFY_STATE, FALSE, "s"));
    expect_success([&] { return ReleaseSemaphore(strong, 1, nullptr); });
    EXPECT_EQ(state("s"), "semaphore 1/2, 3 handles, 0 waiting");
    EXPECT_EQ(poll_object(weak), WAIT_OBJECT_0);
}

TEST_F(SemaphoreTest, CallOnAnotherTypeFailsAsOnAnInvalidHandle) {
    const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
    expect_failure([&] { return ReleaseSemaphore(mutex, 1, nullptr); }, FALSE,
                   ERROR_INVALID_HANDLE);
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
}

}  // namespace
}  // namespace castaway::testing
