// Linux itself: atomics, shared futexes, robust mutexes as marks of death, pidfds.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <span>

#include "primitives/platform/platform.h"

namespace castaway {

/// Cells become single instructions; the rest is in the .cpp.
class LinuxPlatform {
  public:
    /// How often a taken lock is looked at again before its waiter goes to sleep.
    static constexpr int kSpins = 64;
    /// How often a queued thread looks at its wait word before it goes to sleep: about as long as
    /// it takes to wake a thread on an idle core, some ten microseconds.
    static constexpr std::uint32_t kWaitSpins = 1'000;

    std::uint64_t load(Cell64& cell) const { return ref(cell).load(); }
    std::uint32_t load(Cell32& cell) const { return ref(cell).load(); }
    void store(Cell64& cell, std::uint64_t value) const {
        ref(cell).store(value, std::memory_order_release);
    }
    void store(Cell32& cell, std::uint32_t value) const {
        ref(cell).store(value, std::memory_order_release);
    }
    bool cas(Cell64& cell, std::uint64_t& expected, std::uint64_t desired) const {
        return ref(cell).compare_exchange_strong(expected, desired);
    }
    bool cas(Cell32& cell, std::uint32_t& expected, std::uint32_t desired) const {
        return ref(cell).compare_exchange_strong(expected, desired);
    }
    std::uint32_t exchange(Cell32& cell, std::uint32_t value) const {
        return ref(cell).exchange(value);
    }
    std::uint32_t fetch_add(Cell32& cell, std::uint32_t value) const {
        return ref(cell).fetch_add(value);
    }
    void pause() const { __builtin_ia32_pause(); }

    FutexResult futex_wait(Cell32& word, std::uint32_t expected, Deadline deadline) const;
    // Where futex_waitv is refused, by a kernel before 5.16 or a sandbox: sleeps on the first
    // target, and looks at the others every ten milliseconds.
    FutexResult futex_wait_any(std::span<const FutexTarget> targets, Deadline deadline) const;
    void futex_wake(Cell32& word, std::uint32_t count) const;

    [[nodiscard]] std::int64_t now(Clock clock) const;

    // A liveness word is a robust process-shared pthread mutex, held for its holder's lifetime.
    // When the holder ends in any way, the kernel sets FUTEX_OWNER_DIED in the lock word before the
    // process can be waited for. That happens on the thread's way out of the kernel for good: a
    // marked thread executes no further user instruction.
    void hold_liveness(LivenessWord& liveness) const;
    void drop_liveness(LivenessWord& liveness) const;
    [[nodiscard]] bool is_marked_dead(LivenessWord& liveness) const;
    bool watch_value(LivenessWord& liveness, std::uint32_t& value) const;
    // glibc's lock word is the first member, by its ABI (checked in the .cpp).
    Cell32& futex_of(LivenessWord& liveness) const { return reinterpret_cast<Cell32&>(liveness); }

    [[nodiscard]] bool process_gone(ProcessIdentity process, std::int64_t wait_ns) const;
    [[nodiscard]] std::uint8_t pid_namespace() const { return pid_namespace_; }
    /// What the region calls this process's pid namespace. To be said before the process is named
    /// in it.
    void enter_pid_namespace(std::uint8_t number) { pid_namespace_ = number; }
    [[nodiscard]] ProcessIdentity self() const;
    [[nodiscard]] bool deaths_are_marked() const;
    void record_lacks(Cell64& word) const;
    [[nodiscard]] std::uint32_t thread_id() const;
    [[noreturn]] void wait_for_own_end() const;

    void crash_point(CrashPoint /*point*/) const {}
    void about_to_sleep() const {}
    static constexpr bool mutated(Mutant /*mutant*/) { return false; }

  private:
    FutexResult futex_wait_in_turn(std::span<const FutexTarget> targets, Deadline deadline) const;
    FutexResult result_of(long returned, Deadline deadline) const;
    static std::atomic_ref<std::uint64_t> ref(Cell64& cell) {
        return std::atomic_ref<std::uint64_t>(cell.bits);
    }
    static std::atomic_ref<std::uint32_t> ref(Cell32& cell) {
        return std::atomic_ref<std::uint32_t>(cell.bits);
    }
    std::uint8_t pid_namespace_ = 0;
};

static_assert(Platform<LinuxPlatform>);

/// When the process of that pid started, in clock ticks since boot modulo 2^32 (497 days); 0 when
/// there is none or that cannot be read.
std::uint32_t start_time_of(std::uint32_t pid);

}  // namespace castaway
