// A thread's program, with its repeats and choices, made into the list of its steps.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/base/prng.h"
#include "harness/plan/plan.h"
#include "harness/plan/plan_names.h"

namespace castaway::harness {

/// Throws InputError at `where` when the steps are more than kStepsPerThreadMax, or more than
/// `room`, which is what the plan's other threads have left.
std::vector<PlanStep> expand_program(const Block& program, const PlanNames& names, const Plan& plan,
                                     Prng prng, const std::string& where, std::size_t room);

}  // namespace castaway::harness
