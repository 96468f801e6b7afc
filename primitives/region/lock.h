// The internal locks. They guard changes of well under a microsecond and survive their holder.
//
//   word: 0 free | bits 0-15 holder's thread slot + 1 | 16-30 its generation | 31 somebody may
//   sleep
//
// (The generation is there for the recovery lock, which is taken over from a dead holder: the
// holder's slot may be recovered and used again, and hold the lock again, before a slow taker gets
// to it.)
//
// To take: note the lock's offset in the own slot, then compare-and-swap 0 to oneself; if taken,
// set bit 31 and sleep. To release: exchange with 0, wake one if bit 31 was set, then strike the
// note out. The note comes first and goes last, so whoever recovers a dead thread finds every lock
// that it may hold, and every lock whose sleeper it may have failed to wake.
//
// A sleeper wakes up about every millisecond to see whether the holder lives. If not, it ends the
// dead thread's transaction and releases its locks itself (recovery/recover.h), unless somebody
// else is about it. Who is about it holds the recovery lock, and does so for all the dead whenever
// a lock keeps it waiting: that lock's holder may be alive and itself wait for a lock of one that
// has died.
//
// Order, outermost first: recovery, handle table (one process at a time), name stripe, object,
// allocation. Two objects are never locked at once, but for those of a wait for all, which are
// locked in the order of their slots (objects/settle_all.h). Nobody sleeps for long with any of
// them held; a process that is stopped inside holds up those that need the same lock.
#pragma once

#include <algorithm>
#include <iterator>

#include "primitives/region/thread.h"

namespace castaway {

inline constexpr std::uint32_t kLockHolderMask = 0xffff;
inline constexpr std::uint32_t kLockContended = 1U << 31;
inline constexpr std::int64_t kLockCheckNs = 1'000'000;

/// The thread slot that holds a lock with this word, plus one; 0 when free.
constexpr std::uint32_t lock_holder(std::uint32_t word) {
    return word & kLockHolderMask;
}

/// A lock's word while this thread holds it.
template <class P>
std::uint32_t lock_word(const Thread<P>& thread) {
    return (thread.slot + 1) | (thread.generation & 0x7fff) << 16;
}

template <class P>
bool holds_recovery_lock(const Thread<P>& thread) {
    return lock_holder(thread.platform.load(thread.region.header().recovery_lock)) ==
           thread.slot + 1;
}

/// Defined in recovery/recover.h: ends the transactions and releases the locks of threads that are
/// dead, if nobody else is doing so now.
template <class P>
void release_locks_of_dead(Thread<P>& thread);

/// Notes, before it is tried, a lock that the thread may hold from now on.
template <class P>
void note_lock(Thread<P>& thread, Cell32& lock) {
    if (thread.locks_held == kLocksMax) {
        region_damaged("lock depth", thread.locks_held);
    }
    thread.platform.store(thread.self().locks[thread.locks_held++], thread.region.offset_of(&lock));
}

/// Whether the thread that a lock's word names can hold it: it is there, and has noted it.
template <class P>
bool can_hold(const Thread<P>& thread, std::uint32_t word, Cell32& lock) {
    P& platform = thread.platform;
    const std::uint32_t holder = lock_holder(word) - 1;
    const ThreadEntry entry =
        ThreadEntry::unpack(platform.load(thread.region.thread_entry(holder)));
    const std::uint64_t offset = thread.region.offset_of(&lock);
    return entry.state == SlotState::live &&
           (entry.generation & 0x7fffU) == (word >> 16 & 0x7fff) &&
           std::any_of(std::begin(thread.region.thread(holder).locks),
                       std::end(thread.region.thread(holder).locks),
                       [&](Cell64& noted) { return platform.load(noted) == offset; });
}

/// Of one lock that is waited for: whether its word is a damaged one. What a look shows may be of
/// several moments; so it takes many looks that all show the same.
class LockDoubt {
  public:
    template <class P>
    void look(const Thread<P>& thread, std::uint32_t word, Cell32& lock) {
        constexpr int kPatience = 100;
        constexpr int kLooks = 100;
        const bool same = (word & ~kLockContended) == word_;
        word_ = word & ~kLockContended;
        looks_ = same ? looks_ + 1 : 0;
        if (looks_ < kPatience) {
            return;
        }
        if (can_hold(thread, word, lock)) {
            looks_ = 0;
        } else if (looks_ == kPatience + kLooks) {
            region_damaged("the word of a lock", word);
        }
    }

  private:
    std::uint32_t word_ = 0;
    int looks_ = 0;
};

template <class P>
void acquire_lock_slow(Thread<P>& thread, Cell32& lock) {
    P& platform = thread.platform;
    const std::uint32_t me = lock_word(thread);
    for (int spin = 0; spin < P::kSpins; ++spin) {
        std::uint32_t expected = 0;
        if (platform.load(lock) == 0 && platform.cas(lock, expected, me)) {
            return;
        }
        platform.pause();
    }
    LockDoubt doubt;
    for (;;) {
        std::uint32_t word = platform.load(lock);
        if (word == 0) {
            // Others may sleep behind us, so the bit stays: an idle wake-up is the worst of it.
            if (platform.cas(lock, word, me | kLockContended)) {
                return;
            }
            continue;
        }
        if ((word & kLockContended) == 0 && !platform.cas(lock, word, word | kLockContended)) {
            continue;
        }
        const Deadline check{platform.now(Clock::monotonic) + kLockCheckNs};
        const FutexResult result = platform.futex_wait(lock, word | kLockContended, check);
        if (result == FutexResult::timed_out &&
            (is_dead_thread(thread, lock_holder(word) - 1) || holds_recovery_lock(thread))) {
            release_locks_of_dead(thread);
        } else if (result == FutexResult::timed_out) {
            doubt.look(thread, word, lock);
        }
    }
}

template <class P>
void acquire_lock(Thread<P>& thread, Cell32& lock) {
    note_lock(thread, lock);
    std::uint32_t expected = 0;
    if (!thread.platform.cas(lock, expected, lock_word(thread))) {
        acquire_lock_slow(thread, lock);
    }
    thread.platform.crash_point(CrashPoint::lock_acquired);
}

/// Lets go of the lock and keeps the note: if the thread dies now, its recoverer still settles what
/// the lock guards. Then wakes who was handed something under it.
template <class P>
void unlock_noted(Thread<P>& thread, Cell32& lock) {
    P& platform = thread.platform;
    platform.crash_point(CrashPoint::lock_before_release);
    if ((platform.exchange(lock, 0) & kLockContended) != 0) {
        platform.futex_wake(lock, 1);
    }
    give_owed_wake(thread);
}

/// Strikes the last note out.
template <class P>
void strike_note(Thread<P>& thread) {
    thread.platform.store(thread.self().locks[--thread.locks_held], 0);
}

template <class P>
void release_lock(Thread<P>& thread, Cell32& lock) {
    unlock_noted(thread, lock);
    strike_note(thread);
}

/// Holds one internal lock for its lifetime. Guards end in the reverse order of their beginning.
template <class P>
class LockGuard {
  public:
    LockGuard(Thread<P>& thread, Cell32& lock) : thread_(thread), lock_(lock) {
        acquire_lock(thread_, lock_);
    }
    LockGuard(const LockGuard&) = delete;
    LockGuard& operator=(const LockGuard&) = delete;
    ~LockGuard() { release_lock(thread_, lock_); }

  private:
    Thread<P>& thread_;
    Cell32& lock_;
};

}  // namespace castaway
