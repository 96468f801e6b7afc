// What the names and numbers of a scenario mean, and whether they can mean it.
#pragma once

#include "harness/scenario/json_reader.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/scenario_json.h"

namespace castaway::harness {

/// Complains of names that stand for nothing, operations that do not fit their object, conditions
/// that some seed could never meet. Requires that the form is right. Turns the release of a
/// semaphore without a count, which the form cannot tell from that of a mutex, into what it is.
/// \param document  what the scenario was read from, for the pointers in the complaints
void check_scenario(Scenario& scenario, const Json& document, const Vocabulary& vocabulary,
                    Problems& problems);

}  // namespace castaway::harness
