// A region that is full of the dead.
//
// Whoever attaches gives back what the dead held, but needs a slot for its process and one for a
// thread to do it. When all took part who could, and all died together, there is none. Nobody has
// anything in such a region any more; so its name is taken away, and the next one is made anew.
#pragma once

#include <string_view>

#include "primitives/region/region_file.h"

namespace castaway {

/// Takes the name away from a region that is full of the dead. True when it is worth trying again:
/// the name is no longer that region's, or somebody has come who gives slots back. False where
/// processes live or a slot is left, where the region has no name, and for any error. Requires that
/// the calling process has no slot in it.
/// \param full the region that could not be joined
bool retire_dead_region(std::string_view spec, const FileIdentity& full);

}  // namespace castaway
