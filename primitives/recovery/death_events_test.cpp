// Death at every place of what can be done with an event.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/ordeal.h"

namespace castaway::testing {
namespace {

/// An event called "e" and the survivor's threads that wait for it.
class EventOrdeal {
  public:
    explicit EventOrdeal(const TestRegion& region) : survivor_(region) {}

    void make(BOOL manual_reset, BOOL initial, std::size_t waiters) {
        event_ = Handle(CreateEventA(nullptr, manual_reset, initial, "e"));
        for (std::size_t i = 0; i < waiters; ++i) {
            waiters_.push_back(std::make_unique<BlockedThread>(waits_for(event_)));
        }
    }
    void open() { victims_ = OpenEventA(EVENT_ALL_ACCESS, FALSE, "e"); }

    /// Joins all waiters, of which so many are still in the queue, by as many signals.
    void serve_all(std::size_t queued) {
        for (std::size_t i = 0; i < queued; ++i) {
            EXPECT_EQ(SetEvent(event_), TRUE);
        }
        for (auto& waiter : waiters_) {
            EXPECT_EQ(waiter->join(), WAIT_OBJECT_0);
        }
        waiters_.clear();
    }

    /// The event is an auto-reset one that works, and ends.
    void expect_works_and_close() {
        EXPECT_EQ(poll_object(event_), WAIT_TIMEOUT);
        EXPECT_EQ(SetEvent(event_), TRUE);
        EXPECT_EQ(WaitForSingleObject(event_, INFINITE), WAIT_OBJECT_0);
        EXPECT_EQ(poll_object(event_), WAIT_TIMEOUT);
        event_.reset();
    }

    Survivor survivor_;
    Handle event_;
    HANDLE victims_ = nullptr;
    std::vector<std::unique_ptr<BlockedThread>> waiters_;
};

TEST(DeathInEvents, SettingOneThatNobodyWaitsFor) {
    in_fresh_process([](TestRegion& region) {
        EventOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up = [&] { ordeal.make(FALSE, FALSE, 0); },
                                 .prepare = [&] { ordeal.open(); },
                                 .act = [&] { EXPECT_EQ(SetEvent(ordeal.victims_), TRUE); },
                                 .check =
                                     [&](bool completed) {
                                         const DWORD result = poll_object(ordeal.event_);
                                         EXPECT_TRUE(result == WAIT_OBJECT_0 ||
                                                     (result == WAIT_TIMEOUT && !completed));
                                         ordeal.expect_works_and_close();
                                     }});
    });
}

TEST(DeathInEvents, SettingAnAutoResetOneThatOneWaitsFor) {
    in_fresh_process([](TestRegion& region) {
        EventOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up = [&] { ordeal.make(FALSE, FALSE, 1); },
                                 .prepare = [&] { ordeal.open(); },
                                 .act = [&] { EXPECT_EQ(SetEvent(ordeal.victims_), TRUE); },
                                 .check =
                                     [&](bool completed) {
                                         ordeal.survivor_.sweep();
                                         const auto event = ordeal.survivor_.object("e");
                                         EXPECT_FALSE(event.signaled);
                                         EXPECT_TRUE(!completed || event.waiters == 0);
                                         ordeal.serve_all(event.waiters);
                                         ordeal.expect_works_and_close();
                                     }});
    });
}

TEST(DeathInEvents, SettingAnAutoResetOneThatTwoWaitFor) {
    in_fresh_process([](TestRegion& region) {
        EventOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up = [&] { ordeal.make(FALSE, FALSE, 2); },
                                 .prepare = [&] { ordeal.open(); },
                                 .act = [&] { EXPECT_EQ(SetEvent(ordeal.victims_), TRUE); },
                                 .check =
                                     [&](bool completed) {
                                         ordeal.survivor_.sweep();
                                         const auto event = ordeal.survivor_.object("e");
                                         EXPECT_FALSE(event.signaled);
                                         EXPECT_TRUE(event.waiters == 1 ||
                                                     (event.waiters == 2 && !completed));
                                         ordeal.serve_all(event.waiters);
                                         ordeal.expect_works_and_close();
                                     }});
    });
}

TEST(DeathInEvents, SettingAManualResetOneThatThreeWaitFor) {
    in_fresh_process([](TestRegion& region) {
        EventOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up = [&] { ordeal.make(TRUE, FALSE, 3); },
                                 .prepare = [&] { ordeal.open(); },
                                 .act = [&] { EXPECT_EQ(SetEvent(ordeal.victims_), TRUE); },
                                 .check =
                                     [&](bool completed) {
                                         ordeal.survivor_.sweep();
                                         const auto event = ordeal.survivor_.object("e");
                                         // Once it is set all are released, whoever does it in the
                                         // end.
                                         EXPECT_EQ(event.waiters, event.signaled ? 0U : 3U);
                                         EXPECT_TRUE(!completed || event.signaled);
                                         ordeal.serve_all(1);
                                         EXPECT_EQ(poll_object(ordeal.event_), WAIT_OBJECT_0);
                                         EXPECT_EQ(ResetEvent(ordeal.event_), TRUE);
                                         EXPECT_EQ(poll_object(ordeal.event_), WAIT_TIMEOUT);
                                         ordeal.event_.reset();
                                     }});
    });
}

TEST(DeathInEvents, ResettingOne) {
    in_fresh_process([](TestRegion& region) {
        EventOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up = [&] { ordeal.make(FALSE, TRUE, 0); },
                                 .prepare = [&] { ordeal.open(); },
                                 .act = [&] { EXPECT_EQ(ResetEvent(ordeal.victims_), TRUE); },
                                 .check =
                                     [&](bool completed) {
                                         const DWORD result = poll_object(ordeal.event_);
                                         EXPECT_TRUE(result == WAIT_TIMEOUT ||
                                                     (result == WAIT_OBJECT_0 && !completed));
                                         ordeal.expect_works_and_close();
                                     }});
    });
}

TEST(DeathInEvents, ResettingOneThatOneWaitsFor) {
    in_fresh_process([](TestRegion& region) {
        EventOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up = [&] { ordeal.make(FALSE, FALSE, 1); },
                                 .prepare = [&] { ordeal.open(); },
                                 .act = [&] { EXPECT_EQ(ResetEvent(ordeal.victims_), TRUE); },
                                 .check =
                                     [&](bool) {
                                         EXPECT_EQ(ordeal.survivor_.object("e").waiters, 1U);
                                         ordeal.serve_all(1);
                                         ordeal.expect_works_and_close();
                                     }});
    });
}

TEST(DeathInEvents, WaitingForOneThatIsSet) {
    in_fresh_process([](TestRegion& region) {
        EventOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(FALSE, TRUE, 0); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(poll_object(ordeal.victims_), WAIT_OBJECT_0); },
             .check =
                 [&](bool completed) {
                     const DWORD result = poll_object(ordeal.event_);
                     EXPECT_TRUE(result == WAIT_TIMEOUT || (result == WAIT_OBJECT_0 && !completed));
                     ordeal.expect_works_and_close();
                 }});
    });
}

TEST(DeathInEvents, WaitingInVain) {
    in_fresh_process([](TestRegion& region) {
        EventOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(FALSE, FALSE, 0); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(WaitForSingleObject(ordeal.victims_, 1), WAIT_TIMEOUT); },
             .check = [&](bool) { ordeal.expect_works_and_close(); }});
    });
}

TEST(DeathInEvents, WaitingInVainBetweenTwoOthers) {
    in_fresh_process([](TestRegion& region) {
        EventOrdeal ordeal(region);
        // The second of the survivor's threads queues up while the victim waits.
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(FALSE, FALSE, 1); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(WaitForSingleObject(ordeal.victims_, 1), WAIT_TIMEOUT); },
             .when_asleep =
                 [&] {
                     ordeal.waiters_.push_back(
                         std::make_unique<BlockedThread>(waits_for(ordeal.event_)));
                 },
             .check =
                 [&](bool) {
                     // The dead one eats no signal: there are as many as there are survivors.
                     ordeal.serve_all(ordeal.waiters_.size());
                     ordeal.expect_works_and_close();
                 }});
    });
}

TEST(DeathInEvents, WaitingForOneThatIsSetMeanwhile) {
    in_fresh_process([](TestRegion& region) {
        EventOrdeal ordeal(region);
        bool set = false;
        ordeal.survivor_.endure(
            {.set_up =
                 [&] {
                     set = false;
                     ordeal.make(FALSE, FALSE, 0);
                 },
             .prepare = [&] { ordeal.open(); },
             .act =
                 [&] { EXPECT_EQ(WaitForSingleObject(ordeal.victims_, INFINITE), WAIT_OBJECT_0); },
             .when_asleep =
                 [&] {
                     set = true;
                     EXPECT_EQ(SetEvent(ordeal.event_), TRUE);
                 },
             .check =
                 [&](bool completed) {
                     EXPECT_TRUE(!completed || set);
                     const DWORD result = poll_object(ordeal.event_);
                     EXPECT_TRUE(result == WAIT_TIMEOUT ||
                                 (result == WAIT_OBJECT_0 && set && !completed));
                     ordeal.expect_works_and_close();
                 }});
    });
}

}  // namespace
}  // namespace castaway::testing
