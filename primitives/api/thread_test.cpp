// Thread handles: how they are got, what they may do, and when they are signaled.
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <thread>
#include <utility>

#include "primitives/testing/api_test.h"

namespace castaway::testing {
namespace {

void do_nothing(ULONG_PTR) {}

/// A thread that takes part, until told to end.
class Other {
  public:
    Other() {
        std::promise<DWORD> told;
        thread_ = std::thread([this, &told] {
            told.set_value(GetCurrentThreadId());
            end_.get_future().wait();
        });
        id_ = told.get_future().get();
    }
    Other(const Other&) = delete;
    Other& operator=(const Other&) = delete;
    ~Other() {
        if (thread_.joinable()) {
            tell_to_end();
            thread_.join();
        }
    }
    void tell_to_end() {
        if (!std::exchange(told_, true)) {
            end_.set_value();
        }
    }
    void end() {
        tell_to_end();
        thread_.join();
    }
    void join() { thread_.join(); }
    [[nodiscard]] DWORD id() const { return id_; }
    [[nodiscard]] Handle open(DWORD access = THREAD_ALL_ACCESS) const {
        return Handle(OpenThread(access, FALSE, id_));
    }

  private:
    std::promise<void> end_;
    bool told_ = false;
    std::thread thread_;
    DWORD id_ = 0;
};

class ThreadTest : public ApiTest {
  protected:
    static Handle own(DWORD access, DWORD options = 0) {
        HANDLE made = nullptr;
        EXPECT_EQ(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
                                  &made, access, FALSE, options),
                  TRUE);
        return Handle(made);
    }
};

TEST_F(ThreadTest, ThePseudoHandleIsDuplicatedToARealOne) {  // DUP-06
    const Handle real = own(0, DUPLICATE_SAME_ACCESS);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(real.get()) % 4, 0U);
    EXPECT_EQ(GetThreadId(real), GetCurrentThreadId());
    EXPECT_EQ(GetThreadId(GetCurrentThread()), GetCurrentThreadId());
    const Handle opened(OpenThread(SYNCHRONIZE, FALSE, GetCurrentThreadId()));
    EXPECT_EQ(CompareObjectHandles(real, opened), TRUE);
    EXPECT_EQ(poll_object(real), WAIT_TIMEOUT);
}

TEST_F(ThreadTest, ClosingThePseudoHandleHasNoEffect) {  // HND-02, HND-10
    EXPECT_EQ(GetCurrentThread(), reinterpret_cast<HANDLE>(std::intptr_t{-2}));
    expect_success([] { return CloseHandle(GetCurrentThread()); });
    EXPECT_EQ(GetThreadId(GetCurrentThread()), GetCurrentThreadId());
}

TEST_F(ThreadTest, AHandleIsSignaledByTheEndAndStaysSo) {
    Other other;
    const Handle handle = other.open();
    const std::string name = "Thread\\" + std::to_string(other.id());
    EXPECT_EQ(states(), name + ": thread running, 1 handle, 0 waiting\n");
    EXPECT_EQ(poll_object(handle), WAIT_TIMEOUT);
    other.tell_to_end();
    EXPECT_EQ(WaitForSingleObject(handle, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(WaitForSingleObject(handle, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(GetThreadId(handle), other.id());
    other.join();
    EXPECT_EQ(states(), name + ": thread ended, 1 handle, 0 waiting\n");
}

TEST_F(ThreadTest, EveryWaitTakesAThreadHandle) {
    Other first;
    Other second;
    const Handle one = first.open(SYNCHRONIZE);
    const Handle two = second.open(SYNCHRONIZE);
    const Handle event(CreateEventA(nullptr, TRUE, FALSE, "e"));
    const std::array<HANDLE, 3> all = {event, one, two};
    first.end();
    EXPECT_EQ(WaitForMultipleObjects(3, all.data(), FALSE, INFINITE), WAIT_OBJECT_0 + 1);
    EXPECT_EQ(WaitForMultipleObjects(2, &all[1], TRUE, 0), WAIT_TIMEOUT);
    second.tell_to_end();
    EXPECT_EQ(WaitForMultipleObjects(2, &all[1], TRUE, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(SignalObjectAndWait(event, two, INFINITE, FALSE), WAIT_OBJECT_0);
    EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
}

TEST_F(ThreadTest, AMutexOfAThreadIsAbandonedBeforeItsEndIsTold) {  // MTX-08
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    std::promise<DWORD> told;
    std::promise<void> end;
    std::thread owner([&] {
        EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
        told.set_value(GetCurrentThreadId());
        end.get_future().wait();
    });
    const Handle handle(OpenThread(SYNCHRONIZE, FALSE, told.get_future().get()));
    end.set_value();
    EXPECT_EQ(WaitForSingleObject(handle, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(poll_object(mutex), WAIT_ABANDONED);
    EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    owner.join();
}

TEST_F(ThreadTest, NobodyOpensAThreadThatHasEndedOrNeverWas) {
    Other other;
    const DWORD id = other.id();
    const Handle handle = other.open();
    other.end();
    expect_failure([&] { return OpenThread(SYNCHRONIZE, FALSE, id); }, nullptr,
                   ERROR_INVALID_PARAMETER);
    expect_failure([] { return OpenThread(SYNCHRONIZE, FALSE, 0); }, nullptr,
                   ERROR_INVALID_PARAMETER);
}

TEST_F(ThreadTest, CallsNeedTheirRights) {  // ACC-01
    Other other;
    const Handle weak = other.open(SYNCHRONIZE);
    expect_failure([&] { return GetThreadId(weak); }, 0U, ERROR_ACCESS_DENIED);
    expect_failure([&] { return QueueUserAPC(do_nothing, weak, 0); }, 0U, ERROR_ACCESS_DENIED);
    const Handle limited = other.open(THREAD_QUERY_LIMITED_INFORMATION);
    EXPECT_EQ(GetThreadId(limited), other.id());
    expect_failure([&] { return poll_object(limited); }, WAIT_FAILED, ERROR_ACCESS_DENIED);
    EXPECT_EQ(GetThreadId(other.open(THREAD_QUERY_INFORMATION)), other.id());
    EXPECT_EQ(GetThreadId(other.open(GENERIC_READ)), other.id());
    EXPECT_EQ(QueueUserAPC(do_nothing, other.open(GENERIC_WRITE), 0), 1U);
    EXPECT_EQ(poll_object(other.open(GENERIC_EXECUTE)), WAIT_TIMEOUT);
}

TEST_F(ThreadTest, CallsOnAnotherTypeFailAsOnAnInvalidHandle) {
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    const Handle self = own(0, DUPLICATE_SAME_ACCESS);
    expect_failure([&] { return GetThreadId(event); }, 0U, ERROR_INVALID_HANDLE);
    expect_failure([&] { return QueueUserAPC(do_nothing, event, 0); }, 0U, ERROR_INVALID_HANDLE);
    expect_failure([&] { return SetEvent(self); }, FALSE, ERROR_INVALID_HANDLE);
    expect_failure([&] { return GetProcessId(self); }, 0U, ERROR_INVALID_HANDLE);
    expect_failure([&] { return SignalObjectAndWait(self, event, 0, FALSE); }, WAIT_FAILED,
                   ERROR_INVALID_HANDLE);  // WAIT-18
}

}  // namespace
}  // namespace castaway::testing
