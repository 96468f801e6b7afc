// A region's picture: see RegionPicture of castaway/inspect.h.
#pragma once

#include "castaway/inspect.h"
#include "primitives/region/view.h"

namespace castaway {

/// Reads a mapped region that others may be changing, and judges whether its structures hold
/// together.
RegionPicture picture_of(const RegionView& region, bool left = false);

}  // namespace castaway
