// Death at every place of a wait for all of several objects, and of those who signal its last one:
// the dead took all or nothing (rule WAIT-06), and the living get what is theirs.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>

#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/ordeal.h"

namespace castaway::testing {
namespace {

/// One object of each kind that a wait changes, and one that it does not.
struct Objects {
    Handle event;
    Handle gate;  ///< a manual-reset event
    Handle semaphore;
    Handle mutex;

    [[nodiscard]] std::array<HANDLE, 4> all() const { return {mutex, gate, semaphore, event}; }
    [[nodiscard]] DWORD wait(DWORD milliseconds) const {
        const auto handles = all();
        return WaitForMultipleObjects(4, handles.data(), TRUE, milliseconds);
    }
};

class WaitAllOrdeal {
  public:
    explicit WaitAllOrdeal(const TestRegion& region) : survivor_(region) {}

    void make(BOOL event_set, BOOL gate_open) {
        mine_.event = Handle(CreateEventA(nullptr, FALSE, event_set, "e"));
        mine_.gate = Handle(CreateEventA(nullptr, TRUE, gate_open, "g"));
        mine_.semaphore = Handle(CreateSemaphoreA(nullptr, 2, 9, "s"));
        mine_.mutex = Handle(CreateMutexA(nullptr, FALSE, "m"));
    }
    /// A thread of the survivor that waits for all and gives the mutex back.
    void add_waiter() {
        waiter_ = std::make_unique<BlockedThread>([this] {
            const DWORD result = mine_.wait(INFINITE);
            return ReleaseMutex(mine_.mutex) != FALSE ? result : WAIT_FAILED;
        });
    }
    /// The victim's.
    void open() {
        victims_.event = Handle(OpenEventA(EVENT_ALL_ACCESS, FALSE, "e"));
        victims_.gate = Handle(OpenEventA(EVENT_ALL_ACCESS, FALSE, "g"));
        victims_.semaphore = Handle(OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "s"));
        victims_.mutex = Handle(OpenMutexA(SYNCHRONIZE, FALSE, "m"));
    }

    /// Expects all taken by the dead or nothing, and closes. \param taken  empty: either
    void expect_all_or_nothing(std::optional<bool> taken, bool event_was_set) {
        survivor_.sweep();
        const bool counted = survivor_.object("s").count == 1;
        EXPECT_EQ(taken.value_or(counted), counted);
        EXPECT_EQ(survivor_.object("e").signaled, event_was_set && !counted);
        const DWORD mutex = WaitForSingleObject(mine_.mutex, 0);
        EXPECT_EQ(mutex, counted ? WAIT_ABANDONED : WAIT_OBJECT_0);
        close();
    }
    /// Expects that the waiter has all now, and closes.
    void expect_served(bool may_be_abandoned) {
        const DWORD result = waiter_->join();
        EXPECT_TRUE(result == WAIT_OBJECT_0 || (may_be_abandoned && result == WAIT_ABANDONED_0))
            << result;
        waiter_.reset();
        EXPECT_EQ(poll_object(mine_.event), WAIT_TIMEOUT);
        EXPECT_EQ(survivor_.object("s").count, 1U);
        EXPECT_EQ(poll_object(mine_.mutex), WAIT_OBJECT_0);
        close();
    }
    /// Whether nothing but the event is missing. (One that was handed its objects may still stand
    /// in queues: it has not run yet.)
    [[nodiscard]] bool waiter_sleeps() const {
        survivor_.sweep();
        return survivor_.object("s").count == 2;
    }

    Survivor survivor_;
    Objects mine_;
    Objects victims_;

  private:
    /// The mutex is owned once.
    void close() {
        EXPECT_EQ(ReleaseMutex(mine_.mutex), TRUE);
        EXPECT_EQ(ReleaseMutex(mine_.mutex), FALSE) << "owned more than once";
        mine_ = {};
    }

    std::unique_ptr<BlockedThread> waiter_;
};

TEST(DeathInWaitsForAll, TakingWhatIsThere) {
    in_fresh_process([](TestRegion& region) {
        WaitAllOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up = [&] { ordeal.make(TRUE, TRUE); },
                                 .prepare = [&] { ordeal.open(); },
                                 .act = [&] { EXPECT_EQ(ordeal.victims_.wait(0), WAIT_OBJECT_0); },
                                 .check =
                                     [&](bool completed) {
                                         ordeal.expect_all_or_nothing(
                                             completed ? std::optional(true) : std::nullopt, true);
                                     }});
    });
}

TEST(DeathInWaitsForAll, WaitingInVain) {
    in_fresh_process([](TestRegion& region) {
        WaitAllOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(TRUE, FALSE); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(ordeal.victims_.wait(1), WAIT_TIMEOUT); },
             .check = [&](bool) { ordeal.expect_all_or_nothing(false, true); }});
    });
}

TEST(DeathInWaitsForAll, SleepingUntilTheLastIsSignaled) {  // WAIT-20
    in_fresh_process([](TestRegion& region) {
        WaitAllOrdeal ordeal(region);
        bool set = false;
        ordeal.survivor_.endure({.set_up =
                                     [&] {
                                         set = false;
                                         ordeal.make(FALSE, TRUE);
                                     },
                                 .prepare = [&] { ordeal.open(); },
                                 .act = [&] { EXPECT_EQ(ordeal.victims_.wait(INFINITE), 0U); },
                                 .when_asleep =
                                     [&] {
                                         set = true;
                                         EXPECT_EQ(SetEvent(ordeal.mine_.event), TRUE);
                                     },
                                 .check =
                                     [&](bool completed) {
                                         ordeal.expect_all_or_nothing(
                                             completed ? std::optional(true) : std::nullopt, set);
                                     }});
    });
}

TEST(DeathInWaitsForAll, OfTheOneWhoSignalsTheLast) {  // WAIT-11
    in_fresh_process([](TestRegion& region) {
        WaitAllOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up =
                                     [&] {
                                         ordeal.make(FALSE, TRUE);
                                         ordeal.add_waiter();
                                     },
                                 .prepare = [&] { ordeal.open(); },
                                 .act = [&] { EXPECT_EQ(SetEvent(ordeal.victims_.event), TRUE); },
                                 .check =
                                     [&](bool completed) {
                                         if (ordeal.waiter_sleeps() && !completed) {
                                             EXPECT_EQ(SetEvent(ordeal.mine_.event), TRUE);
                                         }
                                         ordeal.expect_served(false);
                                     }});
    });
}

TEST(DeathInWaitsForAll, OfTheOwnerOfTheMutex) {  // MTX-10, MTX-12
    in_fresh_process([](TestRegion& region) {
        WaitAllOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(TRUE, TRUE); },
             .prepare =
                 [&] {
                     ordeal.open();
                     EXPECT_EQ(poll_object(ordeal.victims_.mutex), WAIT_OBJECT_0);
                 },
             .when_prepared = [&] { ordeal.add_waiter(); },
             .act = [&] { EXPECT_EQ(ReleaseMutex(ordeal.victims_.mutex), TRUE); },
             .check = [&](bool completed) { ordeal.expect_served(!completed); }});
    });
}

TEST(DeathInWaitsForAll, OfOneWhoRecoversWhatTheSignalerLeft) {  // CONC-03
    in_fresh_process([](TestRegion& region) {
        WaitAllOrdeal ordeal(region);
        ordeal.survivor_.endure_recoverers(
            {.set_up =
                 [&] {
                     ordeal.make(FALSE, TRUE);
                     ordeal.add_waiter();
                 },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(SetEvent(ordeal.victims_.event), TRUE); },
             .check = [&](bool) { ordeal.expect_served(false); }},
            {.point = CrashPoint::signal_waits_for_all, .passing = 1});
    });
}

}  // namespace
}  // namespace castaway::testing
