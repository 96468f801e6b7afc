// Which region `castaway inspect` and `castaway audit` look at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/engine/real/system.h"

namespace castaway::harness {

/// What the command line says. At most one of them; none is what CASTAWAY_REGION says, or
/// "default".
struct RegionChoice {
    std::optional<std::string> name;   ///< or "fd:N"
    std::optional<std::string> file;   ///< its path
    std::optional<std::uint32_t> pid;  ///< of a process that takes part in it
};

/// A region as the primitives find it, and as people call it.
struct ChosenRegion {
    std::string spec;
    std::string title;
    Descriptor held;  ///< what the spec refers to, where it is a descriptor of ours
};

/// Throws InputError where the choice is none.
ChosenRegion choose_region(const RegionChoice& choice);

}  // namespace castaway::harness
