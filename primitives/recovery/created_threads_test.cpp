// Threads that CreateThread has made, as other processes see them: their codes, and their ends with
// the process's.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "primitives/testing/process_test.h"
#include "primitives/testing/told_number.h"

namespace {
/// A child that was forked on another thread than the first ends with objects of its parent's that
/// nothing refers to: no leaks of its own.
bool in_forked_child = false;
}  // namespace
extern "C" int __lsan_is_turned_off() {  // NOLINT(bugprone-reserved-identifier)
    return in_forked_child ? 1 : 0;
}

namespace castaway::testing {
namespace {

DWORD wait_for_event(LPVOID event) {
    return WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0 ? 21 : 1;
}

/// A thread that ends with code 21 when the event "e" is set. \return its handle
HANDLE start_one_that_waits(DWORD flags, ToldNumber& id) {
    HANDLE event = CreateEventA(nullptr, TRUE, FALSE, "e");
    DWORD made = 0;
    HANDLE thread = CreateThread(nullptr, 0, wait_for_event, event, flags, &made);
    EXPECT_NE(thread, nullptr) << GetLastError();
    id.tell(static_cast<pid_t>(made));
    return thread;
}

HANDLE open_thread(const ToldNumber& id) {
    return OpenThread(THREAD_ALL_ACCESS, FALSE, static_cast<DWORD>(id.get()));
}

DWORD code_at_end(HANDLE thread) {
    EXPECT_EQ(WaitForSingleObject(thread, kPatienceMs), WAIT_OBJECT_0);
    DWORD code = 0;
    EXPECT_EQ(GetExitCodeThread(thread, &code), TRUE) << GetLastError();
    return code;
}

TEST_F(ProcessTest, ExitCodeOfAThreadOutlivesItsProcess) {  // THR-02
    ToldNumber id;
    Actor maker([&](const Actor& self) {
        start_one_that_waits(0, id);
        self.say('m');
        self.stay();
    });
    maker.expect('m');
    Actor other([&](const Actor& self) {
        const Handle thread(open_thread(id));
        DWORD code = 0;
        EXPECT_EQ(GetExitCodeThread(thread, &code), TRUE);
        EXPECT_EQ(code, STILL_ACTIVE);
        const Handle event(open_event());
        EXPECT_EQ(SetEvent(event), TRUE);
        EXPECT_EQ(code_at_end(thread), 21U);
        self.say('d');
        self.hear('k');
        region_.sweep();
        EXPECT_EQ(code_at_end(thread), 21U);
    });
    other.expect('d');
    maker.end_by_kill();
    other.tell('k');
    other.end();
}

TEST_F(ProcessTest, ThreadsOfAProcessThatEndsHaveItsCodeOrNone) {  // THR-06
    for (const bool by_exit : {true, false}) {
        ToldNumber id;
        Actor maker([&](const Actor& self) {
            start_one_that_waits(0, id);
            self.say('m');
            self.hear('x');
            if (by_exit) {
                std::exit(5);
            }
            die();
        });
        maker.expect('m');
        Actor other([&](const Actor& self) {
            const Handle thread(open_thread(id));
            self.say('o');
            EXPECT_EQ(code_at_end(thread), by_exit ? 5U : CASTAWAY_EXIT_CODE_UNKNOWN);
        });
        other.expect('o');
        maker.tell('x');
        other.end();
        if (by_exit) {
            maker.end_with(5);
        } else {
            maker.end_by_kill();
        }
    }
}

TEST_F(ProcessTest, ThreadThatIsSuspendedIsResumedByAnotherProcess) {  // THR-05
    ToldNumber id;
    Actor maker([&](const Actor& self) {
        HANDLE thread = start_one_that_waits(CREATE_SUSPENDED, id);
        HANDLE event = open_event();
        EXPECT_EQ(SetEvent(event), TRUE);
        EXPECT_EQ(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
        self.say('m');
        EXPECT_EQ(code_at_end(thread), 21U);
    });
    maker.expect('m');
    Actor other([&](const Actor&) {
        const Handle thread(open_thread(id));
        EXPECT_EQ(ResumeThread(thread), 1U);
        EXPECT_EQ(code_at_end(thread), 21U);
    });
    other.end();
    maker.end();
}

TEST_F(ProcessTest, FirstThreadMayEndBeforeOthers) {  // THR-07
    ToldNumber id;
    ToldNumber first;
    Actor maker([&](const Actor& self) {
        CreateMutexA(nullptr, TRUE, "m");
        start_one_that_waits(0, id);
        first.tell(static_cast<pid_t>(GetCurrentThreadId()));
        self.say('m');
        self.hear('x');
        ExitThread(3);
    });
    maker.expect('m');
    Actor other([&](const Actor& self) {
        const Handle first_thread(open_thread(first));
        const Handle thread(open_thread(id));
        const Handle mutex(open_mutex());
        const Handle process(
            OpenProcess(PROCESS_ALL_ACCESS, FALSE, static_cast<DWORD>(first.get())));
        self.say('o');
        EXPECT_EQ(code_at_end(first_thread), 3U);
        EXPECT_EQ(WaitForSingleObject(mutex, kPatienceMs), WAIT_ABANDONED);
        EXPECT_EQ(poll_object(thread), WAIT_TIMEOUT);
        EXPECT_EQ(poll_object(process), WAIT_TIMEOUT);
        const Handle event(open_event());
        EXPECT_EQ(SetEvent(event), TRUE);
        EXPECT_EQ(code_at_end(thread), 21U);
        EXPECT_EQ(WaitForSingleObject(process, kPatienceMs), WAIT_OBJECT_0);
        DWORD code = 0;
        EXPECT_EQ(GetExitCodeProcess(process, &code), TRUE);
        EXPECT_EQ(code, 21U);
    });
    other.expect('o');
    maker.tell('x');
    other.end();
    maker.end_with(21);
}

TEST_F(ProcessTest, FirstThreadThatEndsAloneEndsTheProcess) {  // THR-07
    Actor alone([](const Actor&) {
        CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        ExitThread(17);
    });
    alone.end_with(17);
    Actor after_another([](const Actor&) {
        const Handle thread(CreateThread(
            nullptr, 0, [](LPVOID) -> DWORD { return 4; }, nullptr, 0, nullptr));
        EXPECT_EQ(code_at_end(thread), 4U);
        ExitThread(18);
    });
    after_another.end_with(18);
}

// The first thread waits for the last of the others, which does not end: it ends the process.
TEST_F(ProcessTest, ExitByTheLastCreatedThreadIsTheProcesss) {  // THR-07
    constexpr int kRounds = 20;
    for (int i = 0; i < kRounds; ++i) {
        Actor actor([](const Actor&) {
            CloseHandle(CreateThread(
                nullptr, 0, [](LPVOID) -> DWORD { std::exit(7); }, nullptr, 0, nullptr));
            ExitThread(1);
        });
        actor.end_with(7);
    }
}

TEST_F(ProcessTest, ForkInACreatedThreadMakesAChildThatEnds) {
    Actor maker([](const Actor&) {
        const auto routine = [](LPVOID by_exit_thread) -> DWORD {
            const pid_t child = fork();
            if (child == 0) {
                in_forked_child = true;
                // The routine's end is the process's, which has a helper thread now.
                CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
                if (by_exit_thread != nullptr) {
                    ExitThread(9);
                }
                return 9;
            }
            int status = -1;
            EXPECT_EQ(waitpid(child, &status, 0), child);
            return WIFEXITED(status) ? static_cast<DWORD>(WEXITSTATUS(status)) : 1;
        };
        int something = 0;
        for (LPVOID argument : {LPVOID{nullptr}, LPVOID{&something}}) {
            const Handle thread(CreateThread(nullptr, 0, routine, argument, 0, nullptr));
            EXPECT_EQ(code_at_end(thread), 9U);
        }
    });
    maker.end();
}

}  // namespace
}  // namespace castaway::testing
