#include "harness/engine/real/worker_group.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "harness/base/error.h"
#include "harness/engine/real/pidfd.h"

namespace castaway::harness {
namespace {

// Keys of epoll events; below them are the workers by index.
constexpr std::uint64_t kBell = 1U << 30U;
constexpr std::uint64_t kSocket = kBell + 1;

/// Time that killed processes have to vanish before the harness stops waiting for them.
constexpr std::int64_t kVanishNs = 10'000 * kNsPerMs;

/// A pidfd per worker must fit into our table of descriptors.
void make_room_for_descriptors(std::size_t count) {
    constexpr std::size_t kOthers = 256;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        throw_system_error("cannot read the limit of open files", errno);
    }
    const rlim_t wanted = count + kOthers;
    if (limit.rlim_cur >= wanted) {
        return;
    }
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted) {
        throw HarnessError("the limit of open files (ulimit -n) is too low for " +
                           std::to_string(count) + " processes");
    }
}

}  // namespace

WorkerGroup::WorkerGroup(const WorkerLaunch& launch)
    : bell_(*launch.bell), workers_(launch.process_count) {
    make_room_for_descriptors(launch.process_count);
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw_system_error("cannot make a socket", errno);
    }
    socket_ = Descriptor(ends[0]);
    const Descriptor far_end(ends[1]);
    epoll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_.valid()) {
        throw_system_error("cannot wait for events", errno);
    }
    watch(bell_, kBell);
    watch(socket_, kSocket);

    const std::filesystem::path log = launch.folder / kWorkerLog;
    log_ = Descriptor(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!log_.valid()) {
        throw_system_error(log.string() + ": cannot make the log", errno);
    }

    Launch server;
    server.executable = launch.executable;
    server.arguments = {std::to_string(getpid()), std::to_string(launch.control->get()),
                        std::to_string(bell_.get()), std::to_string(far_end.get())};
    server.folder = launch.folder;
    server.environment = launch.environment;
    server.descriptors = launch.subject_descriptors;
    server.descriptors.insert(server.descriptors.end(),
                              {launch.control->get(), bell_.get(), far_end.get()});
    server.output = log_.get();
    server_ = std::make_unique<ChildProcess>(server);
}

WorkerGroup::~WorkerGroup() {
    const std::int64_t deadline = monotonic_ns() + kVanishNs;
    try {
        if (!all_forked()) {
            // Some worker may be without a pidfd of ours; the end of the fork server ends it.
            server_->kill_now();
        }
        for (const Worker& worker : workers_) {
            if (worker.alive) {
                send_signal(worker.pidfd, SIGKILL);
            }
        }
        for (const Worker& worker : workers_) {
            if (worker.alive) {
                await_end(worker.pidfd, deadline);
            }
        }
        while (!closed_ && monotonic_ns() < deadline) {
            poll(deadline, {[] {}, [](std::uint32_t) {}});
        }
    } catch (const HarnessError&) {
        // Leaving by an error already: what is left ends with the fork server, which is killed
        // next.
        closed_ = true;
    }
    server_.reset();
}

void WorkerGroup::watch(const Descriptor& descriptor, std::uint64_t key) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = key;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor.get(), &event) != 0) {
        throw_system_error("cannot wait for an event", errno);
    }
}

void WorkerGroup::unwatch(const Descriptor& descriptor) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor.get(), nullptr);
}

void WorkerGroup::poll(std::int64_t deadline_ns, const Events& events) {
    const std::int64_t left_ms = (deadline_ns - monotonic_ns() + kNsPerMs - 1) / kNsPerMs;
    std::array<epoll_event, 64> ready{};
    const int count = epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()),
                                 static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, 60'000)));
    if (count < 0 && errno != EINTR) {
        throw_system_error("cannot wait for events", errno);
    }
    for (int i = 0; i < count; ++i) {
        const std::uint64_t key = ready.at(static_cast<std::size_t>(i)).data.u64;
        if (key == kSocket) {
            hear_fork_server();
        } else if (key == kBell) {
            std::uint64_t rings = 0;
            if (read(bell_.get(), &rings, sizeof(rings)) > 0) {
                events.rung();
            }
        } else {
            Worker& worker = workers_[key];
            worker.alive = false;
            unwatch(worker.pidfd);
            events.has_ended(static_cast<std::uint32_t>(key));
        }
    }
}

void WorkerGroup::hear_fork_server() {
    while (std::optional<ReceivedMessage> received = receive_message(socket_, closed_)) {
        const ForkMessage& message = received->message;
        Worker& worker = workers_.at(message.process);
        if (message.kind == ForkMessage::Kind::forked) {
            worker.pid = message.pid;
            worker.pidfd = std::move(received->attached);
            worker.alive = true;
            watch(worker.pidfd, message.process);
            ++forked_;
        } else {
            worker.exit_status = ExitStatus{message.code != CLD_EXITED, message.status};
            ++told_;
        }
    }
    if (closed_) {
        unwatch(socket_);
    }
}

bool WorkerGroup::signal(std::uint32_t process, int signal) {
    return alive(process) && send_signal(workers_[process].pidfd, signal);
}

}  // namespace castaway::harness
