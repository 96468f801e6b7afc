// Death at every place of making, opening, duplicating and closing; of attaching; and of waiting
// for several objects. Nothing that only the dead one had is left (rules NAME-14, HND-07).
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "primitives/region/names.h"
#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/ordeal.h"

namespace castaway::testing {
namespace {

constexpr DWORD kAll = EVENT_ALL_ACCESS;

/// The survivor has no part in it but to see that nothing is left, the name at once.
void endure_alone(const std::function<void()>& prepare, const std::function<void()>& act,
                  TestHook::Scope scope = TestHook::Scope::calling_thread) {
    in_fresh_process([&](TestRegion& region) {
        Survivor survivor(region);
        survivor.endure({.prepare = prepare,
                         .act = act,
                         .check =
                             [](bool) {
                                 EXPECT_EQ(OpenEventA(kAll, FALSE, "x"), nullptr);
                                 EXPECT_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
                                 const Handle fresh(CreateMutexA(nullptr, FALSE, "x"));
                                 EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
                                 EXPECT_EQ(poll_object(fresh), WAIT_OBJECT_0);
                                 EXPECT_EQ(ReleaseMutex(fresh), TRUE);
                             },
                         .scope = scope});
    });
}

/// The survivor holds the event "x"; the victim does something with it. Afterwards it is as it was.
void endure_with_event(const std::function<void()>& prepare, const std::function<void()>& act) {
    in_fresh_process([&](TestRegion& region) {
        Survivor survivor(region);
        Handle event;
        survivor.endure({.set_up = [&] { event = Handle(CreateEventA(nullptr, FALSE, TRUE, "x")); },
                         .prepare = prepare,
                         .act = act,
                         .check =
                             [&](bool) {
                                 survivor.sweep();
                                 const auto seen = survivor.object("x");
                                 EXPECT_EQ(seen.handles, 1U);
                                 EXPECT_TRUE(seen.signaled);
                                 EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
                                 event.reset();
                             }});
    });
}

TEST(DeathInHandles, Attaching) {
    endure_alone(
        {}, [] { EXPECT_NE(CreateEventA(nullptr, FALSE, FALSE, "x"), nullptr); },
        TestHook::Scope::every_thread);
}

TEST(DeathInHandles, EnteringAndLeavingWithAThread) {
    endure_alone([] { EXPECT_NE(CreateEventA(nullptr, FALSE, TRUE, "x"), nullptr); },
                 [] {
                     std::thread([] {
                         const Handle event(OpenEventA(kAll, FALSE, "x"));
                         EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
                     }).join();
                 },
                 TestHook::Scope::every_thread);
}

TEST(DeathInHandles, MakingUnnamedObjects) {
    endure_alone([] { CreateEventA(nullptr, FALSE, FALSE, nullptr); },
                 [] {
                     EXPECT_NE(CreateEventA(nullptr, TRUE, TRUE, nullptr), nullptr);
                     EXPECT_NE(CreateSemaphoreA(nullptr, 1, 2, nullptr), nullptr);
                     EXPECT_NE(CreateWaitableTimerA(nullptr, FALSE, nullptr), nullptr);
                 });
}

TEST(DeathInHandles, MakingANamedObject) {
    endure_alone([] { CreateEventA(nullptr, FALSE, FALSE, nullptr); },
                 [] { EXPECT_NE(CreateMutexA(nullptr, TRUE, "x"), nullptr); });
}

TEST(DeathInHandles, LeavesTheNameFreeBeforeAnyHelperHasNoticed) {  // NAME-14
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        const Handle attached(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        const Ordeal maker{.act = [] { CreateEventA(nullptr, FALSE, FALSE, "x"); }};
        const Place made{.point = CrashPoint::create_committed, .passing = 1};
        hold_helper(survivor.hook(), region);
        EXPECT_TRUE(survivor.lose_victim(maker, made));
        EXPECT_EQ(OpenEventA(kAll, FALSE, "x"), nullptr);
        EXPECT_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
        EXPECT_TRUE(survivor.lose_victim(maker, made));
        const Handle fresh(CreateMutexA(nullptr, FALSE, "x"));
        EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
        survivor.hook().release_others();
    });
}

/// So many names as fill the bucket of "x" in the first table of names.
std::vector<std::string> names_before_x() {
    const auto bucket_of = [](const std::string& name) {
        std::uint32_t error = 0;
        return canonical_name(name.c_str(), error)->hash() % first_buckets(kSmall);
    };
    std::vector<std::string> names;
    for (int i = 0; names.size() < std::size_t{kFirstChainMax}; ++i) {
        const std::string name = "x" + std::to_string(i);
        if (bucket_of(name) == bucket_of("x")) {
            names.push_back(name);
        }
    }
    return names;
}

TEST(DeathInHandles, MakingAndClosingAnObjectWhoseNameGoesToTheSecondTable) {
    endure_alone(
        [] {
            for (const std::string& name : names_before_x()) {
                EXPECT_NE(CreateEventA(nullptr, FALSE, FALSE, name.c_str()), nullptr);
            }
        },
        [] {
            HANDLE mutex = CreateMutexA(nullptr, TRUE, "x");
            EXPECT_NE(mutex, nullptr);
            EXPECT_EQ(CloseHandle(mutex), TRUE);
        });
}

TEST(DeathInHandles, MakingAnObjectWithALongName) {
    endure_alone([] { CreateEventA(nullptr, FALSE, FALSE, nullptr); },
                 [] {
                     const std::string name(259, 'n');
                     EXPECT_NE(CreateSemaphoreA(nullptr, 1, 1, name.c_str()), nullptr);
                 });
}

/// A name that only the W forms can give, of eight cells: some are free, the others are fresh.
TEST(DeathInHandles, MakingAndClosingAnObjectWithAWideName) {  // NAME-18
    const std::u16string name(420, u'n');
    endure_alone(
        [] {
            const std::string shorter(160, 's');
            EXPECT_EQ(CloseHandle(CreateEventA(nullptr, FALSE, FALSE, shorter.c_str())), TRUE);
        },
        [&name] {
            HANDLE made = CreateSemaphoreW(nullptr, 1, 1, name.c_str());
            EXPECT_NE(made, nullptr);
            EXPECT_EQ(CloseHandle(made), TRUE);
        });
}

TEST(DeathInHandles, ClosingTheLastOfANamedObject) {
    static HANDLE event = nullptr;
    endure_alone([] { event = CreateEventA(nullptr, FALSE, TRUE, std::string(200, 'n').c_str()); },
                 [] { EXPECT_EQ(CloseHandle(event), TRUE); });
}

TEST(DeathInHandles, ClosingTheLastOfAnOwnedMutex) {
    static HANDLE mutex = nullptr;
    endure_alone([] { mutex = CreateMutexA(nullptr, TRUE, "x"); },
                 [] { EXPECT_EQ(CloseHandle(mutex), TRUE); });
}

TEST(DeathInHandles, DuplicatingAndClosingTheSource) {
    static HANDLE event = nullptr;
    endure_alone([] { event = CreateEventA(nullptr, FALSE, TRUE, "x"); },
                 [] {
                     HANDLE copy = nullptr;
                     EXPECT_EQ(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(),
                                               &copy, SYNCHRONIZE, TRUE, DUPLICATE_CLOSE_SOURCE),
                               TRUE);
                 });
}

TEST(DeathInHandles, OpeningAnothersObject) {
    endure_with_event([] { CreateEventA(nullptr, FALSE, FALSE, nullptr); },
                      [] { EXPECT_NE(OpenEventA(kAll, FALSE, "x"), nullptr); });
}

TEST(DeathInHandles, JoiningAnothersObject) {
    endure_with_event([] { CreateEventA(nullptr, FALSE, FALSE, nullptr); },
                      [] { EXPECT_NE(CreateEventA(nullptr, TRUE, FALSE, "x"), nullptr); });
}

TEST(DeathInHandles, FailingToTakeAnothersName) {
    endure_with_event([] { CreateEventA(nullptr, FALSE, FALSE, nullptr); },
                      [] { EXPECT_EQ(CreateMutexA(nullptr, TRUE, "x"), nullptr); });
}

TEST(DeathInHandles, ClosingOneOfSeveral) {
    static HANDLE event = nullptr;
    endure_with_event([] { event = OpenEventA(kAll, FALSE, "x"); },
                      [] { EXPECT_EQ(CloseHandle(event), TRUE); });
}

TEST(DeathInHandles, ClosingTheLastWhileItsOwnThreadWaits) {  // WAIT-19
    static HANDLE event = nullptr;
    endure_alone(
        [] {
            event = CreateEventA(nullptr, FALSE, FALSE, "x");
            static Channel waiting;
            std::thread([] {
                TestHook::set_on_sleep([told = false]() mutable {
                    if (!told) {
                        told = true;
                        waiting.send('w');
                    }
                });
                WaitForSingleObject(event, INFINITE);
            }).detach();
            EXPECT_EQ(waiting.receive(), 'w');
        },
        [] { EXPECT_EQ(CloseHandle(event), TRUE); });
}

// A wait for an event, a mutex that the survivor owns, a timer and a semaphore.
class SeveralOrdeal {
  public:
    explicit SeveralOrdeal(const TestRegion& region) : survivor_(region) {}

    void make(LONG count) {
        event_ = Handle(CreateEventA(nullptr, FALSE, FALSE, "e"));
        mutex_ = Handle(CreateMutexA(nullptr, TRUE, "m"));
        timer_ = Handle(CreateWaitableTimerA(nullptr, FALSE, "t"));
        semaphore_ = Handle(CreateSemaphoreA(nullptr, count, 5, "s"));
    }
    void open() {
        victims_ = {OpenEventA(kAll, FALSE, "e"), OpenMutexA(SYNCHRONIZE, FALSE, "m"),
                    OpenWaitableTimerA(kAll, FALSE, "t"), OpenSemaphoreA(kAll, FALSE, "s")};
    }
    DWORD wait(DWORD milliseconds) {
        return WaitForMultipleObjects(4, victims_.data(), FALSE, milliseconds);
    }
    /// All but the semaphore are as they were; its count is left to the caller.
    void expect_works_and_close() {
        survivor_.sweep();
        for (const char* name : {"e", "m", "t", "s"}) {
            EXPECT_EQ(survivor_.object(name).waiters, 0U) << name;
        }
        EXPECT_EQ(poll_object(event_), WAIT_TIMEOUT);
        EXPECT_EQ(poll_object(timer_), WAIT_TIMEOUT);
        EXPECT_EQ(survivor_.object("m").depth, 1U);
        EXPECT_EQ(ReleaseMutex(mutex_), TRUE);
        for (Handle* handle : {&event_, &mutex_, &timer_, &semaphore_}) {
            handle->reset();
        }
    }

    Survivor survivor_;
    Handle event_;
    Handle mutex_;
    Handle timer_;
    Handle semaphore_;
    std::array<HANDLE, 4> victims_{};
};

TEST(DeathInWaitingForSeveral, OfWhichTheLastIsSignaled) {
    in_fresh_process([](TestRegion& region) {
        SeveralOrdeal ordeal(region);
        ordeal.survivor_.endure(
            {.set_up = [&] { ordeal.make(1); },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(ordeal.wait(INFINITE), WAIT_OBJECT_0 + 3); },
             .check =
                 [&](bool completed) {
                     ordeal.survivor_.sweep();
                     const auto count = ordeal.survivor_.object("s").count;
                     EXPECT_TRUE(count == 0 || (count == 1 && !completed));
                     ordeal.expect_works_and_close();
                 }});
    });
}

TEST(DeathInWaitingForSeveral, InVain) {
    in_fresh_process([](TestRegion& region) {
        SeveralOrdeal ordeal(region);
        ordeal.survivor_.endure({.set_up = [&] { ordeal.make(0); },
                                 .prepare = [&] { ordeal.open(); },
                                 .act = [&] { EXPECT_EQ(ordeal.wait(1), WAIT_TIMEOUT); },
                                 .check =
                                     [&](bool) {
                                         EXPECT_EQ(ordeal.survivor_.object("s").count, 0U);
                                         ordeal.expect_works_and_close();
                                     }});
    });
}

TEST(DeathInWaitingForSeveral, OfWhichTwoAreSignaledMeanwhile) {
    in_fresh_process([](TestRegion& region) {
        SeveralOrdeal ordeal(region);
        bool set = false;
        ordeal.survivor_.endure(
            {.set_up =
                 [&] {
                     set = false;
                     ordeal.make(0);
                 },
             .prepare = [&] { ordeal.open(); },
             .act = [&] { EXPECT_EQ(ordeal.wait(INFINITE), WAIT_OBJECT_0 + 3); },
             .when_asleep =
                 [&] {
                     set = true;
                     // The wait is over with the first signal; the second is not for it.
                     EXPECT_EQ(ReleaseSemaphore(ordeal.semaphore_, 1, nullptr), TRUE);
                     EXPECT_EQ(SetEvent(ordeal.event_), TRUE);
                 },
             .check =
                 [&](bool completed) {
                     ordeal.survivor_.sweep();
                     const auto count = ordeal.survivor_.object("s").count;
                     EXPECT_TRUE(count == 0 || (count == 1 && set && !completed)) << count;
                     EXPECT_EQ(poll_object(ordeal.event_), set ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
                     ordeal.expect_works_and_close();
                 }});
    });
}

}  // namespace
}  // namespace castaway::testing
