// The draws of planning: each part of the plan has a generator of its own, found by the part's
// name, so that a change in one part leaves the draws of all others alone.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/base/prng.h"
#include "harness/plan/fnv1a.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

/// \param part  "count owner", "program owner/0.main", "fault 2", ...
inline Prng part_of(const Prng& root, std::string_view part) {
    return root.fork(fnv1a(part));
}

inline std::int64_t draw(Prng& prng, const Range& range) {
    return prng.between(range.low, range.high);
}

/// For ranges whose form keeps them within 32 bits.
inline std::uint32_t draw_u32(Prng& prng, const Range& range) {
    return static_cast<std::uint32_t>(draw(prng, range));
}

}  // namespace castaway::harness
