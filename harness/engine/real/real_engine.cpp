#include "harness/engine/real/real_engine.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>
#include <variant>

#include "harness/base/error.h"
#include "harness/engine/real/run.h"

namespace castaway::harness {
namespace {

std::filesystem::path worker_beside_us() {
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) {
        throw HarnessError("cannot find the running program in /proc: " + error.message());
    }
    return self.parent_path() / "castaway-worker";
}

bool from_outside(const PlanTrigger& trigger) {
    return std::holds_alternative<PlanTrigger::WhenBlocked>(trigger.when) ||
           std::holds_alternative<PlanTrigger::WhenReached>(trigger.when) ||
           std::holds_alternative<PlanTrigger::WhenDead>(trigger.when);
}

/// A thread can only leave its program between two operations: inside one it has frames of the
/// subject below it, which nothing may unwind.
bool can_end_thread(const PlanTrigger& trigger) {
    const auto* when = std::get_if<PlanTrigger::AtOperation>(&trigger.when);
    return when != nullptr && !when->access;
}

void check_fault(const PlanFault& fault, std::size_t index, const std::string& where) {
    const std::string place = fmt::format("{}: /faults/{}", where, index);
    if (fault.kind == FaultKind::end_thread && !can_end_thread(fault.trigger)) {
        throw InputError(place, "a thread can end only before or after one of its operations",
                         "give the fault an operation without an access");
    }
    if (fault.kind == FaultKind::stop &&
        !(from_outside(fault.resume) ||
          std::holds_alternative<std::monostate>(fault.resume.when))) {
        throw InputError(place, "a stopped process cannot resume itself",
                         "resume it when a point is reached or a process is blocked");
    }
}

void check(const Plan& plan) {
    const std::string where = plan.file.empty() ? plan.scenario : plan.file;
    if (plan.processes.empty() || plan.processes.size() > kProcessesMax) {
        throw InputError(where, fmt::format("the plan has {} processes", plan.processes.size()),
                         fmt::format("use 1 to {}", kProcessesMax));
    }
    for (const PlanProcess& process : plan.processes) {
        if (process.threads.empty()) {
            throw InputError(where, "process " + process.name + " has no thread",
                             "give it a program");
        }
    }
    for (std::size_t i = 0; i < plan.faults.size(); ++i) {
        check_fault(plan.faults[i], i, where);
    }
}

}  // namespace

RealEngine::RealEngine(std::filesystem::path worker) : worker_(std::move(worker)) {}

History RealEngine::run(const Plan& plan, SubjectAdapter& subject, const EngineOptions& options) {
    check(plan);
    return Run(plan, subject, options, worker_.empty() ? worker_beside_us() : worker_).execute();
}

}  // namespace castaway::harness
