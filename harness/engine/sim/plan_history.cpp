// From what a simulated plan remembers to a history.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "harness/base/error.h"
#include "harness/engine/sim/hash.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/plan/plan_steps.h"
#include "harness/subject/castaway/region_snapshot.h"
#include "primitives/inspect/look.h"

namespace castaway::harness::sim {
namespace {

Operation operation_of(const Plan& plan, const CallRecord& record) {
    Operation operation;
    switch (record.origin) {
        case CallRecord::Origin::opening:
            operation.kind = OperationKind::create;
            operation.objects = {record.index};
            break;
        case CallRecord::Origin::closing:
            operation.kind = OperationKind::close;
            operation.objects = {plan.handles.at(record.index).object};
            break;
        case CallRecord::Origin::program:
            operation = planned_operation(
                plan, plan.processes[record.process].threads[record.thread].steps.at(record.index));
            break;
    }
    operation.process = record.process;
    operation.thread = record.thread;
    operation.invoked_ns = record.invoked_ns;
    if (operation.is_wait()) {
        operation.slept = record.slept;
    }
    if (record.returned) {
        operation.returned_ns = record.returned_ns;
        operation.status = record.response.status;
        operation.satisfied_by = record.response.satisfied_by;
        operation.error = record.response.error;
        operation.previous_count = record.response.previous_count;
    }
    return operation;
}

ProcessEnd end_of(EndCause cause) {
    switch (cause) {
        case EndCause::finished:
            return ProcessEnd::finished;
        case EndCause::killed:
            return ProcessEnd::killed;
        case EndCause::exited:
            return ProcessEnd::exited;
        case EndCause::none:
        case EndCause::stuck:
            break;
    }
    return ProcessEnd::stuck;
}

}  // namespace

Snapshot PlanWorld::snapshot(SnapshotMoment moment) {
    std::vector<std::int64_t> pids;
    for (std::size_t p = 0; p < processes_.size(); ++p) {
        pids.push_back(world_.processes()[p].identity.pid);
    }
    Snapshot snapshot = snapshot_of(picture_of(members_.front().file().view()), pids);
    snapshot.moment = moment;
    snapshot.at_ns = world_.moment_ns();
    return snapshot;
}

std::uint64_t PlanWorld::state_hash() const {
    Hash hash;
    for (const std::uint32_t reached : points_) {
        hash.add(reached);
    }
    for (std::size_t p = 0; p < processes_.size(); ++p) {
        hash.add(processes_[p].programs_left);
        hash.add(processes_[p].threads_left);
        hash.add(handles_hash(static_cast<std::uint16_t>(p)));
    }
    return hash.value();
}

std::uint64_t PlanWorld::handles_hash(std::uint16_t process) const {
    Hash hash;
    for (std::uint32_t i = 0; i < processes_[process].handle_count; ++i) {
        const HeldHandle& held = handles_[process][i];
        hash.add(std::uint64_t{held.name} << 32 | held.thread);
        hash.add(held.handle);
    }
    return hash.value();
}

/// Which calls have returned, in whatever order.
std::uint64_t PlanWorld::returned_hash() const {
    std::uint64_t sum = 0;
    for (std::size_t i = records_kept_; i < records_.size(); ++i) {
        if (const CallRecord& record = records_[i]; record.returned) {
            Hash hash;
            hash.add(std::uint64_t{record.process} << 32 | record.thread);
            hash.add(std::uint64_t{record.index} << 8 | static_cast<std::uint64_t>(record.origin));
            sum += hash.value();
        }
    }
    return sum;
}

std::uint64_t PlanWorld::history_hash() const {
    Hash hash;
    for (const CallRecord& record : records_) {
        hash.add(std::uint64_t{record.process} << 32 | record.thread);
        hash.add(std::uint64_t{record.index} << 8 | static_cast<std::uint64_t>(record.origin));
        hash.add(record.invoked_ns);
        hash.add(record.returned ? record.returned_ns : -1);
        hash.add(std::uint64_t{record.response.error} << 16 |
                 std::uint64_t{record.response.satisfied_by} << 8 |
                 static_cast<std::uint64_t>(record.response.status));
        hash.add(record.response.previous_count);
        hash.add(record.slept ? 1 : 0);
    }
    for (const RanCall& call : ran_) {
        hash.add(call.record);
        hash.add(call.origin);
    }
    for (std::size_t p = 0; p < processes_.size(); ++p) {
        hash.add(processes_[p].cause);
        hash.add(processes_[p].known_dead_ns.value_or(0));
        for (const PlanThreadState& thread : threads_[p]) {
            hash.add(thread.ended ? thread.ended_ns : 0);
            hash.add(thread.program_over ? 1 : 0);
        }
    }
    for (const PlanFaultState& fault : faults_) {
        hash.add(fault.fired ? fault.at_ns : 0);
    }
    return hash.value();
}

/// Names the calls that ran by the operations that had them queued. Requires the operations in the
/// order of the records. \param sequence_of by record
void PlanWorld::tell_calls(std::span<const std::uint32_t> sequence_of, History& history) const {
    if (ran_.empty()) {
        return;
    }
    std::map<std::uint64_t, CallId> ids;  // by origin
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const CallRecord& record = records_[i];
        if (record.origin == CallRecord::Origin::program) {
            ids[CallOrigin{record.process, record.thread, record.index}.pack()] = {
                record.process, record.thread, sequence_of[i]};
        }
    }
    for (const RanCall& call : ran_) {
        const auto found = ids.find(call.origin);
        history.operations[call.record].ran.push_back(found == ids.end() ? CallId{}
                                                                         : found->second);
    }
}

History PlanWorld::history(const Execution& execution) {
    History history;
    for (const ObjectSpec& object : plan_.objects) {
        history.objects.push_back({object.name, object.type, object.manual_reset,
                                   object.initially_signaled, object.initial_count,
                                   object.maximum_count, object.whole_run});
    }
    for (std::size_t p = 0; p < processes_.size(); ++p) {
        HistoryProcess& told = history.processes.emplace_back();
        told.name = plan_.processes[p].name;
        told.os_pid = world_.processes()[p].identity.pid;
        told.end = end_of(processes_[p].cause);
        told.known_dead_ns = processes_[p].known_dead_ns;
        for (std::size_t t = 0; t < threads_[p].size(); ++t) {
            const PlanThreadState& thread = threads_[p][t];
            told.threads.push_back({told.name + "." + plan_.processes[p].threads[t].name,
                                    thread.ended ? std::optional(thread.ended_ns) : std::nullopt});
        }
    }
    if (execution.outcome == Outcome::crash || execution.outcome == Outcome::stray_access) {
        const ThreadId thread = world_.last();
        const ProcessId process = world_.threads()[thread].process;
        if (process < history.processes.size()) {
            history.processes[process].end = ProcessEnd::crashed;
            history.processes[process].end_detail = execution.detail;
        }
    }

    std::vector<std::uint32_t> sequence_of(records_.size());
    std::vector<std::vector<std::uint32_t>> next(processes_.size());
    for (std::size_t p = 0; p < processes_.size(); ++p) {
        next[p].resize(threads_[p].size());
    }
    for (std::size_t i = 0; i < records_.size(); ++i) {
        Operation operation = operation_of(plan_, records_[i]);
        operation.sequence = next[operation.process][operation.thread]++;
        sequence_of[i] = operation.sequence;
        history.operations.push_back(std::move(operation));
    }
    tell_calls(sequence_of, history);
    history.stuck = stuck_;
    for (StuckThread& stuck : history.stuck) {
        stuck.sequence = sequence_of[stuck.sequence];
    }
    for (std::uint32_t i = 0; i < faults_.size(); ++i) {
        if (faults_[i].fired) {
            history.faults.push_back(
                {i, plan_.faults[i].process, faults_[i].at_ns, plan_.faults[i].what});
        }
    }
    std::sort(history.faults.begin(), history.faults.end(),
              [](const FaultEvent& a, const FaultEvent& b) {
                  return std::tie(a.at_ns, a.fault) < std::tie(b.at_ns, b.fault);
              });
    history.snapshots = snapshots_;
    history.hit_limit = hit_limit_ || execution.outcome == Outcome::livelock;
    history.went_quiet =
        execution.outcome == Outcome::deadlock || execution.outcome == Outcome::lost_wakeup;
    if (const std::string breach = normalise(history); !breach.empty()) {
        throw HarnessError("the recorded history is not sound: " + breach);
    }
    return history;
}

History PlanWorld::whole_history(const Execution& execution) {
    if (execution.outcome != Outcome::crash && execution.outcome != Outcome::stray_access) {
        close();
    }
    return history(execution);
}

}  // namespace castaway::harness::sim
