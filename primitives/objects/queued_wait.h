// What waits for any and waits for all have in common: a thread that has queued on its objects
// sleeps on its wait word until that says that the wait was satisfied, or its time is over, and
// then leaves the queues that it is still in.
#pragma once

#include <span>

#include "primitives/objects/signal.h"

namespace castaway {

struct WaitOutcome {
    enum class Kind : std::uint8_t { satisfied, abandoned, timed_out, alerted, failed };
    Kind kind = Kind::failed;
    std::uint32_t index = 0;  ///< satisfied, abandoned
    std::uint32_t error = 0;  ///< failed
};

namespace detail {

/// Whether a mutex that the thread owns can be acquired once more (rule MTX-15).
template <class P>
bool can_acquire_again(const Thread<P>& thread, Object& mutex) {
    constexpr std::uint64_t kRecursionMax = 0x7ffffffe;  // 2^31 - 1 acquisitions in all
    return thread.platform.load(mutex.detail) < kRecursionMax;
}

/// One more acquisition of a mutex that the thread owns. False when that are too many.
template <class P>
bool acquire_again(Thread<P>& thread, Object& mutex) {
    if (!can_acquire_again(thread, mutex)) {
        return false;
    }
    if (!thread.platform.mutated(Mutant::recursion_not_counted)) {
        thread.platform.store(mutex.detail, thread.platform.load(mutex.detail) + 1);
    }
    return true;
}

/// Whether one of the objects is a mutex whose owner has died and has not been abandoned yet.
template <class P>
bool some_owner_is_dead(const Thread<P>& thread, std::span<const Target> targets) {
    for (const Target& target : targets) {
        if (target.kind != ObjectKind::mutex) {
            continue;
        }
        const std::uint32_t value =
            value_of(thread.platform.load(thread.region.object(target.object).state));
        if (value != 0 && is_dead_thread(thread, owner_slot(value))) {
            return true;
        }
    }
    return false;
}

/// Takes a thread's entry out of the object's queue, if it is still there. The thread may be dead.
template <class P>
void leave_queue(Thread<P>& thread, Object& object, WaiterRef ref) {
    ObjectGuard guard(thread, object);
    {
        Transaction<P> change(thread);
        if (change.read(entry_of(thread.region, ref).linked) != 0) {
            unlink(change, thread.region, object, ref);
        }
        change.commit();
    }
    guard.settle();
    free_if_unused(thread, object);
}

/// Queues the routines of the calling thread's timers that have expired.
template <class P>
void queue_own_routines(Thread<P>& thread) {
    TimersProgress progress;
    for (;;) {
        const auto timer = first_armed_timer(thread, thread.slot);
        if (!timer || timer->due.ns > thread.platform.now(timer->due.clock)) {
            return;
        }
        progress.note(*timer);
        // It may be another object by now, for which this is no harm.
        ObjectGuard guard(thread, thread.region.object(timer->object));
        guard.settle();
    }
}

/// A slow wait: its wait word, from waiting to idle.
template <class P>
class QueuedWait {
  public:
    QueuedWait(const QueuedWait&) = delete;
    QueuedWait& operator=(const QueuedWait&) = delete;

  protected:
    /// \param alertable a procedure call that is queued for the thread ends the wait
    QueuedWait(Thread<P>& thread, std::span<const Target> targets, bool alertable)
        : thread_(thread),
          targets_(targets),
          word_(thread.self().wait_word),
          epoch_(WaitWord::unpack(thread.platform.load(word_)).epoch),
          alertable_(alertable) {}
    ~QueuedWait() = default;

    [[nodiscard]] WaitWord now() const { return WaitWord::unpack(thread_.platform.load(word_)); }
    [[nodiscard]] Object& object(std::uint32_t i) const {
        return thread_.region.object(targets_[i].object);
    }
    [[nodiscard]] WaiterRef ref(std::uint32_t i) const { return {thread_.slot, i}; }
    [[nodiscard]] std::uint32_t me() const { return mutex_owner(thread_.slot, thread_.generation); }

    /// From idle to waiting.
    void publish(WaitWord waiting) {
        waiting.alertable = alertable_;
        if (alertable_) {
            thread_.platform.crash_point(CrashPoint::wait_before_publish);
            // Before the last look at the queue of calls: see objects/apc.h.
            std::uint64_t idle = thread_.platform.load(word_);
            thread_.platform.cas(word_, idle, waiting.pack());
        } else {
            thread_.platform.store(word_, waiting.pack());
        }
    }

    /// Names object `i` as one that the thread queues on. Before it is linked: a recoverer looks
    /// for the thread in the queues that its entries name.
    void note_object(std::uint32_t i) {
        thread_.platform.store(entry_of(thread_.region, ref(i)).object,
                               std::uint64_t{targets_[i].object} + 1);
    }

    /// Requires the object's lock, and that its `has waiters` is set before that is released.
    void enqueue_on(std::uint32_t i) {
        Transaction<P> change(thread_);
        enqueue(change, thread_.region, object(i), ref(i));
        change.commit();
    }

    /// Looks for a while whether the wait is decided. Another core that uses the object for a
    /// moment, or answers at once, is faster than going to sleep and being woken. The while is as
    /// long as a wake-up takes, so that a thread that looks can wait for one that is being woken;
    /// when that one looks, too, both go on without sleeping. Where it does not help (all share one
    /// core, say), the thread soon does it only once in a while.
    [[nodiscard]] bool is_decided_soon() {
        constexpr std::uint32_t kOnceIn = 1'024;
        if (thread_.wait_spins == 0 && ++thread_.waits_without_spins % kOnceIn == 0) {
            thread_.wait_spins = P::kWaitSpins;
        }
        for (std::uint32_t i = 0; i < thread_.wait_spins; ++i) {
            if (now().state != WaitState::waiting) {
                thread_.wait_spins = P::kWaitSpins;
                return true;
            }
            thread_.platform.pause();
        }
        thread_.wait_spins /= 4;
        return false;
    }

    void sleep(Deadline deadline) {
        P& platform = thread_.platform;
        platform.crash_point(CrashPoint::wait_before_sleep);
        if (alertable_ && !platform.mutated(Mutant::no_look_for_calls_before_sleep) &&
            has_due_apcs(thread_)) {
            alert(thread_, thread_.slot);
        }
        if (is_decided_soon()) {
            return;
        }
        for (;;) {
            std::uint64_t word = platform.load(word_);
            WaitWord wait = WaitWord::unpack(word);
            if (wait.state != WaitState::waiting) {
                return;
            }
            if (wait.look_again) {
                wait.look_again = false;
                platform.cas(word_, word, wait.pack());
                continue;
            }
            if (!deadline.never() && platform.now(deadline.clock) >= deadline.ns) {
                return;
            }
            const Deadline until = earliest_due(deadline);
            platform.about_to_sleep();
            const FutexResult result =
                platform.futex_wait(futex_half(word_), static_cast<std::uint32_t>(word), until);
            platform.crash_point(CrashPoint::wait_woken);
            if (result == FutexResult::woken && platform.mutated(Mutant::wake_without_recheck)) {
                return;
            }
            if (result == FutexResult::timed_out) {
                ran_out_ = platform.mutated(Mutant::timeout_keeps_signal) && !deadline.never() &&
                           platform.now(deadline.clock) >= deadline.ns;
                settle_timers();
                if (alertable_) {
                    queue_own_routines(thread_);
                }
            }
        }
    }

    /// The caller's deadline, the next expiry of a timer that is waited for, or that of one whose
    /// routine would end the wait, whichever is sooner.
    Deadline earliest_due(Deadline earliest) {
        P& platform = thread_.platform;
        const auto left = [&platform](Deadline d) {
            return d.never() ? Deadline::kNever : d.ns - platform.now(d.clock);
        };
        if (alertable_) {
            const auto own = first_armed_timer(thread_, thread_.slot);
            if (own && left(own->due) < left(earliest)) {
                earliest = own->due;
            }
        }
        for (std::uint32_t i = 0; i < targets_.size(); ++i) {
            if (!is_timer(targets_[i].kind)) {
                continue;
            }
            Deadline due;
            {
                const LockGuard guard(thread_, object(i).lock);
                const auto ns = static_cast<std::int64_t>(platform.load(object(i).detail));
                due = {ns == 0 ? Deadline::kNever : ns,
                       static_cast<Clock>(platform.load(object(i).clock))};
            }
            if (due.never()) {
                continue;
            }
            if (left(due) < left(earliest)) {
                earliest = due;
            }
        }
        return earliest;
    }

    void settle_timers() {
        for (std::uint32_t i = 0; i < targets_.size(); ++i) {
            if (is_timer(targets_[i].kind)) {
                ObjectGuard guard(thread_, object(i));
                guard.settle();
            }
        }
    }

    /// Withdraws if nothing was taken, and tells how the wait is decided.
    WaitWord decide() {
        P& platform = thread_.platform;
        std::uint64_t word = platform.load(word_);
        WaitWord wait = WaitWord::unpack(word);
        while (wait.state == WaitState::waiting) {
            const WaitWord withdrawn{WaitState::withdrawn, 0, false, false, epoch_};
            if (platform.cas(word_, word, withdrawn.pack())) {
                return withdrawn;
            }
            wait = WaitWord::unpack(word);
        }
        return wait;
    }

    void leave_queue_of(std::uint32_t i) { leave_queue(thread_, object(i), ref(i)); }
    void forget_object(std::uint32_t i) {
        thread_.platform.store(entry_of(thread_.region, ref(i)).object, 0);
    }
    void become_idle() {
        thread_.platform.store(word_,
                               WaitWord{WaitState::idle, 0, false, false, epoch_ + 1}.pack());
    }

    Thread<P>& thread_;
    std::span<const Target> targets_;
    Cell64& word_;
    std::uint64_t epoch_;
    bool alertable_;
    bool ran_out_ = false;  ///< seeded defect: the last sleep ended with the time limit
};

}  // namespace detail

}  // namespace castaway
