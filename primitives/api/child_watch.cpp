#include "primitives/api/child_watch.h"

#include <linux/close_range.h>
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <semaphore>
#include <utility>

namespace castaway {

namespace {

/// A process that has ended, on the stack of the thread that waited for it.
struct Ended {
    ProcessRef process;
    KernelEnding ending;
    bool own_child = false;
    bool is_told = false;  ///< its exit code; the helper's
    Ended* next = nullptr;
    std::binary_semaphore finished{0};
};

/// Those that the helper has not seen yet, the latest first.
constinit std::atomic<Ended*> ended_processes{nullptr};

void add_ended(Ended& ended) {
    ended.next = ended_processes.load();
    while (!ended_processes.compare_exchange_weak(ended.next, &ended)) {
    }
    current_membership().ring_own_helper();
}

/// By a waiting thread. Returns when all is told and given back.
void hand_over(Ended& ended) {
    add_ended(ended);
    ended.finished.acquire();
}

ProcessIdentity identity_of(const ProcessRef& process) {
    return ProcessEntry::unpack(process.entry).identity;
}

/// The kernel's threads know no descriptor tables: this thread gets one of its own, without what is
/// in that of the others. Where that is not possible it shares theirs. \return whether it has one
bool leave_descriptor_table() {
    return syscall(SYS_close_range, 0U, ~0U, CLOSE_RANGE_UNSHARE) == 0;
}

/// Whether a descriptor is a pidfd of that process. The program may have closed ours, and its
/// number be another file's.
bool is_pidfd_of(int descriptor, std::uint32_t pid) {
    std::array<char, 64> path{};
    std::snprintf(path.data(), path.size(), "/proc/thread-self/fdinfo/%d", descriptor);
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.data(), "re"), std::fclose);
    std::array<char, 128> line{};
    while (file && std::fgets(line.data(), line.size(), file.get()) != nullptr) {
        if (std::strncmp(line.data(), "Pid:", 4) == 0) {
            return std::strtoul(line.data() + 4, nullptr, 10) == pid;
        }
    }
    return false;
}

/// How often to look where it is not possible to sleep until the end.
constexpr std::int64_t kLookAgainNs = 20'000'000;

/// Sleeps until that process has ended. Believes no descriptor: one that is closed meanwhile keeps
/// its file during the sleep, but the sleep may begin too late for that.
void await_end_of(const ProcessIdentity& process, bool has_own_table) {
    LinuxPlatform platform;
    // Only processes of the own one are watched.
    platform.enter_pid_namespace(process.pid_namespace);
    Cell32 nobody_wakes{};
    while (!platform.process_gone(process, 0)) {
        const auto pidfd =
            static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(process.pid), 0));
        bool slept = false;
        if (pidfd >= 0) {
            // Opened first: the number cannot become another process's any more.
            if (!platform.process_gone(process, 0)) {
                pollfd sleeper{pidfd, POLLIN, 0};
                slept = poll(&sleeper, 1, -1) == 1 && sleeper.revents == POLLIN;
            }
            if (has_own_table || is_pidfd_of(pidfd, process.pid)) {
                close(pidfd);
            }
        }
        if (!slept) {
            const Deadline again{platform.now(Clock::monotonic) + kLookAgainNs};
            platform.futex_wait(nobody_wakes, 0, again);
        }
    }
}

/// Whether the child that has ended is the one that is meant.
bool is_still(const ProcessIdentity& child) {
    const std::uint64_t found = start_time_of(child.pid);
    // One that cannot be read, for want of a descriptor, says nothing.
    return found == 0 || found == child.start_time;
}

bool wait_for(const ProcessIdentity& child, int options, siginfo_t& info) {
    int result = 0;
    do {
        info = {};
        result = waitid(P_PID, child.pid, &info, WEXITED | options);
    } while (result != 0 && errno == EINTR);
    // If the number was given out anew, to another child, this one's end is somebody else's.
    return result == 0 && info.si_pid != 0 && is_still(child);
}

/// The life of a thread that waits for a child.
void await_child(const ProcessRef& child) {
    const bool has_own_table = leave_descriptor_table();
    const ProcessIdentity identity = identity_of(child);
    Ended ended;
    ended.process = child;
    ended.own_child = true;
    siginfo_t info{};
    // The child stays a zombie, and its pid its own, until all is told.
    const bool is_known = wait_for(identity, WNOWAIT, info);
    if (is_known) {
        ended.ending = {
            info.si_code == CLD_EXITED ? KernelEnding::Way::exited : KernelEnding::Way::signaled,
            static_cast<std::uint32_t>(info.si_status)};
    } else {
        await_end_of(identity, has_own_table);
    }
    hand_over(ended);
    if (is_known && is_still(identity)) {
        wait_for(identity, WNOHANG, info);
    }
}

void await_orphan(const ProcessRef& orphan) {
    await_end_of(identity_of(orphan), leave_descriptor_table());
    Ended ended;
    ended.process = orphan;
    hand_over(ended);
}

/// Starts a thread that takes no signals: handlers are the program's own threads' matter.
bool start_thread(void* (*body)(void*), void* argument) {
    constexpr std::size_t kStackBytes = std::size_t{64} * 1024;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    bool started = false;
    if (pthread_attr_init(&attributes) == 0) {
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        std::size_t usual = 0;
        pthread_attr_getstacksize(&attributes, &usual);
        pthread_t thread{};
        // Too little for a program that has many thread_local variables.
        for (const std::size_t bytes : {kStackBytes, usual}) {
            pthread_attr_setstacksize(&attributes, bytes);
            started = started || pthread_create(&thread, &attributes, body, argument) == 0;
        }
        pthread_attr_destroy(&attributes);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

/// What is due for one who has ended: its exit code is recorded, what it held is given back, and
/// its object signaled, if nobody has done so yet. False when it has to be tried again.
bool finish(ActiveThread& helper, Ended& ended) {
    if (ended.own_child && !std::exchange(ended.is_told, true)) {
        tell_exit_status(helper, ended.process, ended.ending);
    }
    // Nobody else may notice. However many claimed slots there are, this one is looked at.
    helper.next_claimant = ended.process.slot;
    recover_dead(helper, true);
    return helper.outwaited == 0;
}

}  // namespace

/// What the thread of a child is told.
struct ChildWatch::Start {
    std::optional<ProcessRef> child;  ///< none: it was not started
    std::binary_semaphore decided{0};
};

ChildWatch::~ChildWatch() {
    if (start_ != nullptr) {
        start_->decided.release();
    }
}

bool ChildWatch::prepare() {
    std::unique_ptr<Start> start(new (std::nothrow) Start);
    const auto body = [](void* argument) -> void* {
        const std::unique_ptr<Start> told(static_cast<Start*>(argument));
        told->decided.acquire();
        if (told->child) {
            await_child(*told->child);
        }
        return nullptr;
    };
    if (!start || !start_thread(body, start.get())) {
        return false;
    }
    start_ = start.release();
    return true;
}

void ChildWatch::begin(const ProcessRef& child) {
    start_->child = child;
    std::exchange(start_, nullptr)->decided.release();
}

void watch_orphan(const ProcessRef& orphan) {
    std::unique_ptr<ProcessRef> process(new (std::nothrow) ProcessRef(orphan));
    const auto body = [](void* argument) -> void* {
        const std::unique_ptr<ProcessRef> watched(static_cast<ProcessRef*>(argument));
        await_orphan(*watched);
        return nullptr;
    };
    if (process && start_thread(body, process.get())) {
        static_cast<void>(process.release());
    }
}

void finish_ended(ActiveThread& helper) {
    Ended* next = ended_processes.exchange(nullptr);
    while (next != nullptr) {
        // Its thread goes on, and it is gone, when it is finished.
        Ended& ended = *std::exchange(next, next->next);
        if (finish(helper, ended)) {
            ended.finished.release();
        } else {
            add_ended(ended);
        }
    }
}

void forget_watches() {
    ended_processes = nullptr;
}

}  // namespace castaway
