// The faults of a plan: whom they strike, and when, with every number drawn.
#pragma once

#include "harness/base/prng.h"
#include "harness/plan/plan.h"
#include "harness/plan/plan_names.h"

namespace castaway::harness {

/// Fills in plan.faults and the processes' `leaks`. Requires that the plan's processes are made.
/// Deadly faults that name a group strike different processes of it, as long as there are any.
void plan_faults(const Scenario& scenario, const PlanNames& names, const Prng& root, Plan& plan);

}  // namespace castaway::harness
