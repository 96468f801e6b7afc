#include "harness/engine/real/pidfd.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace castaway::harness {

Descriptor open_pidfd(int pid) {
    Descriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd.valid()) {
        throw_system_error("cannot open a descriptor of a process", errno);
    }
    return pidfd;
}

bool send_signal(const Descriptor& pidfd, int signal) {
    if (syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0) {
        return true;
    }
    if (errno == ESRCH) {
        return false;
    }
    throw_system_error("cannot signal a process", errno);
}

bool await_end(const Descriptor& pidfd, std::int64_t deadline_ns) {
    for (;;) {
        const std::int64_t left_ms = (deadline_ns - monotonic_ns() + kNsPerMs - 1) / kNsPerMs;
        pollfd end{pidfd.get(), POLLIN, 0};
        const int ready =
            poll(&end, 1, static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, 60'000)));
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            throw_system_error("cannot wait for a process", errno);
        }
        if (monotonic_ns() >= deadline_ns) {
            return false;
        }
    }
}

}  // namespace castaway::harness
