// The form of a scenario: JSON to value, as scenarios/schema.json describes it. What the names in
// it mean is not judged here.
#pragma once

#include "harness/scenario/json_reader.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

/// Complains of everything that the schema forbids. The result is of use only when nothing was
/// complained of; `release` of an object without a count is read as the release of a mutex.
Scenario read_scenario_form(const Json& document, Problems& problems);

}  // namespace castaway::harness
