// Death at every place of what can be done with a semaphore. A count that a dead process took is
// gone (rule SEM-08); nothing else is.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/ordeal.h"

namespace castaway::testing {
namespace {

constexpr LONG kMaximum = 9;

/// A semaphore called "s" and the survivor's threads that wait for it.
class SemaphoreOrdeal {
  public:
    explicit SemaphoreOrdeal(const TestRegion& region) : survivor_(region) {}

    void make(LONG count, std::size_t waiters = 0) {
        semaphore_ = Handle(CreateSemaphoreA(nullptr, count, kMaximum, "s"));
        for (std::size_t i = 0; i < waiters; ++i) {
            waiters_.push_back(std::make_unique<BlockedThread>(waits_for(semaphore_)));
        }
    }
    void open() { victims_ = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "s"); }

    /// After all is quiet: expects this count and this many waiters, or, unless the victim
    /// completed, those others. Serves who is left, and closes a semaphore that works.
    void expect_and_close(bool completed, LONG count, std::uint32_t waiters, LONG count_if_not,
                          std::uint32_t waiters_if_not) {
        survivor_.sweep();
        const auto seen = survivor_.object("s");
        const bool done =
            seen.count == static_cast<std::uint32_t>(count) && seen.waiters == waiters;
        const bool not_done = seen.count == static_cast<std::uint32_t>(count_if_not) &&
                              seen.waiters == waiters_if_not;
        EXPECT_TRUE(done || (not_done && !completed)) << seen.count << ", " << seen.waiters;
        for (std::uint32_t i = 0; i < seen.waiters; ++i) {
            EXPECT_EQ(ReleaseSemaphore(semaphore_, 1, nullptr), TRUE);
        }
        for (auto& waiter : waiters_) {
            EXPECT_EQ(waiter->join(), WAIT_OBJECT_0);
        }
        waiters_.clear();
        for (std::uint32_t i = 0; i < seen.count; ++i) {
            EXPECT_EQ(poll_object(semaphore_), WAIT_OBJECT_0);
        }
        EXPECT_EQ(poll_object(semaphore_), WAIT_TIMEOUT);
        LONG previous = -1;
        EXPECT_EQ(ReleaseSemaphore(semaphore_, kMaximum, &previous), TRUE);
        EXPECT_EQ(previous, 0);
        semaphore_.reset();
    }

    Survivor survivor_;
    Handle semaphore_;
    HANDLE victims_ = nullptr;
    std::vector<std::unique_ptr<BlockedThread>> waiters_;
};

TEST(DeathInSemaphores, TakingOne) {
    in_fresh_process([](TestRegion& region) {
        SemaphoreOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(2); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(poll_object(ordeal.victims_), WAIT_OBJECT_0); },
             .check = [&](bool completed) { ordeal.expect_and_close(completed, 1, 0, 2, 0); }});
    });
}

TEST(DeathInSemaphores, WaitingInVain) {
    in_fresh_process([](TestRegion& region) {
        SemaphoreOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(0, 1); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(WaitForSingleObject(ordeal.victims_, 1), WAIT_TIMEOUT); },
             .check = [&](bool completed) { ordeal.expect_and_close(completed, 0, 1, 0, 1); }});
    });
}

TEST(DeathInSemaphores, WaitingForOneThatIsReleasedMeanwhile) {
    in_fresh_process([](TestRegion& region) {
        SemaphoreOrdeal ordeal(region);
        LONG released = 0;
        ordeal.survivor_.endure(
            {.set_up =
                 [&] {
                     released = 0;
                     ordeal.make(0);
                 },
             .prepare = [&] { ordeal.open(); },
             .act =
                 [&] { EXPECT_EQ(WaitForSingleObject(ordeal.victims_, INFINITE), WAIT_OBJECT_0); },
             .when_asleep =
                 [&] {
                     released = 2;
                     EXPECT_EQ(ReleaseSemaphore(ordeal.semaphore_, released, nullptr), TRUE);
                 },
             .check =
                 [&](bool completed) {
                     ordeal.expect_and_close(completed, released == 0 ? 0 : 1, 0, released, 0);
                 }});
    });
}

TEST(DeathInSemaphores, ReleasingWithoutWaiters) {
    in_fresh_process([](TestRegion& region) {
        SemaphoreOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(1); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(ReleaseSemaphore(ordeal.victims_, 3, nullptr), TRUE); },
             .check = [&](bool completed) { ordeal.expect_and_close(completed, 4, 0, 1, 0); }});
    });
}

TEST(DeathInSemaphores, ReleasingFewerThanWait) {  // SEM-07
    in_fresh_process([](TestRegion& region) {
        SemaphoreOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(0, 3); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(ReleaseSemaphore(ordeal.victims_, 2, nullptr), TRUE); },
             .check = [&](bool completed) { ordeal.expect_and_close(completed, 0, 1, 0, 3); }});
    });
}

TEST(DeathInSemaphores, ReleasingMoreThanWait) {  // SEM-07
    in_fresh_process([](TestRegion& region) {
        SemaphoreOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(0, 1); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(ReleaseSemaphore(ordeal.victims_, 3, nullptr), TRUE); },
             .check = [&](bool completed) { ordeal.expect_and_close(completed, 2, 0, 0, 1); }});
    });
}

TEST(DeathInSemaphores, ReleasingTooManyWhileOneWaits) {  // SEM-04
    in_fresh_process([](TestRegion& region) {
        SemaphoreOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(0, 1); },
             .prepare = [&] { ordeal.open(); },
             .act =
                 [&] {
                     EXPECT_EQ(ReleaseSemaphore(ordeal.victims_, kMaximum + 1, nullptr), FALSE);
                 },
             .check = [&](bool completed) { ordeal.expect_and_close(completed, 0, 1, 0, 1); }});
    });
}

}  // namespace
}  // namespace castaway::testing
