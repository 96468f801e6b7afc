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

/// How long the next execution is expected to be, when one of that length has come to its end: a
/// running mean, lest a single long one count for much, and a little more, so that the end is hit,
/// too. What was far too short, as at the first time, is forgotten.
inline std::uint64_t length_expected(std::uint64_t before, std::uint64_t length) {
    const std::uint64_t more = length * 5 / 4;
    const std::uint64_t mean = before < length / 4 ? more : (7 * before + more) / 8;
    return mean < 8 ? 8 : mean;
}

inline std::uint32_t draw_below(Prng& generator, std::uint64_t bound) {
    return scaled_below(generator.next(), bound);
}

}  // namespace castaway::harness::sim
