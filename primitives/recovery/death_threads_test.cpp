// Death at every place of what can be done with threads and their procedure calls: making a
// thread's object, a thread's end, queueing a call, a timer with a routine (rule TMR-10).
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/ordeal.h"
#include "primitives/testing/told_number.h"

namespace castaway::testing {
namespace {

constexpr LONGLONG kHour = 3'600'000LL * 10'000;

void do_nothing(ULONG_PTR) {}

BOOL arm_with_routine(HANDLE timer, LONGLONG due, LONG period_ms = 0) {
    LARGE_INTEGER due_time;
    due_time.QuadPart = due;
    return SetWaitableTimer(
        timer, &due_time, period_ms, [](LPVOID, DWORD, DWORD) {}, nullptr, FALSE);
}

/// The survivor holds the timer "t", which a thread of the victim's sets: afterwards it is
/// cancelled, and no call is left.
void endure_with_timer(const std::function<void()>& prepare, const std::function<void()>& act,
                       TestHook::Scope scope) {
    in_fresh_process([&](TestRegion& region) {
        Survivor survivor(region);
        Handle timer;
        survivor.endure(
            {.set_up = [&] { timer = Handle(CreateWaitableTimerA(nullptr, TRUE, "t")); },
             .prepare = prepare,
             .act = act,
             .check =
                 [&](bool) {
                     survivor.sweep();
                     EXPECT_FALSE(survivor.object("t").armed);
                     EXPECT_EQ(region.look_at_rest().apcs, 0U);
                     timer.reset();
                 },
             .scope = scope});
    });
}

TEST(DeathInThreads, MakingTheObjectOfOne) {
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        const DWORD id = GetCurrentThreadId();
        survivor.endure({.prepare = [] { GetCurrentThreadId(); },
                         .act =
                             [&] {
                                 EXPECT_NE(OpenThread(SYNCHRONIZE, FALSE, id), nullptr);
                                 EXPECT_NE(OpenThread(SYNCHRONIZE, FALSE, GetCurrentThreadId()),
                                           nullptr);
                             },
                         .check =
                             [&](bool) {
                                 survivor.sweep();
                                 const Handle again(OpenThread(SYNCHRONIZE, FALSE, id));
                                 EXPECT_EQ(poll_object(again), WAIT_TIMEOUT);
                             }});
    });
}

TEST(DeathInThreads, EndingOneWithATimerAndCalls) {  // TMR-10
    endure_with_timer([] { GetCurrentThreadId(); },
                      [] {
                          std::thread([] {
                              const Handle timer(OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "t"));
                              EXPECT_EQ(arm_with_routine(timer, -kHour), TRUE);
                              EXPECT_NE(QueueUserAPC(do_nothing, GetCurrentThread(), 0), 0U);
                          }).join();
                      },
                      TestHook::Scope::every_thread);
}

TEST(DeathInThreads, SettingATimerWithARoutineAgainAndRunningIt) {  // TMR-10, TMR-14
    endure_with_timer([] { GetCurrentThreadId(); },
                      [] {
                          const Handle timer(OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "t"));
                          EXPECT_EQ(arm_with_routine(timer, -kHour), TRUE);
                          EXPECT_EQ(arm_with_routine(timer, 0, 3'600'000), TRUE);
                          EXPECT_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
                      },
                      TestHook::Scope::calling_thread);
}

TEST(DeathInThreads, CancellingATimerWhoseRoutineAnotherProcessRuns) {  // TMR-14
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        Handle timer;
        HANDLE victims = nullptr;
        survivor.endure(
            {.set_up =
                 [&] {
                     timer = Handle(CreateWaitableTimerA(nullptr, TRUE, "t"));
                     EXPECT_EQ(arm_with_routine(timer, 0), TRUE);
                 },
             .prepare = [&] { victims = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "t"); },
             .act = [&] { EXPECT_EQ(CancelWaitableTimer(victims), TRUE); },
             .check =
                 [&](bool completed) {
                     const DWORD slept = SleepEx(0, TRUE);
                     EXPECT_TRUE(slept == 0 || (slept == WAIT_IO_COMPLETION && !completed));
                     EXPECT_EQ(SleepEx(0, TRUE), 0U);
                     EXPECT_EQ(poll_object(timer), WAIT_OBJECT_0);
                     timer.reset();
                 }});
    });
}

TEST(DeathInThreads, QueueingACallToOneThatWaitsAlertably) {  // WAIT-14
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        Handle event;
        std::atomic<DWORD> id{0};
        std::unique_ptr<BlockedThread> waiter;
        HANDLE waiters_thread = nullptr;
        survivor.endure(
            {.set_up =
                 [&] {
                     event = Handle(CreateEventA(nullptr, FALSE, FALSE, "e"));
                     waiter = std::make_unique<BlockedThread>([&] {
                         id = GetCurrentThreadId();
                         return WaitForSingleObjectEx(event, INFINITE, TRUE);
                     });
                 },
             .prepare = [&] { waiters_thread = OpenThread(THREAD_SET_CONTEXT, FALSE, id); },
             .act = [&] { EXPECT_NE(QueueUserAPC(do_nothing, waiters_thread, 0), 0U); },
             .check =
                 [&](bool completed) {
                     survivor.sweep();
                     // Whoever has a call is awake.
                     EXPECT_EQ(region.look_at_rest().damage, std::vector<std::string>{});
                     if (!completed) {
                         EXPECT_EQ(SetEvent(event), TRUE);
                     }
                     const DWORD result = waiter->join();
                     waiter.reset();
                     EXPECT_TRUE(result == WAIT_IO_COMPLETION ||
                                 (result == WAIT_OBJECT_0 && !completed));
                     const bool is_set = !completed && result == WAIT_IO_COMPLETION;
                     EXPECT_EQ(poll_object(event), is_set ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
                     event.reset();
                 }});
    });
}

constexpr DWORD kCode = 7;

DWORD end_with_code(LPVOID) {
    return kCode;
}

DWORD code_at_end(HANDLE thread) {
    EXPECT_EQ(WaitForSingleObject(thread, kPatienceMs), WAIT_OBJECT_0);
    DWORD code = 0;
    EXPECT_EQ(GetExitCodeThread(thread, &code), TRUE);
    return code;
}

TEST(DeathInThreads, StartingOneAndItsWholeLife) {  // THR-01, THR-04
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        survivor.endure({.prepare = [] { GetCurrentThreadId(); },
                         .act =
                             [] {
                                 const Handle thread(
                                     CreateThread(nullptr, 0, end_with_code, nullptr, 0, nullptr));
                                 EXPECT_EQ(code_at_end(thread), kCode);
                             },
                         .check = [&](bool) { survivor.sweep(); },
                         .scope = TestHook::Scope::every_thread});
    });
}

TEST(DeathInThreads, EndingOneThatAnotherProcessWaitsFor) {  // THR-02, THR-06
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        ToldNumber id;
        HANDLE victims = nullptr;
        Handle thread;
        survivor.endure({.prepare =
                             [&] {
                                 DWORD made = 0;
                                 victims = CreateThread(nullptr, 0, end_with_code, nullptr,
                                                        CREATE_SUSPENDED, &made);
                                 id.tell(static_cast<pid_t>(made));
                             },
                         .when_prepared =
                             [&] {
                                 thread = Handle(OpenThread(THREAD_ALL_ACCESS, FALSE,
                                                            static_cast<DWORD>(id.get())));
                             },
                         .act =
                             [&] {
                                 EXPECT_EQ(ResumeThread(victims), 1U);
                                 EXPECT_EQ(code_at_end(victims), kCode);
                             },
                         .check =
                             [&](bool completed) {
                                 const DWORD code = code_at_end(thread);
                                 EXPECT_TRUE(code == kCode ||
                                             (code == CASTAWAY_EXIT_CODE_UNKNOWN && !completed))
                                     << code;
                                 thread.reset();
                             },
                         .scope = TestHook::Scope::every_thread});
    });
}

TEST(DeathInThreads, ResumingOneOfAnotherProcess) {  // THR-05
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        Handle thread;
        DWORD id = 0;
        HANDLE victims = nullptr;
        survivor.endure({.set_up =
                             [&] {
                                 thread = Handle(CreateThread(nullptr, 0, end_with_code, nullptr,
                                                              CREATE_SUSPENDED, &id));
                             },
                         .prepare = [&] { victims = OpenThread(THREAD_SUSPEND_RESUME, FALSE, id); },
                         .act = [&] { EXPECT_EQ(ResumeThread(victims), 1U); },
                         .check =
                             [&](bool completed) {
                                 survivor.sweep();
                                 // Resumed and awake, or suspended still.
                                 const DWORD before = ResumeThread(thread);
                                 EXPECT_TRUE(before == 0 || (before == 1 && !completed)) << before;
                                 EXPECT_EQ(code_at_end(thread), kCode);
                                 thread.reset();
                             }});
    });
}

}  // namespace
}  // namespace castaway::testing
