// Mutexes through the Win32 calls, within one process.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <thread>

#include "primitives/region/region_file.h"
#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

class MutexTest : public ApiTest {
  protected:
    /// Runs it on a thread of its own that then ends.
    static void on_another_thread(const std::function<void()>& body) { std::thread(body).join(); }
};

TEST_F(MutexTest, FreeOneIsTakenByAWait) {  // MTX-01
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    EXPECT_EQ(state("m"), "mutex free, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
    EXPECT_EQ(state("m"), "mutex owned 1, 1 handle, 0 waiting");
    expect_success([&] { return ReleaseMutex(mutex); });
    EXPECT_EQ(state("m"), "mutex free, 1 handle, 0 waiting");
}

TEST_F(MutexTest, OwnerMayWaitAgainAndReleasesAsOften) {  // MTX-02
    const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
    EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
    EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(state("m"), "mutex owned 3, 1 handle, 0 waiting");
    for (const char* after :
         {"mutex owned 2, 1 handle, 0 waiting", "mutex owned 1, 1 handle, 0 waiting",
          "mutex free, 1 handle, 0 waiting"}) {
        expect_success([&] { return ReleaseMutex(mutex); });
        EXPECT_EQ(state("m"), after);
    }
    expect_failure([&] { return ReleaseMutex(mutex); }, FALSE, ERROR_NOT_OWNER);
}

TEST_F(MutexTest, OwnerMayWaitAgainAmongOthers) {  // MTX-02
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
    const std::array<HANDLE, 2> handles{event, mutex};
    EXPECT_EQ(WaitForMultipleObjects(2, handles.data(), FALSE, INFINITE), WAIT_OBJECT_0 + 1);
    EXPECT_EQ(state("m"), "mutex owned 2, 1 handle, 0 waiting");
    EXPECT_EQ(state("e"), "auto event not set, 1 handle, 0 waiting");
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    EXPECT_EQ(state("m"), "mutex free, 1 handle, 0 waiting");
}

TEST_F(MutexTest, IsReleasedByItsOwnerAlone) {  // MTX-03, MTX-06
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    expect_failure([&] { return ReleaseMutex(mutex); }, FALSE, ERROR_NOT_OWNER);
    EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
    on_another_thread([&] {
        expect_failure([&] { return ReleaseMutex(mutex); }, FALSE, ERROR_NOT_OWNER);
        EXPECT_EQ(poll_object(mutex), WAIT_TIMEOUT);
        EXPECT_EQ(state("m"), "mutex owned 1, 1 handle, 0 waiting");
    });
    EXPECT_EQ(state("m"), "mutex owned 1, 1 handle, 0 waiting");
    expect_success([&] { return ReleaseMutex(mutex); });
}

TEST_F(MutexTest, InitialOwnerIsTheCreatorUnlessItWasThere) {  // MTX-04, NAME-03
    const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
    EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
    EXPECT_EQ(state("m"), "mutex owned 1, 1 handle, 0 waiting");
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    const Handle again(CreateMutexA(nullptr, TRUE, "m"));
    EXPECT_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    EXPECT_EQ(state("m"), "mutex free, 2 handles, 0 waiting");
}

TEST_F(MutexTest, OfAThreadThatEndsIsAbandonedAndOneIsTold) {  // MTX-07, MTX-09
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    on_another_thread([&] {
        EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
        EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
    });
    EXPECT_EQ(state("m"), "mutex free abandoned, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(mutex), WAIT_ABANDONED);
    EXPECT_EQ(state("m"), "mutex owned 1, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0) << "told once";
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    EXPECT_EQ(state("m"), "mutex free, 1 handle, 0 waiting");
}

TEST_F(MutexTest, AbandonedAtAnIndexIsToldWithTheIndex) {  // MTX-11
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    on_another_thread([&] { EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0); });
    const std::array<HANDLE, 2> handles{event, mutex};
    EXPECT_EQ(WaitForMultipleObjects(2, handles.data(), FALSE, 0), WAIT_ABANDONED_0 + 1);
    EXPECT_EQ(state("m"), "mutex owned 1, 1 handle, 0 waiting");
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
}

TEST_F(MutexTest, AllOfAThreadThatEndsAreAbandoned) {  // MTX-17
    const Handle first(CreateMutexA(nullptr, FALSE, "a"));
    const Handle second(CreateMutexA(nullptr, FALSE, "b"));
    const Handle mine(CreateMutexA(nullptr, TRUE, "c"));
    on_another_thread([&] {
        EXPECT_EQ(poll_object(first), WAIT_OBJECT_0);
        EXPECT_EQ(poll_object(second), WAIT_OBJECT_0);
    });
    EXPECT_EQ(state("c"), "mutex owned 1, 1 handle, 0 waiting");
    for (const HANDLE mutex : {first.get(), second.get()}) {
        EXPECT_EQ(poll_object(mutex), WAIT_ABANDONED);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    }
    EXPECT_EQ(ReleaseMutex(mine), TRUE);
}

TEST_F(MutexTest, ClosingAHandleDoesNotRelease) {  // MTX-13
    const Handle other(CreateMutexA(nullptr, FALSE, "m"));
    HANDLE mutex = OpenMutexA(SYNCHRONIZE, FALSE, "m");
    EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
    EXPECT_EQ(CloseHandle(mutex), TRUE);
    EXPECT_EQ(state("m"), "mutex owned 1, 1 handle, 0 waiting");
    expect_success([&] { return ReleaseMutex(other); });
    EXPECT_EQ(state("m"), "mutex free, 1 handle, 0 waiting");
}

TEST_F(MutexTest, IsAbandonedAlsoWhenTheOwnersHandleIsClosed) {  // MTX-07, MTX-13
    const Handle other(CreateMutexA(nullptr, FALSE, "m"));
    on_another_thread([&] {
        const Handle mutex(OpenMutexA(SYNCHRONIZE, FALSE, "m"));
        EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
    });
    EXPECT_EQ(state("m"), "mutex free abandoned, 1 handle, 0 waiting");
}

TEST_F(MutexTest, MayBeClosedForGoodWhileOwned) {  // NAME-13
    HANDLE mutex = CreateMutexA(nullptr, TRUE, "m");
    EXPECT_EQ(CloseHandle(mutex), TRUE);
    EXPECT_EQ(states(), "");
    const Handle fresh(CreateMutexA(nullptr, FALSE, "m"));
    EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
    EXPECT_EQ(state("m"), "mutex free, 1 handle, 0 waiting");
    expect_failure([&] { return ReleaseMutex(fresh); }, FALSE, ERROR_NOT_OWNER);
}

TEST_F(MutexTest, AnyHandleWillDoToRelease) {  // MTX-14
    const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
    constexpr DWORD kReadControl = 0x20000;
    const Handle weak(OpenMutexA(kReadControl, FALSE, "m"));
    expect_success([&] { return ReleaseMutex(weak); });
    EXPECT_EQ(state("m"), "mutex free, 2 handles, 0 waiting");
}

TEST_F(MutexTest, RecursionDoesNotWrap) {  // MTX-15
    const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
    // Getting there by waits would take minutes: the count is set in the region.
    AttachFailure failure;
    const auto file = RegionFile::open_existing(region().spec(), failure);
    ASSERT_TRUE(file) << failure.message;
    Cell64& recursion = file->view().object(object_named(region().look(), "Local\\m").slot).detail;
    recursion.bits = 0x7ffffffd;
    EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
    EXPECT_EQ(state("m"), "mutex owned 2147483647, 1 handle, 0 waiting");
    expect_failure([&] { return poll_object(mutex); }, WAIT_FAILED, ERROR_MUTANT_LIMIT_EXCEEDED);
    // The same where it is not the first object that is looked at.
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    const std::array<HANDLE, 2> handles{event, mutex};
    expect_failure([&] { return WaitForMultipleObjects(2, handles.data(), FALSE, 0); }, WAIT_FAILED,
                   ERROR_MUTANT_LIMIT_EXCEEDED);
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    recursion.bits = 0;
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
}

TEST_F(MutexTest, CallOnAnotherTypeFailsAsOnAnInvalidHandle) {
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    expect_failure([&] { return ReleaseMutex(event); }, FALSE, ERROR_INVALID_HANDLE);
}

}  // namespace
}  // namespace castaway::testing
