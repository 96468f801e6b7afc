// What several look for in the steps of a plan.
#pragma once

#include "harness/history/operation.h"
#include "harness/plan/plan.h"

namespace castaway::harness {

/// Calls visit(const PlanStep&) for every step of every thread.
template <typename Visit>
void for_each_step(const Plan& plan, Visit visit) {
    for (const PlanProcess& process : plan.processes) {
        for (const PlanThread& thread : process.threads) {
            for (const PlanStep& step : thread.steps) {
                visit(step);
            }
        }
    }
}

/// What a call of a program asks for: an operation without an answer, whose thread and times are
/// not told.
Operation planned_operation(const Plan& plan, const PlanStep& step);

}  // namespace castaway::harness
