// The form of faults.
#pragma once

#include "harness/scenario/json_reader.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

FaultSpec read_fault(const JsonNode& node);

}  // namespace castaway::harness
