#include "primitives/testing/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "primitives/testing/child_process.h"

namespace castaway::testing {

namespace {

/// Of a body's process that could not be set up.
constexpr int kNotPermitted = 77;

bool write_file(const char* path, const std::string& text) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool written =
        fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (fd >= 0) {
        close(fd);
    }
    return written;
}

/// Where the caller is not root: a user namespace in which it is the same user, and may do the
/// rest.
bool become_able() {
    const std::string user = std::to_string(geteuid());
    const std::string group = std::to_string(getegid());
    return geteuid() == 0 ||
           (unshare(CLONE_NEWUSER) == 0 && write_file("/proc/self/setgroups", "deny") &&
            write_file("/proc/self/uid_map", user + " " + user + " 1") &&
            write_file("/proc/self/gid_map", group + " " + group + " 1"));
}

bool unshare_for_children(const Namespaces& wanted) {
    if (!become_able() || unshare(CLONE_NEWPID) != 0) {
        return false;
    }
    return wanted.boottime_offset_s == 0 ||
           (unshare(CLONE_NEWTIME) == 0 &&
            write_file("/proc/self/timens_offsets",
                       "boottime " + std::to_string(wanted.boottime_offset_s) + " 0"));
}

}  // namespace

bool mount_own_proc() {
    return unshare(CLONE_NEWNS) == 0 &&
           mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
}

int in_new_pid_namespace(const std::function<int()>& body, const Namespaces& wanted) {
    if (!unshare_for_children(wanted)) {
        return kNotPermitted;
    }
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) {
        give_up("fork in a pid namespace");
    }
    if (child == 0) {
        // Its parent has no number here; had it ended before, so would this process soon.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int code = kNotPermitted;
        if (getpid() == 1 && (!wanted.own_proc || mount_own_proc())) {
            code = body();
        }
        std::fflush(nullptr);
        _exit(code);
    }
    int status = 0;
    while (waitpid(child, &status, 0) != child && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

std::string namespaces_refused(const Namespaces& wanted) {
    Child attempt([&wanted] { return in_new_pid_namespace([] { return 0; }, wanted); });
    return attempt.wait() == kDone ? std::string()
                                   : "this machine does not permit namespaces of one's own";
}

}  // namespace castaway::testing
