#include "harness/engine/real/history_assembly.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>
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

bool is_after(std::int64_t at_ns, const std::optional<std::int64_t>& cut_ns) {
    return cut_ns && at_ns > *cut_ns;
}

void add_faults(const Plan& plan, const ControlBlock& control, const WorkerGroup& workers,
                const CutOff& cut_off, History& history) {
    for (std::uint32_t i = 0; i < plan.faults.size(); ++i) {
        const PlanFault& fault = plan.faults[i];
        const std::int64_t at_ns = control.faults()[i].at_ns.load();
        if (!fired(control, i) || is_after(at_ns, cut_off[fault.process])) {
            continue;
        }
        if (fault.kind == FaultKind::kill && !killed(*workers.exit_status(fault.process))) {
            continue;  // The process had ended by itself when the signal came.
        }
        history.faults.push_back({i, fault.process, at_ns, fault.what});
    }
    std::sort(history.faults.begin(), history.faults.end(),
              [](const FaultEvent& a, const FaultEvent& b) {
                  return std::tie(a.at_ns, a.fault) < std::tie(b.at_ns, b.fault);
              });
}

/// By thread, and step that had procedure calls queued: the operation.
using Sequences =
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::map<std::uint32_t, std::uint32_t>>;

/// From the steps that had procedure calls queued to the operations.
void name_calls(const Sequences& sequences, History& history) {
    for (Operation& operation : history.operations) {
        for (CallId& call : operation.ran) {
            const auto thread = sequences.find({call.process, call.thread});
            const bool known = thread != sequences.end() && thread->second.contains(call.sequence);
            call = known ? CallId{call.process, call.thread, thread->second.at(call.sequence)}
                         : CallId{};
        }
    }
}

/// Operations that began later are none, responses that came later never came.
void forget_after(std::int64_t cut_ns, std::vector<Operation>& operations) {
    operations.erase(std::remove_if(operations.begin(), operations.end(),
                                    [cut_ns](const Operation& operation) {
                                        return operation.invoked_ns > cut_ns;
                                    }),
                     operations.end());
    for (Operation& operation : operations) {
        if (!operation.pending() && operation.returned_ns > cut_ns) {
            operation.status = ResponseStatus::pending;
            operation.returned_ns = 0;
            operation.satisfied_by = 0;
            operation.error = 0;
            operation.previous_count = 0;
        }
    }
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
                    const CutOff& cut_off, const std::filesystem::path& folder, bool sleep_is_told,
                    History& history) {
    Sequences sequences;
    for (std::uint32_t process = 0; process < plan.processes.size(); ++process) {
        HistoryProcess& told = history.processes[process];
        if (cut_off[process]) {
            told.end = ProcessEnd::stuck;
        } else {
            classify(plan, control, process, *workers.exit_status(process), told);
        }
        const std::span<ThreadCell> cells = control.threads_of(process);
        for (std::uint32_t thread = 0; thread < cells.size(); ++thread) {
            if (was_ended(static_cast<ThreadState>(cells[thread].state.load())) &&
                !is_after(cells[thread].ended_ns.load(), cut_off[process])) {
                told.threads[thread].ended_ns = cells[thread].ended_ns.load();
            }
            ThreadRecords read = read_history_file(plan, process, thread, folder, sleep_is_told);
            if (cut_off[process]) {
                forget_after(*cut_off[process], read.operations);
            }
            std::move(read.operations.begin(), read.operations.end(),
                      std::back_inserter(history.operations));
            sequences[{process, thread}] = std::move(read.sequence_of_call);
        }
    }
    name_calls(sequences, history);
    add_faults(plan, control, workers, cut_off, history);
    if (const std::string breach = normalise(history); !breach.empty()) {
        throw HarnessError("the recorded history is not sound: " + breach);
    }
}

}  // namespace castaway::harness
