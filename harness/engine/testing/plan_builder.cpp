#include "harness/engine/testing/plan_builder.h"

#include <utility>

namespace castaway::harness::testing {
namespace {

ObjectSpec object_of(const std::string& name, ObjectType type) {
    ObjectSpec object;
    object.name = name;
    object.type = type;
    return object;
}

PlanStep step_of(StepKind kind) {
    PlanStep step;
    step.kind = kind;
    return step;
}

}  // namespace

ObjectSpec event(const std::string& name) {
    return object_of(name, ObjectType::event);
}

ObjectSpec manual_event(const std::string& name) {
    ObjectSpec object = event(name);
    object.manual_reset = true;
    return object;
}

ObjectSpec mutex(const std::string& name) {
    return object_of(name, ObjectType::mutex);
}

ObjectSpec semaphore(const std::string& name, std::int32_t initial_count) {
    ObjectSpec object = object_of(name, ObjectType::semaphore);
    object.initial_count = initial_count;
    object.maximum_count = 1000;
    return object;
}

ObjectSpec timer(const std::string& name) {
    return object_of(name, ObjectType::timer);
}

Plan plan_with(std::vector<ObjectSpec> objects) {
    Plan plan;
    plan.scenario = "engine_test";
    plan.objects = std::move(objects);
    for (std::uint32_t i = 0; i < plan.objects.size(); ++i) {
        plan.handles.push_back({plan.objects[i].name, i});
    }
    plan.run_limit_ms = 60'000;
    plan.quiet_ms = 30'000;
    return plan;
}

std::uint32_t add_process(Plan& plan, const std::string& name,
                          std::vector<std::vector<PlanStep>> programs) {
    PlanProcess process;
    process.name = name;
    for (std::uint32_t i = 0; i < plan.objects.size(); ++i) {
        if (plan.objects[i].whole_run) {
            process.opens.push_back(i);
        }
    }
    for (std::vector<PlanStep>& program : programs) {
        process.threads.push_back(
            {"t" + std::to_string(process.threads.size()), std::move(program)});
    }
    plan.processes.push_back(std::move(process));
    return static_cast<std::uint32_t>(plan.processes.size() - 1);
}

std::uint32_t add_point(Plan& plan, const std::string& name) {
    plan.points.push_back(name);
    return static_cast<std::uint32_t>(plan.points.size() - 1);
}

PlanStep call(OperationKind operation, std::uint32_t handle) {
    PlanStep step = step_of(StepKind::call);
    step.operation = operation;
    step.handles = {handle};
    return step;
}

PlanStep wait_for(std::uint32_t handle, std::optional<std::uint32_t> timeout_ms) {
    PlanStep step = call(OperationKind::wait, handle);
    step.timeout_ms = timeout_ms;
    return step;
}

PlanStep wait_for_any(std::vector<std::uint32_t> handles, std::optional<std::uint32_t> timeout_ms) {
    PlanStep step = call(OperationKind::wait_any, 0);
    step.handles = std::move(handles);
    step.timeout_ms = timeout_ms;
    return step;
}

PlanStep set_timer(std::uint32_t handle, std::int64_t due_us, std::int32_t period_ms) {
    PlanStep step = call(OperationKind::set_timer, handle);
    step.due_us = due_us;
    step.period_ms = period_ms;
    return step;
}

PlanStep work(std::int64_t duration_us) {
    PlanStep step = step_of(StepKind::work);
    step.duration_us = duration_us;
    return step;
}

PlanStep reach(std::uint32_t point) {
    PlanStep step = step_of(StepKind::reach);
    step.point = point;
    return step;
}

PlanStep await_point(std::uint32_t point, std::int32_t count) {
    PlanStep step = step_of(StepKind::await_point);
    step.point = point;
    step.count = count;
    return step;
}

PlanStep await_blocked(std::vector<std::uint32_t> processes, std::int32_t count) {
    PlanStep step = step_of(StepKind::await_blocked);
    step.processes = std::move(processes);
    step.count = count;
    return step;
}

PlanStep await_death(std::vector<std::uint32_t> processes, std::int32_t count) {
    PlanStep step = step_of(StepKind::await_death);
    step.processes = std::move(processes);
    step.count = count;
    return step;
}

PlanTrigger before_operation(std::uint32_t operation) {
    return {PlanTrigger::AtOperation{operation, false, std::nullopt}};
}

PlanTrigger after_operation(std::uint32_t operation) {
    return {PlanTrigger::AtOperation{operation, true, std::nullopt}};
}

PlanTrigger at_access(std::uint32_t operation, std::uint32_t access) {
    return {PlanTrigger::AtOperation{operation, false, access}};
}

PlanTrigger at_crash_point(const std::string& name, std::uint32_t ordinal) {
    return {PlanTrigger::AtCrashPoint{name, ordinal}};
}

PlanTrigger when_blocked(std::vector<std::uint32_t> processes, std::uint32_t count) {
    return {PlanTrigger::WhenBlocked{std::move(processes), count}};
}

PlanTrigger when_reached(std::uint32_t point, std::uint32_t count) {
    return {PlanTrigger::WhenReached{point, count}};
}

void add_fault(Plan& plan, FaultKind kind, std::uint32_t process, PlanTrigger trigger,
               PlanTrigger resume) {
    PlanFault fault;
    fault.kind = kind;
    fault.process = process;
    fault.trigger = std::move(trigger);
    fault.resume = std::move(resume);
    fault.what = "fault " + std::to_string(plan.faults.size());
    plan.faults.push_back(std::move(fault));
}

}  // namespace castaway::harness::testing
