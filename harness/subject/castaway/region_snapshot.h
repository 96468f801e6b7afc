// A region's picture in the harness's terms.
#pragma once

#include <castaway/inspect.h>

#include <cstdint>
#include <span>

#include "harness/history/snapshot.h"

namespace castaway::harness {

/// Owners and handles are told by the index of their process in `pids`. Moment and time are left.
Snapshot snapshot_of(const RegionPicture& picture, std::span<const std::int64_t> pids);

}  // namespace castaway::harness
