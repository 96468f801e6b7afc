#include "primitives/api/child_watch.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <optional>
#include <vector>

#include "primitives/api/win32_support.h"

namespace castaway {

namespace {

struct Watched {
    ProcessRef process;
    int pidfd = -1;
    bool own_child = false;
};

/// The watch of this process.
class ChildWatch {
  public:
    /// Requires the lock. False when there is no thread to be had.
    bool start() {
        watched_.reserve(watched_.size() + ++expected_);
        if (bell_ >= 0) {
            return true;
        }
        bell_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (bell_ >= 0 && start_thread()) {
            return true;
        }
        forget();
        return false;
    }

    /// Requires the lock, and start().
    void add(const Watched& watched) {
        watched_.push_back(watched);
        expected_ -= expected_ == 0 ? 0 : 1;
        const std::uint64_t ring = 1;
        // It cannot fail: nobody rings so often.
        static_cast<void>(!write(bell_, &ring, sizeof(ring)));
    }

    /// In a forked child: the watch is its parent's. Requires the lock.
    void forget() {
        for (const Watched& watched : watched_) {
            close(watched.pidfd);
        }
        watched_.clear();
        expected_ = 0;
        if (bell_ >= 0) {
            close(bell_);
            bell_ = -1;
        }
    }

    std::mutex mutex;

  private:
    bool start_thread() {
        // Handlers are the program's own threads' matter.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pthread_t thread{};
        const int error = pthread_create(
            &thread, nullptr, [](void* watch) -> void* { static_cast<ChildWatch*>(watch)->run(); },
            this);
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        if (error == 0) {
            pthread_detach(thread);
        }
        return error == 0;
    }

    [[noreturn]] void run() {
        std::vector<pollfd> sleepers;
        for (;;) {
            {
                const std::lock_guard guard(mutex);
                sleepers.assign(1, {bell_, POLLIN, 0});
                for (const Watched& watched : watched_) {
                    sleepers.push_back({watched.pidfd, POLLIN, 0});
                }
            }
            if (poll(sleepers.data(), sleepers.size(), -1) <= 0) {
                continue;
            }
            std::uint64_t rings = 0;
            static_cast<void>(!read(sleepers.front().fd, &rings, sizeof(rings)));
            for (std::size_t i = 1; i < sleepers.size(); ++i) {
                if (sleepers[i].revents == 0) {
                    continue;
                }
                if (const auto ended = take(sleepers[i].fd)) {
                    finish(*ended);
                }
            }
        }
    }

    std::optional<Watched> take(int pidfd) {
        const std::lock_guard guard(mutex);
        for (Watched& watched : watched_) {
            if (watched.pidfd == pidfd) {
                const Watched taken = watched;
                watched = watched_.back();
                watched_.pop_back();
                return taken;
            }
        }
        return std::nullopt;
    }

    /// What it held is given back and its object signaled, if nobody has done so yet.
    static void finish(const Watched& ended) {
        // The child stays a zombie, and its pid its own, until all is told.
        const KernelEnding ending =
            ended.own_child ? ending_of(ended.pidfd, WNOWAIT) : KernelEnding{};
        with_thread([&](ActiveThread& thread) {
            if (ended.own_child) {
                tell_exit_status(thread, ended.process, ending);
            }
            // Nobody else may notice: so this goes on until it has had its turn as recoverer.
            // However many claimed slots there are, this one is looked at.
            do {
                thread.next_claimant = ended.process.slot;
                recover_dead(thread, true);
            } while (thread.outwaited != 0);
            return std::uint32_t{ERROR_SUCCESS};
        });
        if (ended.own_child) {
            ending_of(ended.pidfd, 0);
        }
        close(ended.pidfd);
    }

    static KernelEnding ending_of(int pidfd, int options) {
        siginfo_t info{};
        if (waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | options) != 0) {
            return {};
        }
        return {
            info.si_code == CLD_EXITED ? KernelEnding::Way::exited : KernelEnding::Way::signaled,
            static_cast<std::uint32_t>(info.si_status)};
    }

    std::vector<Watched> watched_;
    std::size_t expected_ = 0;  ///< calls of start() that no add() has followed yet
    int bell_ = -1;             ///< rung when `watched_` has grown; not -1: the thread runs
};

/// Never destroyed: its thread runs until the process is gone.
ChildWatch& child_watch() {
    static ChildWatch* const the_one = new ChildWatch;
    return *the_one;
}

bool start_watch(ChildWatch& watch) {
    static const int registered =
        pthread_atfork([] { child_watch().mutex.lock(); }, [] { child_watch().mutex.unlock(); },
                       [] {
                           child_watch().forget();
                           child_watch().mutex.unlock();
                       });
    static_cast<void>(registered);
    const std::lock_guard guard(watch.mutex);
    return watch.start();
}

}  // namespace

bool prepare_child_watch() {
    return start_watch(child_watch());
}

void watch_child(const ProcessRef& child, int pidfd) {
    ChildWatch& watch = child_watch();
    const std::lock_guard guard(watch.mutex);
    watch.add({child, pidfd, true});
}

void watch_orphan(const ProcessRef& orphan) {
    const ProcessIdentity process = ProcessEntry::unpack(orphan.entry).identity;
    const auto pidfd =
        static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(process.pid), 0));
    if (pidfd < 0) {
        return;
    }
    ChildWatch& watch = child_watch();
    // If the pid is another's by now, its end is as good a reason to look as any.
    if (!start_watch(watch)) {
        close(pidfd);
        return;
    }
    const std::lock_guard guard(watch.mutex);
    watch.add({orphan, pidfd, false});
}

}  // namespace castaway
