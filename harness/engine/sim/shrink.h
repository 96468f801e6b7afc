// Makes the schedule of a finding short enough to be read.
//
// A schedule is a list of runs: one thread so many steps in a row, or one death. Delta debugging
// (Zeller, Hildebrandt: Simplifying and Isolating Failure-Inducing Input, TSE 2002) leaves out ever
// smaller parts of the list; what is left is followed where that is possible and passed over where
// not, and after its end the execution goes on calmly (strategies/run_to_block.h). A shorter list
// counts when the execution has a problem of the same kind. It is never longer than what it came
// from, and the result depends on nothing but the arguments.
#pragma once

#include <cstdint>

#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {

struct ShrunkFinding {
    Finding finding;                ///< the shortest: its schedule is whole, and can be replayed
    std::uint64_t executions = 0;   ///< that it took
    std::uint64_t runs_before = 0;  ///< runs of the schedule that was found
    std::uint64_t runs_after = 0;   ///< runs that had to be given; after them it goes on calmly
};

/// Requires a world that has been kept. `judge` must judge each execution anew.
ShrunkFinding shrink(World& world, const Finding& found, const Judge& judge,
                     std::uint64_t executions_max);

}  // namespace castaway::harness::sim
