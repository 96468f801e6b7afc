// The lives of processes: how they attach, fork, execute and wait, and how they end other than by a
// signal.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>

#include "primitives/testing/process_test.h"

namespace castaway::testing {
namespace {

/// A limit on descriptors below which so many are free; others may be in use in between.
rlim_t limit_that_leaves(rlim_t spare) {
    rlim_t limit = 0;
    for (rlim_t free = 0; free < spare || fcntl(static_cast<int>(limit), F_GETFD) != -1; ++limit) {
        free += fcntl(static_cast<int>(limit), F_GETFD) == -1 ? 1U : 0U;
    }
    return limit;
}

TEST_F(ProcessTest, AttachingWithTooFewDescriptorsFailsAndSaysWhy) {
    for (rlim_t spare = 0; spare < 3; ++spare) {
        Actor actor([spare](const Actor&) {
            rlimit limit{};
            EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
            const rlim_t before = std::exchange(limit.rlim_cur, limit_that_leaves(spare));
            EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
            // One at a time, for the region until it is mapped and for a look at /proc.
            const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
            EXPECT_EQ(event.get() == nullptr, spare < 1) << castaway_attach_error();
            EXPECT_EQ(std::string(castaway_attach_error()).empty(), spare >= 1);
            limit.rlim_cur = before;
            EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
            EXPECT_NE(Handle(CreateEventA(nullptr, FALSE, FALSE, "e")).get(), nullptr);
        });
        actor.end();
    }
}

TEST_F(ProcessTest, LeavingByExitWithoutReleasingAbandons) {  // MTX-08
    for (const bool in_order : {true, false}) {
        Actor owner([in_order](const Actor& self) {
            CreateMutexA(nullptr, TRUE, "m");
            self.say('o');
            self.hear('x');
            if (in_order) {
                std::exit(0);
            }
            _exit(0);
        });
        owner.expect('o');
        Actor waiter(waits_for_mutex(WAIT_ABANDONED));
        waiter.expect('s');
        owner.tell('x');
        waiter.expect('w');
        owner.end();
        waiter.tell('g');
        waiter.end();
    }
}

TEST_F(ProcessTest, EndOfAThreadAbandonsWhileItsProcessLives) {  // MTX-07
    enum class Way { returns, exits, detached };
    for (const Way way : {Way::returns, Way::exits, Way::detached}) {
        Actor owner([way](const Actor& self) {
            HANDLE mutex = CreateMutexA(nullptr, FALSE, "m");
            HANDLE kept = CreateMutexA(nullptr, TRUE, "kept");
            std::binary_semaphore heard{0};
            std::thread thread([&] {
                EXPECT_EQ(poll_object(mutex), WAIT_OBJECT_0);
                self.say('o');
                self.hear('x');
                heard.release();
                if (way == Way::exits) {
                    pthread_exit(nullptr);
                }
            });
            if (way == Way::detached) {
                thread.detach();
            } else {
                thread.join();
            }
            heard.acquire();
            self.hear('e');
            EXPECT_EQ(ReleaseMutex(kept), TRUE) << "another thread's end is not this one's";
        });
        owner.expect('o');
        Actor waiter(waits_for_mutex(WAIT_ABANDONED));
        waiter.expect('s');
        owner.tell('x');
        waiter.expect('w');
        waiter.tell('g');
        waiter.end();
        EXPECT_EQ(object("kept").depth, 1U);
        owner.tell('e');
        owner.end();
    }
}

TEST_F(ProcessTest, ForkedChildIsANewProcessWithoutHandles) {  // INH-02, INH-07
    Actor parent([](const Actor& self) {
        const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        Child child([&] {
            EXPECT_EQ(poll_object(mutex), WAIT_FAILED);
            EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
            EXPECT_EQ(SetEvent(event), FALSE);
            const Handle opened(open_mutex());
            EXPECT_EQ(poll_object(opened), WAIT_TIMEOUT) << "ownership is not inherited";
            EXPECT_EQ(ReleaseMutex(opened), FALSE);
            EXPECT_EQ(GetLastError(), ERROR_NOT_OWNER);
            EXPECT_EQ(SetEvent(Handle(open_event())), TRUE);
            return HasFailure() ? 1 : 0;
        });
        EXPECT_EQ(child.wait(), kDone);
        Child killed([&] {
            open_mutex();
            die();
            return 0;
        });
        EXPECT_EQ(killed.wait(), kKilled);
        // The children's ends are not the parent's.
        EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
        static_cast<void>(self);
    });
    parent.end();
}

TEST_F(ProcessTest, ForkedChildThatDoesNothingDisturbsNobody) {
    Actor parent([](const Actor&) {
        const Handle mutex(CreateMutexA(nullptr, TRUE, "m"));
        Child child([] { return 0; });
        EXPECT_EQ(child.wait(), kDone);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    });
    parent.end();
}

TEST_F(ProcessTest, ReplacingTheProgramIsAnEnd) {  // HND-07, MTX-08
    Actor owner([](const Actor& self) {
        CreateMutexA(nullptr, TRUE, "m");
        CreateEventA(nullptr, FALSE, FALSE, "alone");
        self.say('o');
        self.hear('x');
        execl("/bin/sleep", "sleep", "1000", nullptr);
    });
    owner.expect('o');
    Actor waiter(waits_for_mutex(WAIT_ABANDONED));
    waiter.expect('s');
    owner.tell('x');
    waiter.expect('w');
    waiter.tell('g');
    waiter.end();
    region_.sweep();
    EXPECT_TRUE(region_.look().processes.empty());
    owner.end_by_kill();
}

/// How often the other threads of this process have gone to sleep so far.
std::uint64_t sleeps_of_others() {
    std::uint64_t sum = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        if (task.path().filename() == std::to_string(gettid())) {
            continue;
        }
        std::ifstream status(task.path() / "status");
        for (std::string word; status >> word;) {
            if (word == "voluntary_ctxt_switches:") {
                std::uint64_t count = 0;
                status >> count;
                sum += count;
            }
        }
    }
    return sum;
}

TEST_F(ProcessTest, NothingRunsWhileAllWait) {
    Actor owner(owns_mutex());
    owner.expect('o');
    Actor waiter([](const Actor& self) {
        const Handle mutex(open_mutex());
        std::thread thread([&] {
            self.say_when_asleep();
            EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_ABANDONED);
        });
        self.hear('a');
        // The helper may still be about something when the thread falls asleep. Whoever polls, at
        // any pace that could be called prompt, is never found at rest for so long.
        constexpr DWORD kWindowMs = 100;
        const Handle never(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        std::uint64_t before = sleeps_of_others();
        for (int attempt = 0; attempt < 20; ++attempt) {
            EXPECT_EQ(WaitForSingleObject(never, kWindowMs), WAIT_TIMEOUT);
            const std::uint64_t after = sleeps_of_others();
            if (after == before) {
                self.say('q');
                thread.join();
                return;
            }
            before = after;
        }
        ADD_FAILURE() << "something wakes up again and again";
        self.say('q');
        thread.join();
    });
    waiter.expect('s');
    waiter.tell('a');
    waiter.expect('q');
    owner.end_by_kill();
    waiter.end();
}

}  // namespace
}  // namespace castaway::testing
