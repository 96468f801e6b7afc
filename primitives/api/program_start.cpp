#include "primitives/api/program_start.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "castaway/win32.h"
#include "primitives/api/command_line.h"
#include "primitives/objects/wait_word.h"
#include "primitives/platform/linux_platform.h"

namespace castaway {

namespace {

constexpr std::uint32_t kForked = 0;
constexpr std::uint32_t kReady = 1;
constexpr std::uint32_t kGo = 2;
constexpr std::uint32_t kGiveUp = 3;

/// How often the parent looks whether a child that has not begun its program has been killed, and
/// the child whether its parent is there.
constexpr std::int64_t kChildCheckNs = 10'000'000;

/// Added to the error of a chdir().
constexpr std::uint32_t kOfDirectory = 1U << 16;

constexpr int kNeverExecuted = 127;

/// What execve() takes. The strings outlive it.
std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    pointers.reserve(strings.size() + 1);
    for (const std::string& string : strings) {
        pointers.push_back(const_cast<char*>(string.c_str()));  // NOLINT: execve changes nothing
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// No handler of the parent's may run in the child.
void reset_handlers() {
    struct sigaction action {};
    for (int number = 1; number < NSIG; ++number) {
        if (sigaction(number, nullptr, &action) == 0 && action.sa_handler != SIG_IGN &&
            action.sa_handler != SIG_DFL) {
            action = {};
            action.sa_handler = SIG_DFL;
            sigaction(number, &action, nullptr);
        }
    }
}

/// In the child. Returns an errno.
int place_standard_descriptors(const std::array<int, 3>& wanted) {
    // First all of them out of the way: one may be the place of another.
    std::array<int, 3> aside{};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        aside[i] = wanted[i] < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : wanted[i];
        if (aside[i] >= 0) {
            aside[i] = fcntl(aside[i], F_DUPFD_CLOEXEC, 3);
        }
        if (aside[i] < 0) {
            return errno;
        }
    }
    for (std::size_t i = 0; i < aside.size(); ++i) {
        if (dup2(aside[i], static_cast<int>(i)) < 0) {
            return errno;
        }
    }
    return 0;
}

/// In the child: closes what execve() would close, which others may wait for (the end of a pipe,
/// say). Where it cannot be done it is done later, by execve().
void close_what_ends_with_the_program() {
    const int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return;
    }
    alignas(dirent64) std::array<char, 2048> entries{};
    long length = 0;
    // The place in that directory is the number of the descriptor, so closing moves none.
    while ((length = syscall(SYS_getdents64, directory, entries.data(), entries.size())) > 0) {
        for (long at = 0; at < length;) {
            const auto* const entry = reinterpret_cast<const dirent64*>(entries.data() + at);
            at += entry->d_reclen;
            const int descriptor = entry->d_name[0] == '.' ? directory : std::atoi(entry->d_name);
            if (descriptor != directory && (fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0) {
                close(descriptor);
            }
        }
    }
    close(directory);
}

/// In the child: sleeps until it is resumed.
void wait_for_resumption(const Suspension& suspension) {
    const LinuxPlatform platform;
    while (platform.load(*suspension.word) == suspension.value) {
        platform.futex_wait(futex_half(*suspension.word),
                            static_cast<std::uint32_t>(suspension.value), Deadline{});
    }
}

}  // namespace

/// What parent and child share.
struct ProgramStart::Page {
    LivenessWord program;  ///< held by the child until it is another program, or suspended
    Cell32 stage;
    Cell32 error;
    sigset_t signals;  ///< that the caller has blocked
};

void ProgramStart::Unmap::operator()(Page* page) const {
    munmap(page, sizeof(Page));
}

void ProgramStart::end() {
    if (pidfd_ >= 0) {
        siginfo_t ignored{};
        syscall(SYS_pidfd_send_signal, pidfd_, SIGKILL, nullptr, 0);
        waitid(P_PIDFD, static_cast<id_t>(pidfd_), &ignored, WEXITED);
        give_away();
    }
}

std::uint32_t ProgramStart::fork(const Program& program, const Suspension& suspension) {
    // What names no process is an invalid argument, where there is the call.
    if (syscall(SYS_pidfd_open, -1, 0) == 0 || errno != EINVAL) {
        return ERROR_NOT_SUPPORTED;
    }
    void* const memory =
        mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    page_.reset(new (memory) Page{});
    const auto arguments = pointers_to(program.arguments);
    const auto environment = pointers_to(program.environment);
    const pid_t parent = getpid();
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &page_->signals);
    // Without the fork handlers: the child does nothing that they are for.
    pid_ = _Fork();
    if (pid_ == 0) {
        run(*page_, program, {arguments.data(), environment.data()}, suspension, parent);
    }
    const int error = errno;
    pthread_sigmask(SIG_SETMASK, &page_->signals, nullptr);
    if (pid_ < 0) {
        return error_of_execution(error);
    }
    pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    if (pidfd_ < 0) {
        const int reason = errno;
        advance(kGiveUp);
        waitpid(pid_, nullptr, 0);
        return error_of_execution(reason);
    }
    const LinuxPlatform platform;
    while (platform.load(page_->stage) == kForked && !has_ended()) {
        platform.futex_wait(page_->stage, kForked,
                            Deadline{platform.now(Clock::monotonic) + kChildCheckNs});
    }
    const std::uint32_t refused = platform.load(page_->error);
    return refused == 0 ? ERROR_SUCCESS : error_of_execution(static_cast<int>(refused));
}

bool ProgramStart::has_ended() const {
    pollfd poller{pidfd_, POLLIN, 0};
    return poll(&poller, 1, 0) == 1;
}

void ProgramStart::advance(std::uint32_t stage) {
    const LinuxPlatform platform;
    platform.store(page_->stage, stage);
    platform.futex_wake(page_->stage, 1);
}

std::uint32_t ProgramStart::go() {
    const LinuxPlatform platform;
    advance(kGo);
    std::uint32_t held = 0;
    while (platform.watch_value(page_->program, held) && !has_ended()) {
        platform.futex_wait(platform.futex_of(page_->program), held,
                            Deadline{platform.now(Clock::monotonic) + kChildCheckNs});
    }
    const std::uint32_t error = platform.load(page_->error);
    if ((error & kOfDirectory) != 0) {
        return ERROR_DIRECTORY;
    }
    return error == 0 ? ERROR_SUCCESS : error_of_execution(static_cast<int>(error));
}

void ProgramStart::give_away() {
    close(std::exchange(pidfd_, -1));
}

/// The child's life. A copy of one thread of a process that may have many: no memory is got here,
/// and no lock taken but its own.
void ProgramStart::run(Page& page, const Program& program, const Vectors& vectors,
                       const Suspension& suspension, pid_t parent) {
    const LinuxPlatform platform;
    const auto fail = [&](std::uint32_t error) {
        platform.store(page.error, error);
        _exit(kNeverExecuted);
    };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(kNeverExecuted);
    }
    platform.hold_liveness(page.program);
    if (!platform.deaths_are_marked()) {
        fail(ENOSYS);  // a sandbox that has come later: nobody would learn that the program begins
    }
    std::uint32_t stage = kForked;
    platform.cas(page.stage, stage, kReady);
    platform.futex_wake(page.stage, 1);
    while ((stage = platform.load(page.stage)) == kReady) {
        platform.futex_wait(page.stage, kReady,
                            Deadline{platform.now(Clock::monotonic) + kChildCheckNs});
        if (getppid() != parent) {
            _exit(kNeverExecuted);  // where prctl is refused
        }
    }
    if (stage == kGiveUp) {
        _exit(kNeverExecuted);
    }
    prctl(PR_SET_PDEATHSIG, 0);
    if (program.new_group) {
        setpgid(0, 0);
    }
    if (!program.directory.empty() && chdir(program.directory.c_str()) != 0) {
        fail(static_cast<std::uint32_t>(errno) | kOfDirectory);
    }
    if (program.standard) {
        if (const int error = place_standard_descriptors(*program.standard); error != 0) {
            fail(static_cast<std::uint32_t>(error));
        }
    }
    if (suspension.word != nullptr) {
        close_what_ends_with_the_program();
        platform.drop_liveness(page.program);
        wait_for_resumption(suspension);
    }
    reset_handlers();
    pthread_sigmask(SIG_SETMASK, &page.signals, nullptr);
    execve(program.path.c_str(), vectors.arguments, vectors.environment);
    fail(static_cast<std::uint32_t>(errno));
    _exit(kNeverExecuted);
}

}  // namespace castaway
