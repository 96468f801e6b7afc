// Histories made by letting threads act on model objects, one at a time, and recording intervals
// around the moments at which they act.
#pragma once

#include <cstdint>
#include <span>

#include "harness/checkers/testing/model_world.h"
#include "harness/history/history.h"

namespace castaway::harness::testing {

struct ModelOptions {
    Defect defect = Defect::none;
    /// Calls take no time together with others, and nobody blocks: every breach is sure.
    bool apart = false;
};

struct ModelRun {
    History history;
    /// The defect led to an answer, or a final state, that a check must find.
    bool defect_showed = false;
};

/// \param choices  decide everything; the run ends when they are used up
ModelRun run_model(std::span<const std::uint32_t> choices, ModelOptions options);

}  // namespace castaway::harness::testing
