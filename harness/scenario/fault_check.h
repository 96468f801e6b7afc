// Whether the faults of a scenario name somebody and can strike.
#pragma once

#include "harness/scenario/json_reader.h"
#include "harness/scenario/name_table.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/scenario_json.h"

namespace castaway::harness {

/// Complains of names that stand for nothing, and of numbers that no seed, or not every seed, comes
/// to.
void check_faults(const Scenario& scenario, const NameTable& names, const Vocabulary& vocabulary,
                  Problems& problems);

}  // namespace castaway::harness
