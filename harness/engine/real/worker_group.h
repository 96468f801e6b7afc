// The processes of one run, as the orchestrator sees them: started through a fork server, watched
// and signalled through pidfds, and gone when this object is gone.
//
// Who ends whom when the harness itself dies: the fork server is killed by the kernel when the
// orchestrator's thread ends, and the workers when the fork server ends (PR_SET_PDEATHSIG). So even
// a SIGKILL of the harness leaves nothing behind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/engine/real/child_process.h"
#include "harness/engine/real/fork_messages.h"
#include "harness/engine/real/system.h"

namespace castaway::harness {

struct WorkerLaunch {
    std::filesystem::path executable;
    std::filesystem::path folder;
    std::size_t process_count = 0;
    const Descriptor* control = nullptr;  ///< memory of the control block
    const Descriptor* bell = nullptr;     ///< eventfd that rings the orchestrator
    std::vector<int> subject_descriptors;
    std::vector<std::string> environment;
};

/// How a process ended, as waitid tells it.
struct ExitStatus {
    bool by_signal = false;
    int value = 0;  ///< the signal, or the exit code
};

class WorkerGroup {
  public:
    /// Starts the fork server, which forks the workers. Throws HarnessError.
    explicit WorkerGroup(const WorkerLaunch& launch);
    /// Kills what lives. The fork server reaps the workers; if it cannot, it is ended, too.
    ~WorkerGroup();
    WorkerGroup(const WorkerGroup&) = delete;
    WorkerGroup& operator=(const WorkerGroup&) = delete;

    struct Events {
        std::function<void()> rung;                    ///< the bell was rung
        std::function<void(std::uint32_t)> has_ended;  ///< the process is dead
    };
    /// Handles what has happened, or waits for it until the deadline and then returns.
    void poll(std::int64_t deadline_ns, const Events& events);

    [[nodiscard]] bool all_forked() const { return forked_ == workers_.size(); }
    /// Every worker has ended and the fork server has told of all ends.
    [[nodiscard]] bool all_told() const { return told_ == workers_.size(); }
    /// The fork server has ended. Before all_told() this is a failure of the harness.
    [[nodiscard]] bool server_gone() const { return closed_; }

    [[nodiscard]] std::int64_t pid(std::uint32_t process) const { return workers_[process].pid; }
    [[nodiscard]] bool alive(std::uint32_t process) const { return workers_[process].alive; }
    [[nodiscard]] const std::optional<ExitStatus>& exit_status(std::uint32_t process) const {
        return workers_[process].exit_status;
    }
    /// False when the process is dead already.
    bool signal(std::uint32_t process, int signal);

  private:
    struct Worker {
        std::int64_t pid = 0;
        Descriptor pidfd;
        bool alive = false;
        std::optional<ExitStatus> exit_status;
    };

    void hear_fork_server();
    void watch(const Descriptor& descriptor, std::uint64_t key);
    void unwatch(const Descriptor& descriptor);

    const Descriptor& bell_;
    Descriptor socket_;
    Descriptor epoll_;
    Descriptor log_;
    std::vector<Worker> workers_;
    std::size_t forked_ = 0;
    std::size_t told_ = 0;
    bool closed_ = false;
    std::unique_ptr<ChildProcess> server_;
};

/// The file in the run's folder that takes what the workers print.
inline constexpr const char* kWorkerLog = "workers.log";

}  // namespace castaway::harness
