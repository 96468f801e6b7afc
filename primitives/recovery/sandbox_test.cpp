// What a sandbox (or an older kernel) keeps from a program: it goes on in another way, or is
// refused with an error code and a line. Nothing that is refused ends it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "castaway/process.h"
#include "primitives/platform/linux_platform.h"
#include "primitives/region/region_file.h"
#include "primitives/testing/process_test.h"
#include "primitives/testing/sandbox.h"

namespace castaway::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr long kFutexWaitv = 449;  // since Linux 5.16, as are some headers
constexpr int kNoFilter = 98;

/// The body in a process that has the calls refused from its start, in a region of its own. A skip
/// where the system permits no filter.
void in_sandbox(std::initializer_list<long> refused, int error,
                const std::function<void(TestRegion&)>& body) {
    TestRegion region;
    Child child([&] {
        if (!refuse_system_calls(refused, error)) {
            return kNoFilter;
        }
        body(region);
        return ::testing::Test::HasFailure() ? 1 : 0;
    });
    const Ending ending = child.wait(kTestPatienceMs);
    if (ending == Ending{false, kNoFilter}) {
        GTEST_SKIP() << "this system permits no seccomp filters";
    }
    EXPECT_EQ(ending, kDone) << "see the failures above";
}

std::vector<Lack> lacks_of(const RegionPicture& picture, std::uint32_t pid) {
    for (const InspectedProcess& process : picture.processes) {
        if (process.pid == pid) {
            return process.lacks;
        }
    }
    ADD_FAILURE() << "process " << pid << " does not take part";
    return {};
}

std::vector<Lack> own_lacks(const TestRegion& region) {
    return lacks_of(region.look(), static_cast<std::uint32_t>(getpid()));
}

class WithoutFutexWaitv : public ::testing::TestWithParam<int> {};

TEST_P(WithoutFutexWaitv, DeathsAreNoticed) {  // MTX-08, MTX-10
    in_sandbox({kFutexWaitv}, GetParam(), [](TestRegion& region) {
        for (int round = 0; round < 3; ++round) {
            Actor owner(owns_mutex());
            owner.expect('o');
            Actor waiter(waits_for_mutex(WAIT_ABANDONED));
            waiter.expect('s');
            EXPECT_THAT(region.look().processes.front().lacks, ElementsAre(Lack::futex_waitv));
            owner.end_by_kill();
            waiter.expect('w');
            waiter.tell('g');
            waiter.end();
        }
        region.expect_clean(0);
    });
}

TEST_P(WithoutFutexWaitv, ADeathBehindAStoppedNeighbourIsNoticed) {
    in_sandbox({kFutexWaitv}, GetParam(), [](TestRegion& region) {
        // In the order of their slots: the nearest neighbour of the waiter is the stopped one, and
        // behind that is the owner, which only the waiter can watch.
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        Actor between([](const Actor& self) {
            EXPECT_NE(CreateEventA(nullptr, FALSE, FALSE, nullptr), nullptr);
            self.say('o');
            self.stay();
        });
        between.expect('o');
        Actor owner(owns_mutex());
        owner.expect('o');
        between.stop();
        owner.end_by_kill();
        EXPECT_EQ(WaitForSingleObject(mutex, kPatienceMs), WAIT_ABANDONED);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
        between.end_by_kill();
        region.sweep();
        EXPECT_TRUE(region.look_at_rest().damage.empty());
    });
}

INSTANTIATE_TEST_SUITE_P(Sandbox, WithoutFutexWaitv, ::testing::Values(ENOSYS, EPERM),
                         [](const ::testing::TestParamInfo<int>& error) {
                             return error.param == ENOSYS ? "unknown" : "forbidden";
                         });

TEST(Sandbox, LacksAreOfOneProcessAlone) {
    TestRegion region;
    Actor free(owns_mutex());
    free.expect('o');
    Actor confined([&region](const Actor& self) {
        if (!refuse_system_calls({kFutexWaitv, SYS_pidfd_open}, ENOSYS)) {
            self.say('f');
            return;
        }
        const Handle mutex(open_mutex());
        EXPECT_THAT(own_lacks(region), ElementsAre(Lack::futex_waitv, Lack::pidfd));
        self.say('o');
        EXPECT_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_ABANDONED);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    });
    const auto said = confined.listen();
    if (said == 'f') {
        GTEST_SKIP() << "this system permits no seccomp filters";
    }
    EXPECT_EQ(said, 'o');
    // Slot by slot: the first came first.
    const auto picture = region.look();
    ASSERT_EQ(picture.processes.size(), 2U);
    EXPECT_THAT(picture.processes[0].lacks, IsEmpty());
    EXPECT_FALSE(std::string(consequence_of(Lack::pidfd)).empty());
    free.end_by_kill();
    confined.end();
    region.expect_clean(0);
}

TEST(WithoutPidfd, DeathsAreJudgedByProc) {
    in_sandbox({SYS_pidfd_open, SYS_pidfd_send_signal}, EPERM, [](TestRegion& region) {
        const LinuxPlatform platform;
        const auto identity = platform.self();
        EXPECT_FALSE(platform.process_gone(identity, 0));
        EXPECT_TRUE(platform.process_gone({identity.pid, identity.start_time + 1}, 0));
        Channel go;
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            static_cast<void>(go.receive());
            _exit(0);
        }
        const auto pid = static_cast<std::uint32_t>(child);
        const ProcessIdentity other{pid, start_time_of(pid)};
        EXPECT_FALSE(platform.process_gone(other, 0));
        go.send('g');
        // A zombie first, then no process at all.
        EXPECT_TRUE(platform.process_gone(other, std::int64_t{kPatienceMs} * 1'000'000));
        EXPECT_EQ(waitpid(child, nullptr, 0), child);
        EXPECT_TRUE(platform.process_gone(other, 0));
        EXPECT_NE(Handle(CreateEventA(nullptr, FALSE, FALSE, nullptr)).get(), nullptr);
        EXPECT_THAT(own_lacks(region), ElementsAre(Lack::pidfd));
    });
}

TEST(WithoutPidfd, AProcessWhoseFirstThreadHasEndedIsThere) {
    in_sandbox({SYS_pidfd_open}, ENOSYS, [](TestRegion&) {
        Channel told;
        Channel go;
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            std::thread([&] {
                // The first thread is a zombie from the moment on that /proc says so.
                const std::string path = "/proc/" + std::to_string(getpid()) + "/stat";
                for (std::string text; text.find(") Z ") == std::string::npos;) {
                    FILE* const file = std::fopen(path.c_str(), "re");
                    std::array<char, 512> line{};
                    text = file != nullptr && std::fgets(line.data(), line.size(), file) != nullptr
                               ? line.data()
                               : "";
                    if (file != nullptr) {
                        std::fclose(file);
                    }
                }
                told.send('z');
                static_cast<void>(go.receive());
                _exit(0);
            }).detach();
            syscall(SYS_exit, 0);
        }
        EXPECT_EQ(told.receive(), 'z');
        const auto pid = static_cast<std::uint32_t>(child);
        EXPECT_FALSE(LinuxPlatform().process_gone({pid, start_time_of(pid)}, 0));
        go.send('g');
        EXPECT_EQ(waitpid(child, nullptr, 0), child);
    });
}

TEST(WithoutPidfd, NoProcessIsStartedOrEnded) {
    TestRegion region;
    Actor other(owns_mutex());
    other.expect('o');
    const std::uint32_t other_pid = region.look().processes.front().pid;
    Child confined([&] {
        prepare_attachment(nullptr, Mutant::none);
        if (!refuse_system_calls({SYS_pidfd_open}, EPERM)) {
            return kNoFilter;
        }
        std::string program = CASTAWAY_ACTOR;
        STARTUPINFOA startup{};
        startup.cb = sizeof(startup);
        PROCESS_INFORMATION made{};
        EXPECT_EQ(CreateProcessA(nullptr, program.data(), nullptr, nullptr, FALSE, 0, nullptr,
                                 nullptr, &startup, &made),
                  FALSE);
        EXPECT_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
        EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child was started";
        EXPECT_EQ(errno, ECHILD);
        EXPECT_EQ(region.look().processes.size(), 2U);
        const Handle process(OpenProcess(PROCESS_TERMINATE, FALSE, other_pid));
        EXPECT_EQ(TerminateProcess(process, 1), FALSE);
        EXPECT_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
        return ::testing::Test::HasFailure() ? 1 : 0;
    });
    const Ending ending = confined.wait();
    other.end_by_kill();
    if (ending == Ending{false, kNoFilter}) {
        GTEST_SKIP() << "this system permits no seccomp filters";
    }
    EXPECT_EQ(ending, kDone);
}

void expect_refused_for_want_of_marks() {
    EXPECT_EQ(CreateMutexA(nullptr, FALSE, "m"), nullptr);
    EXPECT_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
    EXPECT_THAT(castaway_attach_error(), HasSubstr("set_robust_list"));
}

TEST(WithoutRobustLists, NobodyTakesPart) {
    in_sandbox({SYS_set_robust_list}, EPERM, [](TestRegion& region) {
        expect_refused_for_want_of_marks();
        EXPECT_TRUE(region.look().processes.empty());
        EXPECT_TRUE(region.look().damage.empty());
    });
}

TEST(WithoutRobustLists, NobodyTakesPartIfTheyCannotBeAskedForEither) {
    in_sandbox({SYS_set_robust_list, SYS_get_robust_list}, ENOSYS, [](TestRegion& region) {
        expect_refused_for_want_of_marks();
        EXPECT_TRUE(region.look().processes.empty());
    });
}

TEST(WithoutRobustLists, ALaterThreadDoesNotTakePart) {
    in_fresh_process([](TestRegion& region) {
        const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
        EXPECT_NE(mutex.get(), nullptr);
        bool filtered = false;
        std::thread([&] {
            filtered = refuse_system_calls({SYS_set_robust_list}, EPERM);
            // A thread of the confined one has no list.
            std::thread([&] {
                EXPECT_EQ(WaitForSingleObject(mutex, 0), filtered ? WAIT_FAILED : WAIT_OBJECT_0);
                EXPECT_TRUE(!filtered || GetLastError() == ERROR_NOT_SUPPORTED);
            }).join();
        }).join();
        if (!filtered) {
            std::puts("not shown: this system permits no seccomp filters");
        }
        EXPECT_TRUE(region.look_at_rest().damage.empty());
    });
}

TEST(WithoutRobustLists, NoProgramIsStarted) {
    in_fresh_process([](TestRegion& region) {
        EXPECT_NE(Handle(CreateEventA(nullptr, FALSE, FALSE, nullptr)).get(), nullptr);
        if (!refuse_system_calls({SYS_set_robust_list}, EPERM)) {
            std::puts("not shown: this system permits no seccomp filters");
            return;
        }
        std::string program = "/bin/true";
        STARTUPINFOA startup{};
        startup.cb = sizeof(startup);
        PROCESS_INFORMATION made{};
        EXPECT_EQ(CreateProcessA(nullptr, program.data(), nullptr, nullptr, FALSE, 0, nullptr,
                                 nullptr, &startup, &made),
                  FALSE);
        EXPECT_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
        EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
        EXPECT_TRUE(region.look_at_rest().damage.empty());
    });
}

TEST(WithoutGetRobustList, DeathsAreMarkedAndNoticed) {  // MTX-08
    in_sandbox({SYS_get_robust_list}, EPERM, [](TestRegion& region) {
        Actor owner(owns_mutex());
        owner.expect('o');
        Actor waiter(waits_for_mutex(WAIT_ABANDONED));
        waiter.expect('s');
        owner.end_by_kill();
        waiter.expect('w');
        waiter.tell('g');
        waiter.end();
        region.expect_clean(0);
    });
}

/// What a program does that meets every system call of the library.
int use_everything() {
    const Handle mutex(CreateMutexA(nullptr, FALSE, "m"));
    if (mutex.get() == nullptr) {
        return GetLastError() == 0 || std::string(castaway_attach_error()).empty() ? 1 : 0;
    }
    const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
    std::thread([&] {
        WaitForSingleObject(event, 20);
        SetEvent(event);
    }).join();
    std::string program = "/bin/true";
    STARTUPINFOA startup{};
    startup.cb = sizeof(startup);
    PROCESS_INFORMATION made{};
    if (CreateProcessA(nullptr, program.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr,
                       &startup, &made) != FALSE) {
        WaitForSingleObject(made.hProcess, 1'000);
        TerminateProcess(made.hProcess, 1);
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
    }
    return 0;
}

TEST(Sandbox, NoRefusedCallEndsTheProgram) {  // CONC-03
    const std::array<long, 26> calls{SYS_clock_nanosleep,
                                     SYS_fchmod,
                                     SYS_fcntl,
                                     SYS_fstat,
                                     SYS_ftruncate,
                                     SYS_get_robust_list,
                                     SYS_getdents64,
                                     SYS_kill,
                                     SYS_linkat,
                                     SYS_lseek,
                                     SYS_madvise,
                                     SYS_newfstatat,
                                     SYS_pidfd_open,
                                     SYS_pidfd_send_signal,
                                     SYS_poll,
                                     SYS_ppoll,
                                     SYS_prctl,
                                     SYS_pread64,
                                     SYS_pwrite64,
                                     SYS_readlink,
                                     SYS_sched_yield,
                                     SYS_set_robust_list,
                                     SYS_setpgid,
                                     SYS_unlink,
                                     SYS_waitid,
                                     kFutexWaitv};
    for (const int error : {EPERM, ENOSYS, ENOMEM}) {
        for (const long number : calls) {
            const std::string name = "sandbox-" + std::to_string(getpid());
            setenv("CASTAWAY_REGION", name.c_str(), 1);
            Child child([&] {
                prepare_attachment(nullptr, Mutant::none);
                return refuse_system_calls({number}, error) ? use_everything() : kNoFilter;
            });
            const Ending ending = child.wait();
            ::unlink(RegionFile::path_of(name).c_str());
            if (ending == Ending{false, kNoFilter}) {
                GTEST_SKIP() << "this system permits no seccomp filters";
            }
            EXPECT_EQ(ending, kDone) << "system call " << number << ", error " << error;
        }
    }
}

}  // namespace
}  // namespace castaway::testing
