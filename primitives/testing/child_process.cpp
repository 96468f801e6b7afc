#include "primitives/testing/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <utility>

namespace castaway::testing {

namespace {

int open_pidfd(pid_t pid) {
    const auto fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) {
        give_up("pidfd_open");
    }
    return fd;
}

bool wait_readable(int fd, int patience_ms = kPatienceMs) {
    pollfd poller{fd, POLLIN, 0};
    int ready = 0;
    do {
        ready = poll(&poller, 1, patience_ms);
    } while (ready < 0 && errno == EINTR);
    return ready == 1;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Ending& ending) {
    if (ending.code >= 0) {
        return out << "exit status " << ending.code;
    }
    return out << "signal " << (ending.killed ? SIGKILL : ending.signal);
}

void give_up(const char* what) {
    std::fprintf(stderr, "test given up: %s (%s)\n", what, std::strerror(errno));
    std::fflush(nullptr);
    std::abort();
}

void die() {
    const int self = open_pidfd(getpid());
    syscall(SYS_pidfd_send_signal, self, SIGKILL, nullptr, 0);
    for (;;) {
        pause();
    }
}

Child::Child(const std::function<int()>& body) {
    std::fflush(nullptr);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) {
        give_up("fork");
    }
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // 0: it is of another pid namespace.
        if (getppid() != parent && getppid() != 0) {
            _exit(1);
        }
        const int code = body();
        std::fflush(nullptr);
        _exit(code);
    }
    pidfd_ = open_pidfd(pid);
    pid_ = static_cast<std::uint32_t>(pid);
}

Child::Child(Child&& other) noexcept
    : pidfd_(std::exchange(other.pidfd_, -1)),
      pid_(other.pid_),
      reaped_(std::exchange(other.reaped_, true)) {}

Child::~Child() {
    if (!reaped_) {
        end();
    }
    if (pidfd_ >= 0) {
        close(pidfd_);
    }
}

void Child::signal(int number) const {
    if (syscall(SYS_pidfd_send_signal, pidfd_, number, nullptr, 0) != 0 && errno != ESRCH) {
        give_up("pidfd_send_signal");
    }
}

void Child::stop() const {
    signal(SIGSTOP);
    siginfo_t info{};
    if (waitid(P_PIDFD, static_cast<id_t>(pidfd_), &info, WSTOPPED) != 0) {
        give_up("waitid");
    }
}

void Child::end() {
    signal(SIGKILL);
    wait();
}

Ending Child::wait(int patience_ms) {
    if (!wait_readable(pidfd_, patience_ms)) {
        signal(SIGABRT);
        give_up("a process does not end");
    }
    siginfo_t info{};
    if (waitid(P_PIDFD, static_cast<id_t>(pidfd_), &info, WEXITED) != 0) {
        give_up("waitid");
    }
    reaped_ = true;
    if (info.si_code == CLD_EXITED) {
        return {false, info.si_status};
    }
    const bool killed = info.si_status == SIGKILL;
    return {killed, -1, killed ? 0 : info.si_status};
}

Channel::Channel() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        give_up("pipe");
    }
    receiver_ = ends[0];
    sender_ = ends[1];
}

Channel::~Channel() {
    close(receiver_);
    close_sender();
}

void Channel::close_sender() {
    if (sender_ >= 0) {
        close(std::exchange(sender_, -1));
    }
}

void Channel::send(char letter) const {
    if (write(sender_, &letter, 1) != 1) {
        give_up("write to a pipe");
    }
}

std::optional<char> Channel::receive() const {
    if (!wait_readable(receiver_)) {
        // At the end of the pipe poll() says POLLHUP, which counts as ready.
        give_up("nothing comes through a pipe");
    }
    char letter = 0;
    const ssize_t got = read(receiver_, &letter, 1);
    if (got < 0) {
        give_up("read from a pipe");
    }
    return got == 1 ? std::optional(letter) : std::nullopt;
}

}  // namespace castaway::testing
