// Short ways to write plans in tests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/plan/plan.h"

namespace castaway::harness::testing {

ObjectSpec event(const std::string& name);         ///< auto-reset
ObjectSpec manual_event(const std::string& name);  ///< manual-reset
ObjectSpec mutex(const std::string& name);
ObjectSpec semaphore(const std::string& name, std::int32_t initial_count);

ObjectSpec timer(const std::string& name);  ///< auto-reset

/// A plan with these objects, which every process of it opens.
Plan plan_with(std::vector<ObjectSpec> objects);
/// Adds a process "name" with one thread per program; returns its index.
std::uint32_t add_process(Plan& plan, const std::string& name,
                          std::vector<std::vector<PlanStep>> programs);
/// Adds a point; returns its index.
std::uint32_t add_point(Plan& plan, const std::string& name);

PlanStep call(OperationKind operation, std::uint32_t handle);
PlanStep wait_for(std::uint32_t handle, std::optional<std::uint32_t> timeout_ms = std::nullopt);
PlanStep wait_for_any(std::vector<std::uint32_t> handles,
                      std::optional<std::uint32_t> timeout_ms = std::nullopt);
PlanStep set_timer(std::uint32_t handle, std::int64_t due_us, std::int32_t period_ms = 0);
PlanStep work(std::int64_t duration_us);
PlanStep reach(std::uint32_t point);
PlanStep await_point(std::uint32_t point, std::int32_t count = 1);
PlanStep await_blocked(std::vector<std::uint32_t> processes, std::int32_t count = 1);
PlanStep await_death(std::vector<std::uint32_t> processes, std::int32_t count = 1);

PlanTrigger before_operation(std::uint32_t operation);
PlanTrigger after_operation(std::uint32_t operation);
PlanTrigger at_access(std::uint32_t operation, std::uint32_t access);
PlanTrigger at_crash_point(const std::string& name, std::uint32_t ordinal);
PlanTrigger when_blocked(std::vector<std::uint32_t> processes, std::uint32_t count = 1);
PlanTrigger when_reached(std::uint32_t point, std::uint32_t count = 1);

/// Adds a fault that the process's first thread trips, where it trips itself.
void add_fault(Plan& plan, FaultKind kind, std::uint32_t process, PlanTrigger trigger,
               PlanTrigger resume = {});

}  // namespace castaway::harness::testing
