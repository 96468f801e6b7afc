#include "harness/conformance/caller_group.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>

#include "harness/base/error.h"
#include "harness/engine/real/pidfd.h"
#include "harness/engine/real/proc_files.h"

namespace castaway::harness {
namespace {

/// For the ends of killed processes.
constexpr std::int64_t kVanishLimitNs = 10'000 * kNsPerMs;

/// Waits until one of them is ready. False when none was in time.
bool await_ready(pollfd* first, std::size_t count, std::int64_t deadline_ns) {
    for (;;) {
        const std::int64_t left_ns = std::max<std::int64_t>(deadline_ns - monotonic_ns(), 0);
        const timespec left{left_ns / 1'000'000'000, left_ns % 1'000'000'000};
        const int ready = ppoll(first, count, &left, nullptr);
        if (ready > 0) {
            return true;
        }
        if (ready < 0 && errno != EINTR) {
            throw_system_error("cannot wait for callers", errno);
        }
        if (ready == 0 && left_ns == 0) {
            return false;
        }
    }
}

/// Who has connected; 0 when it is another user's, or nobody whom a descriptor of it can be opened.
int peer_of(const Descriptor& line) {
    ucred credentials{};
    socklen_t size = sizeof(credentials);
    if (getsockopt(line.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 ||
        credentials.uid != geteuid() || credentials.pid <= 1) {
        return 0;
    }
    return credentials.pid;
}

/// That of the process at the other end of the line. Invalid when it is not there any more.
Descriptor pidfd_of_peer(const Descriptor& line, int pid) {
    Descriptor pidfd;
    try {
        pidfd = open_pidfd(pid);
    } catch (const HarnessError&) {
        return {};
    }
    // Its end of the line is open still: so the number was still its own when that was opened.
    pollfd hung_up{line.get(), 0, 0};
    return await_ready(&hung_up, 1, 0) ? Descriptor() : std::move(pidfd);
}

/// If it has ended and is our child, or has become it.
void reap(const CallerProcess& process) {
    siginfo_t end{};
    waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(process.pidfd.get()), &end,
           WEXITED | WNOHANG);
}

}  // namespace

CallerGroup::CallerGroup(Terms terms) : terms_(std::move(terms)), listener_(listen_for_callers()) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw_system_error("cannot make a pipe", errno);
    }
    lifeline_ = Descriptor(ends[0]);
    lifeline_end_ = Descriptor(ends[1]);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        throw_system_error("cannot take in orphans", errno);
    }
}

CallerGroup::~CallerGroup() {
    // Whoever has not said hello yet finds these closed.
    lifeline_end_.reset();
    listener_.socket.reset();
    const std::int64_t deadline = monotonic_ns() + kVanishLimitNs;
    for (const auto& [number, child] : starting_) {
        try {
            child->kill_now();
        } catch (const HarnessError&) {
            // The next ones all the same.
        }
    }
    for (auto& [number, process] : processes_) {
        try {
            if (process.alive) {
                send_signal(process.pidfd, SIGKILL);
            }
        } catch (const HarnessError&) {
            // The next ones all the same.
        }
    }
    for (auto& [number, process] : processes_) {
        try {
            if (process.alive) {
                await_end(process.pidfd, deadline);
            }
        } catch (const HarnessError&) {
            // The next ones all the same.
        }
    }
    // A child is our own when its parent is gone, at the latest.
    for (auto& [number, process] : processes_) {
        process.child.reset();
        reap(process);
    }
}

void CallerGroup::start(std::uint32_t process) {
    Launch launch;
    launch.executable = terms_.executable;
    launch.arguments = {listener_.address, std::to_string(lifeline_.get()), terms_.subject,
                        std::to_string(process)};
    launch.environment = terms_.environment;
    launch.descriptors = terms_.descriptors;
    launch.descriptors.push_back(lifeline_.get());
    launch.output = terms_.output;
    starting_[process] = std::make_unique<ChildProcess>(launch);
}

void CallerGroup::take_caller(std::int64_t deadline_ns) {
    Descriptor line(accept4(listener_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!line.valid()) {
        return;  // gone already
    }
    const int pid = peer_of(line);
    pollfd spoken{line.get(), POLLIN, 0};
    if (pid == 0 || !await_ready(&spoken, 1, deadline_ns)) {
        return;
    }
    const auto packet = receive_packet(line, buffer_);
    Hello hello;
    if (!packet || packet->size() != sizeof(hello)) {
        return;
    }
    std::memcpy(&hello, packet->data(), sizeof(hello));
    Descriptor pidfd = pidfd_of_peer(line, pid);
    if (hello.pid != pid || !pidfd.valid()) {
        return;
    }
    CallerProcess& process = processes_[hello.process];
    if (!process.pidfd.valid()) {
        process.pidfd = std::move(pidfd);
        process.pid = pid;
        process.win32_id = hello.win32_process_id;
        process.alive = true;
        if (const auto started = starting_.find(hello.process); started != starting_.end()) {
            process.child = std::move(started->second);
            starting_.erase(started);
        }
    }
    if (process.pid == pid) {
        make_room_for_packets(line);
        process.threads[hello.thread] = {std::move(line), hello.tid, hello.win32_thread_id};
    }
}

CallerThread* CallerGroup::await_hello(std::uint32_t process, std::uint32_t thread,
                                       std::int64_t deadline_ns) {
    for (bool last = false;;) {
        if (CallerThread* const found = listener(process, thread); found != nullptr) {
            return found;
        }
        std::array<pollfd, 2> news{pollfd{listener_.socket.get(), POLLIN, 0},
                                   pollfd{-1, POLLIN, 0}};
        if (const auto started = starting_.find(process); started != starting_.end()) {
            news[1].fd = started->second->pidfd().get();
        } else if (const auto running = processes_.find(process); running != processes_.end()) {
            news[1].fd = running->second.pidfd.get();
        }
        if (last || !await_ready(news.data(), news.size(), deadline_ns)) {
            return nullptr;
        }
        // Whoever has ended may have said hello before that.
        last = news[0].revents == 0;
        if (!last) {
            take_caller(deadline_ns);
        }
    }
}

CallerProcess* CallerGroup::find(std::uint32_t process) {
    const auto found = processes_.find(process);
    return found == processes_.end() ? nullptr : &found->second;
}

CallerThread* CallerGroup::listener(std::uint32_t process, std::uint32_t thread) {
    CallerProcess* const of = find(process);
    if (of == nullptr || !of->alive) {
        return nullptr;
    }
    const auto found = of->threads.find(thread);
    const bool listens = found != of->threads.end() && !found->second.stuck && !found->second.ended;
    return listens ? &found->second : nullptr;
}

CallerGroup::Reply CallerGroup::ask(std::uint32_t process, std::uint32_t thread,
                                    std::string_view packet, std::int64_t deadline_ns,
                                    std::string_view& reply) {
    CallerThread* const asked = listener(process, thread);
    if (asked == nullptr || !send_packet(asked->line, packet)) {
        return Reply::closed;
    }
    std::array<pollfd, 2> news{pollfd{asked->line.get(), POLLIN, 0},
                               pollfd{processes_[process].pidfd.get(), POLLIN, 0}};
    if (!await_ready(news.data(), news.size(), deadline_ns)) {
        asked->stuck = true;
        return Reply::late;
    }
    pollfd last_words{asked->line.get(), POLLIN, 0};
    if (news[0].revents == 0 && !await_ready(&last_words, 1, 0)) {
        return Reply::closed;
    }
    const auto received = receive_packet(asked->line, buffer_);
    if (!received) {
        return Reply::closed;
    }
    reply = *received;
    return Reply::answered;
}

std::vector<std::uint32_t> CallerGroup::take_ended() {
    std::vector<pollfd> ends;
    std::vector<std::uint32_t> numbers;
    for (const auto& [number, process] : processes_) {
        if (process.alive) {
            ends.push_back({process.pidfd.get(), POLLIN, 0});
            numbers.push_back(number);
        }
    }
    std::vector<std::uint32_t> ended;
    if (!await_ready(ends.data(), ends.size(), 0)) {
        return ended;
    }
    for (std::size_t i = 0; i < ends.size(); ++i) {
        if (ends[i].revents != 0) {
            CallerProcess& process = processes_[numbers[i]];
            process.alive = false;
            process.child.reset();
            ended.push_back(numbers[i]);
        }
    }
    return ended;
}

bool CallerGroup::await_an_end(std::int64_t deadline_ns) {
    std::vector<pollfd> ends;
    for (const auto& [number, process] : processes_) {
        if (process.alive) {
            ends.push_back({process.pidfd.get(), POLLIN, 0});
        }
    }
    return await_ready(ends.data(), ends.size(), deadline_ns);
}

bool CallerGroup::await_end_of(std::uint32_t process, std::int64_t deadline_ns) {
    CallerProcess* const ending = find(process);
    return ending == nullptr || !ending->alive || await_end(ending->pidfd, deadline_ns);
}

void CallerGroup::kill_now(std::uint32_t process) {
    if (CallerProcess* const killed = find(process); killed != nullptr && killed->alive) {
        send_signal(killed->pidfd, SIGKILL);
    }
}

bool CallerGroup::await_end_of_thread(std::uint32_t process, std::uint32_t thread,
                                      std::int64_t deadline_ns) {
    CallerProcess* const of = find(process);
    if (of == nullptr || !of->threads.contains(thread)) {
        return true;
    }
    const std::string stat = "/proc/" + std::to_string(of->pid) + "/task/" +
                             std::to_string(of->threads[thread].tid) + "/stat";
    // The kernel tells nobody of the end of a thread: look until it is over, or its process is.
    constexpr std::int64_t kBetweenLooksNs = 20'000;
    for (;;) {
        const std::string text = read_proc_file(stat);
        // A process's first thread remains a zombie until its process ends.
        if (text.empty() || parse_state(text) == 'Z') {
            of->threads[thread].ended = true;
            return true;
        }
        pollfd end{of->pidfd.get(), POLLIN, 0};
        if (monotonic_ns() >= deadline_ns ||
            await_ready(&end, 1, monotonic_ns() + kBetweenLooksNs)) {
            return false;
        }
    }
}

}  // namespace castaway::harness
