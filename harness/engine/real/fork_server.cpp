#include "harness/engine/real/fork_server.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <system_error>

#include "harness/base/error.h"
#include "harness/engine/real/control_block.h"
#include "harness/engine/real/fork_messages.h"
#include "harness/engine/real/pidfd.h"
#include "harness/engine/real/worker.h"
#include "harness/plan/plan_json.h"

namespace castaway::harness {
namespace {

int to_number(std::string_view text) {
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 0) {
        throw HarnessError("this program is started by castaway, not by hand");
    }
    return number;
}

/// Asks the kernel to kill us when the parent ends; the parent may have ended before that.
void die_with(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        throw_system_error("cannot tie a process to its parent", errno);
    }
    if (getppid() != parent) {
        throw HarnessError("the parent process is gone");
    }
}

void report_ends(const Descriptor& socket, const std::map<pid_t, std::uint32_t>& workers) {
    for (;;) {
        siginfo_t end{};
        if (waitid(P_ALL, 0, &end, WEXITED) != 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno == ECHILD) {
                return;
            }
            throw_system_error("cannot wait for the workers", errno);
        }
        ForkMessage message;
        message.kind = ForkMessage::Kind::ended;
        message.process = workers.at(end.si_pid);
        message.code = end.si_code;
        message.status = end.si_status;
        send_message(socket, message, nullptr);
    }
}

int serve(std::span<char*> arguments, const SubjectFinder& find) {
    if (arguments.size() != 5) {
        throw HarnessError("this program is started by castaway, not by hand");
    }
    die_with(to_number(arguments[1]));
    const Descriptor control_memory(to_number(arguments[2]));
    const Descriptor bell(to_number(arguments[3]));
    Descriptor socket(to_number(arguments[4]));
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    // Whoever started us may ignore it, and then the kernel would reap the workers in our stead.
    std::signal(SIGCHLD, SIG_DFL);

    const SavedPlan saved = read_plan(kPlanFile);
    const std::unique_ptr<SubjectAdapter> adapter = find(saved.subject);
    ControlBlock control(saved.plan, control_memory, bell);

    const pid_t self = getpid();
    std::map<pid_t, std::uint32_t> workers;
    for (std::uint32_t process = 0; process < saved.plan.processes.size(); ++process) {
        // fork() and not clone3: the C library must know of it, so that a robust mutex finds the
        // new thread's id and list. Nothing reaps the child before its pidfd is open.
        const pid_t pid = fork();
        if (pid < 0) {
            throw_system_error("cannot fork a worker", errno);
        }
        if (pid == 0) {
            die_with(self);
            socket.reset();
            return run_worker(saved.plan, process, *adapter, control);
        }
        workers.emplace(pid, process);
        ForkMessage message;
        message.process = process;
        message.pid = pid;
        const Descriptor pidfd = open_pidfd(pid);
        send_message(socket, message, &pidfd);
    }
    report_ends(socket, workers);
    return 0;
}

}  // namespace

int fork_server_main(std::span<char*> arguments, const SubjectFinder& find) {
    try {
        return serve(arguments, find);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return static_cast<int>(ExitCode::harness_failed);
    }
}

}  // namespace castaway::harness
