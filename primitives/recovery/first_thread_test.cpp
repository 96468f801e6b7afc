// The first thread of a process that CreateProcess starts: known before it makes a call, suspended
// and resumed; and the standard descriptors that it finds.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <string>
#include <string_view>

#include "primitives/api/attachment.h"
#include "primitives/region/region_file.h"
#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/child_process.h"
#include "primitives/testing/started.h"

namespace castaway::testing {
namespace {

constexpr DWORD kNoCount = 0xFFFFFFFF;

/// A pipe whose ends go over to programs that are executed, or not.
class Pipe {
  public:
    explicit Pipe(int flags = 0) { EXPECT_EQ(pipe2(ends_.data(), flags), 0); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close(out());
        close_in();
    }
    [[nodiscard]] int out() const { return ends_[0]; }
    [[nodiscard]] int in() const { return ends_[1]; }
    void close_in() {
        if (ends_[1] >= 0) {
            close(ends_[1]);
            ends_[1] = -1;
        }
    }
    /// What comes within kPatienceMs, up to a buffer's length; empty at the end.
    [[nodiscard]] std::string read_some() const {
        std::array<char, 200> text{};
        pollfd poller{out(), POLLIN, 0};
        EXPECT_EQ(poll(&poller, 1, kPatienceMs), 1) << "nothing comes, and no end";
        const ssize_t length = poller.revents == 0 ? 0 : read(out(), text.data(), text.size());
        return {text.data(), static_cast<std::size_t>(length < 0 ? 0 : length)};
    }

  private:
    std::array<int, 2> ends_{-1, -1};
};

std::string program_of(DWORD pid) {
    std::array<char, PATH_MAX> path{};
    const std::string link = "/proc/" + std::to_string(pid) + "/exe";
    EXPECT_GT(readlink(link.c_str(), path.data(), path.size() - 1), 0);
    return path.data();
}

HANDLE open_process(DWORD pid) {
    return OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid);
}
HANDLE open_thread(DWORD id) {
    return OpenThread(THREAD_ALL_ACCESS, FALSE, id);
}

TEST_F(CreateProcess, GivesAHandleOfTheFirstThread) {  // WAIT-22
    in_parent([](Survivor&) {
        const Started silent("/bin/sleep 1000");
        EXPECT_EQ(GetThreadId(silent.thread), silent.pid);
        EXPECT_EQ(poll_object(silent.thread), WAIT_TIMEOUT);
        const Handle opened(open_thread(silent.pid));
        EXPECT_EQ(CompareObjectHandles(opened, silent.thread), TRUE);
        DWORD flags = HANDLE_FLAG_INHERIT;
        EXPECT_EQ(GetHandleInformation(silent.thread, &flags), TRUE);
        EXPECT_EQ(flags, 0U);
        // A call for a thread that never runs it goes with it.
        EXPECT_EQ(QueueUserAPC([](ULONG_PTR) {}, silent.thread, 1), 1U);
        BlockedThread waiter(waits_for(silent.thread));
        EXPECT_EQ(TerminateProcess(silent.process, 3), TRUE);
        EXPECT_EQ(waiter.join(), WAIT_OBJECT_0);
        EXPECT_EQ(QueueUserAPC([](ULONG_PTR) {}, silent.thread, 1), 0U);
        EXPECT_EQ(GetLastError(), ERROR_GEN_FAILURE);
        // One that makes calls, and ends in order.
        const Started calls(actor() + "exit 5");
        EXPECT_EQ(calls.exit_code_at_end(), 5U);
        EXPECT_EQ(WaitForSingleObject(calls.thread, kPatienceMs), WAIT_OBJECT_0);
        EXPECT_EQ(OpenThread(SYNCHRONIZE, FALSE, calls.pid), nullptr);
        EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    });
}

TEST_F(CreateProcess, MakesTheThreadsHandleInheritable) {  // HND-09
    in_parent([](Survivor&) {
        SECURITY_ATTRIBUTES inheritable{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
        STARTUPINFOA startup{};
        startup.cb = sizeof(startup);
        std::string command = "true";
        PROCESS_INFORMATION made{};
        ASSERT_EQ(CreateProcessA(nullptr, command.data(), nullptr, &inheritable, FALSE, 0, nullptr,
                                 nullptr, &startup, &made),
                  TRUE);
        const Handle process(made.hProcess);
        const Handle thread(made.hThread);
        DWORD of_process = 0;
        DWORD of_thread = 0;
        EXPECT_EQ(GetHandleInformation(process, &of_process), TRUE);
        EXPECT_EQ(GetHandleInformation(thread, &of_thread), TRUE);
        EXPECT_EQ(of_process, 0U);
        EXPECT_EQ(of_thread, HANDLE_FLAG_INHERIT);
        EXPECT_EQ(WaitForSingleObject(process, kPatienceMs), WAIT_OBJECT_0);
    });
}

TEST_F(CreateProcess, FirstThreadTakesCallsBeforeItsFirstCall) {  // WAIT-14
    in_parent([](Survivor&) {
        const Pipe told;
        const Pipe go;
        const Started child(actor() + "take-calls " + std::to_string(told.in()) + " " +
                            std::to_string(go.out()));
        PAPCFUNC routine = nullptr;
        ASSERT_EQ(read(told.out(), &routine, sizeof(routine)),
                  static_cast<ssize_t>(sizeof(routine)));
        for (const ULONG_PTR digit : {1U, 2U, 3U}) {
            EXPECT_EQ(QueueUserAPC(routine, child.thread, digit), 1U);
        }
        EXPECT_EQ(write(go.in(), "g", 1), 1);
        EXPECT_EQ(child.exit_code_at_end(), 123U);
    });
}

TEST_F(CreateProcess, SuspendedDoesNotBeginBeforeItIsResumed) {
    in_parent([](Survivor&) {
        const Handle event = inheritable_event("e");
        Pipe closes(O_CLOEXEC);
        const Started child(actor() + "set " + value_of(event), TRUE, CREATE_SUSPENDED);
        EXPECT_EQ(program_of(child.pid), program_of(GetCurrentProcessId()));
        EXPECT_EQ(child.exit_code(), STILL_ACTIVE);
        // What ends with the execution of a program is not held up by it.
        closes.close_in();
        EXPECT_EQ(closes.read_some(), "");
        const Handle weak(OpenThread(SYNCHRONIZE, FALSE, child.pid));
        EXPECT_EQ(ResumeThread(weak), kNoCount);
        EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
        EXPECT_EQ(ResumeThread(event), kNoCount);
        EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
        EXPECT_EQ(poll_object(event), WAIT_TIMEOUT);
        EXPECT_EQ(ResumeThread(child.thread), 1U);
        EXPECT_EQ(ResumeThread(child.thread), 0U);
        EXPECT_EQ(child.exit_code_at_end(), 0U);
        EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
        EXPECT_EQ(ResumeThread(child.thread), 0U) << "it has ended";
        EXPECT_EQ(ResumeThread(GetCurrentThread()), 0U);
        // It can be given calls and be ended before it begins.
        const Started never(actor() + "exit 7", FALSE, CREATE_SUSPENDED);
        EXPECT_EQ(QueueUserAPC([](ULONG_PTR) {}, never.thread, 1), 1U);
        EXPECT_EQ(TerminateProcess(never.process, 9), TRUE);
        EXPECT_EQ(never.exit_code_at_end(), 9U);
        EXPECT_EQ(poll_object(never.thread), WAIT_OBJECT_0);
        EXPECT_EQ(ResumeThread(never.thread), 0U) << "it has ended";
        // What CreateProcess tells of a program that cannot be executed, it tells of this one.
        std::string command = "/nowhere/program";
        STARTUPINFOA startup{};
        startup.cb = sizeof(startup);
        PROCESS_INFORMATION made{};
        EXPECT_EQ(CreateProcessA(nullptr, command.data(), nullptr, nullptr, FALSE, CREATE_SUSPENDED,
                                 nullptr, nullptr, &startup, &made),
                  FALSE);
        EXPECT_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
    });
}

TEST_F(CreateProcess, SuspendedOutlivesItsParentAndIsResumedByAnother) {  // PROC-01
    in_parent([](Survivor&) {
        ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
        const Pipe told;
        Child parent([&]() -> int {
            prepare_attachment(nullptr, Mutant::none);
            const Started child(actor() + "exit 4", FALSE, CREATE_SUSPENDED);
            EXPECT_EQ(write(told.in(), &child.pid, sizeof(child.pid)),
                      static_cast<ssize_t>(sizeof(child.pid)));
            die();
        });
        DWORD pid = 0;
        ASSERT_EQ(read(told.out(), &pid, sizeof(pid)), static_cast<ssize_t>(sizeof(pid)));
        EXPECT_EQ(parent.wait(), kKilled);
        const Handle process(open_process(pid));
        const Handle thread(open_thread(pid));
        EXPECT_EQ(poll_object(process), WAIT_TIMEOUT);
        EXPECT_EQ(ResumeThread(thread), 1U);
        EXPECT_EQ(WaitForSingleObject(process, kPatienceMs), WAIT_OBJECT_0);
        EXPECT_EQ(poll_object(thread), WAIT_OBJECT_0);
        DWORD code = 0;
        EXPECT_EQ(GetExitCodeProcess(process, &code), TRUE);
        EXPECT_EQ(code, 4U);
        EXPECT_EQ(waitpid(static_cast<pid_t>(pid), nullptr, 0), static_cast<pid_t>(pid));
    });
}

TEST_F(CreateProcess, PlacesStandardDescriptors) {
    in_parent([](Survivor&) {
        // Closed by execve() at their own places.
        const Pipe said(O_CLOEXEC);
        const Pipe heard(O_CLOEXEC);
        STARTUPINFOA startup{};
        startup.cb = sizeof(startup);
        startup.dwFlags = STARTF_USESTDHANDLES;
        startup.hStdInput = castaway_handle_of_descriptor(heard.out());
        startup.hStdOutput = castaway_handle_of_descriptor(said.in());
        startup.hStdError = INVALID_HANDLE_VALUE;
        EXPECT_EQ(write(heard.in(), "line\n", 5), 5);
        const auto run = [&](const char* script, DWORD flags = 0) {
            const Started child(std::string("sh -c \"") + script + "\"", TRUE, flags, &startup);
            EXPECT_EQ(ResumeThread(child.thread), flags == 0 ? 0U : 1U);
            return child.exit_code_at_end();
        };
        EXPECT_EQ(run("read word; echo $word; readlink /proc/self/fd/2", CREATE_SUSPENDED), 0U);
        EXPECT_EQ(said.read_some(), "line\n/dev/null\n");
        // Each at the other's place.
        ASSERT_EQ(dup2(said.in(), STDIN_FILENO), STDIN_FILENO);
        ASSERT_EQ(dup2(heard.out(), STDOUT_FILENO), STDOUT_FILENO);
        EXPECT_EQ(write(heard.in(), "more\n", 5), 5);
        startup.hStdInput = GetStdHandle(STD_OUTPUT_HANDLE);
        startup.hStdOutput = GetStdHandle(STD_INPUT_HANDLE);
        startup.hStdError = GetStdHandle(STD_INPUT_HANDLE);
        EXPECT_EQ(run("read word; echo $word >&2"), 0U);
        EXPECT_EQ(said.read_some(), "more\n");
    });
}

TEST_F(CreateProcess, RefusesStandardHandlesOfNoDescriptor) {
    in_parent([](Survivor&) {
        EXPECT_EQ(castaway_handle_of_descriptor(-1), nullptr);
        EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
        EXPECT_EQ(GetStdHandle(STD_ERROR_HANDLE - 1), INVALID_HANDLE_VALUE);
        EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
        const Handle event = inheritable_event("e");
        HANDLE closed = nullptr;
        {
            const Pipe gone;
            closed = castaway_handle_of_descriptor(gone.out());
        }
        STARTUPINFOA startup{};
        startup.cb = sizeof(startup);
        startup.dwFlags = STARTF_USESTDHANDLES;
        const auto error_for = [&](HANDLE input, BOOL inherit) {
            std::string command = "true";
            startup.hStdInput = input;
            PROCESS_INFORMATION made{};
            EXPECT_EQ(CreateProcessA(nullptr, command.data(), nullptr, nullptr, inherit, 0, nullptr,
                                     nullptr, &startup, &made),
                      FALSE);
            return GetLastError();
        };
        EXPECT_EQ(error_for(event, TRUE), ERROR_INVALID_HANDLE);
        EXPECT_EQ(error_for(GetCurrentThread(), TRUE), ERROR_INVALID_HANDLE);
        EXPECT_EQ(error_for(closed, TRUE), ERROR_INVALID_HANDLE);
        EXPECT_EQ(error_for(nullptr, FALSE), ERROR_INVALID_PARAMETER);
        // No other call takes one.
        const HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
        EXPECT_EQ(CloseHandle(output), FALSE);
        EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
        EXPECT_EQ(poll_object(output), WAIT_FAILED);
        EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    });
}

/// Of the processes in the region that wait for their first call, one.
DWORD find_started(const TestRegion& region) {
    for (const InspectedProcess& process : region.look().processes) {
        if (process.state == InspectedState::joining) {
            return process.pid;
        }
    }
    return 0;
}

TEST(DeathInCreateProcess, OfTheParentOfASuspendedOne) {  // INH-08, CONC-03
    in_fresh_process([](TestRegion& region) {
        ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
        Survivor survivor(region);
        CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        ToldNumber group;
        int left = 0;
        int none = 0;
        survivor.endure(
            {.prepare =
                 [&] {
                     CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
                     setpgid(0, 0);
                     group.tell(getpid());
                 },
             .act =
                 [] {
                     std::string command = "/bin/true";
                     STARTUPINFOA startup{};
                     startup.cb = sizeof(startup);
                     PROCESS_INFORMATION made{};
                     EXPECT_EQ(CreateProcessA(nullptr, command.data(), nullptr, nullptr, FALSE,
                                              CREATE_SUSPENDED, nullptr, nullptr, &startup, &made),
                               TRUE);
                 },
             .check =
                 [&](bool) {
                     survivor.sweep();
                     // There is none (or one that is being ended with its parent), or one that can
                     // be resumed.
                     const DWORD pid = find_started(region);
                     const Handle process(open_process(pid));
                     if (ResumeThread(Handle(open_thread(pid))) == 1) {
                         ++left;
                         EXPECT_EQ(WaitForSingleObject(process, kPatienceMs), WAIT_OBJECT_0);
                     } else {
                         ++none;
                     }
                     reap(group.get());
                     survivor.sweep();
                 }});
        EXPECT_GT(left, 0);
        EXPECT_GT(none, 0);
    });
}

TEST(DeathInCreateProcess, OfOneThatResumes) {  // CONC-03
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        std::optional<Started> child;
        int undone = 0;
        int done = 0;
        survivor.endure({.set_up = [&] { child.emplace("/bin/true", FALSE, CREATE_SUSPENDED); },
                         .prepare = [&] { OpenThread(THREAD_ALL_ACCESS, FALSE, child->pid); },
                         .act = [&] { ResumeThread(Handle(open_thread(child->pid))); },
                         .check =
                             [&](bool completed) {
                                 survivor.sweep();
                                 const DWORD before = ResumeThread(child->thread);
                                 EXPECT_LE(before, completed ? 0U : 1U);
                                 ++(before == 1 ? undone : done);
                                 // Nobody else is going to wake it.
                                 EXPECT_EQ(child->exit_code_at_end(), 0U);
                                 child.reset();
                             }});
        EXPECT_GT(undone, 0);
        EXPECT_GT(done, 0);
    });
}

/// What a process without its first thread does: makes a region, and starts a program that stands
/// beside its own. Returns what its exit status is to be.
int act_without_first_thread(pthread_t first) {
    EXPECT_EQ(pthread_join(first, nullptr), 0);
    const std::string region = "first-thread-" + std::to_string(getpid());
    EXPECT_EQ(setenv("CASTAWAY_REGION", region.c_str(), 1), 0);
    EXPECT_NE(CreateEventA(nullptr, FALSE, FALSE, "e"), nullptr) << castaway_attach_error();
    const Started beside("castaway_actor exit 7");
    EXPECT_EQ(beside.exit_code_at_end(), 7U);
    EXPECT_EQ(::unlink(RegionFile::path_of(region).c_str()), 0);
    return ::testing::Test::HasFailure() ? 1 : 0;
}

TEST(FirstThread, IsNotMissedWhenItHasEnded) {
    Child child([] {
        pthread_t second{};
        static pthread_t first = pthread_self();
        EXPECT_EQ(pthread_create(
                      &second, nullptr,
                      [](void*) -> void* { _exit(act_without_first_thread(first)); }, nullptr),
                  0);
        // The thread alone ends, without unwinding the test.
        syscall(SYS_exit, 0);
        return 1;
    });
    EXPECT_EQ(child.wait(), kDone);
}

}  // namespace
}  // namespace castaway::testing
