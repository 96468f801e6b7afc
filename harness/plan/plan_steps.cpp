#include "harness/plan/plan_steps.h"

namespace castaway::harness {

Operation planned_operation(const Plan& plan, const PlanStep& step) {
    Operation operation;
    operation.kind = step.operation;
    for (const std::uint32_t handle : step.handles) {
        operation.objects.push_back(plan.handles.at(handle).object);
    }
    operation.target = step.target;
    if (operation.is_wait() || step.operation == OperationKind::sleep) {
        operation.timeout_ms = step.timeout_ms;
        operation.alertable = step.alertable;
    }
    if (step.operation == OperationKind::release_semaphore) {
        operation.count = step.count;
    }
    if (step.operation == OperationKind::set_timer) {
        operation.due_ns = step.due_us * 1000;
        operation.period_ms = step.period_ms;
        operation.with_routine = step.with_routine;
    }
    return operation;
}

}  // namespace castaway::harness
