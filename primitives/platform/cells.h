// The words that lie in shared memory. Nothing reads or writes them but a Platform, so that every
// access can be a scheduling point, a crash point, or one machine instruction.
#pragma once

#include <bit>
#include <cstdint>

namespace castaway {

static_assert(std::endian::native == std::endian::little, "the futex is a cell's low half");

struct alignas(8) Cell64 {
    std::uint64_t bits;
};

struct alignas(4) Cell32 {
    std::uint32_t bits;
};

/// A word that the kernel marks when the thread that holds it ends, however it ends. What is inside
/// is the platform's matter.
struct alignas(64) LivenessWord {
    unsigned char bytes[64];
};

/// The half of a cell that threads sleep on.
inline Cell32& futex_half(Cell64& cell) {
    return reinterpret_cast<Cell32&>(cell);
}

}  // namespace castaway
