// The recovery lock, for one who would recover the dead (recovery/recover.h).
//
// A recoverer may be stopped (SIGSTOP, debugger) for ever. Nobody may take the lock from it: it
// would go on in the middle of a rollback and write old values over what others have written since.
// So whoever wants the lock gives up after kRecoveryPatienceNs and does without: a call goes on,
// the dead's names and mutexes are theirs for as long as that, and a helper tries again.
#pragma once

#include "primitives/region/lock.h"

namespace castaway {

/// How long a call waits for another's recovery. Much longer than any takes that is not stopped,
/// also with sanitizers, which make it ten times as slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::int64_t kRecoveryPatienceNs = 2'000'000'000;
#else
inline constexpr std::int64_t kRecoveryPatienceNs = 200'000'000;
#endif

namespace detail {

/// Takes the recovery lock if it is free or its holder is dead. The caller has noted it.
template <class P>
bool try_recovery_lock(Thread<P>& thread) {
    P& platform = thread.platform;
    Cell32& lock = thread.region.header().recovery_lock;
    std::uint32_t word = platform.load(lock);
    const std::uint32_t holder = lock_holder(word);
    if (holder != 0 && !is_dead_thread(thread, holder - 1)) {
        return false;
    }
    return platform.cas(lock, word, lock_word(thread) | (word & kLockContended));
}

/// Holds the recovery lock, or not, for its lifetime.
template <class P>
class RecoveryGuard {
  public:
    enum class Patience : std::uint8_t { take_or_leave, wait_once, wait };

    RecoveryGuard(Thread<P>& thread, Patience patience) : thread_(thread) {
        Cell32& lock = thread.region.header().recovery_lock;
        note_lock(thread, lock);
        P& platform = thread.platform;
        std::int64_t give_up = 0;
        while (!(held_ = try_recovery_lock(thread)) && patience != Patience::take_or_leave) {
            std::uint32_t word = platform.load(lock);
            if (word == 0 || ((word & kLockContended) == 0 &&
                              !platform.cas(lock, word, word | kLockContended))) {
                continue;
            }
            // One that was waited for in vain before: not again.
            if (patience == Patience::wait_once && thread.outwaited == (word & ~kLockContended)) {
                break;
            }
            const std::int64_t now = platform.now(Clock::monotonic);
            if (give_up == 0) {
                give_up = now + kRecoveryPatienceNs;
            } else if (now >= give_up) {
                thread.outwaited = word & ~kLockContended;
                break;
            }
            // Not woken by a holder's death: looked at again soon.
            platform.futex_wait(lock, word | kLockContended, Deadline{now + kLockCheckNs});
        }
        if (held_) {
            thread.outwaited = 0;
        } else {
            platform.store(thread.self().locks[--thread.locks_held], 0);
        }
    }
    RecoveryGuard(const RecoveryGuard&) = delete;
    RecoveryGuard& operator=(const RecoveryGuard&) = delete;
    ~RecoveryGuard() {
        if (held_) {
            release_lock(thread_, thread_.region.header().recovery_lock);
        }
    }
    [[nodiscard]] bool held() const { return held_; }

  private:
    Thread<P>& thread_;
    bool held_ = false;
};

}  // namespace detail

}  // namespace castaway
