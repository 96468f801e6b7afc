#include "harness/engine/real/child_process.h"

// Boost.Process v2 of Boost 1.81 includes less than it uses when it is told to use std::filesystem.
#define BOOST_PROCESS_USE_STD_FS
#include <boost/optional.hpp>
#include <boost/type_traits/remove_pointer.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/process/v2.hpp>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

#include "harness/base/error.h"
#include "harness/engine/real/pidfd.h"

namespace castaway::harness {
namespace {

namespace process = boost::process::v2;

/// For the end of a process after its SIGKILL.
constexpr std::int64_t kVanishLimitNs = 10'000 * kNsPerMs;

/// What is done to the child between fork and exec, besides what the library's own initialisers do.
/// Its bind_fd is not used: that leaves the close-on-exec flag set when both numbers are one.
class ChildSetup {
  public:
    explicit ChildSetup(const Launch& launch) : launch_(launch), parent_(getpid()) {
        // Ours come last: of two variables with one name, the first counts.
        for (const std::string& variable : launch.environment) {
            environment_.push_back(variable.c_str());
        }
        for (char** variable = environ; *variable != nullptr; ++variable) {
            environment_.push_back(*variable);
        }
        environment_.push_back(nullptr);
    }

    boost::system::error_code on_setup(process::posix::default_launcher& launcher,
                                       const std::filesystem::path& /*executable*/,
                                       const char* const* /*arguments*/) const {
        launcher.env = environment_.data();
        launcher.fd_whitelist.insert(launcher.fd_whitelist.end(), launch_.descriptors.begin(),
                                     launch_.descriptors.end());
        return {};
    }

    /// In the child: only calls that are safe after a fork.
    boost::system::error_code on_exec_setup(process::posix::default_launcher& /*launcher*/,
                                            const std::filesystem::path& /*executable*/,
                                            const char* const* /*arguments*/) const {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent_) {
            _exit(1);  // The parent died before the line above could take effect.
        }
        // A key pressed at the terminal must not reach the workers past us.
        setpgid(0, 0);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        // The library closes nothing between the lowest and the highest descriptor that is kept.
        close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
        for (const int descriptor : launch_.descriptors) {
            if (fcntl(descriptor, F_SETFD, 0) != 0) {
                return {errno, boost::system::system_category()};
            }
        }
        return {};
    }

  private:
    const Launch& launch_;
    pid_t parent_;
    std::vector<const char*> environment_;
};

}  // namespace

ChildProcess::ChildProcess(const Launch& launch) {
    // The library runs the parent's exit handlers in a child that cannot exec: so find that out
    // first, and leave nothing in the buffers.
    if (access(launch.executable.c_str(), X_OK) != 0) {
        throw_system_error(launch.executable.string() + ": cannot be run", errno);
    }
    std::fflush(nullptr);
    try {
        boost::asio::io_context context;
        const std::filesystem::path folder =
            launch.folder.empty() ? std::filesystem::path(".") : launch.folder;
        const Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
        const int input = launch.input < 0 ? nothing.get() : launch.input;
        const int errors = launch.errors < 0 ? launch.output : launch.errors;
        process::process child(context, launch.executable, launch.arguments,
                               process::process_stdio{input, launch.output, errors},
                               process::process_start_dir(folder), ChildSetup(launch));
        pidfd_ = open_pidfd(child.id());
        child.detach();
    } catch (const boost::system::system_error& error) {
        throw HarnessError(launch.executable.string() + ": cannot be started: " + error.what());
    }
}

ChildProcess::~ChildProcess() {
    try {
        send_signal(pidfd_, SIGKILL);
        await_end(pidfd_, monotonic_ns() + kVanishLimitNs);
    } catch (const HarnessError&) {
        // Nothing can be done about it here; reaping is tried all the same.
    }
    siginfo_t end{};
    waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_.get()), &end,
           WEXITED | WNOHANG);
}

void ChildProcess::kill_now() {
    send_signal(pidfd_, SIGKILL);
}

}  // namespace castaway::harness
