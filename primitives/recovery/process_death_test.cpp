// Deaths by SIGKILL of whole processes, seen from those that live on: who is told, who is served,
// and what is gone.
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "primitives/testing/process_test.h"

namespace castaway::testing {
namespace {

TEST_F(ProcessTest, KilledOwnersWaiterIsToldWithoutPolling) {  // MTX-08, MTX-10
    Actor owner(owns_mutex());
    owner.expect('o');
    Actor waiter(waits_for_mutex(WAIT_ABANDONED));
    waiter.expect('s');
    owner.end_by_kill();
    waiter.expect('w');
    EXPECT_EQ(object("m").depth, 1U);
    EXPECT_FALSE(object("m").abandoned);
    waiter.tell('g');
    waiter.end();
}

TEST_F(ProcessTest, DepthOfOwnershipDoesNotMatter) {  // MTX-08
    Actor owner(owns_mutex(5));
    owner.expect('o');
    EXPECT_EQ(object("m").depth, 5U);
    Actor waiter(waits_for_mutex(WAIT_ABANDONED));
    waiter.expect('s');
    owner.end_by_kill();
    waiter.expect('w');
    EXPECT_EQ(object("m").depth, 1U);
    waiter.tell('g');
    waiter.end();
}

TEST_F(ProcessTest, OfSeveralWaitersExactlyOneIsTold) {  // MTX-10, MTX-09
    Actor owner(owns_mutex());
    owner.expect('o');
    std::vector<std::unique_ptr<Actor>> waiters;
    for (int i = 0; i < 4; ++i) {
        waiters.push_back(std::make_unique<Actor>([](const Actor& self) {
            HANDLE mutex = open_mutex();
            self.say_when_asleep();
            const DWORD result = WaitForSingleObject(mutex, INFINITE);
            EXPECT_TRUE(result == WAIT_OBJECT_0 || result == WAIT_ABANDONED);
            EXPECT_EQ(ReleaseMutex(mutex), TRUE);
            self.say(result == WAIT_ABANDONED ? 't' : 'n');
        }));
        waiters.back()->expect('s');
    }
    EXPECT_EQ(object("m").waiters, 4U);
    owner.end_by_kill();
    // They follow the queue's order here; which of them is told is not promised.
    for (std::size_t i = 0; i < waiters.size(); ++i) {
        waiters[i]->expect(i == 0 ? 't' : 'n');
        waiters[i]->end();
    }
}

TEST_F(ProcessTest, ToldOwnerThatDiesIsToldAboutAgain) {  // MTX-16
    Actor owner(owns_mutex());
    owner.expect('o');
    Actor second(waits_for_mutex(WAIT_ABANDONED));
    second.expect('s');
    Actor third(waits_for_mutex(WAIT_ABANDONED));
    third.expect('s');
    owner.end_by_kill();
    second.expect('w');
    second.end_by_kill();
    third.expect('w');
    third.tell('g');
    third.end();
}

TEST_F(ProcessTest, WaiterForSeveralIsToldTheIndex) {  // MTX-11
    Actor owner(owns_mutex());
    owner.expect('o');
    Actor waiter([](const Actor& self) {
        const std::array<HANDLE, 3> handles{CreateEventA(nullptr, FALSE, FALSE, nullptr),
                                            CreateSemaphoreA(nullptr, 0, 1, nullptr), open_mutex()};
        self.say_when_asleep();
        EXPECT_EQ(WaitForMultipleObjects(3, handles.data(), FALSE, INFINITE), WAIT_ABANDONED_0 + 2);
        EXPECT_EQ(ReleaseMutex(handles[2]), TRUE);
    });
    waiter.expect('s');
    owner.end_by_kill();
    waiter.end();
}

TEST_F(ProcessTest, AllMutexesOfAKilledProcessAreAbandonedOnceEach) {  // MTX-17
    Actor owner([](const Actor& self) {
        for (const char* name : {"a", "b", "c"}) {
            CreateMutexA(nullptr, TRUE, name);
        }
        self.say('o');
        self.stay();
    });
    owner.expect('o');
    Actor survivor([](const Actor& self) {
        std::array<HANDLE, 3> mutexes{open_mutex("a"), open_mutex("b"), open_mutex("c")};
        self.say('r');
        for (const HANDLE mutex : mutexes) {
            EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_ABANDONED);
            EXPECT_EQ(ReleaseMutex(mutex), TRUE);
            EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
            EXPECT_EQ(ReleaseMutex(mutex), TRUE);
        }
    });
    survivor.expect('r');
    owner.end_by_kill();
    survivor.end();
}

TEST_F(ProcessTest, NamesAreFreeAndHandlesClosedAfterDeath) {  // NAME-14, HND-07
    Actor survivor([](const Actor& self) {
        const Handle shared(CreateEventA(nullptr, FALSE, TRUE, "shared"));
        self.say('r');
        self.hear('d');
        EXPECT_EQ(open_event("alone"), nullptr);
        EXPECT_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
        const Handle fresh(CreateSemaphoreA(nullptr, 1, 1, "alone"));
        EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
        EXPECT_EQ(poll_object(shared), WAIT_OBJECT_0);
        self.say('c');
        self.hear('e');
    });
    survivor.expect('r');
    Actor victim([](const Actor& self) {
        CreateEventA(nullptr, FALSE, FALSE, "alone");
        CreateMutexA(nullptr, TRUE, nullptr);
        open_event("shared");
        open_event("shared");
        self.say('r');
        self.stay();
    });
    victim.expect('r');
    EXPECT_EQ(object("shared").handles, 3U);
    victim.end_by_kill();
    region_.sweep();
    EXPECT_EQ(object("shared").handles, 1U);
    EXPECT_EQ(region_.look().objects.size(), 1U);
    EXPECT_EQ(region_.look().processes.size(), 1U);
    survivor.tell('d');
    survivor.expect('c');
    survivor.tell('e');
    survivor.end();
}

TEST_F(ProcessTest, KilledWaiterEatsNoSignal) {  // WAIT-20, SEM-06
    Actor setter([](const Actor& self) {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        const Handle semaphore(CreateSemaphoreA(nullptr, 0, 9, "s"));
        self.say('r');
        self.hear('g');
        EXPECT_EQ(SetEvent(event), TRUE);
        EXPECT_EQ(poll_object(event), WAIT_OBJECT_0) << "nobody else is alive to take it";
        EXPECT_EQ(ReleaseSemaphore(semaphore, 2, nullptr), TRUE);
        EXPECT_EQ(poll_object(semaphore), WAIT_OBJECT_0);
        EXPECT_EQ(poll_object(semaphore), WAIT_OBJECT_0);
    });
    setter.expect('r');
    std::vector<std::unique_ptr<Actor>> waiters;
    for (int i = 0; i < 3; ++i) {
        waiters.push_back(std::make_unique<Actor>([](const Actor& self) {
            const std::array<HANDLE, 2> handles{open_event(),
                                                OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "s")};
            self.say_when_asleep();
            WaitForMultipleObjects(2, handles.data(), FALSE, INFINITE);
        }));
        waiters.back()->expect('s');
    }
    for (auto& waiter : waiters) {
        waiter->end_by_kill();
    }
    setter.tell('g');
    setter.end();
}

TEST_F(ProcessTest, LivingWaiterBehindKilledOnesIsServed) {  // WAIT-20, WAIT-11
    Actor setter([](const Actor& self) {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        self.say('r');
        self.hear('g');
        EXPECT_EQ(SetEvent(event), TRUE);
        self.hear('e');
    });
    setter.expect('r');
    const auto waits = [](const Actor& self) {
        const Handle event(open_event());
        self.say_when_asleep();
        EXPECT_EQ(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
    };
    Actor first(waits);
    first.expect('s');
    Actor last(waits);
    last.expect('s');
    first.end_by_kill();
    setter.tell('g');
    last.end();
    setter.tell('e');
    setter.end();
}

TEST_F(ProcessTest, WhoAttachesWhenAllAreDeadFindsNothing) {  // NAME-14
    std::vector<std::unique_ptr<Actor>> actors;
    for (int i = 0; i < 3; ++i) {
        actors.push_back(std::make_unique<Actor>([](const Actor& self) {
            HANDLE mutex = CreateMutexA(nullptr, FALSE, "m");
            CreateEventA(nullptr, TRUE, TRUE, "e");
            self.say_when_asleep();
            if (WaitForSingleObject(mutex, INFINITE) == WAIT_OBJECT_0) {
                self.say('s');
            }
            self.stay();
        }));
        actors.back()->expect('s');
    }
    // All at once, so that none can clean up after the others.
    for (auto& actor : actors) {
        actor->stop();
    }
    for (auto& actor : actors) {
        actor->end_by_kill();
    }
    EXPECT_EQ(region_.look().processes.size(), 3U);
    Actor late([](const Actor&) {
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        EXPECT_EQ(GetLastError(), ERROR_SUCCESS);
        EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
        EXPECT_EQ(open_event(), nullptr);
    });
    late.end();
}

TEST_F(ProcessTest, DeathIsNoticedThoughAllButOneNeighbourAreStopped) {
    // The owner comes last, so that all the others watch it.
    Actor waiter([](const Actor& self) {
        HANDLE mutex = CreateMutexA(nullptr, FALSE, "m");
        self.say('r');
        self.hear('w');
        self.say_when_asleep();
        EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_ABANDONED);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    });
    waiter.expect('r');
    std::vector<std::unique_ptr<Actor>> stopped;
    for (std::size_t i = 0; i + 1 < kWatchersMax; ++i) {
        stopped.push_back(std::make_unique<Actor>([](const Actor& self) {
            const Handle mutex(open_mutex());
            self.say('r');
            self.hear('e');
        }));
        stopped.back()->expect('r');
    }
    Actor owner(owns_mutex());
    owner.expect('o');
    waiter.tell('w');
    waiter.expect('s');
    for (auto& actor : stopped) {
        actor->stop();
    }
    owner.end_by_kill();
    waiter.end();
    for (auto& actor : stopped) {
        actor->signal(SIGCONT);
        actor->tell('e');
        actor->end();
    }
}

TEST_F(ProcessTest, OwnerAndItsWatchersMayDieTogether) {
    Actor waiter([](const Actor& self) {
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        self.say('r');
        self.hear('w');
        self.say_when_asleep();
        EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_ABANDONED);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    });
    waiter.expect('r');
    std::vector<std::unique_ptr<Actor>> others;
    for (std::size_t i = 0; i < kWatchersMax + 2; ++i) {
        others.push_back(std::make_unique<Actor>([](const Actor& self) {
            open_mutex();
            self.say('r');
            self.stay();
        }));
        others.back()->expect('r');
    }
    Actor owner(owns_mutex());
    owner.expect('o');
    waiter.tell('w');
    waiter.expect('s');
    for (auto& actor : others) {
        actor->signal(SIGKILL);
    }
    owner.end_by_kill();
    waiter.end();
}

TEST_F(ProcessTest, MutexIsAbandonedThoughItsHandleWasClosedDuringTheWait) {  // WAIT-19
    Actor first([](const Actor& self) {
        const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
        self.say('r');
        self.hear('g');
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
        self.say('d');
        self.hear('w');
        EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_ABANDONED);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    });
    first.expect('r');
    Actor closer([](const Actor& self) {
        HANDLE mutex = open_mutex();
        std::thread([&self, mutex] {
            self.say_when_asleep();
            EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
            self.say('w');
            self.stay();
        }).detach();
        self.hear('c');
        EXPECT_EQ(CloseHandle(mutex), TRUE);
        self.say('c');
        self.stay();
    });
    closer.expect('s');
    closer.tell('c');
    closer.expect('c');
    first.tell('g');
    first.expect('d');
    closer.expect('w');
    closer.end_by_kill();
    first.tell('w');
    first.end();
}

}  // namespace
}  // namespace castaway::testing
