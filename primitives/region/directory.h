// The directories: one word for each process and thread slot, claimed by a single compare-and-swap,
// so that a death in the middle of a claim leaves a slot that says whose it is.
//
//   process   bits 0-1 state | 2-23 pid | 24-63 start time
//   thread    bits 0-1 state | 2-17 process slot + 1 | 32-47 generation (kept while free)
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
                {static_cast<std::uint32_t>(word >> 2) & 0x3fffff, word >> 24}};
    }
    [[nodiscard]] std::uint64_t pack() const {
        return static_cast<std::uint64_t>(state) | std::uint64_t{identity.pid & 0x3fffff} << 2 |
               identity.start_time << 24;
    }
};

struct ThreadEntry {
    SlotState state = SlotState::free;
    std::uint32_t process = 0;  ///< its slot; meaningless while free
    std::uint16_t generation = 0;

    static ThreadEntry unpack(std::uint64_t word) {
        return {static_cast<SlotState>(word & 3),
                (static_cast<std::uint32_t>(word >> 2) & 0xffff) - 1,
                static_cast<std::uint16_t>(word >> 32)};
    }
    [[nodiscard]] std::uint64_t pack() const {
        const std::uint64_t owner = state == SlotState::free ? 0 : process + 1;
        return static_cast<std::uint64_t>(state) | owner << 2 | std::uint64_t{generation} << 32;
    }
};

}  // namespace castaway
