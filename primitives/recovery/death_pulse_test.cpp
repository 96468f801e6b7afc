// Pulsing an event while threads wait for it, and death at every place of that: whoever is released
// is released once, and whoever is not goes on waiting.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/ordeal.h"

namespace castaway::testing {
namespace {

/// An event called "e", two threads that wait for it alone, and one that wants a count of "s", too.
class PulseOrdeal {
  public:
    explicit PulseOrdeal(const TestRegion& region) : survivor_(region) {}

    void make(BOOL manual, std::size_t for_any, LONG count) {
        event_ = Handle(CreateEventA(nullptr, manual, FALSE, "e"));
        semaphore_ = Handle(CreateSemaphoreA(nullptr, count, 1, "s"));
        for (std::size_t i = 0; i < for_any; ++i) {
            waiters_.push_back(std::make_unique<BlockedThread>(waits_for(event_)));
        }
        waiters_.push_back(std::make_unique<BlockedThread>([this] {
            const std::array<HANDLE, 2> both{event_, semaphore_};
            return WaitForMultipleObjects(2, both.data(), TRUE, INFINITE);
        }));
    }
    void open() { victims_ = OpenEventA(EVENT_ALL_ACCESS, FALSE, "e"); }

    [[nodiscard]] std::uint32_t waiting() const {
        survivor_.sweep();
        return survivor_.object("e").waiters;
    }
    /// Expects that so many still wait and that the event is not set; serves them, and closes.
    void expect_and_close(std::uint32_t waiting_at_least, std::uint32_t waiting_at_most) {
        // Who was satisfied in a wait for all leaves the queues itself, as soon as it runs.
        const auto limit =
            std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
        while (waiting() > waiting_at_most && std::chrono::steady_clock::now() < limit) {
            std::this_thread::yield();
        }
        EXPECT_LE(waiting(), waiting_at_most);
        EXPECT_GE(waiting(), waiting_at_least);
        EXPECT_EQ(poll_object(event_), WAIT_TIMEOUT);
        ReleaseSemaphore(semaphore_, 1, nullptr);
        while (waiting() != 0) {
            EXPECT_EQ(SetEvent(event_), TRUE);
        }
        for (auto& waiter : waiters_) {
            EXPECT_EQ(waiter->join(), WAIT_OBJECT_0);
        }
        waiters_.clear();
        event_.reset();
        semaphore_.reset();
    }

    Survivor survivor_;
    Handle event_;
    Handle semaphore_;
    HANDLE victims_ = nullptr;
    std::vector<std::unique_ptr<BlockedThread>> waiters_;
};

void endure_pulse(BOOL manual, std::size_t for_any, LONG count, std::uint32_t left) {
    in_fresh_process([=](TestRegion& region) {
        PulseOrdeal ordeal(region);
        const auto all = static_cast<std::uint32_t>(for_any) + 1;
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(manual, for_any, count); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(PulseEvent(ordeal.victims_), TRUE); },
             .check =
                 [&](bool completed) { ordeal.expect_and_close(left, completed ? left : all); }});
    });
}

TEST(DeathInPulses, OfAManualResetEventThatReleasesAll) {  // EVT-08, EVT-09
    endure_pulse(TRUE, 2, 1, 0);
}

TEST(DeathInPulses, OfAManualResetEventThatReleasesWhoCanBe) {  // EVT-08: "that can be released"
    endure_pulse(TRUE, 1, 0, 1);
}

TEST(DeathInPulses, OfAnAutoResetEventThatReleasesOne) {  // EVT-08
    endure_pulse(FALSE, 2, 1, 2);
}

TEST(DeathInPulses, OfAnAutoResetEventThatReleasesAWaitForAll) {  // EVT-08
    endure_pulse(FALSE, 0, 1, 0);
}

}  // namespace
}  // namespace castaway::testing
