// Death at every place of what can be done with a mutex. A victim that comes through ends as well,
// so what it owns then is abandoned in any case.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/ordeal.h"

namespace castaway::testing {
namespace {

/// A mutex called "m" and the survivor's threads that wait for it, then release it.
class MutexOrdeal {
  public:
    explicit MutexOrdeal(const TestRegion& region) : survivor_(region) {}

    void make(BOOL owned = FALSE) { mutex_ = Handle(CreateMutexA(nullptr, owned, "m")); }
    void open(int acquisitions = 0) {
        victims_ = OpenMutexA(SYNCHRONIZE, FALSE, "m");
        for (int i = 0; i < acquisitions; ++i) {
            EXPECT_EQ(poll_object(victims_), WAIT_OBJECT_0);
        }
    }
    void add_waiter() {
        waiters_.push_back(std::make_unique<BlockedThread>(takes_and_releases(mutex_)));
    }
    /// How many of the waiting threads are told that the mutex was abandoned; all of them must get
    /// it.
    int count_told() {
        int told = 0;
        for (auto& waiter : waiters_) {
            const DWORD result = waiter->join();
            EXPECT_TRUE(result == WAIT_OBJECT_0 || result == WAIT_ABANDONED) << result;
            told += result == WAIT_ABANDONED ? 1 : 0;
        }
        waiters_.clear();
        return told;
    }
    /// Takes the mutex, with a result of this kind, then finds it free and in order, and closes it.
    void take_and_close(bool may_be_abandoned, bool may_be_in_order) {
        const DWORD result = WaitForSingleObject(mutex_, INFINITE);
        EXPECT_TRUE((result == WAIT_ABANDONED && may_be_abandoned) ||
                    (result == WAIT_OBJECT_0 && may_be_in_order))
            << result;
        close_in_order();
    }
    /// The mutex is owned once by the calling thread, and was told about if it was abandoned.
    void close_in_order() {
        EXPECT_EQ(ReleaseMutex(mutex_), TRUE);
        EXPECT_EQ(ReleaseMutex(mutex_), FALSE) << "owned more than once";
        EXPECT_EQ(poll_object(mutex_), WAIT_OBJECT_0) << "told a second time";
        EXPECT_EQ(ReleaseMutex(mutex_), TRUE);
        mutex_.reset();
    }

    Survivor survivor_;
    Handle mutex_;
    HANDLE victims_ = nullptr;
    std::vector<std::unique_ptr<BlockedThread>> waiters_;
};

TEST(DeathInMutexes, TakingAFreeOne) {  // MTX-08
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(poll_object(ordeal.victims_), WAIT_OBJECT_0); },
             .check = [&](bool completed) { ordeal.take_and_close(true, !completed); }});
    });
}

TEST(DeathInMutexes, TakingAnOwnedOneAgain) {  // MTX-08: at any depth
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(); },
             .prepare = [&] { ordeal.open(3); },
             .act = [&] { EXPECT_EQ(poll_object(ordeal.victims_), WAIT_OBJECT_0); },
             .check = [&](bool) { ordeal.take_and_close(true, false); }});
    });
}

TEST(DeathInMutexes, TakingAnOwnedOneAgainAmongOthers) {
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        HANDLE event = nullptr;
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(); },
             .prepare =
                 [&] {
                     ordeal.open(1);
                     event = CreateEventA(nullptr, FALSE, FALSE, "e");
                 },
             .act =
                 [&] {
                     const std::array<HANDLE, 2> handles{event, ordeal.victims_};
                     EXPECT_EQ(WaitForMultipleObjects(2, handles.data(), FALSE, 0),
                               WAIT_OBJECT_0 + 1);
                 },
             .check = [&](bool) { ordeal.take_and_close(true, false); }});
    });
}

TEST(DeathInMutexes, ReleasingOneOfTwoAcquisitions) {
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up = [&] { ordeal.make(); },
                                 .prepare = [&] { ordeal.open(2); },
                                 .act = [&] { EXPECT_EQ(ReleaseMutex(ordeal.victims_), TRUE); },
                                 .check = [&](bool) { ordeal.take_and_close(true, false); }});
    });
}

TEST(DeathInMutexes, ReleasingOneThatNobodyWaitsFor) {
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(); },
             .prepare = [&] { ordeal.open(1); },
             .act = [&] { EXPECT_EQ(ReleaseMutex(ordeal.victims_), TRUE); },
             .check = [&](bool completed) { ordeal.take_and_close(!completed, true); }});
    });
}

TEST(DeathInMutexes, ReleasingOneThatOneWaitsFor) {  // MTX-10
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up = [&] { ordeal.make(); },
                                 .prepare = [&] { ordeal.open(1); },
                                 .when_prepared = [&] { ordeal.add_waiter(); },
                                 .act = [&] { EXPECT_EQ(ReleaseMutex(ordeal.victims_), TRUE); },
                                 .check =
                                     [&](bool completed) {
                                         const int told = ordeal.count_told();
                                         EXPECT_TRUE(told == 0 || !completed);
                                         ordeal.take_and_close(false, true);
                                     }});
    });
}

TEST(DeathInMutexes, ReleasingOneThatThreeWaitFor) {  // MTX-10: exactly one is told
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up = [&] { ordeal.make(); },
                                 .prepare = [&] { ordeal.open(1); },
                                 .when_prepared =
                                     [&] {
                                         for (int i = 0; i < 3; ++i) {
                                             ordeal.add_waiter();
                                         }
                                     },
                                 .act = [&] { EXPECT_EQ(ReleaseMutex(ordeal.victims_), TRUE); },
                                 .check =
                                     [&](bool completed) {
                                         EXPECT_LE(ordeal.count_told(), completed ? 0 : 1);
                                         ordeal.take_and_close(false, true);
                                     }});
    });
}

TEST(DeathInMutexes, TakingOneAgainThatTwoWaitFor) {  // MTX-10
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(); },
             .prepare = [&] { ordeal.open(1); },
             .when_prepared =
                 [&] {
                     ordeal.add_waiter();
                     ordeal.add_waiter();
                 },
             .act = [&] { EXPECT_EQ(poll_object(ordeal.victims_), WAIT_OBJECT_0); },
             .check =
                 [&](bool) {
                     EXPECT_EQ(ordeal.count_told(), 1);
                     ordeal.take_and_close(false, true);
                 }});
    });
}

TEST(DeathInMutexes, WaitingInVain) {
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(TRUE); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(WaitForSingleObject(ordeal.victims_, 1), WAIT_TIMEOUT); },
             .check = [&](bool) { ordeal.close_in_order(); }});
    });
}

TEST(DeathInMutexes, WaitingForOneThatIsReleasedMeanwhile) {  // MTX-16, WAIT-20
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        bool released = false;
        ordeal.survivor_.endure(
            {.set_up =
                 [&] {
                     released = false;
                     ordeal.make(TRUE);
                 },
             .prepare = [&] { ordeal.open(); },
             .act =
                 [&] { EXPECT_EQ(WaitForSingleObject(ordeal.victims_, INFINITE), WAIT_OBJECT_0); },
             .when_asleep =
                 [&] {
                     released = true;
                     EXPECT_EQ(ReleaseMutex(ordeal.mutex_), TRUE);
                 },
             .check =
                 [&](bool completed) {
                     if (released) {
                         ordeal.take_and_close(true, !completed);
                     } else {
                         ordeal.close_in_order();
                     }
                 }});
    });
}

TEST(DeathInMutexes, TakingAnAbandonedOne) {  // MTX-16: told, dies, and the next is told again
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up =
                 [&] {
                     ordeal.make();
                     std::thread([&] {
                         EXPECT_EQ(poll_object(ordeal.mutex_), WAIT_OBJECT_0);
                     }).join();
                 },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(poll_object(ordeal.victims_), WAIT_ABANDONED); },
             .check = [&](bool) { ordeal.take_and_close(true, false); }});
    });
}

TEST(DeathInMutexes, EndingAThreadThatOwnsTwo) {  // MTX-07, MTX-17
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        Handle other;
        ordeal.survivor_.endure(
            {.set_up =
                 [&] {
                     ordeal.make();
                     other = Handle(CreateMutexA(nullptr, FALSE, "other"));
                 },
             .prepare = [&] { ordeal.open(); },
             .act =
                 [&] {
                     std::thread([&] {
                         EXPECT_EQ(poll_object(ordeal.victims_), WAIT_OBJECT_0);
                         EXPECT_EQ(poll_object(OpenMutexA(SYNCHRONIZE, FALSE, "other")),
                                   WAIT_OBJECT_0);
                     }).join();
                 },
             .check =
                 [&](bool completed) {
                     const DWORD result = WaitForSingleObject(other, INFINITE);
                     EXPECT_TRUE(result == WAIT_ABANDONED ||
                                 (result == WAIT_OBJECT_0 && !completed));
                     EXPECT_EQ(ReleaseMutex(other), TRUE);
                     other.reset();
                     ordeal.take_and_close(true, !completed);
                 },
             .scope = TestHook::Scope::every_thread});
    });
}

TEST(DeathInMutexes, ExitingWithOneThatTwoWaitFor) {  // MTX-10
    in_fresh_process([](TestRegion& region) {
        MutexOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up = [&] { ordeal.make(); },
                                 .prepare = [&] { ordeal.open(1); },
                                 .when_prepared =
                                     [&] {
                                         ordeal.add_waiter();
                                         ordeal.add_waiter();
                                     },
                                 // The thread that owns it ends in order, before the process does.
                                 .act = [&] { std::exit(0); },
                                 .check =
                                     [&](bool) {
                                         EXPECT_EQ(ordeal.count_told(), 1);
                                         ordeal.take_and_close(false, true);
                                     },
                                 .scope = TestHook::Scope::every_thread});
    });
}

}  // namespace
}  // namespace castaway::testing
