// The form of programs: steps and blocks of steps.
#pragma once

#include "harness/scenario/json_reader.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

/// An array of at least one step.
Block read_program(const JsonNode& node);

}  // namespace castaway::harness
