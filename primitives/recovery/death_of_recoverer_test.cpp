// Death at every place of recovery: of a process that gives back what another one left, and of one
// that finds an internal lock held by a dead one.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/ordeal.h"

namespace castaway::testing {
namespace {

/// What victims die over: an object of each type that the survivor holds, and threads that wait for
/// it.
class Estate {
  public:
    explicit Estate(const TestRegion& region) : survivor_(region) {}

    void make(HANDLE object, std::size_t waiters) {
        object_ = Handle(object);
        for (std::size_t i = 0; i < waiters; ++i) {
            waiters_.push_back(std::make_unique<BlockedThread>(waits_for(object_)));
        }
    }
    /// Signals until everybody who waits has been served, then closes.
    template <class Signal>
    void serve_and_close(Signal signal) {
        survivor_.sweep();
        for (std::uint32_t i = survivor_.object("x").waiters; i > 0; --i) {
            EXPECT_EQ(signal(), TRUE);
        }
        for (auto& waiter : waiters_) {
            EXPECT_EQ(waiter->join(), WAIT_OBJECT_0);
        }
        waiters_.clear();
        object_.reset();
    }

    Survivor survivor_;
    Handle object_;
    HANDLE victims_ = nullptr;
    std::vector<std::unique_ptr<BlockedThread>> waiters_;
};

/// A victim that sets an event for which so many wait.
Ordeal setting_an_event(Estate& estate, BOOL manual_reset, std::size_t waiters) {
    return {.set_up =
                [&estate, manual_reset, waiters] {
                    estate.make(CreateEventA(nullptr, manual_reset, FALSE, "x"), waiters);
                },
            .prepare = [&estate] { estate.victims_ = OpenEventA(EVENT_ALL_ACCESS, FALSE, "x"); },
            .act = [&estate] { SetEvent(estate.victims_); },
            .check =
                [&estate](bool) {
                    estate.serve_and_close([&estate] { return SetEvent(estate.object_); });
                }};
}

TEST(DeathOfRecoverer, BeforeAHandOffIsUndone) {
    in_fresh_process([](TestRegion& region) {
        Estate estate(region);
        estate.survivor_.endure_recoverers(
            setting_an_event(estate, FALSE, 2),
            {.point = CrashPoint::handoff_before_commit, .passing = 1});
    });
}

TEST(DeathOfRecoverer, BeforeAHandOffIsMadeKnown) {
    in_fresh_process([](TestRegion& region) {
        Estate estate(region);
        estate.survivor_.endure_recoverers(setting_an_event(estate, TRUE, 2),
                                           {.point = CrashPoint::handoff_committed, .passing = 1});
    });
}

TEST(DeathOfRecoverer, BeforeASignalIsServed) {
    in_fresh_process([](TestRegion& region) {
        Estate estate(region);
        estate.survivor_.endure_recoverers(
            {.set_up = [&] { estate.make(CreateSemaphoreA(nullptr, 0, 5, "x"), 3); },
             .prepare = [&] { estate.victims_ = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "x"); },
             .act = [&] { ReleaseSemaphore(estate.victims_, 2, nullptr); },
             .check =
                 [&](bool) {
                     estate.survivor_.sweep();
                     EXPECT_EQ(estate.survivor_.object("x").waiters, 1U);
                     EXPECT_EQ(estate.survivor_.object("x").count, 0U);
                     estate.serve_and_close(
                         [&] { return ReleaseSemaphore(estate.object_, 1, nullptr); });
                 }},
            {.point = CrashPoint::signal_state_set, .passing = 1});
    });
}

TEST(DeathOfRecoverer, BeforeWaitersKnowATimersDueTime) {
    in_fresh_process([](TestRegion& region) {
        Estate estate(region);
        const auto arm = [](HANDLE timer, LONGLONG due) {
            LARGE_INTEGER due_time;
            due_time.QuadPart = due;
            return SetWaitableTimer(timer, &due_time, 0, nullptr, nullptr, FALSE);
        };
        estate.survivor_.endure_recoverers(
            {.set_up = [&] { estate.make(CreateWaitableTimerA(nullptr, TRUE, "x"), 2); },
             .prepare = [&] { estate.victims_ = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "x"); },
             .act = [&] { arm(estate.victims_, -1000); },
             .check =
                 [&](bool) {
                     estate.survivor_.sweep();
                     for (auto& waiter : estate.waiters_) {
                         EXPECT_EQ(waiter->join(), WAIT_OBJECT_0);
                     }
                     estate.waiters_.clear();
                     estate.object_.reset();
                 }},
            {.point = CrashPoint::signal_state_set, .passing = 1});
    });
}

TEST(DeathOfRecoverer, BeforeAMutexIsAbandoned) {
    in_fresh_process([](TestRegion& region) {
        Estate estate(region);
        estate.survivor_.endure_recoverers(
            {.set_up = [&] { estate.object_ = Handle(CreateMutexA(nullptr, FALSE, "x")); },
             .prepare =
                 [&] {
                     estate.victims_ = OpenMutexA(SYNCHRONIZE, FALSE, "x");
                     EXPECT_EQ(poll_object(estate.victims_), WAIT_OBJECT_0);
                 },
             .when_prepared =
                 [&] {
                     for (int i = 0; i < 2; ++i) {
                         estate.waiters_.push_back(
                             std::make_unique<BlockedThread>(takes_and_releases(estate.object_)));
                     }
                 },
             .act = [&] { ReleaseMutex(estate.victims_); },
             .check =
                 [&](bool) {
                     int told = 0;
                     for (auto& waiter : estate.waiters_) {
                         told += waiter->join() == WAIT_ABANDONED ? 1 : 0;
                     }
                     estate.waiters_.clear();
                     EXPECT_EQ(told, 1);
                     EXPECT_EQ(poll_object(estate.object_), WAIT_OBJECT_0);
                     EXPECT_EQ(ReleaseMutex(estate.object_), TRUE);
                     estate.object_.reset();
                 }},
            {.point = CrashPoint::mutex_before_release, .passing = 1});
    });
}

TEST(DeathOfRecoverer, BeforeAWaiterIsTakenOutOfItsQueues) {
    in_fresh_process([](TestRegion& region) {
        Estate estate(region);
        Handle other;
        estate.survivor_.endure_recoverers(
            {.set_up =
                 [&] {
                     estate.make(CreateEventA(nullptr, FALSE, FALSE, "x"), 1);
                     other = Handle(CreateSemaphoreA(nullptr, 0, 1, "y"));
                 },
             .act =
                 [] {
                     const std::array<HANDLE, 2> handles{
                         OpenEventA(EVENT_ALL_ACCESS, FALSE, "x"),
                         OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "y")};
                     WaitForMultipleObjects(2, handles.data(), FALSE, INFINITE);
                 },
             .check =
                 [&](bool) {
                     EXPECT_EQ(ReleaseSemaphore(other, 1, nullptr), TRUE);
                     EXPECT_EQ(poll_object(other), WAIT_OBJECT_0) << "eaten by the dead";
                     other.reset();
                     estate.serve_and_close([&] { return SetEvent(estate.object_); });
                 }},
            {.point = CrashPoint::wait_before_sleep, .passing = 1});
    });
}

/// A victim that dies over something of its own: nothing is left of it.
Ordeal leaving_nothing(const std::function<void()>& prepare, const std::function<void()>& act) {
    return {.prepare = prepare, .act = act, .check = [](bool) {
                const Handle fresh(CreateMutexA(nullptr, TRUE, "x"));
                EXPECT_NE(fresh.get(), nullptr);
                EXPECT_EQ(ReleaseMutex(fresh), TRUE);
            }};
}

TEST(DeathOfRecoverer, BeforeAHalfMadeObjectIsUndone) {
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        Ordeal ordeal = leaving_nothing({}, [] { CreateSemaphoreA(nullptr, 1, 1, "y"); });
        survivor.endure_recoverers(ordeal,
                                   {.point = CrashPoint::create_before_commit, .passing = 1});
    });
}

TEST(DeathOfRecoverer, BeforeHandlesAreClosed) {
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        Ordeal ordeal = leaving_nothing(
            [] {
                CreateEventA(nullptr, FALSE, FALSE, std::string(100, 'n').c_str());
                CreateMutexA(nullptr, TRUE, nullptr);
            },
            [] { CloseHandle(CreateEventA(nullptr, FALSE, FALSE, "z")); });
        survivor.endure_recoverers(ordeal,
                                   {.point = CrashPoint::close_before_commit, .passing = 1});
    });
}

TEST(DeathOfBereaved, OverAnObjectsLock) {
    in_fresh_process([](TestRegion& region) {
        Estate estate(region);
        HANDLE event = nullptr;
        estate.survivor_.endure_bereaved(
            setting_an_event(estate, FALSE, 2),
            {.point = CrashPoint::handoff_before_commit, .passing = 1},
            [&] { event = OpenEventA(EVENT_ALL_ACCESS, FALSE, "x"); },
            [&] { EXPECT_EQ(SetEvent(event), TRUE); });
    });
}

TEST(DeathOfBereaved, OverTheLocksOfNamesAndAllocation) {
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        Ordeal ordeal = leaving_nothing([] { CreateEventA(nullptr, FALSE, FALSE, nullptr); },
                                        [] { CreateSemaphoreA(nullptr, 1, 1, "y"); });
        survivor.endure_bereaved(ordeal, {.point = CrashPoint::create_before_commit, .passing = 1},
                                 {}, [] { EXPECT_NE(CreateMutexA(nullptr, FALSE, "y"), nullptr); });
    });
}

}  // namespace
}  // namespace castaway::testing
