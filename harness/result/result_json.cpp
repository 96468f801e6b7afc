#include "harness/result/result_json.h"

#include <optional>
#include <string_view>

#include "harness/result/json_members.h"
#include "harness/result/json_writer.h"
#include "harness/result/mutation_json.h"
#include "harness/result/operation_rows.h"
#include "harness/result/result_words.h"

namespace castaway::harness {
namespace {

void write_text(JsonWriter& json, const std::string& value) {
    json.text(value);
}

void write_object(JsonWriter& json, const HistoryObject& object) {
    json.begin_object(Layout::row);
    member(json, "name", object.name);
    member(json, "type", to_string(object.type));
    member(json, "manual_reset", object.manual_reset);
    member(json, "initially_signaled", object.initially_signaled);
    member(json, "initial_count", object.initial_count);
    member(json, "maximum_count", object.maximum_count);
    member(json, "whole_run", object.whole_run);
    json.end_object();
}

void write_thread(JsonWriter& json, const HistoryThread& thread) {
    json.begin_object(Layout::row);
    member(json, "name", thread.name);
    member(json, "ended_ns", thread.ended_ns);
    json.end_object();
}

void write_process(JsonWriter& json, const HistoryProcess& process) {
    json.begin_object();
    member(json, "name", process.name);
    member(json, "os_pid", process.os_pid);
    member(json, "end", to_string(process.end));
    member(json, "end_detail", process.end_detail);
    member(json, "known_dead_ns", process.known_dead_ns);
    list(json, "threads", process.threads, write_thread);
    json.end_object();
}

void write_fault_event(JsonWriter& json, const FaultEvent& event) {
    json.begin_object(Layout::row);
    member(json, "fault", event.fault);
    member(json, "process", event.process);
    member(json, "at_ns", event.at_ns);
    member(json, "what", event.what);
    json.end_object();
}

void write_stuck(JsonWriter& json, const StuckThread& stuck) {
    json.begin_object();
    member(json, "process", stuck.process);
    member(json, "thread", stuck.thread);
    member(json, "sequence", stuck.sequence);
    member(json, "waits_on", stuck.waits_on);
    member(json, "system_call", stuck.system_call);
    list(json, "stack", stuck.stack, write_text);
    json.end_object();
}

void write_object_state(JsonWriter& json, const ObjectState& state) {
    json.begin_object(Layout::row);
    member(json, "name", state.name);
    member(json, "type", to_string(state.type));
    member(json, "signaled", state.signaled);
    member(json, "value", state.value);
    member(json, "owner", state.owner);
    member(json, "abandoned", state.abandoned);
    member(json, "waiters", state.waiters);
    member(json, "handles", state.handles);
    json.end_object();
}

void write_process_handles(JsonWriter& json, const Snapshot::ProcessHandles& handles) {
    json.begin_object(Layout::row);
    member(json, "process", handles.process);
    member(json, "handles", handles.handles);
    json.end_object();
}

void write_snapshot(JsonWriter& json, const Snapshot& snapshot) {
    json.begin_object();
    member(json, "moment", to_string(snapshot.moment));
    member(json, "at_ns", snapshot.at_ns);
    list(json, "objects", snapshot.objects, write_object_state);
    list(json, "handles", snapshot.handles, write_process_handles);
    member(json, "processes_attached", snapshot.processes_attached);
    member(json, "names", snapshot.names);
    if (snapshot.calls != 0) {
        member(json, "calls", snapshot.calls);
    }
    list(json, "damage", snapshot.damage, write_text);
    json.end_object();
}

void write_history(JsonWriter& json, const History& history) {
    json.begin_object();
    list(json, "objects", history.objects, write_object);
    list(json, "processes", history.processes, write_process);
    list(json, "faults", history.faults, write_fault_event);
    list(json, "stuck", history.stuck, write_stuck);
    list(json, "snapshots", history.snapshots, write_snapshot);
    member(json, "hit_limit", history.hit_limit);
    member(json, "went_quiet", history.went_quiet);
    list(json, "operations", history.operations,
         [](JsonWriter& to, const Operation& operation) { write_row(operation, to); });
    json.end_object();
}

void write_reference(JsonWriter& json, const OperationRef& reference) {
    json.begin_array(Layout::row);
    json.number(reference.process);
    json.number(reference.thread);
    json.number(reference.sequence);
    json.end_array();
}

void write_verdict(JsonWriter& json, const Verdict& verdict) {
    json.begin_object();
    member(json, "check", verdict.check);
    member(json, "kind", to_string(verdict.kind));
    member(json, "message", verdict.message);
    list(json, "witness", verdict.witness, write_reference, Layout::row);
    json.end_object();
}

void write_seen(JsonWriter& json, const Seen& seen) {
    json.begin_object(Layout::row);
    member(json, "what", seen.what);
    member(json, "count", seen.count);
    member(json, "minimum", seen.minimum);
    member(json, "maximum",
           seen.maximum == INT64_MAX ? std::nullopt : std::optional<std::int64_t>(seen.maximum));
    json.end_object();
}

void write_fault(JsonWriter& json, const ArmedFault& fault) {
    json.begin_object(Layout::row);
    member(json, "what", fault.what);
    member(json, "fired", fault.fired);
    json.end_object();
}

void write_run(JsonWriter& json, const RunResult& run) {
    json.begin_object();
    member(json, "scenario", run.scenario);
    member(json, "description", run.description);
    member(json, "file", run.file);
    member(json, "subject", run.subject);
    member(json, "engine", run.engine);
    member(json, "seed", run.seed);
    member(json, "token", run.token);
    member(json, "replay_command", run.replay_command);
    list(json, "rules", run.rules, write_text, Layout::row);
    member(json, "outcome", to_string(run.outcome));
    member(json, "note", run.note);
    list(json, "verdicts", run.verdicts, write_verdict);
    list(json, "seen", run.seen, write_seen);
    list(json, "faults", run.faults, write_fault);
    member(json, "duration_ns", run.duration_ns);
    json.key("history");
    write_history(json, run.history);
    json.end_object();
}

}  // namespace

std::string to_json_text(const SuiteResult& suite) {
    JsonWriter json;
    json.begin_object();
    member(json, kFormatKey, kResultFormat);
    member(json, "tool_version", suite.tool_version);
    member(json, "started_utc", suite.started_utc);
    member(json, "command", suite.command);
    json.key("machine");
    json.begin_object();
    member(json, "kernel", suite.machine.kernel);
    member(json, "cores", suite.machine.cores);
    json.end_object();
    list(
        json, "operation_columns", kOperationColumns,
        [](JsonWriter& to, std::string_view column) { to.text(column); }, Layout::row);
    list(json, "runs", suite.runs, write_run);
    if (!suite.mutations.empty()) {
        list(json, "mutations", suite.mutations, write_mutation);
    }
    json.end_object();
    return json.take() + '\n';
}

}  // namespace castaway::harness
