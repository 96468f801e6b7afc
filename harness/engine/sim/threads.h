// The state of simulated threads and processes. Plain values: a world goes back to an earlier state
// by copying them.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "harness/engine/sim/step.h"
#include "primitives/platform/platform.h"

namespace castaway::harness::sim {

/// Words that one thread can sleep on at once, and words that it can hold.
inline constexpr std::size_t kTargetsMax = 16;
inline constexpr std::size_t kHeldMax = 8;

enum class ThreadState : std::uint8_t {
    runnable,
    asleep,
    finished,  ///< its body has returned
    dead,      ///< killed, and through with dying
};

enum class ThreadRole : std::uint8_t {
    program,  ///< the execution is over only when it is through
    helper,   ///< serves the others and may sleep for ever
    stores,   ///< no thread at all: the store buffer of the one before it, see store_buffer.h
};

struct SimThread {
    ThreadState state = ThreadState::runnable;
    ThreadRole role = ThreadRole::program;
    ProcessId process = 0;
    bool dying = false;            ///< its next steps are the kernel's
    bool doomed = false;           ///< its process was killed; it may run on for a while
    bool in_operation = false;     ///< accesses are no steps of their own
    bool started = false;          ///< its fiber's stack means something
    bool moved = false;            ///< has run since the world was kept
    bool awaits_drain = false;     ///< its next step needs its store buffer empty
    std::uint16_t steps_left = 0;  ///< doomed: own steps before it must die
    Step next;
    std::uint32_t steps = 0;  ///< taken so far
    /// Accesses before the observer is told; 0: it is not.
    std::uint32_t accesses_to_trip = 0;

    // Asleep.
    std::uint8_t target_count = 0;
    FutexResult woken_by = FutexResult::woken;
    std::int64_t until_ns = Deadline::kNever;  ///< on the monotonic clock
    std::array<Location, kTargetsMax> targets{};
    std::array<std::uint32_t, kTargetsMax> expected{};  ///< futexes: the words' values then

    // The robust list: offsets of held words, the newest last. The kernel marks them at its death.
    std::uint8_t held_count = 0;
    std::array<std::uint32_t, kHeldMax> held{};
    /// Offset + 1 of the word that it is about to take or give back; list_op_pending.
    std::uint32_t held_pending = 0;
};

struct SimProcess {
    ProcessIdentity identity;
    unsigned char* base = nullptr;  ///< where it maps the shared memory
    std::uint16_t living = 0;       ///< threads that are neither finished nor dead
    bool killed = false;
    bool stopped = false;
};

}  // namespace castaway::harness::sim
