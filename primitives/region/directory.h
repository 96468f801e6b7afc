// The directories: one word for each process and thread slot, claimed by a single compare-and-swap,
// so that a death in the middle of a claim leaves a slot that says whose it is.
//
//   process   bits 0-1 state | 2-23 pid | 24-31 pid namespace | 32-63 start time
//   thread    bits 0-1 state | 2-17 process slot + 1 | 18 prepared | 19 joining
//             | 32-47 generation (kept while free) | 48-63 tag of the process
//
// The tag tells a process from others that have its slot before or after it. A thread of a killed
// process may still run for a moment and claim a slot when that process has been recovered; if it
// dies before it can take that back, the tag shows whoever recovers next that the claim is
// nobody's.
//
// A `claimed` slot of a thread may be prepared: CreateProcess has set it up for the first thread of
// the process that it starts, so that others can know that thread before it makes a call. It has
// memory, and goes with its process's slot. `joining` says that the thread has begun to make it
// its own; while it does not, no thread has anything to do with the slot.
//
// state    meaning                                     next
// free     nobody's                                    claimed, by whoever wins the word
// claimed  being set up; holds no liveness word yet    live, by its owner
// live     in use                                      free, by its owner or its recoverer
// ending   (process) its helper is dead: no thread     free, by its recoverer
//          joins it any more, those it had may still
//          run for a moment
#pragma once

#include <cstdint>

#include "primitives/platform/platform.h"

namespace castaway {

enum class SlotState : std::uint8_t { free = 0, claimed = 1, live = 2, ending = 3 };

struct ProcessEntry {
    SlotState state = SlotState::free;
    ProcessIdentity identity;

    static ProcessEntry unpack(std::uint64_t word) {
        return {static_cast<SlotState>(word & 3),
                {static_cast<std::uint32_t>(word >> 2) & 0x3fffff,
                 static_cast<std::uint32_t>(word >> 32), static_cast<std::uint8_t>(word >> 24)}};
    }
    [[nodiscard]] std::uint64_t pack() const {
        return static_cast<std::uint64_t>(state) | std::uint64_t{identity.pid & 0x3fffff} << 2 |
               std::uint64_t{identity.pid_namespace} << 24 |
               std::uint64_t{identity.start_time} << 32;
    }
};

/// Of processes that have one slot one after the other, practically never the same twice.
constexpr std::uint16_t tag_of(const ProcessIdentity& process) {
    return static_cast<std::uint16_t>(process.start_time ^ process.start_time >> 16 ^
                                      std::uint64_t{process.pid} * 0x9e37 ^
                                      std::uint64_t{process.pid_namespace} * 0x85eb);
}

struct ThreadEntry {
    SlotState state = SlotState::free;
    std::uint32_t process = 0;  ///< its slot; meaningless while free
    std::uint16_t generation = 0;
    std::uint16_t tag = 0;  ///< tag_of() the process; 0 while free
    bool prepared = false;  ///< claimed: for a process's first thread
    bool joining = false;   ///< prepared: by that thread

    static ThreadEntry unpack(std::uint64_t word) {
        return {static_cast<SlotState>(word & 3),
                (static_cast<std::uint32_t>(word >> 2) & 0xffff) - 1,
                static_cast<std::uint16_t>(word >> 32),
                static_cast<std::uint16_t>(word >> 48),
                (word >> 18 & 1) != 0,
                (word >> 19 & 1) != 0};
    }
    [[nodiscard]] std::uint64_t pack() const {
        const std::uint64_t kept = std::uint64_t{generation} << 32;
        return state == SlotState::free
                   ? kept
                   : static_cast<std::uint64_t>(state) | (std::uint64_t{process} + 1) << 2 |
                         std::uint64_t{prepared} << 18 | std::uint64_t{joining} << 19 | kept |
                         std::uint64_t{tag} << 48;
    }
    /// Of one that is taken: its slot has memory, and others may know its thread.
    [[nodiscard]] bool is_known() const { return state == SlotState::live || prepared; }
};

}  // namespace castaway
