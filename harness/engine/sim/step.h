// What one step of a simulated thread is, and what it touches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace castaway::harness::sim {

/// Index of a thread in its world, in the order in which threads were added.
using ThreadId = std::uint16_t;
/// Index of a process in its world.
using ProcessId = std::uint16_t;

inline constexpr ThreadId kNoThread = std::numeric_limits<ThreadId>::max();

enum class StepKind : std::uint8_t {
    start,         ///< the thread's first; touches nothing
    load,          ///< of a cell
    store,         ///< to a cell
    cas,           ///< on a cell; writes when it succeeds
    exchange,      ///< on a cell
    fetch_add,     ///< on a cell
    futex_wait,    ///< compares and falls asleep, or finds the word changed
    futex_return,  ///< comes back from sleep; touches nothing
    futex_wake,
    clock,         ///< reads the time
    process_gone,  ///< asks, or waits, for a process's end
    pause,         ///< lets others go first; touches nothing
    spawn,         ///< of another thread
    operation,     ///< a whole operation, where operations are the steps
    mark_dead,     ///< the kernel marks a word that the dying thread held
    exit,          ///< the dying thread is gone
    buffer,        ///< a store into the thread's store buffer; nobody else sees it yet
    drain,         ///< the oldest store in a buffer reaches the memory
};

inline constexpr std::size_t kStepKinds = 18;

/// The word in traces: "load", "futex_wait" ...
std::string_view to_string(StepKind kind);

/// Something that steps can touch: the offset of a cell in the region, or one of the kernel's own
/// things, told apart by the bits above the offset.
using Location = std::uint64_t;

inline constexpr int kSpaceShift = 48;
inline constexpr Location kOffsetMask = (Location{1} << kSpaceShift) - 1;

enum class Space : std::uint8_t {
    region,   ///< a cell, by its offset
    queue,    ///< the sleepers on the cell at that offset
    thread,   ///< whether that thread is to run, by its id
    process,  ///< whether that process is gone, by its id
    clock,
    harness,  ///< a word of the harness's own, by its number
};

constexpr Location location(Space space, std::uint64_t index = 0) {
    return (static_cast<Location>(space) << kSpaceShift) | index;
}
constexpr Space space_of(Location where) {
    return static_cast<Space>(where >> kSpaceShift);
}
constexpr std::uint64_t index_of(Location where) {
    return where & kOffsetMask;
}

/// How a step touches a location. Two steps that touch the same location depend on each other
/// unless both only read it.
enum class Touch : std::uint8_t { read, write };

struct Access {
    Location where = 0;
    Touch touch = Touch::read;
    bool operator==(const Access&) const = default;
};

/// What a thread does as soon as it is chosen.
struct Step {
    StepKind kind = StepKind::start;
    Location where = 0;
    bool operator==(const Step&) const = default;
};

/// A step that was taken, for people and for comparing runs.
struct StepRecord {
    ThreadId thread = kNoThread;
    StepKind kind = StepKind::start;
    Location where = 0;
    std::uint64_t before = 0;  ///< what was found
    std::uint64_t after = 0;   ///< what was left there
    bool operator==(const StepRecord&) const = default;
};

}  // namespace castaway::harness::sim
