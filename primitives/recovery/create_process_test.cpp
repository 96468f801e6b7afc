// Processes that CreateProcess starts: what they inherit, how their ends become known, and what the
// deaths of parent and child leave.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "primitives/api/attachment.h"
#include "primitives/testing/blocked_thread.h"
#include "primitives/testing/ordeal.h"
#include "primitives/testing/started.h"

namespace castaway::testing {
namespace {

TEST_F(CreateProcess, GivesTheChildTheInheritableHandles) {  // INH-01, INH-02, INH-03, INH-05
    in_parent([](Survivor& survivor) {
        const Handle kept(CreateEventA(nullptr, FALSE, FALSE, "kept"));
        const Handle passed = inheritable_event("passed");
        EXPECT_EQ(Started(actor() + "set " + value_of(passed), TRUE).exit_code_at_end(), 0U);
        EXPECT_EQ(poll_object(passed), WAIT_OBJECT_0);
        EXPECT_EQ(Started(actor() + "set " + value_of(kept), TRUE).exit_code_at_end(),
                  ERROR_INVALID_HANDLE);
        EXPECT_EQ(Started(actor() + "set " + value_of(passed), FALSE).exit_code_at_end(),
                  ERROR_INVALID_HANDLE);
        EXPECT_EQ(poll_object(passed), WAIT_TIMEOUT);
        // PROC-03: all is closed when the process handle is signaled.
        EXPECT_EQ(survivor.object("passed").handles, 1U);
    });
}

TEST_F(CreateProcess, GivesSiblingsTheSameObject) {  // INH-01, INH-05
    in_parent([](Survivor&) {
        Handle both = inheritable_event("both");
        const std::string number = value_of(both);
        const Started waits(actor() + "wait-for " + number, TRUE);
        const Started sets(actor() + "set " + number, TRUE);
        both.reset();
        EXPECT_EQ(sets.exit_code_at_end(), 0U);
        EXPECT_EQ(waits.exit_code_at_end(), 0U);
    });
}

TEST_F(CreateProcess, MayNarrowInheritanceToAList) {  // INH-04
    in_parent([](Survivor&) {
        const Handle other = inheritable_event("other");
        const Handle passed = inheritable_event("passed");
        const Handle kept(CreateEventA(nullptr, FALSE, FALSE, "kept"));
        SIZE_T size = 0;
        EXPECT_EQ(InitializeProcThreadAttributeList(nullptr, 1, 0, &size), FALSE);
        EXPECT_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
        std::vector<std::max_align_t> memory(size / sizeof(std::max_align_t) + 1);
        auto* const list = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory.data());
        ASSERT_EQ(InitializeProcThreadAttributeList(list, 1, 0, &size), TRUE);
        std::array<HANDLE, 1> handles{passed};
        const auto update = [&](DWORD_PTR attribute, SIZE_T bytes) {
            return UpdateProcThreadAttribute(list, 0, attribute, handles.data(), bytes, nullptr,
                                             nullptr);
        };
        EXPECT_EQ(update(7, sizeof(HANDLE)), FALSE);
        EXPECT_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
        EXPECT_EQ(update(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, sizeof(HANDLE) + 1), FALSE);
        EXPECT_EQ(GetLastError(), ERROR_BAD_LENGTH);
        EXPECT_EQ(update(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, sizeof(HANDLE)), TRUE);
        EXPECT_EQ(update(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, sizeof(HANDLE)), FALSE);
        EXPECT_EQ(GetLastError(), ERROR_OBJECT_NAME_EXISTS);

        STARTUPINFOEXA startup{};
        startup.StartupInfo.cb = sizeof(startup);
        startup.lpAttributeList = list;
        const auto start = [&](HANDLE handle) {
            return Started(actor() + "set " + value_of(handle), TRUE, EXTENDED_STARTUPINFO_PRESENT,
                           &startup.StartupInfo)
                .exit_code_at_end();
        };
        EXPECT_EQ(start(passed), 0U);
        EXPECT_EQ(start(other), ERROR_INVALID_HANDLE);
        // Each of them must be inheritable, and inheritance be wanted.
        PROCESS_INFORMATION made{};
        std::string command = actor() + "set 4";
        for (const BOOL inherit : {TRUE, FALSE}) {
            handles[0] = inherit != FALSE ? kept : passed;
            EXPECT_EQ(CreateProcessA(nullptr, command.data(), nullptr, nullptr, inherit,
                                     EXTENDED_STARTUPINFO_PRESENT, nullptr, nullptr,
                                     &startup.StartupInfo, &made),
                      FALSE);
            EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
        }
        DeleteProcThreadAttributeList(list);
    });
}

TEST_F(CreateProcess, KeepsInheritedObjectsAndNotOwnership) {  // INH-06, INH-07, INH-08
    in_parent([](Survivor& survivor) {
        Handle event = inheritable_event("e");
        {
            // It never makes a call.
            const Started child("/bin/sleep 1000", TRUE);
            event.reset();
            EXPECT_EQ(survivor.object("e").handles, 1U);
            EXPECT_EQ(poll_object(child.process), WAIT_TIMEOUT);
            EXPECT_EQ(TerminateProcess(child.process, 5), TRUE);
            EXPECT_EQ(child.exit_code_at_end(), 5U);
            EXPECT_EQ(OpenEventA(SYNCHRONIZE, FALSE, "e"), nullptr);
        }
        SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
        const Handle mutex(CreateMutexA(&attributes, TRUE, "m"));
        EXPECT_EQ(Started(actor() + "release " + value_of(mutex), TRUE).exit_code_at_end(),
                  ERROR_NOT_OWNER);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    });
}

TEST_F(CreateProcess, TellsExitCodes) {  // PROC-01, PROC-02
    in_parent([](Survivor&) {
        const Started lasting("/bin/sleep 1000");
        EXPECT_EQ(lasting.exit_code(), STILL_ACTIVE);
        EXPECT_EQ(GetProcessId(lasting.process), lasting.pid);
        // Processes that never make a call, and are found by a search.
        EXPECT_EQ(Started("true").exit_code_at_end(), 0U);
        EXPECT_EQ(Started("sh -c \"exit 7\"").exit_code_at_end(), 7U);
        EXPECT_EQ(Started("sh -c \"kill -9 $$\"").exit_code_at_end(), DWORD{128 + SIGKILL});
        EXPECT_EQ(Started("sh -c \"kill -15 $$\"").exit_code_at_end(), DWORD{128 + SIGTERM});
        EXPECT_EQ(Started(actor() + "exit 305419896").exit_code_at_end(), 305419896U);
        EXPECT_EQ(TerminateProcess(lasting.process, 0x87654321), TRUE);
        EXPECT_EQ(lasting.exit_code_at_end(), 0x87654321U);
        EXPECT_EQ(poll_object(lasting.process), WAIT_OBJECT_0);
        EXPECT_EQ(TerminateProcess(lasting.process, 1), FALSE);
        EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
        DWORD code = 0;
        EXPECT_EQ(GetExitCodeProcess(GetCurrentProcess(), &code), TRUE);
        EXPECT_EQ(code, STILL_ACTIVE);
        EXPECT_EQ(GetExitCodeProcess(GetCurrentProcess(), nullptr), FALSE);
        EXPECT_EQ(GetLastError(), ERROR_NOACCESS);
        const Handle weak(OpenProcess(SYNCHRONIZE, FALSE, GetCurrentProcessId()));
        EXPECT_EQ(TerminateProcess(weak, 1), FALSE);
        EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
        EXPECT_EQ(GetExitCodeProcess(weak, &code), FALSE);
        EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    });
}

TEST_F(CreateProcess, GenericRightsAreThoseOfAProcess) {  // HND-08, DUP-09
    in_parent([](Survivor&) {
        const Started lasting("/bin/sleep 1000");
        const auto opened = [&](DWORD access) {
            return Handle(OpenProcess(access, FALSE, lasting.pid));
        };
        const Handle event = inheritable_event("e");
        const auto gives = [&](const Handle& process) {
            HANDLE made = nullptr;
            return DuplicateHandle(GetCurrentProcess(), event, process, &made, 0, FALSE,
                                   DUPLICATE_SAME_ACCESS);
        };
        EXPECT_EQ(gives(opened(GENERIC_WRITE)), TRUE);
        EXPECT_EQ(gives(opened(GENERIC_READ | GENERIC_EXECUTE)), FALSE);
        EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
        DWORD code = 0;
        EXPECT_EQ(GetExitCodeProcess(opened(GENERIC_READ), &code), TRUE);
        EXPECT_EQ(GetExitCodeProcess(opened(GENERIC_WRITE), &code), FALSE);
        EXPECT_EQ(poll_object(opened(GENERIC_EXECUTE)), WAIT_TIMEOUT);
        EXPECT_EQ(poll_object(opened(GENERIC_READ | GENERIC_WRITE)), WAIT_FAILED);
        EXPECT_EQ(TerminateProcess(opened(GENERIC_READ | GENERIC_WRITE), 1), FALSE);
        EXPECT_EQ(TerminateProcess(opened(GENERIC_EXECUTE), 3), TRUE);
        EXPECT_EQ(lasting.exit_code_at_end(), 3U);
    });
}

TEST_F(CreateProcess, HandleIsSignaledWhenAllIsGivenBack) {  // PROC-03, MTX-08
    in_parent([](Survivor& survivor) {
        SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
        const Handle mutex(CreateMutexA(&attributes, FALSE, "m"));
        const Channel said;
        ASSERT_GE(dup2(said.sender(), STDOUT_FILENO), 0);
        const Started owner(actor() + "take " + value_of(mutex), TRUE);
        EXPECT_EQ(said.receive(), 'o');
        BlockedThread waiter(waits_for(owner.process));
        EXPECT_EQ(TerminateProcess(owner.process, 9), TRUE);
        EXPECT_EQ(waiter.join(), WAIT_OBJECT_0);
        EXPECT_EQ(poll_object(mutex), WAIT_ABANDONED);
        EXPECT_EQ(survivor.object("m").handles, 1U);
        EXPECT_EQ(owner.exit_code(), 9U);
        EXPECT_EQ(ReleaseMutex(mutex), TRUE);
    });
}

TEST_F(CreateProcess, LetsTheChildHaveDuplicatesBeforeItsFirstCall) {  // DUP-08
    in_parent([](Survivor& survivor) {
        const Handle event(CreateEventA(nullptr, FALSE, FALSE, "e"));
        std::array<int, 2> pipe_ends{};
        ASSERT_EQ(pipe(pipe_ends.data()), 0);
        const Started child(actor() + "told " + std::to_string(pipe_ends[0]));
        HANDLE made = nullptr;
        ASSERT_EQ(DuplicateHandle(GetCurrentProcess(), event, child.process, &made, 0, FALSE,
                                  DUPLICATE_SAME_ACCESS),
                  TRUE);
        EXPECT_EQ(survivor.object("e").handles, 2U);
        ASSERT_EQ(write(pipe_ends[1], &made, sizeof(made)), static_cast<ssize_t>(sizeof(made)));
        EXPECT_EQ(child.exit_code_at_end(), 0U);
        EXPECT_EQ(poll_object(event), WAIT_OBJECT_0);
    });
}

TEST_F(CreateProcess, PassesArgumentsEnvironmentAndDirectory) {
    in_parent([](Survivor&) {
        std::array<int, 2> pipe_ends{};
        ASSERT_EQ(pipe(pipe_ends.data()), 0);
        std::u16string command;
        for (const char c : actor() + "tell " + std::to_string(pipe_ends[1]) +
                                " plain \"two words\" \"quo\\\"ted\" ") {
            command += static_cast<char16_t>(c);
        }
        command += u"\u00fc";
        const std::u16string_view block(u"CASTAWAY_TEST=\u00e4\0OTHER=1\0", 24);
        STARTUPINFOW startup{};
        startup.cb = sizeof(startup);
        PROCESS_INFORMATION made{};
        ASSERT_EQ(CreateProcessW(nullptr, command.data(), nullptr, nullptr, FALSE,
                                 CREATE_UNICODE_ENVIRONMENT, std::u16string(block).data(), u"/usr",
                                 &startup, &made),
                  TRUE);
        const Handle process(made.hProcess);
        const Handle thread(made.hThread);
        EXPECT_EQ(WaitForSingleObject(process, kPatienceMs), WAIT_OBJECT_0);
        std::array<char, 200> told{};
        const ssize_t length = read(pipe_ends[0], told.data(), told.size());
        ASSERT_GT(length, 0);
        const std::string_view expected("plain\0two words\0quo\"ted\0\xc3\xbc\0/usr\0\xc3\xa4\0",
                                        35);
        EXPECT_EQ(std::string_view(told.data(), static_cast<std::size_t>(length)), expected);
    });
}

TEST_F(CreateProcess, FailsWhereTheProgramCannotBeExecuted) {
    in_parent([](Survivor& survivor) {
        const Handle event = inheritable_event("e");
        const auto error_for = [&](const char* application, const char* directory = nullptr,
                                   DWORD flags = 0) -> DWORD {
            STARTUPINFOA startup{};
            startup.cb = sizeof(startup);
            PROCESS_INFORMATION made{};
            SetLastError(0);
            EXPECT_EQ(CreateProcessA(application, nullptr, nullptr, nullptr, TRUE, flags, nullptr,
                                     directory, &startup, &made),
                      FALSE);
            // At once: there is no child, and it holds nothing.
            EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
            EXPECT_EQ(survivor.object("e").handles, 1U);
            return GetLastError();
        };
        const char text[] = "neither a program nor a script";
        const int file = open("/tmp", O_TMPFILE | O_RDWR, 0700);
        ASSERT_GE(file, 0);
        ASSERT_GT(write(file, text, sizeof(text)), 0);
        const std::string no_program =
            "/proc/" + std::to_string(getpid()) + "/fd/" +
            std::to_string(open(("/proc/self/fd/" + std::to_string(file)).c_str(), O_RDONLY));
        close(file);
        EXPECT_EQ(error_for("/nowhere/program"), ERROR_FILE_NOT_FOUND);
        EXPECT_EQ(error_for("true"), ERROR_FILE_NOT_FOUND)
            << "a name that is given is not searched";
        EXPECT_EQ(error_for("/bin/true/more"), ERROR_PATH_NOT_FOUND);
        EXPECT_EQ(error_for("/bin"), ERROR_ACCESS_DENIED);
        EXPECT_EQ(error_for("/etc/passwd"), ERROR_ACCESS_DENIED);
        EXPECT_EQ(error_for(no_program.c_str()), ERROR_BAD_EXE_FORMAT);
        EXPECT_EQ(error_for("/bin/true", "/nowhere"), ERROR_DIRECTORY);
        EXPECT_EQ(error_for("/bin/true", nullptr, 1), ERROR_INVALID_PARAMETER);
        EXPECT_EQ(error_for(nullptr), ERROR_INVALID_PARAMETER);
    });
}

TEST_F(CreateProcess, LeavesTheProgramsOwnChildrenAlone) {
    in_parent([](Survivor&) {
        Child own([] { return 42; });
        EXPECT_EQ(Started("true").exit_code_at_end(), 0U);
        EXPECT_EQ(own.wait(), (Ending{false, 42}));
        // A program that ignores SIGCHLD keeps the library from learning the code, and no more.
        EXPECT_NE(signal(SIGCHLD, SIG_IGN), SIG_ERR);
        EXPECT_EQ(Started("true").exit_code_at_end(), CASTAWAY_EXIT_CODE_UNKNOWN);
        EXPECT_EQ(Started(actor() + "exit 3").exit_code_at_end(), 3U);
        EXPECT_NE(signal(SIGCHLD, SIG_DFL), SIG_ERR);
        // A forked child starts its own.
        Child forked([] {
            prepare_attachment(nullptr, Mutant::none);
            EXPECT_EQ(Started("sh -c \"exit 9\"").exit_code_at_end(), 9U);
            return ::testing::Test::HasFailure() ? 1 : 0;
        });
        EXPECT_EQ(forked.wait(), kDone);
        EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left as a zombie";
    });
}

TEST_F(CreateProcess, ChildIsWatchedByOthersWhenItsParentIsDead) {  // PROC-01, PROC-02, INH-06
    in_parent([](Survivor& survivor) {
        ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
        for (const bool attaches : {true, false}) {
            std::array<int, 2> pid_pipe{};
            std::array<int, 2> value_pipe{};
            ASSERT_EQ(pipe(pid_pipe.data()), 0);
            ASSERT_EQ(pipe(value_pipe.data()), 0);
            Child parent([&]() -> int {
                prepare_attachment(nullptr, Mutant::none);
                const Handle event = inheritable_event("e");
                Started child(actor() + "told " + std::to_string(value_pipe[0]), TRUE);
                EXPECT_EQ(write(pid_pipe[1], &child.pid, sizeof(child.pid)),
                          static_cast<ssize_t>(sizeof(child.pid)));
                die();
            });
            DWORD pid = 0;
            ASSERT_EQ(read(pid_pipe[0], &pid, sizeof(pid)), static_cast<ssize_t>(sizeof(pid)));
            EXPECT_EQ(parent.wait(), kKilled);
            const Handle child(OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid));
            ASSERT_NE(child.get(), nullptr);
            EXPECT_EQ(survivor.object("e").handles, 1U) << "the child's own";
            BlockedThread waiter(waits_for(child));
            if (attaches) {
                const std::uintptr_t nonsense = 4000;
                EXPECT_EQ(write(value_pipe[1], &nonsense, sizeof(nonsense)),
                          static_cast<ssize_t>(sizeof(nonsense)));
            } else {
                // Neither the child nor any other process makes a call that could find this.
                const auto pidfd =
                    static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0));
                ASSERT_EQ(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0), 0);
                close(pidfd);
            }
            EXPECT_EQ(waiter.join(), WAIT_OBJECT_0);
            DWORD code = 0;
            EXPECT_EQ(GetExitCodeProcess(child, &code), TRUE);
            EXPECT_EQ(code, attaches ? ERROR_INVALID_HANDLE : CASTAWAY_EXIT_CODE_UNKNOWN);
            EXPECT_EQ(OpenEventA(SYNCHRONIZE, FALSE, "e"), nullptr);
            EXPECT_EQ(waitpid(static_cast<pid_t>(pid), nullptr, 0), static_cast<pid_t>(pid));
        }
    });
}

TEST(DeathInCreateProcess, OfTheParent) {  // INH-08, CONC-03, HND-07
    in_fresh_process([](TestRegion& region) {
        ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
        Survivor survivor(region);
        Handle event;
        ToldNumber group;
        survivor.endure({.set_up = [&] { event = inheritable_event("e"); },
                         .prepare =
                             [&] {
                                 OpenEventA(SYNCHRONIZE, TRUE, "e");
                                 setpgid(0, 0);
                                 group.tell(getpid());
                             },
                         .act =
                             [] {
                                 std::string command = "/bin/true";
                                 STARTUPINFOA startup{};
                                 startup.cb = sizeof(startup);
                                 PROCESS_INFORMATION made{};
                                 EXPECT_EQ(
                                     CreateProcessA(nullptr, command.data(), nullptr, nullptr, TRUE,
                                                    0, nullptr, nullptr, &startup, &made),
                                     TRUE);
                             },
                         .check =
                             [&](bool) {
                                 reap(group.get());
                                 survivor.sweep();
                                 EXPECT_EQ(survivor.object("e").handles, 1U);
                                 event.reset();
                             }});
    });
}

TEST(DeathInCreateProcess, OfTheChildThatAttaches) {  // INH-08, PROC-01, PROC-03
    in_fresh_process([](TestRegion& region) {
        Survivor survivor(region);
        CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
        const Handle mutex(CreateMutexA(&attributes, FALSE, "m"));
        const Channel unheard;
        ASSERT_GE(dup2(unheard.sender(), STDOUT_FILENO), 0);
        // However far it gets: it is killed when the call has returned, or a little later.
        for (int round = 0; round < 40; ++round) {
            const Started child(actor() + "take " + value_of(mutex), TRUE);
            for (int i = 0; i < round; ++i) {
                EXPECT_EQ(survivor.object("m").name, "Local\\m");
            }
            EXPECT_EQ(TerminateProcess(child.process, 77), TRUE);
            EXPECT_EQ(child.exit_code_at_end(), 77U);
            EXPECT_EQ(survivor.object("m").handles, 1U);
            const DWORD result = poll_object(mutex);
            EXPECT_TRUE(result == WAIT_OBJECT_0 || result == WAIT_ABANDONED);
            EXPECT_EQ(ReleaseMutex(mutex), TRUE);
        }
    });
}

}  // namespace
}  // namespace castaway::testing
