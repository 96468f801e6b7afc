// Seeded defects do what their sentences say, so that a check which misses one is at fault: those
// that one thread's calls, or one death, can show. All of them are hunted by the default suite's
// test (harness/cli/default_suite_test.cpp).
#include "primitives/platform/mutants.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <string_view>
#include <thread>

#include "primitives/api/attachment.h"
#include "primitives/region/region_file.h"
#include "primitives/testing/actor.h"
#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/test_region.h"

namespace castaway::testing {
namespace {

static_assert(!LinuxPlatform::mutated(Mutant::lost_wakeup), "what users link has no defects");

/// Runs the body in a process with that defect and, for comparison, in one without.
void with_and_without(Mutant mutant, const std::function<void(TestRegion&, bool defective)>& body) {
    for (const bool defective : {false, true}) {
        SCOPED_TRACE(defective ? "with the defect" : "without it");
        in_fresh_process([&](TestRegion& region) {
            static TestHook hook;
            prepare_attachment(&hook, defective ? mutant : Mutant::none);
            body(region, defective);
        });
    }
}

/// An actor of the same kind as the process that makes it.
class SameKind : public Actor {
  public:
    SameKind(Mutant mutant, const std::function<void(const Actor&)>& script)
        : Actor([&](const Actor& self) {
              static TestHook hook;
              prepare_attachment(&hook, mutant);
              script(self);
          }) {}
};

void abandon(HANDLE mutex) {
    std::thread([mutex] { EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0); }).join();
}

TEST(MutantTable, NamesEachOnce) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < kMutants.size(); ++i) {
        EXPECT_EQ(static_cast<std::size_t>(kMutants[i].mutant), i + 1);
        EXPECT_FALSE(kMutants[i].description.empty());
        names.insert(kMutants[i].name);
    }
    EXPECT_EQ(names.size(), kMutants.size());
}

TEST(Mutants, LostWakeup) {
    with_and_without(Mutant::lost_wakeup, [](TestRegion& region, bool defective) {
        if (!defective) {
            return;  // the other tests show that a satisfied waiter wakes up
        }
        constexpr DWORD kLimitMs = 50;
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        const auto begin = std::chrono::steady_clock::now();
        BlockedThread waiter([&] { return WaitForSingleObject(event, kLimitMs); });
        EXPECT_EQ(SetEvent(event), TRUE);
        EXPECT_EQ(object_named(region.look(), "Local\\e").waiters, 0U) << "satisfied";
        EXPECT_EQ(waiter.join(), WAIT_OBJECT_0);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(kLimitMs))
            << "woken by its own time limit";
    });
}

TEST(Mutants, SecondAbandonedNotice) {
    with_and_without(Mutant::second_abandoned_notice, [](TestRegion&, bool defective) {
        const Handle mutex(CreateMutexA(nullptr, FALSE, nullptr));
        abandon(mutex);
        EXPECT_EQ(poll_object(mutex), WAIT_ABANDONED);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
        EXPECT_EQ(poll_object(mutex), defective ? WAIT_ABANDONED : WAIT_OBJECT_0);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    });
}

TEST(Mutants, MutexNotAbandoned) {
    with_and_without(Mutant::mutex_not_abandoned, [](TestRegion&, bool defective) {
        const Handle mutex(CreateMutexA(nullptr, FALSE, nullptr));
        abandon(mutex);
        EXPECT_EQ(poll_object(mutex), defective ? WAIT_OBJECT_0 : WAIT_ABANDONED);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    });
}

TEST(Mutants, HandlesOutliveDeath) {
    with_and_without(Mutant::handles_outlive_death, [](TestRegion& region, bool defective) {
        // Somebody of the defective kind must be there to recover.
        const Handle mine(CreateEventA(nullptr, FALSE, FALSE, "mine"));
        SameKind victim(Mutant::none, [](const Actor& self) {
            CreateEventA(nullptr, FALSE, TRUE, "e");
            self.say('r');
            self.stay();
        });
        victim.expect('r');
        victim.end_by_kill();
        // Until this process's helper has recovered it; no sweep, whose kind has no defect.
        while (region.look().processes.size() != 1) {
            std::this_thread::yield();
        }
        const Handle opened(OpenEventA(EVENT_ALL_ACCESS, FALSE, "e"));
        EXPECT_EQ(opened.get() != nullptr, defective);
        EXPECT_EQ(region.look().damage.empty(), !defective);
    });
}

TEST(Mutants, DeadWaiterEatsSignal) {
    with_and_without(Mutant::dead_waiter_eats_signal, [](TestRegion& region, bool defective) {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        SameKind victim(Mutant::none, [](const Actor& self) {
            self.say_when_asleep();
            WaitForSingleObject(OpenEventA(SYNCHRONIZE, FALSE, "e"), INFINITE);
        });
        victim.expect('s');
        victim.end_by_kill();
        while (region.look().processes.size() != 1) {
            std::this_thread::yield();
        }
        EXPECT_EQ(SetEvent(event), TRUE);
        EXPECT_EQ(poll_object(event), defective ? WAIT_TIMEOUT : WAIT_OBJECT_0);
        // It was eaten once.
        EXPECT_EQ(SetEvent(event), TRUE);
        EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
    });
}

TEST(Mutants, AutoResetReleasesTwo) {
    with_and_without(Mutant::auto_reset_releases_two, [](TestRegion&, bool defective) {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        BlockedThread first(waits_for(event));
        BlockedThread second(waits_for(event));
        EXPECT_EQ(SetEvent(event), TRUE);
        EXPECT_EQ(first.join(), WAIT_OBJECT_0);
        if (!defective) {
            EXPECT_EQ(SetEvent(event), TRUE);
        }
        EXPECT_EQ(second.join(), WAIT_OBJECT_0);
        EXPECT_EQ(poll_object(event), defective ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
    });
}

TEST(Mutants, SemaphoreCountNotTaken) {
    with_and_without(Mutant::semaphore_count_not_taken, [](TestRegion&, bool defective) {
        const Handle semaphore(CreateSemaphoreA(nullptr, 0, 5, nullptr));
        BlockedThread waiter(waits_for(semaphore));
        EXPECT_EQ(ReleaseSemaphore(semaphore, 1, nullptr), TRUE);
        EXPECT_EQ(waiter.join(), WAIT_OBJECT_0);
        EXPECT_EQ(poll_object(semaphore), defective ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
    });
}

TEST(Mutants, NameOutlivesObject) {
    with_and_without(Mutant::name_outlives_object, [](TestRegion&, bool defective) {
        EXPECT_EQ(CloseHandle(CreateEventA(nullptr, FALSE, FALSE, "e")), TRUE);
        const Handle opened(OpenEventA(SYNCHRONIZE, FALSE, "e"));
        EXPECT_EQ(opened.get() != nullptr, defective);
    });
}

TEST(Mutants, TimerEarly) {
    with_and_without(Mutant::timer_early, [](TestRegion& region, bool defective) {
        const Handle timer(CreateWaitableTimerA(nullptr, FALSE, "t"));
        LARGE_INTEGER due;
        due.QuadPart = -36'000'000'000;  // an hour
        constexpr std::int64_t kHourNs = 3'600'000'000'000;
        const std::int64_t asked = LinuxPlatform().now(Clock::monotonic) + kHourNs;
        EXPECT_EQ(SetWaitableTimer(timer, &due, 0, nullptr, nullptr, FALSE), TRUE);
        AttachFailure failure;
        const auto file = RegionFile::open_existing(region.spec(), failure);
        ASSERT_TRUE(file) << failure.message;
        const auto expires = static_cast<std::int64_t>(
            file->view().object(object_named(region.look(), "Local\\t").slot).detail.bits);
        EXPECT_EQ(expires < asked - kHourNs / 6, defective);
        EXPECT_GE(expires, asked - kHourNs / 4) << "a fifth";
    });
}

/// What the calling thread has run, a digit each.
ULONG_PTR& ran() {
    thread_local ULONG_PTR digits = 0;
    return digits;
}
void note_call(ULONG_PTR digit) {
    ran() = ran() * 10 + digit;
}
void note_routine(LPVOID /*argument*/, DWORD /*low*/, DWORD /*high*/) {
    note_call(9);
}
void queue_calls(ULONG_PTR count) {
    for (ULONG_PTR digit = 1; digit <= count; ++digit) {
        EXPECT_EQ(QueueUserAPC(note_call, GetCurrentThread(), digit), 1U);
    }
}

TEST(Mutants, CallRunTwice) {
    with_and_without(Mutant::call_run_twice, [](TestRegion&, bool defective) {
        queue_calls(2);
        EXPECT_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
        EXPECT_EQ(ran(), defective ? 1122U : 12U);
    });
}

TEST(Mutants, CallsRunLastFirst) {
    with_and_without(Mutant::calls_run_last_first, [](TestRegion&, bool defective) {
        queue_calls(3);
        EXPECT_EQ(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
        EXPECT_EQ(ran(), defective ? 321U : 123U);
    });
}

TEST(Mutants, CallOfCancelledTimerRuns) {
    with_and_without(Mutant::call_of_cancelled_timer_runs, [](TestRegion& region, bool defective) {
        const Handle timer(CreateWaitableTimerA(nullptr, TRUE, nullptr));
        LARGE_INTEGER due{};
        EXPECT_EQ(SetWaitableTimer(timer, &due, 0, note_routine, nullptr, FALSE), TRUE);
        EXPECT_EQ(poll_object(timer), WAIT_OBJECT_0);
        EXPECT_EQ(CancelWaitableTimer(timer), TRUE);
        EXPECT_EQ(SleepEx(0, FALSE), 0U);
        EXPECT_EQ(region.look().apcs, defective ? 1U : 0U);
    });
}

TEST(Mutants, CallEndsEveryWait) {
    with_and_without(Mutant::call_ends_every_wait, [](TestRegion&, bool defective) {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        std::atomic<DWORD> id = 0;
        BlockedThread waiter([&] {
            id = GetCurrentThreadId();
            return WaitForSingleObject(event, INFINITE);
        });
        const Handle thread(OpenThread(THREAD_SET_CONTEXT, FALSE, id));
        EXPECT_EQ(QueueUserAPC(note_call, thread, 1), 1U);
        if (!defective) {
            EXPECT_EQ(SetEvent(event), TRUE);
        }
        EXPECT_EQ(waiter.join() == WAIT_OBJECT_0, !defective);
    });
}

TEST(Mutants, CallEndsNoWait) {
    with_and_without(Mutant::call_ends_no_wait, [](TestRegion&, bool defective) {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        std::atomic<DWORD> id = 0;
        BlockedThread waiter([&] {
            id = GetCurrentThreadId();
            return WaitForSingleObjectEx(event, INFINITE, TRUE);
        });
        const Handle thread(OpenThread(THREAD_SET_CONTEXT, FALSE, id));
        EXPECT_EQ(QueueUserAPC(note_call, thread, 1), 1U);
        if (defective) {
            EXPECT_EQ(SetEvent(event), TRUE);
        }
        EXPECT_EQ(waiter.join(), defective ? WAIT_OBJECT_0 : WAIT_IO_COMPLETION);
    });
}

TEST(Mutants, CallsOfDeadKept) {
    with_and_without(Mutant::calls_of_dead_kept, [](TestRegion& region, bool defective) {
        CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        std::thread([] { queue_calls(1); }).join();
        EXPECT_EQ(region.look().damage.empty(), !defective);
    });
}

}  // namespace
}  // namespace castaway::testing
