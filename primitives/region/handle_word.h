// A handle table entry in one word, so that a handle is looked up by one load.
//
//   bits 0-23 object slot + 1, 0: not open | 24-44 access | 45 inherit | 46 protect from close
//   bits 48-63 generation, one more at each opening: a lookup that overlaps a close and a reopening
//   sees that the word has changed
#pragma once

#include <cstdint>

namespace castaway {

struct HandleWord {
    std::uint32_t object = 0;  ///< slot + 1
    std::uint32_t access = 0;
    bool inherit = false;
    bool protect = false;
    std::uint16_t generation = 0;

    static constexpr std::uint32_t kAccessMask = 0x1fffff;

    static HandleWord unpack(std::uint64_t word) {
        return {static_cast<std::uint32_t>(word & 0xffffff),
                static_cast<std::uint32_t>(word >> 24) & kAccessMask, (word >> 45 & 1) != 0,
                (word >> 46 & 1) != 0, static_cast<std::uint16_t>(word >> 48)};
    }
    [[nodiscard]] std::uint64_t pack() const {
        return std::uint64_t{object} | std::uint64_t{access & kAccessMask} << 24 |
               std::uint64_t{inherit} << 45 | std::uint64_t{protect} << 46 |
               std::uint64_t{generation} << 48;
    }
    [[nodiscard]] bool open() const { return object != 0; }
};

/// Handle values are multiples of 4, from 4 on (rule HND-03).
constexpr std::uintptr_t handle_value(std::uint32_t index) {
    return (std::uintptr_t{index} + 1) * 4;
}

/// Back from the value, whose two low bits are the caller's own. Beyond every table for NULL and
/// for the pseudo handles, which are whole values: their low bits are no tags.
constexpr std::uint64_t handle_index(std::uintptr_t value) {
    return std::uint64_t{value} / 4 - 1;
}

}  // namespace castaway
