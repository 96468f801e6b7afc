// What a participant does with objects of its own, with other processes, and to end.
#include <fmt/format.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <vector>

#include "harness/engine/real/pidfd.h"
#include "harness/soak/participant.h"

namespace castaway::harness::soak {
namespace {

/// For execv().
std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// In a new child: it ends with the thread that made it.
void end_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1);
    }
}

int status_of(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

void Participant::use_own_timer() {
    const OwnHandle timer(
        CreateWaitableTimerA(nullptr, random_.below(2) == 0 ? TRUE : FALSE, nullptr));
    const auto units = static_cast<std::int64_t>(random_.below(20'000));
    LARGE_INTEGER due;
    due.QuadPart = -units;
    const std::int64_t from = monotonic_ns();
    expect(timer.get() != nullptr &&
               SetWaitableTimer(timer.get(), &due, 0, nullptr, nullptr, FALSE) == TRUE &&
               WaitForSingleObject(timer.get(), INFINITE) == WAIT_OBJECT_0,
           "a timer of its own did not work");
    constexpr std::int64_t kNsPerUnit = 100;
    expect(monotonic_ns() - from >= units * kNsPerUnit, "a timer expired early");
    count(Act::create);
    count(Act::set_timer);
    count(Act::wait_one);
    count(Act::close);
}

void Participant::make_and_close() {
    // Names that several have at once, of one type each.
    const std::uint64_t which = random_.below(6);
    const std::string name = fmt::format("passing {}", which);
    HANDLE object = nullptr;
    switch (which % 3) {
        case 0:
            object = CreateEventA(nullptr, FALSE, TRUE, name.c_str());
            break;
        case 1:
            object = CreateSemaphoreA(nullptr, 1, 2, name.c_str());
            break;
        default:
            object = CreateWaitableTimerA(nullptr, TRUE, name.c_str());
            break;
    }
    count(Act::create);
    expect(object != nullptr, "a named object could not be made");
    const OwnHandle opened(which % 3 == 0   ? OpenEventA(SYNCHRONIZE, FALSE, name.c_str())
                           : which % 3 == 1 ? OpenSemaphoreA(SYNCHRONIZE, FALSE, name.c_str())
                                            : OpenWaitableTimerA(SYNCHRONIZE, FALSE, name.c_str()));
    count(Act::open);
    expect(opened.get() != nullptr, "an object that exists could not be opened");
    expect(CloseHandle(object) == TRUE, "CloseHandle failed");
    count(Act::close);
}

void Participant::take_own_name() {
    const std::string name = own_name();
    const std::uint32_t stops = board_.stops;
    const bool all_run = board_.stopped == 0;
    {
        const OwnHandle own(CreateMutexA(nullptr, TRUE, name.c_str()));
        const DWORD error = GetLastError();
        count(Act::create);
        // Whoever had it before is gone, and was so before this process began.
        if (error == ERROR_ALREADY_EXISTS) {
            if (all_run && board_.stopped == 0 && board_.stops == stops) {
                report(board_, "the name of a process that is dead was not free");
            } else {
                ++board_.late_names;
            }
            return;
        }
        expect(own.get() != nullptr, "a mutex of its own could not be made");
        expect(ReleaseMutex(own.get()) == TRUE, "a mutex of its own could not be released");
        count(Act::release_mutex);
    }
    count(Act::close);
    const OwnHandle again(OpenMutexA(SYNCHRONIZE, FALSE, name.c_str()));
    count(Act::open);
    expect(again.get() == nullptr && GetLastError() == ERROR_FILE_NOT_FOUND,
           "the name of an object is there after its last handle");
}

void Participant::duplicate() {
    const auto object = static_cast<Shared>(random_.below(kSharedObjects));
    HANDLE copy = nullptr;
    expect(DuplicateHandle(GetCurrentProcess(), handle_of(object), GetCurrentProcess(), &copy, 0,
                           random_.below(2) == 0 ? TRUE : FALSE, DUPLICATE_SAME_ACCESS) == TRUE,
           "DuplicateHandle failed");
    count(Act::duplicate);
    expect(CompareObjectHandles(copy, handle_of(object)) == TRUE, "a duplicate is another object");
    expect(CloseHandle(copy) == TRUE, "CloseHandle of a duplicate failed");
    count(Act::close);
}

void Participant::duplicate_across() {
    const std::uint32_t pid = board_.processes.at(random_.below(place_.processes)).pid;
    if (pid == 0) {
        return;
    }
    // It may be about to end: then each of these may fail.
    const OwnHandle process(OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid));
    count(Act::open_process);
    if (process.get() == nullptr) {
        return;
    }
    HANDLE there = nullptr;
    HANDLE back = nullptr;
    if (DuplicateHandle(GetCurrentProcess(), handle_of(Shared::event), process.get(), &there, 0,
                        FALSE, DUPLICATE_SAME_ACCESS) == TRUE &&
        DuplicateHandle(process.get(), there, GetCurrentProcess(), &back, 0, FALSE,
                        DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE) == TRUE) {
        count(Act::duplicate_across);
        expect(CompareObjectHandles(back, handle_of(Shared::event)) == TRUE,
               "a handle that went to another process and back is another object");
        expect(CloseHandle(back) == TRUE, "CloseHandle of what came back failed");
        count(Act::close);
    }
    const DWORD ended = WaitForSingleObject(process.get(), static_cast<DWORD>(random_.below(2)));
    expect(ended == WAIT_OBJECT_0 || ended == WAIT_TIMEOUT, "a wait for a process failed");
    count(Act::wait_one);
}

void Participant::fork_without_exec() {
    const pid_t parent = getpid();
    const std::string name = fmt::format("forked by {}", self_);
    const bool killed = random_.below(2) == 0;
    const std::uint32_t stops = board_.stops;
    const bool all_run = board_.stopped == 0;
    const pid_t child = fork();
    if (child == 0) {
        end_with(parent);
        // A new process without handles: it finds by name what it wants.
        const bool without = ReleaseMutex(handle_of(Shared::mutex)) == FALSE;
        const HANDLE gate = OpenEventA(SYNCHRONIZE, FALSE, kSharedNames.at(index_of(Shared::gate)));
        const HANDLE mutex = CreateMutexA(nullptr, TRUE, name.c_str());
        const bool right =
            without && WaitForSingleObject(gate, 0) == WAIT_OBJECT_0 && mutex != nullptr;
        if (killed && right) {
            send_signal(open_pidfd(getpid()), SIGKILL);
        }
        _exit(right ? 0 : 1);
    }
    expect(child > 0, "fork failed");
    const int status = status_of(child);
    expect(killed ? WIFSIGNALED(status) : WIFEXITED(status) && WEXITSTATUS(status) == 0,
           "a forked child did not find what it should");
    count(Act::fork);
    // NAME-14: the death is known, so the name is free.
    const OwnHandle left(OpenMutexA(SYNCHRONIZE, FALSE, name.c_str()));
    if (left.get() != nullptr) {
        if (all_run && board_.stopped == 0 && board_.stops == stops) {
            report(board_, "the name of a forked child that is dead was not free");
        } else {
            ++board_.late_names;
        }
    }
}

void Participant::start_heir() {
    SECURITY_ATTRIBUTES inheritable{};
    inheritable.nLength = sizeof(inheritable);
    inheritable.bInheritHandle = TRUE;
    const OwnHandle set(CreateEventA(&inheritable, TRUE, TRUE, nullptr));
    const HANDLE listed = set.get();
    std::array<char, CASTAWAY_TOKEN_SIZE> token{};
    if (castaway_prepare_child(&listed, 1, token.data()) == FALSE) {
        report(board_, fmt::format("castaway_prepare_child: error {}", GetLastError()));
        return;
    }
    std::vector<std::string> words{place_.program, "heir",
                                   std::to_string(reinterpret_cast<std::uintptr_t>(listed))};
    const std::vector<char*> arguments = pointers_to(words);
    std::string inheritance = std::string("CASTAWAY_INHERIT=") + token.data();
    std::string region = std::string("CASTAWAY_REGION=") + std::getenv("CASTAWAY_REGION");
    const std::array<char*, 3> environment{inheritance.data(), region.data(), nullptr};
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) {
        end_with(parent);
        execve(place_.program.c_str(), arguments.data(), environment.data());
        _exit(1);
    }
    expect(castaway_child_started(token.data(), child < 0 ? 0 : static_cast<DWORD>(child)) == TRUE,
           "castaway_child_started failed");
    const int status = status_of(child);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "an heir did not find what it inherited");
    count(Act::inherit);
}

void Participant::end_thread() {
    const Shared object = random_.below(2) == 0 ? Shared::lone_mutex : Shared::other_mutex;
    const std::array mutex{object};
    wait(mutex, false, INFINITE);
    count(Act::end_thread);
    ended_ = true;
    // With the mutex, and by different ways.
    const std::uint64_t way = random_.below(3);
    if (way == 1) {
        pthread_exit(nullptr);
    }
    if (way == 2) {
        pthread_cancel(pthread_self());
        pthread_testcancel();
    }
}

void Participant::end_process() {
    board_.processes.at(place_.process).ends_ns = monotonic_ns();
    const std::uint64_t way = random_.below(3);
    if (way == 0) {
        count(Act::exec);
        std::vector<std::string> words = place_.arguments;
        execv(place_.program.c_str(), pointers_to(words).data());
        report(board_, "a participant could not execute itself");
    }
    count(Act::exit);
    if (way == 1) {
        _exit(0);
    }
    std::exit(0);
}

}  // namespace castaway::harness::soak
