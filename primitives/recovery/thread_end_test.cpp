// How threads end: whatever their destructors still do, and where they run none.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <semaphore>
#include <thread>

#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/process_test.h"

namespace castaway::testing {
namespace {

/// Sanitizers keep account of each thread, and end with one that their destructors have not seen
/// end.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

/// More than the region has slots for.
constexpr int kManyThreads = 2 * static_cast<int>(kSmall.threads);

/// Does something when its thread's objects are destroyed.
struct AtThreadEnd {
    std::function<void()> action;
    AtThreadEnd() = default;
    AtThreadEnd(const AtThreadEnd&) = delete;
    AtThreadEnd& operator=(const AtThreadEnd&) = delete;
    ~AtThreadEnd() {
        if (action) {
            action();
        }
    }
};
thread_local AtThreadEnd at_thread_end;

/// Runs the body on a thread and waits for its end.
void on_thread(const std::function<void()>& body) {
    std::thread(body).join();
}

/// Without destructors, as a program does that is not written in C or C++.
[[noreturn]] void end_thread_bare() {
    syscall(SYS_exit, 0);
    give_up("a thread goes on after its end");
}

/// Slots in use, those of the helper and of the calling thread aside.
std::size_t other_threads(const TestRegion& region) {
    return region.look_at_rest().threads.size() - 2;
}

TEST_F(ProcessTest, AThreadThatCallsFromADestructorLeavesAllTheSame) {  // MTX-08, CONC-03
    Actor actor([this](const Actor&) {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        for (int i = 0; i < kManyThreads; ++i) {
            on_thread([&] {
                at_thread_end.action = [&] {
                    EXPECT_EQ(SetEvent(event), TRUE) << GetLastError();
                    EXPECT_EQ(poll_object(mutex), i == 0 ? WAIT_OBJECT_0 : WAIT_ABANDONED);
                };
                EXPECT_EQ(ResetEvent(event), TRUE);
            });
            EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
        }
        EXPECT_EQ(poll_object(mutex), WAIT_ABANDONED);
        EXPECT_EQ(other_threads(region_), 0U);
    });
    actor.end();
}

TEST_F(ProcessTest, AThreadWhoseFirstCallIsMadeInADestructorLeavesToo) {
    Actor actor([this](const Actor&) {
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        for (int i = 0; i < kManyThreads; ++i) {
            on_thread([&] {
                at_thread_end.action = [&] {
                    EXPECT_EQ(poll_object(mutex), i == 0 ? WAIT_OBJECT_0 : WAIT_ABANDONED);
                };
            });
        }
        EXPECT_EQ(poll_object(mutex), WAIT_ABANDONED);
        EXPECT_EQ(other_threads(region_), 0U);
    });
    actor.end();
}

/// A key of the program's own, the destructor of which calls as often as it is called.
class CallingKey {
  public:
    explicit CallingKey(HANDLE semaphore) : semaphore_(semaphore) {
        EXPECT_EQ(
            pthread_key_create(&key_, [](void* self) { static_cast<CallingKey*>(self)->call(); }),
            0);
    }
    CallingKey(const CallingKey&) = delete;
    CallingKey& operator=(const CallingKey&) = delete;
    ~CallingKey() { pthread_key_delete(key_); }
    void set() { EXPECT_EQ(pthread_setspecific(key_, this), 0); }

  private:
    void call() {
        EXPECT_EQ(ReleaseSemaphore(semaphore_, 1, nullptr), TRUE) << GetLastError();
        set();
    }
    HANDLE semaphore_;
    pthread_key_t key_{};
};

TEST_F(ProcessTest, CallsFromTheDestructorsOfKeysCountInEachRound) {  // MTX-08
    Actor actor([this](const Actor&) {
        const Handle semaphore(CreateSemaphoreA(nullptr, 0, 1'000'000, "s"));
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        // Its destructor is called after the library's, which has its key by now. (The mutex of a
        // thread that calls after its very last round is its until another thread begins.)
        CallingKey key(semaphore);
        for (int i = 0; i < kManyThreads; ++i) {
            on_thread([&] {
                EXPECT_EQ(poll_object(mutex), i == 0 ? WAIT_OBJECT_0 : WAIT_ABANDONED);
                key.set();
            });
        }
        EXPECT_EQ(poll_object(mutex), WAIT_ABANDONED);
        LONG calls = 0;
        EXPECT_EQ(ReleaseSemaphore(semaphore, 1, &calls), TRUE);
        EXPECT_EQ(calls, kManyThreads * PTHREAD_DESTRUCTOR_ITERATIONS);
        on_thread([&] { EXPECT_EQ(ResetEvent(nullptr), FALSE); });
        on_thread([&] { EXPECT_EQ(poll_object(mutex), WAIT_TIMEOUT); });
        EXPECT_EQ(other_threads(region_), 0U);
    });
    actor.end();
}

TEST_F(ProcessTest, AThreadThatEndsBareIsGivenBackWhenTheNextOneBegins) {  // MTX-08
    if (kIsSanitized) {
        GTEST_SKIP() << "sanitizers do not permit a thread to end so";
    }
    Actor actor([this](const Actor&) {
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        Handle ended;
        for (int i = 0; i < kManyThreads; ++i) {
            on_thread([&] {
                EXPECT_EQ(WaitForSingleObject(mutex, INFINITE),
                          i == 0 ? WAIT_OBJECT_0 : WAIT_ABANDONED);
                ended = Handle(OpenThread(SYNCHRONIZE, FALSE, GetCurrentThreadId()));
                end_thread_bare();
            });
        }
        // Who waits for what is a dead thread's looks for itself.
        EXPECT_EQ(poll_object(ended), WAIT_TIMEOUT);
        EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_ABANDONED);
        EXPECT_EQ(poll_object(ended), WAIT_OBJECT_0);
        EXPECT_EQ(other_threads(region_), 0U);
    });
    actor.end();
}

TEST_F(ProcessTest, WhoSleepsForTheMutexOfABareEndIsServedByTheNextThread) {  // MTX-08, MTX-10
    if (kIsSanitized) {
        GTEST_SKIP() << "sanitizers do not permit a thread to end so";
    }
    Actor waiter([](const Actor& self) {
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        self.hear('w');
        self.say_when_asleep();
        EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_ABANDONED);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    });
    Actor owner([&waiter](const Actor&) {
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        on_thread([&] {
            EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
            waiter.tell('w');
            waiter.expect('s');
            end_thread_bare();
        });
        on_thread([] { ResetEvent(nullptr); });
        EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
    });
    owner.end();
    waiter.end();
}

TEST_F(ProcessTest, AThreadThatEndsBareInItsWaitLeavesTheQueue) {  // EVT-02, MTX-08
    if (kIsSanitized) {
        GTEST_SKIP() << "sanitizers do not permit a thread to end so";
    }
    Actor actor([this](const Actor&) {
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        struct sigaction ends {};
        ends.sa_handler = [](int) { end_thread_bare(); };
        EXPECT_EQ(sigaction(SIGUSR1, &ends, nullptr), 0);
        std::binary_semaphore asleep{0};
        std::thread waiter([&] {
            EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
            TestHook::set_on_sleep([&asleep] { asleep.release(); });
            WaitForSingleObject(event, INFINITE);
        });
        asleep.acquire();
        EXPECT_EQ(object("e").waiters, 1U);
        EXPECT_EQ(pthread_kill(waiter.native_handle(), SIGUSR1), 0);
        waiter.join();
        // The signal is for who is there.
        EXPECT_EQ(SetEvent(event), TRUE);
        on_thread([&] { EXPECT_EQ(poll_object(event), WAIT_OBJECT_0); });
        EXPECT_EQ(object("e").waiters, 0U);
        EXPECT_EQ(poll_object(mutex), WAIT_ABANDONED);
        EXPECT_EQ(other_threads(region_), 0U);
    });
    actor.end();
}

}  // namespace
}  // namespace castaway::testing
