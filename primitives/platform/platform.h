// What the algorithms ask of the world. Every algorithm is written once, against this concept:
//
//   LinuxPlatform   atomics and futexes; what users link
//   FaultPlatform   the same with crash points and seeded defects; what the harness's workers run
//
// Orderings: a store releases, everything else is sequentially consistent. So a thread that has
// announced itself by a read-modify-write and then loads another's announcement, made in the same
// way, cannot miss it while the other misses this one. On x86-64 a weaker load would cost the same.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <span>

#include "primitives/platform/cells.h"
#include "primitives/platform/crash_points.h"
#include "primitives/platform/mutants.h"

namespace castaway {

enum class Clock : std::uint8_t { monotonic, realtime };

/// A moment on a clock, in nanoseconds; the default never comes.
struct Deadline {
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
    std::int64_t ns = kNever;
    Clock clock = Clock::monotonic;
    [[nodiscard]] bool never() const { return ns == kNever; }
};

enum class FutexResult : std::uint8_t {
    woken,    ///< by a wake, a signal or for no reason: look again
    changed,  ///< the word was not as expected
    timed_out,
};

/// A process beyond the life of its pid, which is a number of its own pid namespace.
struct ProcessIdentity {
    std::uint32_t pid = 0;
    std::uint32_t start_time = 0;  ///< clock ticks since boot, modulo 2^32; 0: not known
    /// The number of its pid namespace in the region; see region/pid_namespaces.h.
    std::uint8_t pid_namespace = 0;
    bool operator==(const ProcessIdentity&) const = default;
};

/// Whether that process is of another pid namespace than the caller: its pid means nothing here,
/// and the kernel cannot be asked about it.
template <class P>
bool is_foreign(const P& platform, const ProcessIdentity& process) {
    return process.pid_namespace != platform.pid_namespace();
}

/// One of several words to sleep on. The most urgent comes first: where the kernel cannot sleep on
/// several, changes of the others are noticed some milliseconds late.
struct FutexTarget {
    Cell32* word = nullptr;
    std::uint32_t expected = 0;
};

template <class P>
concept Platform = requires(P platform, Cell64& wide, Cell32& narrow, std::uint64_t& wide_value,
                            std::uint32_t& narrow_value, LivenessWord& liveness,
                            std::span<const FutexTarget> targets) {
    // Shared cells.
    { platform.load(wide) } -> std::same_as<std::uint64_t>;
    { platform.load(narrow) } -> std::same_as<std::uint32_t>;
    platform.store(wide, std::uint64_t{});
    platform.store(narrow, std::uint32_t{});
    // On failure the second argument becomes the value that was found.
    { platform.cas(wide, wide_value, std::uint64_t{}) } -> std::same_as<bool>;
    { platform.cas(narrow, narrow_value, std::uint32_t{}) } -> std::same_as<bool>;
    { platform.exchange(narrow, std::uint32_t{}) } -> std::same_as<std::uint32_t>;
    { platform.fetch_add(narrow, std::uint32_t{}) } -> std::same_as<std::uint32_t>;

    // Sleeping. Words are shared between processes.
    { platform.futex_wait(narrow, std::uint32_t{}, Deadline{}) } -> std::same_as<FutexResult>;
    { platform.futex_wait_any(targets, Deadline{}) } -> std::same_as<FutexResult>;
    platform.futex_wake(narrow, std::uint32_t{});

    // Clocks, in nanoseconds.
    { platform.now(Clock::monotonic) } -> std::same_as<std::int64_t>;

    // Life and death. `hold` makes the calling thread the holder, whatever the word held before;
    // `drop` gives the word back, by the holder. `is_marked_dead`: the last holder has ended and
    // will never run again. `watch_value` arranges that the death wakes one sleeper on
    // futex_of(word) and returns the value to expect there; false when nobody holds the word or its
    // holder is dead.
    platform.hold_liveness(liveness);
    platform.drop_liveness(liveness);
    { platform.is_marked_dead(liveness) } -> std::same_as<bool>;
    { platform.watch_value(liveness, narrow_value) } -> std::same_as<bool>;
    { platform.futex_of(liveness) } -> std::same_as<Cell32&>;
    /// The caller's, by its number in the region.
    { platform.pid_namespace() } -> std::same_as<std::uint8_t>;
    /// Every thread of that process is gone. Waits up to the limit for it. False at the limit, too,
    /// where that is not known: of a process of another pid namespace it never is.
    { platform.process_gone(ProcessIdentity{}, std::int64_t{}) } -> std::same_as<bool>;
    { platform.self() } -> std::same_as<ProcessIdentity>;
    /// Whether the kernel marks the liveness words of the calling thread when that ends.
    { platform.deaths_are_marked() } -> std::same_as<bool>;
    /// Records what the process has to do without; see platform/lacks.h.
    platform.record_lacks(wide);
    /// Of the calling thread; unique among the threads that are there.
    { platform.thread_id() } -> std::same_as<std::uint32_t>;
    /// For a thread whose process has been killed but which has not noticed yet. Does not return.
    platform.wait_for_own_end();

    // News for a harness; nothing on LinuxPlatform.
    platform.crash_point(CrashPoint::lock_acquired);
    platform.about_to_sleep();
    { platform.mutated(Mutant::none) } -> std::same_as<bool>;
};

}  // namespace castaway
