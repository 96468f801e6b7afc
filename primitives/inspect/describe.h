// Tells in words what lies in a region, for people who look at it from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "primitives/region/view.h"

namespace castaway {

/// See describe_region_offset() of castaway/inspect.h.
std::string describe_offset(const RegionView& region, std::uint64_t offset);

/// The object's name with its namespace spelled out, "Local\\x"; empty when it has none.
std::string shown_name_of(const RegionView& region, Object& object);

/// The same as it is stored: see CanonicalName.
std::string canonical_name_of(const RegionView& region, Object& object);

/// The process of the thread in that slot; empty when the slot is free.
std::optional<std::uint32_t> pid_of_thread(const RegionView& region, std::uint32_t thread);

}  // namespace castaway
