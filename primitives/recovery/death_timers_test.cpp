// Death at every place of what can be done with a timer. No thread owns a timer, so whatever a dead
// one has set goes on (rules TMR-10, TMR-15).
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/ordeal.h"

namespace castaway::testing {
namespace {

constexpr LONGLONG kMillisecond = 10'000;
constexpr LONGLONG kHour = 3'600'000 * kMillisecond;

BOOL arm(HANDLE timer, LONGLONG due, LONG period_ms = 0) {
    LARGE_INTEGER due_time;
    due_time.QuadPart = due;
    return SetWaitableTimer(timer, &due_time, period_ms, nullptr, nullptr, FALSE);
}

/// A timer called "t" and the survivor's thread that waits for it.
class TimerOrdeal {
  public:
    explicit TimerOrdeal(const TestRegion& region) : survivor_(region) {}

    void make(BOOL manual_reset = FALSE) {
        timer_ = Handle(CreateWaitableTimerA(nullptr, manual_reset, "t"));
    }
    void add_waiter() { waiters_.push_back(std::make_unique<BlockedThread>(waits_for(timer_))); }
    void open() { victims_ = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "t"); }
    /// The timer still works, whatever it was set to, and serves all who wait.
    void serve_and_close() {
        EXPECT_EQ(arm(timer_, 0), TRUE);
        for (std::size_t i = 0; i < waiters_.size(); ++i) {
            EXPECT_EQ(arm(timer_, 0), TRUE);
        }
        for (auto& waiter : waiters_) {
            EXPECT_EQ(waiter->join(), WAIT_OBJECT_0);
        }
        waiters_.clear();
        EXPECT_EQ(arm(timer_, -1), TRUE);
        EXPECT_EQ(WaitForSingleObject(timer_, INFINITE), WAIT_OBJECT_0);
        EXPECT_EQ(arm(timer_, -kHour), TRUE);
        EXPECT_EQ(poll_object(timer_), WAIT_TIMEOUT);
        EXPECT_EQ(CancelWaitableTimer(timer_), TRUE);
        timer_.reset();
    }

    Survivor survivor_;
    Handle timer_;
    HANDLE victims_ = nullptr;
    std::vector<std::unique_ptr<BlockedThread>> waiters_;
};

TEST(DeathInTimers, SettingOneForLater) {
    in_fresh_process([](TestRegion& region) {
        TimerOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up =
                                     [&] {
                                         ordeal.make(TRUE);
                                         EXPECT_EQ(arm(ordeal.timer_, 0), TRUE);
                                     },
                                 .prepare = [&] { ordeal.open(); },
                                 .act = [&] { EXPECT_EQ(arm(ordeal.victims_, -kHour), TRUE); },
                                 .check =
                                     [&](bool completed) {
                                         const DWORD result = poll_object(ordeal.timer_);
                                         EXPECT_TRUE(result == WAIT_TIMEOUT ||
                                                     (result == WAIT_OBJECT_0 && !completed));
                                         ordeal.serve_and_close();
                                     }});
    });
}

TEST(DeathInTimers, SettingOneThatSomebodyWaitsFor) {
    in_fresh_process([](TestRegion& region) {
        TimerOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up =
                                     [&] {
                                         ordeal.make();
                                         EXPECT_EQ(arm(ordeal.timer_, -kHour), TRUE);
                                         ordeal.add_waiter();
                                     },
                                 .prepare = [&] { ordeal.open(); },
                                 .act = [&] { EXPECT_EQ(arm(ordeal.victims_, 0), TRUE); },
                                 .check =
                                     [&](bool completed) {
                                         if (completed) {
                                             EXPECT_EQ(ordeal.waiters_[0]->join(), WAIT_OBJECT_0);
                                             ordeal.waiters_.clear();
                                         }
                                         ordeal.serve_and_close();
                                     }});
    });
}

TEST(DeathInTimers, BringingForwardOneThatSomebodyWaitsFor) {  // TMR-15
    in_fresh_process([](TestRegion& region) {
        TimerOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up =
                 [&] {
                     ordeal.make();
                     EXPECT_EQ(arm(ordeal.timer_, -kHour), TRUE);
                     ordeal.add_waiter();
                 },
             .prepare = [&] { ordeal.open(); },
             // Whoever waits must learn that it is to be woken sooner, and nobody is left to tell.
             .act = [&] { EXPECT_EQ(arm(ordeal.victims_, -kMillisecond / 10, 1), TRUE); },
             .check =
                 [&](bool completed) {
                     ordeal.survivor_.sweep();
                     if (completed) {
                         EXPECT_EQ(ordeal.waiters_[0]->join(), WAIT_OBJECT_0);
                         ordeal.waiters_.clear();
                         EXPECT_EQ(WaitForSingleObject(ordeal.timer_, INFINITE), WAIT_OBJECT_0);
                     }
                     ordeal.serve_and_close();
                 }});
    });
}

TEST(DeathInTimers, CancellingOneThatSomebodyWaitsFor) {
    in_fresh_process([](TestRegion& region) {
        TimerOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up =
                 [&] {
                     ordeal.make();
                     EXPECT_EQ(arm(ordeal.timer_, -kHour), TRUE);
                     ordeal.add_waiter();
                 },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(CancelWaitableTimer(ordeal.victims_), TRUE); },
             .check =
                 [&](bool) {
                     EXPECT_EQ(ordeal.survivor_.object("t").waiters, 1U);
                     ordeal.serve_and_close();
                 }});
    });
}

TEST(DeathInTimers, WaitingForOneThatHasExpired) {
    in_fresh_process([](TestRegion& region) {
        TimerOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up =
                 [&] {
                     ordeal.make();
                     EXPECT_EQ(arm(ordeal.timer_, 0), TRUE);
                 },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(poll_object(ordeal.victims_), WAIT_OBJECT_0); },
             .check =
                 [&](bool completed) {
                     const DWORD result = poll_object(ordeal.timer_);
                     EXPECT_TRUE(result == WAIT_TIMEOUT || (result == WAIT_OBJECT_0 && !completed));
                     ordeal.serve_and_close();
                 }});
    });
}

TEST(DeathInTimers, WaitingUntilItExpiresBesideAnother) {
    in_fresh_process([](TestRegion& region) {
        TimerOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up =
                                     [&] {
                                         ordeal.make(TRUE);
                                         EXPECT_EQ(arm(ordeal.timer_, -kHour), TRUE);
                                         ordeal.add_waiter();
                                     },
                                 .prepare = [&] { ordeal.open(); },
                                 .act =
                                     [&] {
                                         EXPECT_EQ(arm(ordeal.victims_, -kMillisecond), TRUE);
                                         EXPECT_EQ(WaitForSingleObject(ordeal.victims_, INFINITE),
                                                   WAIT_OBJECT_0);
                                     },
                                 .check =
                                     [&](bool completed) {
                                         if (completed) {
                                             EXPECT_EQ(ordeal.waiters_[0]->join(), WAIT_OBJECT_0);
                                             ordeal.waiters_.clear();
                                         }
                                         ordeal.serve_and_close();
                                     }});
    });
}

}  // namespace
}  // namespace castaway::testing
