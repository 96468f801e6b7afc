// Drawing for strategies: cheaper than Prng::below, and as good for the few choices of a step.
#pragma once

#include <cstdint>

#include "harness/base/prng.h"

namespace castaway::harness::sim {

/// What was drawn as a number in [0, bound), by the high half of a product. The odds of two numbers
/// differ by less than bound / 2^32. Requires 0 < bound < 2^32.
inline std::uint32_t scaled_below(std::uint64_t drawn, std::uint64_t bound) {
    return static_cast<std::uint32_t>(((drawn >> 32) * bound) >> 32);
}

inline std::uint32_t draw_below(Prng& generator, std::uint64_t bound) {
    return scaled_below(generator.next(), bound);
}

}  // namespace castaway::harness::sim
