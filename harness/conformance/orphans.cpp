#include "harness/conformance/orphans.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>

#include "harness/base/error.h"
#include "harness/engine/real/pidfd.h"
#include "harness/engine/real/proc_files.h"
#include "harness/engine/real/system.h"

namespace castaway::harness {
namespace {

constexpr std::int64_t kEndLimitNs = 10'000 * kNsPerMs;

int number_in(const std::string& text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// 0 when the process is not there any more.
int parent_of(int pid) {
    const std::string stat = read_proc_file("/proc/" + std::to_string(pid) + "/stat");
    // After the name, which may hold anything: ") S PARENT ".
    constexpr std::size_t kToParent = 4;
    const std::size_t name_end = stat.rfind(')');
    return name_end == std::string::npos || name_end + kToParent >= stat.size()
               ? 0
               : number_in(stat.substr(name_end + kToParent));
}

std::set<int> children() {
    std::set<int> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
        const int pid = number_in(entry.path().filename());
        if (pid > 1 && parent_of(pid) == getpid()) {
            found.insert(pid);
        }
    }
    return found;
}

void end_child(int pid, std::int64_t deadline_ns) {
    // Its number is its own until we reap it.
    const Descriptor pidfd = open_pidfd(pid);
    send_signal(pidfd, SIGKILL);
    if (!await_end(pidfd, deadline_ns)) {
        throw HarnessError("process " + std::to_string(pid) +
                           ", which a command from outside has left, does not end");
    }
    siginfo_t end{};
    waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd.get()), &end, WEXITED | WNOHANG);
}

}  // namespace

Orphans::Orphans() : before_(children()) {
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        throw_system_error("cannot take in orphans", errno);
    }
}

void Orphans::end() const {
    const std::int64_t deadline = monotonic_ns() + kEndLimitNs;
    for (bool any = true; any;) {
        any = false;
        for (const int pid : children()) {
            if (before_.count(pid) == 0) {
                end_child(pid, deadline);
                any = true;
            }
        }
    }
}

}  // namespace castaway::harness
