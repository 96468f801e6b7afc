// The things of a region in words, as `castaway inspect` tells them.
#pragma once

#include <string>

#include "castaway/inspect.h"

namespace castaway::harness {

std::string word_for(InspectedType type);
std::string word_for(InspectedState state);

/// "mutex \"Local\\x\"", or "event in slot 3" when it has no name.
std::string describe(const InspectedObject& object);

/// "thread slot 3 of process 4711".
std::string describe_thread(const RegionPicture& picture, std::uint32_t slot);

/// The object in that slot; none when it is not in the picture.
const InspectedObject* object_in(const RegionPicture& picture, std::uint32_t slot);

/// The line of one who waits: "thread slot 1 of process 10 waits for mutex \"Local\\b\", which
/// thread slot 3 of process 11 owns".
std::string describe(const RegionPicture& picture, const WaitEdge& edge);

}  // namespace castaway::harness
