// Processes of several pid namespaces in one region, as containers that share /dev/shm: equal pids,
// and none that means anything to the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "primitives/platform/host.h"
#include "primitives/platform/linux_platform.h"
#include "primitives/region/directory.h"
#include "primitives/region/pid_namespaces.h"
#include "primitives/region/region_file.h"
#include "primitives/testing/namespaces.h"
#include "primitives/testing/process_test.h"
#include "primitives/testing/started.h"

namespace castaway::testing {
namespace {

using std::chrono::steady_clock;
using ::testing::HasSubstr;

/// Much longer than a death takes to be noticed, much shorter than any patience.
constexpr std::chrono::milliseconds kPromptly{1'000};

/// What an actor does as the first process of a container of its own.
auto in_container(std::function<void(const Actor&)> script, Namespaces wanted = {}) {
    return [script = std::move(script), wanted](const Actor& self) {
        EXPECT_EQ(in_new_pid_namespace(
                      [&] {
                          script(self);
                          return ::testing::Test::HasFailure() ? 1 : 0;
                      },
                      wanted),
                  0);
    };
}

/// A child of the calling process that runs the body and ends with it. Not waited for: it ends with
/// its namespace.
void start_child(const std::function<void()>& body) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        body();
        _exit(0);
    }
}

class PidNamespaces : public ProcessTest {
  protected:
    void SetUp() override {
        if (const std::string why = namespaces_refused(); !why.empty()) {
            GTEST_SKIP() << why;
        }
    }
    /// Until only so many processes are known to the region.
    [[nodiscard]] bool is_left_to(std::size_t processes, std::chrono::milliseconds limit) const {
        const auto until = steady_clock::now() + limit;
        while (region_.look().processes.size() > processes) {
            if (steady_clock::now() > until) {
                return false;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return true;
    }
    /// Processes that died before their first call are judged by those of their own namespace: as
    /// if such a one came, all of them are of this one from now on, and are gone here.
    void let_their_namespace_judge() const {
        region_.sweep();
        AttachFailure failure;
        const auto file = RegionFile::open_existing(region_.spec(), failure);
        ASSERT_TRUE(file) << failure.message;
        const LinuxPlatform platform;
        const auto own = find_pid_namespace(platform, file->view(), pid_namespace_inode());
        ASSERT_TRUE(own);
        for (const InspectedProcess& process : region_.look().processes) {
            Cell64& cell = file->view().process_entry(process.slot);
            ProcessEntry entry = ProcessEntry::unpack(platform.load(cell));
            ASSERT_NE(entry.state, SlotState::live);
            entry.identity.pid_namespace = *own;
            platform.store(cell, entry.pack());
        }
        region_.sweep();
    }
};

TEST_F(PidNamespaces, OwnersDeathIsToldInAnother) {  // MTX-08
    for (const bool owner_outside : {false, true}) {
        const std::function<void(const Actor&)> owns = owns_mutex();
        Actor owner(owner_outside ? owns : in_container(owns));
        owner.expect('o');
        Actor waiter(in_container(waits_for_mutex(WAIT_ABANDONED)));
        waiter.expect('s');
        ASSERT_EQ(region_.look().processes.size(), 2U);
        const auto killed = steady_clock::now();
        owner.end_by_kill();
        waiter.expect('w');
        EXPECT_LT(steady_clock::now() - killed, kPromptly);
        EXPECT_TRUE(is_left_to(1, kPromptly));
        waiter.tell('g');
        waiter.end();
    }
}

TEST_F(PidNamespaces, ProcessesOfOnePidAreTwo) {
    const auto takes_part = [](const Actor& self) {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        EXPECT_NE(event.get(), nullptr) << castaway_attach_error();
        EXPECT_EQ(GetCurrentProcessId(), 1U);
        self.say('a');
        self.hear('l');
        // Its own is found by its pid, and only that.
        const Handle own(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 1));
        EXPECT_NE(own.get(), nullptr);
        const Handle thread(OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentThreadId()));
        EXPECT_NE(thread.get(), nullptr);
        const Handle itself(OpenEventA(SYNCHRONIZE, FALSE, "e"));
        HANDLE copy = nullptr;
        EXPECT_EQ(DuplicateHandle(own, event, GetCurrentProcess(), &copy, 0, FALSE,
                                  DUPLICATE_SAME_ACCESS),
                  TRUE);
        CloseHandle(copy);
        self.say('d');
        self.hear('e');
    };
    Actor first(in_container(takes_part));
    Actor second(in_container(takes_part));
    for (const Actor* const actor : {&first, &second}) {
        actor->expect('a');
    }
    const RegionPicture picture = region_.look();
    ASSERT_EQ(picture.processes.size(), 2U);
    EXPECT_EQ(picture.processes[0].pid, 1U);
    EXPECT_EQ(picture.processes[1].pid, 1U);
    EXPECT_NE(picture.processes[0].pid_namespace, picture.processes[1].pid_namespace);
    for (const Actor* const actor : {&first, &second}) {
        actor->tell('l');
        actor->expect('d');
    }
    for (Actor* const actor : {&first, &second}) {
        actor->tell('e');
        actor->end();
    }
}

TEST_F(PidNamespaces, AWholeContainersEndIsOneOfManyThreadsAndProcesses) {
    constexpr int kThreads = 8;
    constexpr int kForked = 3;
    constexpr int kStarted = 2;
    Actor container(in_container([](const Actor& self) {
        const Handle all(CreateSemaphoreA(nullptr, 0, 100, "ready"));
        EXPECT_NE(all.get(), nullptr) << castaway_attach_error();
        // Before the threads: sanitizers do not follow a fork beside some that get memory.
        for (int i = 0; i < kForked; ++i) {
            start_child([i] {
                CreateMutexA(nullptr, TRUE, ("f" + std::to_string(i)).c_str());
                const Handle ready(OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "ready"));
                ReleaseSemaphore(ready, 1, nullptr);
                for (;;) {
                    pause();
                }
            });
        }
        std::vector<std::thread> threads;
        for (int i = 0; i < kThreads; ++i) {
            threads.emplace_back([&, i] {
                CreateMutexA(nullptr, TRUE, ("t" + std::to_string(i)).c_str());
                const Handle never(CreateEventA(nullptr, FALSE, FALSE, "never"));
                ReleaseSemaphore(all, 1, nullptr);
                WaitForSingleObject(never, INFINITE);
            });
        }
        for (int i = 0; i < kThreads + kForked; ++i) {
            EXPECT_EQ(WaitForSingleObject(all, kPatienceMs), WAIT_OBJECT_0);
        }
        const std::string sleep = "sleep 1000";
        for (int i = 0; i < kStarted; ++i) {
            std::string command = sleep;
            STARTUPINFOA startup{};
            startup.cb = sizeof(startup);
            PROCESS_INFORMATION made{};
            EXPECT_EQ(CreateProcessA(nullptr, command.data(), nullptr, nullptr, FALSE, 0, nullptr,
                                     nullptr, &startup, &made),
                      TRUE)
                << GetLastError();
        }
        self.say('r');
        self.stay();
    }));
    container.expect('r');
    Actor other(in_container([](const Actor& self) {
        std::vector<Handle> mutexes;
        for (int i = 0; i < kThreads; ++i) {
            mutexes.emplace_back(open_mutex(("t" + std::to_string(i)).c_str()));
        }
        for (int i = 0; i < kForked; ++i) {
            mutexes.emplace_back(open_mutex(("f" + std::to_string(i)).c_str()));
        }
        self.say('o');
        for (const Handle& mutex : mutexes) {
            EXPECT_EQ(WaitForSingleObject(mutex, kPatienceMs), WAIT_ABANDONED);
        }
        self.say('t');
        self.hear('e');
    }));
    other.expect('o');
    const auto killed = steady_clock::now();
    container.end_by_kill();
    other.expect('t');
    EXPECT_LT(steady_clock::now() - killed, kPromptly);
    // Programs that had made no call yet are known by their pids alone: they stay until a process
    // of their namespace looks, and there will be none.
    EXPECT_TRUE(is_left_to(1 + kStarted, kPromptly));
    other.tell('e');
    other.end();
    region_.sweep();
    const RegionPicture picture = region_.look();
    EXPECT_EQ(picture.processes.size(), std::size_t{kStarted});
    EXPECT_TRUE(picture.damage.empty()) << picture.damage.front();
    std::string problem;
    const auto audit = audit_region(region_.spec(), problem);
    ASSERT_TRUE(audit) << problem;
    EXPECT_TRUE(audit->wrong.empty()) << audit->wrong.front().what;
    let_their_namespace_judge();
}

TEST_F(PidNamespaces, StartedProcessesEndInAnyAndAreNotTakenForDead) {  // PROC-02
    Actor first([](const Actor& self) {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        self.say('a');
        for (;;) {
            // As any call by name does, this looks for processes that have died before their first.
            CloseHandle(OpenEventA(SYNCHRONIZE, FALSE, "e"));
        }
    });
    first.expect('a');
    Actor second(in_container([](const Actor&) {
        const Handle event(OpenEventA(SYNCHRONIZE, FALSE, "e"));
        const Started ends("sh -c \"exit 3\"");
        EXPECT_EQ(ends.exit_code_at_end(), 3U);
        const Started lives("sleep 1000");
        EXPECT_EQ(WaitForSingleObject(lives.process, 200), DWORD{WAIT_TIMEOUT});
    }));
    second.end();
    first.end_by_kill();
}

TEST_F(PidNamespaces, AProcessOfAnotherIsRefusedWherePidsMatter) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root may unshare a pid namespace alone";
    }
    Actor parent([](const Actor&) {
        // A child in a container that inherits a handle to its parent, which is a foreigner to it.
        HANDLE own = nullptr;
        ASSERT_EQ(DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(),
                                  &own, 0, TRUE, DUPLICATE_SAME_ACCESS),
                  TRUE);
        SECURITY_ATTRIBUTES inheritable{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
        const Handle event(CreateEventA(&inheritable, FALSE, FALSE, nullptr));
        std::array<char, CASTAWAY_TOKEN_SIZE> token{};
        ASSERT_EQ(castaway_prepare_child(nullptr, 0, token.data()), TRUE);
        const DWORD parents_pid = GetCurrentProcessId();
        const HANDLE inherited = event;
        ASSERT_EQ(unshare(CLONE_NEWPID), 0);
        Child child([&] {
            EXPECT_TRUE(mount_own_proc());
            setenv("CASTAWAY_INHERIT", token.data(), 1);
            EXPECT_EQ(GetProcessId(own), parents_pid) << GetLastError();
            EXPECT_EQ(SetEvent(inherited), TRUE);
            DWORD code = 0;
            EXPECT_EQ(GetExitCodeProcess(own, &code), TRUE);
            EXPECT_EQ(code, DWORD{STILL_ACTIVE});
            EXPECT_EQ(WaitForSingleObject(own, 0), DWORD{WAIT_TIMEOUT});
            EXPECT_EQ(TerminateProcess(own, 3), FALSE);
            EXPECT_EQ(GetLastError(), DWORD{ERROR_ACCESS_DENIED});
            EXPECT_EQ(OpenProcess(SYNCHRONIZE, FALSE, parents_pid), nullptr);
            EXPECT_EQ(GetLastError(), DWORD{ERROR_INVALID_PARAMETER});
            // By handle everything goes on, duplicates into the foreigner too.
            HANDLE there = nullptr;
            EXPECT_EQ(DuplicateHandle(GetCurrentProcess(), inherited, own, &there, 0, FALSE,
                                      DUPLICATE_SAME_ACCESS),
                      TRUE);
            EXPECT_EQ(DuplicateHandle(own, there, GetCurrentProcess(), &there, 0, FALSE,
                                      DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
                      TRUE);
            return ::testing::Test::HasFailure() ? 1 : 0;
        });
        EXPECT_EQ(castaway_child_started(token.data(), child.pid()), TRUE);
        EXPECT_EQ(WaitForSingleObject(event, kPatienceMs), WAIT_OBJECT_0);
        EXPECT_EQ(child.wait(), kDone);
        CloseHandle(own);
    });
    parent.end();
}

TEST_F(PidNamespaces, AChildInAnotherThanItsParentIsRefused) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root may unshare a pid namespace alone";
    }
    Actor parent([](const Actor&) {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        ASSERT_EQ(unshare(CLONE_NEWPID), 0);
        std::string command = actor() + "nothing";
        STARTUPINFOA startup{};
        startup.cb = sizeof(startup);
        PROCESS_INFORMATION made{};
        EXPECT_EQ(CreateProcessA(nullptr, command.data(), nullptr, nullptr, FALSE, 0, nullptr,
                                 nullptr, &startup, &made),
                  FALSE);
        EXPECT_EQ(GetLastError(), DWORD{ERROR_NOT_SUPPORTED});
    });
    parent.end();
}

/// An actor whose first call fails with that error, and a message that says this.
auto is_refused(DWORD error, const char* message) {
    return [error, message](const Actor&) {
        EXPECT_EQ(CreateEventA(nullptr, FALSE, FALSE, nullptr), nullptr);
        EXPECT_EQ(GetLastError(), error);
        EXPECT_THAT(castaway_attach_error(), HasSubstr(message));
    };
}

TEST_F(PidNamespaces, TheProcOfAnotherIsRefused) {
    Actor actor(in_container(is_refused(ERROR_NOT_SUPPORTED, "another pid namespace"),
                             {.own_proc = false}));
    actor.end();
}

TEST_F(PidNamespaces, AnotherTimeNamespaceIsRefused) {
    const Namespaces later{.boottime_offset_s = 1'000'000};
    if (const std::string why = namespaces_refused(later); !why.empty()) {
        GTEST_SKIP() << why;
    }
    Actor actor(in_container(is_refused(ERROR_NOT_SUPPORTED, "another time namespace"), later));
    actor.end();
}

TEST_F(PidNamespaces, AreLimitedInNumber) {
    AttachFailure failure;
    const auto file = RegionFile::open_existing(region_.spec(), failure);
    ASSERT_TRUE(file) << failure.message;
    const LinuxPlatform platform;
    auto& numbers = file->view().header().pid_namespaces;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        platform.store(numbers[i], std::uint64_t{0xe0000000} + i);
    }
    Actor actor(is_refused(ERROR_NOT_SUPPORTED, "no number for one more"));
    actor.end();
    // The last one is still to be had.
    platform.store(numbers.back(), std::uint64_t{0});
    Actor last([](const Actor&) { EXPECT_NE(CreateEventA(nullptr, FALSE, FALSE, "e"), nullptr); });
    last.end();
}

TEST_F(PidNamespaces, AThreadThatWasJoiningIsWaitedForAndThenGivenUp) {
    Actor owner(in_container(owns_mutex()));
    owner.expect('o');
    // One more thread of it claims a slot, and gets no further.
    AttachFailure failure;
    const auto file = RegionFile::open_existing(region_.spec(), failure);
    ASSERT_TRUE(file) << failure.message;
    const LinuxPlatform platform;
    const RegionView& view = file->view();
    const std::uint32_t process = region_.look().processes.at(0).slot;
    const std::uint64_t seen = platform.load(view.header().threads_seen);
    const ThreadEntry claimed{
        SlotState::claimed, process, 1,
        tag_of(ProcessEntry::unpack(platform.load(view.process_entry(process))).identity)};
    platform.store(view.thread_entry(seen), claimed.pack());
    platform.store(view.header().threads_seen, seen + 1);
    Actor waiter(waits_for_mutex(WAIT_ABANDONED));
    waiter.expect('s');
    const auto killed = steady_clock::now();
    owner.end_by_kill();
    waiter.expect('w');
    EXPECT_GE(steady_clock::now() - killed, std::chrono::seconds(2));
    EXPECT_LT(steady_clock::now() - killed, std::chrono::seconds(10));
    // Or the next recoverer would have patience anew.
    EXPECT_TRUE(is_left_to(1, kPromptly));
    waiter.tell('g');
    waiter.end();
}

/// Calls of every kind, for ever.
[[noreturn]] void work(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    const Handle semaphore(CreateSemaphoreA(nullptr, 0, 1'000, "s"));
    const HANDLE both[] = {mutex, semaphore};
    for (;;) {
        switch (random() % 4) {
            case 0:
                if (const DWORD got = WaitForSingleObject(mutex, 5);
                    got == WAIT_OBJECT_0 || got == WAIT_ABANDONED) {
                    ReleaseMutex(mutex);
                }
                break;
            case 1:
                ReleaseSemaphore(semaphore, 1, nullptr);
                break;
            case 2:
                if (const DWORD got = WaitForMultipleObjects(2, both, TRUE, 5);
                    got == WAIT_OBJECT_0 || got == WAIT_ABANDONED_0) {
                    ReleaseMutex(mutex);
                }
                break;
            default:
                CloseHandle(CreateEventA(nullptr, FALSE, FALSE,
                                         ("n" + std::to_string(random() % 5)).c_str()));
                break;
        }
    }
}

TEST_F(PidNamespaces, KilledAtRandomOnBothSidesLeaveNothing) {
    constexpr std::chrono::seconds kTime{6};
    std::mt19937_64 random(7);
    const auto worker = [&random](bool contained) {
        const std::uint64_t seed = random();
        const std::function<void(const Actor&)> script = [seed](const Actor&) {
            std::thread second([seed] { work(seed + 1); });
            work(seed);
        };
        return contained ? std::make_unique<Actor>(in_container(script))
                         : std::make_unique<Actor>(script);
    };
    std::vector<std::unique_ptr<Actor>> workers;
    for (int i = 0; i < 4; ++i) {
        workers.push_back(worker(i % 2 == 0));
    }
    const auto until = steady_clock::now() + kTime;
    int kills = 0;
    while (steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 60));
        const std::size_t which = random() % workers.size();
        workers[which]->end_by_kill();
        workers[which] = worker(which % 2 == 0);
        ++kills;
    }
    for (const auto& each : workers) {
        each->end_by_kill();
    }
    workers.clear();
    EXPECT_GT(kills, 10);
    // The last of each namespace may have died while it attached.
    let_their_namespace_judge();
    std::string problem;
    const auto audit = audit_region(region_.spec(), problem);
    ASSERT_TRUE(audit) << problem;
    EXPECT_TRUE(audit->wrong.empty()) << audit->wrong.front().what;
}

}  // namespace
}  // namespace castaway::testing
