// Events through the Win32 calls, without contention.
#include <gtest/gtest.h>

#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

class EventTest : public ApiTest {};

TEST_F(EventTest, AutoResetIsResetByTheWaitThatItSatisfies) {  // EVT-01, WAIT-01
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    EXPECT_EQ(state("e"), "auto event set, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
    EXPECT_EQ(state("e"), "auto event not set, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(event), WAIT_TIMEOUT);
    EXPECT_EQ(state("e"), "auto event not set, 1 handle, 0 waiting");
    expect_success([&] { return SetEvent(event); });
    EXPECT_EQ(state("e"), "auto event set, 1 handle, 0 waiting");
    EXPECT_EQ(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(state("e"), "auto event not set, 1 handle, 0 waiting");
}

TEST_F(EventTest, ManualResetStaysSetUntilReset) {  // EVT-02
    const Handle event(CreateEventA(nullptr, TRUE, FALSE, "e"));
    EXPECT_EQ(state("e"), "manual event not set, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(event), WAIT_TIMEOUT);
    expect_success([&] { return SetEvent(event); });
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
        EXPECT_EQ(state("e"), "manual event set, 1 handle, 0 waiting");
    }
    expect_success([&] { return ResetEvent(event); });
    EXPECT_EQ(state("e"), "manual event not set, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(event), WAIT_TIMEOUT);
}

TEST_F(EventTest, SettingASetOneAndResettingAResetOneChangeNothing) {  // EVT-03, EVT-04, EVT-07
    const Handle event(CreateEventA(nullptr, FALSE, TRUE, "e"));
    expect_success([&] { return SetEvent(event); });
    EXPECT_EQ(state("e"), "auto event set, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
    EXPECT_EQ(poll_object(event), WAIT_TIMEOUT) << "two sets count as one";
    expect_success([&] { return ResetEvent(event); });
    EXPECT_EQ(state("e"), "auto event not set, 1 handle, 0 waiting");
    EXPECT_EQ(poll_object(event), WAIT_TIMEOUT);
}

TEST_F(EventTest, NeedsModifyStateToBeChanged) {  // EVT-10, ACC-01, ACC-03
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    constexpr DWORD kReadControl = 0x20000;
    for (const DWORD access : {SYNCHRONIZE, kReadControl}) {
        const Handle weak(OpenEventA(access, FALSE, "e"));
        ASSERT_NE(weak.get(), nullptr);
        expect_failure([&] { return SetEvent(weak); }, FALSE, ERROR_ACCESS_DENIED);
        expect_failure([&] { return ResetEvent(weak); }, FALSE, ERROR_ACCESS_DENIED);
    }
    const Handle strong(OpenEventA(EVENT_MODIFY_STATE, FALSE, "e"));
    expect_success([&] { return SetEvent(strong); });
    EXPECT_EQ(state("e"), "auto event set, 2 handles, 0 waiting");
    expect_success([&] { return ResetEvent(strong); });
    EXPECT_EQ(state("e"), "auto event not set, 2 handles, 0 waiting");
}

TEST_F(EventTest, CallsOnAnotherTypeFailAsOnAnInvalidHandle) {  // EVT-11
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    const Handle semaphore(CreateSemaphoreA(nullptr, 1, 2, "s"));
    const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
    for (const HANDLE other : {mutex.get(), semaphore.get(), timer.get()}) {
        expect_failure([&] { return SetEvent(other); }, FALSE, ERROR_INVALID_HANDLE);
        expect_failure([&] { return ResetEvent(other); }, FALSE, ERROR_INVALID_HANDLE);
    }
}

}  // namespace
}  // namespace castaway::testing
