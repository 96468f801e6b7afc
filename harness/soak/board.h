// What the participants of a soak share besides the region under test: what they are about to do,
// have done and have found, so that the dead can be accounted for and every invariant checked.
//
// Nobody holds anything here, so a participant may die at any instruction. The order of its writes
// makes what it leaves one-sided: a call is announced in `doing` before it begins and counted
// before `doing` is cleared. So after a death the counts are exact but for what `doing` names,
// which may or may not have happened.
//
// A mutex's ledger. Who gets the mutex writes itself into `owner`, after its wait has returned; who
// gives it up clears `owner` before it releases. Then for whoever gets it next:
//
//     owner   told abandoned   what it means
//     nobody  no               released in order
//     set     yes              the owner died: told, as is due
//     set     no               a death that nobody is told of, or two inside: never right
//     nobody  yes              right only if somebody died between its wait's success and its entry
//                              into `owner`, or between clearing it and the release; each such
//                              death explains one. Noted for the judge (judge.h).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/engine/real/system.h"

namespace castaway::harness::soak {

inline constexpr std::uint32_t kProcessesMax = 64;
inline constexpr std::uint32_t kLanes = 3;  ///< threads at work in a process, at most

/// The objects that all participants share, by name. Those called lone are never waited for
/// together with others by a wait for all, so that a look can tell a waiter that was forgotten.
enum class Shared : std::uint8_t {
    lone_mutex,
    mutex,
    other_mutex,
    lone_event,  ///< auto-reset, as the next one
    event,
    lone_semaphore,
    semaphore,
    gate,     ///< a manual-reset event that is set for ever
    flicker,  ///< a manual-reset event that is set, reset and pulsed
    timer,    ///< auto-reset
    manual_timer,
};
inline constexpr std::uint32_t kSharedObjects = 11;
inline constexpr std::uint32_t kMutexes = 3;
inline constexpr std::uint32_t kSemaphoreMaximum = 20;
inline constexpr std::uint32_t kSemaphoreInitial = 4;
/// Their names, in that order.
inline constexpr std::array<const char*, kSharedObjects> kSharedNames{
    "lone mutex", "mutex", "other mutex", "lone event", "event",       "lone semaphore",
    "semaphore",  "gate",  "flicker",     "timer",      "manual timer"};

constexpr std::uint32_t index_of(Shared object) {
    return static_cast<std::uint32_t>(object);
}
constexpr std::uint32_t bit_of(Shared object) {
    return 1U << index_of(object);
}

/// What participants do, for the counts.
enum class Act : std::uint8_t {
    wait_one,
    wait_any,
    wait_all,
    set,
    reset,
    pulse,
    release_mutex,
    release_semaphore,
    signal_and_wait,
    set_timer,
    cancel_timer,
    create,
    open,
    close,
    duplicate,
    duplicate_across,
    open_process,
    inherit,
    fork,
    end_thread,
    exec,
    exit,
};
inline constexpr std::array<std::string_view, 22> kActNames{"wait_one",
                                                            "wait_any",
                                                            "wait_all",
                                                            "set",
                                                            "reset",
                                                            "pulse",
                                                            "release_mutex",
                                                            "release_semaphore",
                                                            "signal_and_wait",
                                                            "set_timer",
                                                            "cancel_timer",
                                                            "create",
                                                            "open",
                                                            "close",
                                                            "duplicate",
                                                            "duplicate_across",
                                                            "open_process",
                                                            "inherit",
                                                            "fork",
                                                            "end_thread",
                                                            "exec",
                                                            "exit"};

/// A call under way: what it may take and what it may give.
struct Doing {
    std::uint32_t waits_for = 0;  ///< bits of the shared objects
    std::uint32_t gives = 0;      ///< index of a shared object + 1; 0: none
    std::uint32_t amount = 0;
    [[nodiscard]] std::uint64_t pack() const {
        return waits_for | std::uint64_t{gives} << 32 | std::uint64_t{amount} << 40;
    }
    static Doing unpack(std::uint64_t word) {
        return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32 & 0xff),
                static_cast<std::uint32_t>(word >> 40)};
    }
};

/// One lane of one process's place. Outlives the threads and processes that use it.
struct alignas(64) LaneCell {
    std::atomic<std::uint64_t> doing;
    std::atomic<std::uint64_t> life;  ///< 1 + how many threads have begun here
    std::array<std::atomic<std::uint64_t>, kActNames.size()> acts;
};

/// The place of one process after the other.
struct alignas(64) ProcessCell {
    std::atomic<std::uint32_t> pid;     ///< 0: not attached yet
    std::atomic<std::int64_t> ends_ns;  ///< when its end was ordered or begun; 0: not yet
    std::array<LaneCell, kLanes> lanes;
};

struct alignas(64) ObjectCell {
    std::atomic<std::uint64_t> given_begun;  ///< sets, pulses, counts: before the call
    std::atomic<std::uint64_t> given;        ///< counts of a semaphore: after the call's success
    std::atomic<std::uint64_t> taken;        ///< after the wait
    std::atomic<std::uint64_t> maybe_given;  ///< by the dead
    std::atomic<std::uint64_t> maybe_taken;
    // A mutex's.
    std::atomic<std::uint64_t> owner;       ///< see above; owner_id()
    std::atomic<std::int64_t> acquired_ns;  ///< by `owner`, or by who was it last
    /// What the mutex guards: each owner adds one to the first, then to the second, not atomically.
    std::atomic<std::uint64_t> first;
    std::atomic<std::uint64_t> second;
    std::atomic<std::uint64_t> entries;
    std::atomic<std::uint64_t> told;
    // The keeper's count of what is left, after everybody else has ended.
    std::atomic<std::uint64_t> stock;
};

/// A participant that died in a call which may have taken or given up mutexes.
struct Death {
    std::uint32_t mutexes;  ///< bits
    std::int64_t from_ns;   ///< it died in this time
    std::int64_t to_ns;
};
/// An abandoned notice where the ledger knew of no owner.
struct Notice {
    std::uint32_t mutexes;  ///< bits: it was for one of these
    std::int64_t from_ns;   ///< the death it tells of was in this time
    std::int64_t to_ns;
};

enum class Order : std::uint32_t {
    work,
    end,         ///< everybody but the keeper
    take_stock,  ///< the keeper
    leave,       ///< the keeper
};

struct Board {
    static constexpr std::uint32_t kDeathsMax = 16384;
    static constexpr std::uint32_t kNoticesMax = 4096;
    static constexpr std::uint32_t kFindingsMax = 32;
    static constexpr std::uint32_t kFindingBytes = 240;

    std::atomic<std::uint32_t> order;
    std::atomic<std::uint32_t> keeper_is_ready;
    std::atomic<std::uint32_t> stock_is_taken;
    /// Participants that are stopped now, and how often one was.
    std::atomic<std::uint32_t> stopped;
    std::atomic<std::uint32_t> stops;
    /// Names of the dead that were found taken while somebody was stopped.
    std::atomic<std::uint64_t> late_names;
    std::array<ObjectCell, kSharedObjects> objects;
    std::array<ProcessCell, kProcessesMax> processes;

    std::atomic<std::uint32_t> deaths_count;
    std::atomic<std::uint32_t> notices_count;
    std::atomic<std::uint32_t> findings_count;
    std::array<Death, kDeathsMax> deaths;
    std::array<Notice, kNoticesMax> notices;
    struct Finding {
        std::atomic<std::uint32_t> complete;
        std::array<char, kFindingBytes> text;
    };
    std::array<Finding, kFindingsMax> findings;

    [[nodiscard]] ObjectCell& operator[](Shared object) { return objects[index_of(object)]; }
};

/// Identifies a thread in `owner`.
constexpr std::uint64_t owner_id(std::uint32_t process, std::uint32_t lane, std::uint64_t life) {
    return life * kProcessesMax * kLanes + std::uint64_t{process} * kLanes + lane + 1;
}

/// The board in a mapping of `memory`, which is of this size and zero at first.
inline constexpr std::size_t kBoardBytes = sizeof(Board);
inline Board& board_in(const Mapping& memory) {
    return *reinterpret_cast<Board*>(memory.data());
}

/// An invariant does not hold: what, in one line.
void report(Board& board, std::string_view finding);
/// The findings that are complete.
std::string finding_at(const Board& board, std::uint32_t index);

void note(Board& board, const Notice& notice);

/// After all threads of a process have ended: what they were doing may have happened. Done twice,
/// it only widens the ranges.
void account_for_dead(Board& board, std::uint32_t process);

}  // namespace castaway::harness::soak
