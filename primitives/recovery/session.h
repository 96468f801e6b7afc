// One real process's part in a region: a Membership with a pthread for the helper, and the list of
// the threads that take part.
#pragma once

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>

#include "primitives/platform/host.h"
#include "primitives/recovery/membership.h"
#include "primitives/region/pid_namespaces.h"

namespace castaway {

/// What the helper does for the process besides its own work. Both null for a visitor, which
/// watches nobody and leaves a slot that its parent has prepared alone.
template <class P>
struct HelperDuties {
    /// Called with each process (as a live one) that has not attached yet and whose watcher this
    /// one becomes, as its parent has ended.
    void (*watch)(const ProcessRef&) = nullptr;
    /// Called with the helper's thread after each ring of its bell.
    void (*look)(Thread<P>&) = nullptr;
};

template <class P>
class Session {
  public:
    /// Empty, with the reason, when a table is full or there is no memory or no thread to be had.
    /// \param inherited the slot that a parent has prepared; one that is not for this process, or
    /// no longer, is passed over
    static std::unique_ptr<Session> attach(P platform, RegionFile file,
                                           const std::optional<ProcessRef>& inherited,
                                           const HelperDuties<P>& duties, AttachFailure& failure) {
        std::unique_ptr<Session> session(new Session(std::move(platform), std::move(file), duties));
        return session->join_region(inherited, failure) ? std::move(session) : nullptr;
    }

    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Leaves in order: gives everything back. Requires that each thread that entered has
    /// left.
    ~Session() {
        if (live_) {
            leave_region();
        }
    }

    [[nodiscard]] const RegionFile& file() const { return file_; }
    [[nodiscard]] const RegionView& region() const { return file_.view(); }
    [[nodiscard]] std::uint32_t process() const { return membership_.participant().process; }

    /// Makes the calling thread known. It then uses the returned value alone, until leave(). Null,
    /// with a Win32 error, when there is no slot for it.
    Thread<P>* enter(std::uint32_t& error) {
        auto made = membership_.make_thread(error);
        if (!made) {
            // Of threads that have ended without leaving only the helper can give back the slots.
            membership_.ring_own_helper();
            return nullptr;
        }
        std::unique_lock guard(threads_mutex_);
        Thread<P>* const thread = &threads_.emplace_back(std::move(*made)).thread;
        const bool some_have_ended = own_thread_is_dead(*thread, next_looked_at_, kThreadsLookedAt);
        guard.unlock();
        if (some_have_ended) {
            recover_dead(*thread);
            forget_ended_threads();
        }
        return thread;
    }

    /// The calling thread ends, or has no more to do here: the mutexes that it owns are abandoned.
    /// Nothing happens when it is in the middle of a call (a signal handler has called exit(),
    /// say): then what it left half-done is for those who recover the process.
    void leave(Thread<P>* thread) {
        const WaitWord wait = WaitWord::unpack(platform_.load(thread->self().wait_word));
        if (thread->locks_held != 0 || wait.state != WaitState::idle) {
            return;
        }
        const auto is_it = [thread](const Entered& other) { return &other.thread == thread; };
        {
            const std::lock_guard guard(threads_mutex_);
            std::find_if(threads_.begin(), threads_.end(), is_it)->leaves = true;
        }
        membership_.end_thread(*thread);
        const std::lock_guard guard(threads_mutex_);
        threads_.remove_if(is_it);
    }

    /// For starting processes that inherit.
    [[nodiscard]] Membership<P>& membership() { return membership_; }

    /// In a forked child: this process never took part. The mapping and the descriptor go.
    void forget() {
        live_ = false;
        file_.forget();
    }

  private:
    /// By a thread that enters, for others that have ended: so many slots cost about a microsecond.
    static constexpr std::uint32_t kThreadsLookedAt = 1024;

    Session(P platform, RegionFile file, const HelperDuties<P>& duties)
        : platform_(std::move(platform)),
          file_(std::move(file)),
          membership_(platform_, file_),
          duties_(duties) {}

    /// One that has entered.
    struct Entered {
        explicit Entered(Thread<P>&& entered) : thread(std::move(entered)) {}
        Thread<P> thread;
        bool leaves = false;  ///< and will be taken from the list by itself
    };

    /// Those that have ended without leaving, and whose slots have been given back.
    void forget_ended_threads() {
        const std::lock_guard guard(threads_mutex_);
        threads_.remove_if([this](const Entered& entered) {
            const ThreadEntry entry =
                ThreadEntry::unpack(platform_.load(region().thread_entry(entered.thread.slot)));
            const bool is_there = entry.state == SlotState::live && entry.process == process() &&
                                  entry.generation == entered.thread.generation;
            return !is_there && !entered.leaves;
        });
    }

    bool join_region(const std::optional<ProcessRef>& inherited, AttachFailure& failure) {
        if (!enter_pid_namespace(failure)) {
            return false;
        }
        const bool adopted = (inherited && membership_.adopt_slot(*inherited)) ||
                             (duties_.watch != nullptr && membership_.adopt_own_slot());
        if (!adopted && !membership_.claim_process(failure)) {
            return false;
        }
        live_ = start_helper(failure);
        if (!live_) {
            membership_.free_process();
        }
        return live_;
    }

    bool enter_pid_namespace(AttachFailure& failure) {
        if (!proc_is_own()) {
            failure = {ERROR_NOT_SUPPORTED,
                       "/proc does not show this process by its pid: it is not mounted, or belongs "
                       "to another pid namespace; mount one of the process's own (as unshare "
                       "--mount-proc does)"};
            return false;
        }
        const auto number = number_pid_namespace(platform_, region(), pid_namespace_inode());
        if (!number) {
            failure = {ERROR_NOT_SUPPORTED,
                       "processes of " + std::to_string(kPidNamespacesMax) +
                           " pid namespaces have used the region, and there is no number for one "
                           "more; end the programs that use it and remove it"};
            return false;
        }
        platform_.enter_pid_namespace(*number);
        return true;
    }

    bool start_helper(AttachFailure& failure) {
        // The helper takes no signals: handlers are the program's own threads' matter.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        const int error = pthread_create(
            &helper_, nullptr,
            [](void* session) -> void* {
                static_cast<Session*>(session)->help();
                return nullptr;
            },
            this);
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        if (error != 0) {
            failure = {ERROR_NO_SYSTEM_RESOURCES,
                       std::string("the helper thread cannot be started: ") + std::strerror(error) +
                           " (RLIMIT_NPROC, or a cgroup's pids.max?)"};
            return false;
        }
        helper_ready_.acquire();
        if (helper_failure_) {
            pthread_join(helper_, nullptr);
            failure = {*helper_failure_, reason_of(*helper_failure_)};
            return false;
        }
        return true;
    }

    static const char* reason_of(std::uint32_t error) {
        switch (error) {
            case ERROR_NOT_SUPPORTED:
                return "set_robust_list is refused, so that the kernel would mark nobody's death; "
                       "permit it in the sandbox (seccomp)";
            case ERROR_DISK_FULL:
                return "there is no memory for one more thread";
            default:
                return "the region has no slot for one more thread";
        }
    }

    void help() {
        const std::uint32_t error = membership_.help([this] { helper_ready_.release(); },
                                                     [this] { return stopping_.load(); },
                                                     [this](Thread<P>& helper) { look(helper); });
        if (error != ERROR_SUCCESS) {
            helper_failure_ = error;
            helper_ready_.release();
        }
    }

    /// The helper's, after each ring of its bell.
    void look(Thread<P>& helper) {
        std::uint32_t from = 0;
        if (own_thread_is_dead(helper, from, helper.region.geometry().threads)) {
            recover_dead(helper, true);
            forget_ended_threads();
        }
        if (duties_.look != nullptr) {
            duties_.look(helper);
        }
        if (duties_.watch != nullptr) {
            membership_.take_over_watches(duties_.watch);
        }
    }

    void leave_region() {
        stopping_ = true;
        membership_.ring_own_helper();
        pthread_join(helper_, nullptr);
        membership_.free_process();
    }

    P platform_;
    RegionFile file_;
    Membership<P> membership_;
    HelperDuties<P> duties_;
    bool live_ = false;

    pthread_t helper_{};
    // Within this process alone, so private waiting is right here.
    std::binary_semaphore helper_ready_{0};
    std::optional<std::uint32_t> helper_failure_;
    std::atomic<bool> stopping_{false};

    std::mutex threads_mutex_;
    std::list<Entered> threads_;
    std::uint32_t next_looked_at_ = 0;  ///< see own_thread_is_dead()
};

}  // namespace castaway
