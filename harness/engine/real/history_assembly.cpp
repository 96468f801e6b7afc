#include "harness/engine/real/history_assembly.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <string>
#include <tuple>

#include "harness/base/error.h"
#include "harness/engine/real/history_file.h"

namespace castaway::harness {
namespace {

bool fired(const ControlBlock& control, std::uint32_t fault) {
    return control.faults()[fault].state.load() == static_cast<std::uint32_t>(FaultState::fired);
}

bool killed(const ExitStatus& status) {
    return status.by_signal && status.value == SIGKILL;
}

/// Whether a fault of one of these kinds struck the process.
bool struck_by(const Plan& plan, const ControlBlock& control, std::uint32_t process,
               std::initializer_list<FaultKind> kinds) {
    for (std::uint32_t i = 0; i < plan.faults.size(); ++i) {
        if (plan.faults[i].process == process && fired(control, i) &&
            std::find(kinds.begin(), kinds.end(), plan.faults[i].kind) != kinds.end()) {
            return true;
        }
    }
    return false;
}

std::string describe(const ExitStatus& status) {
    if (!status.by_signal) {
        return fmt::format("exit code {}", status.value);
    }
    const char* name = sigabbrev_np(status.value);
    return name == nullptr ? fmt::format("signal {}", status.value) : fmt::format("SIG{}", name);
}

void classify(const Plan& plan, const ControlBlock& control, std::uint32_t process,
              const ExitStatus& status, HistoryProcess& told) {
    const bool ended_well = !status.by_signal && status.value == 0;
    if (killed(status) && struck_by(plan, control, process, {FaultKind::kill})) {
        told.end = ProcessEnd::killed;
    } else if (ended_well &&
               (struck_by(plan, control, process, {FaultKind::exit, FaultKind::leak}) ||
                plan.processes[process].leaks)) {
        told.end = ProcessEnd::exited;
    } else if (ended_well && control.state_of(process) == ProcessState::leaving) {
        told.end = ProcessEnd::finished;
    } else {
        told.end = ProcessEnd::crashed;
        told.end_detail = describe(status);
    }
}

void add_faults(const Plan& plan, const ControlBlock& control, const WorkerGroup& workers,
                History& history) {
    for (std::uint32_t i = 0; i < plan.faults.size(); ++i) {
        const PlanFault& fault = plan.faults[i];
        if (!fired(control, i)) {
            continue;
        }
        if (fault.kind == FaultKind::kill && !killed(*workers.exit_status(fault.process))) {
            continue;  // The process had ended by itself when the signal came.
        }
        history.faults.push_back({i, fault.process, control.faults()[i].at_ns.load(), fault.what});
    }
    std::sort(history.faults.begin(), history.faults.end(),
              [](const FaultEvent& a, const FaultEvent& b) {
                  return std::tie(a.at_ns, a.fault) < std::tie(b.at_ns, b.fault);
              });
}

}  // namespace

History begin_history(const Plan& plan) {
    History history;
    for (const ObjectSpec& object : plan.objects) {
        history.objects.push_back({object.name, object.type, object.manual_reset,
                                   object.initially_signaled, object.initial_count,
                                   object.maximum_count, object.whole_run});
    }
    for (const PlanProcess& process : plan.processes) {
        HistoryProcess& told = history.processes.emplace_back();
        told.name = process.name;
        for (const PlanThread& thread : process.threads) {
            told.threads.push_back({process.name + "." + thread.name, std::nullopt});
        }
    }
    return history;
}

void finish_history(const Plan& plan, const ControlBlock& control, const WorkerGroup& workers,
                    const std::vector<bool>& stuck, const std::filesystem::path& folder,
                    bool sleep_is_told, History& history) {
    for (std::uint32_t process = 0; process < plan.processes.size(); ++process) {
        HistoryProcess& told = history.processes[process];
        if (stuck[process]) {
            told.end = ProcessEnd::stuck;
        } else {
            classify(plan, control, process, *workers.exit_status(process), told);
        }
        const std::span<ThreadCell> cells = control.threads_of(process);
        for (std::uint32_t thread = 0; thread < cells.size(); ++thread) {
            if (was_ended(static_cast<ThreadState>(cells[thread].state.load()))) {
                told.threads[thread].ended_ns = cells[thread].ended_ns.load();
            }
            std::vector<Operation> operations =
                read_history_file(plan, process, thread, folder, sleep_is_told);
            std::move(operations.begin(), operations.end(), std::back_inserter(history.operations));
        }
    }
    add_faults(plan, control, workers, history);
    if (const std::string breach = normalise(history); !breach.empty()) {
        throw HarnessError("the recorded history is not sound: " + breach);
    }
}

}  // namespace castaway::harness
