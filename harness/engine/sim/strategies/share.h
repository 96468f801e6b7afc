// A part of a search, for those who share it out.
#pragma once

#include <cstdint>

namespace castaway::harness::sim {

/// One of several parts that a search is cut into. Together they leave out nothing that the whole
/// would try; each tries the calmest schedule, too.
struct Share {
    std::uint32_t number = 0;
    std::uint32_t count = 1;
};

}  // namespace castaway::harness::sim
