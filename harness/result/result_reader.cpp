// The reading half of result_json.h. Every function throws Misread but the last.
#include <fmt/format.h>

#include "harness/base/error.h"
#include "harness/result/mutation_json.h"
#include "harness/result/operation_rows.h"
#include "harness/result/result_json.h"
#include "harness/result/result_words.h"

namespace castaway::harness {
namespace {

/// A file of more bytes is none that a run of bounded length wrote.
constexpr std::size_t kLargestResult = std::size_t{4} << 30U;

/// What `read_item` reads of each item of the array.
template <typename ReadItem>
auto list(const Json& value, ReadItem read_item) {
    std::vector<decltype(read_item(value))> items;
    items.reserve(array(value).size());
    for (const Json& item : value) {
        items.push_back(read_item(item));
    }
    return items;
}

ObjectType object_type(const Json& value) {
    const std::optional<ObjectType> type = object_type_from(text(value));
    if (!type) {
        throw_no_word(value, "a type of object");
    }
    return *type;
}

HistoryObject read_object(const Json& value) {
    require_keys(value, {"name", "type", "manual_reset", "initially_signaled", "initial_count",
                         "maximum_count", "whole_run"});
    HistoryObject object;
    object.name = text(field(value, "name"));
    object.type = object_type(field(value, "type"));
    object.manual_reset = boolean(field(value, "manual_reset"));
    object.initially_signaled = boolean(field(value, "initially_signaled"));
    object.initial_count = integer<std::int32_t>(field(value, "initial_count"));
    object.maximum_count = integer<std::int32_t>(field(value, "maximum_count"));
    object.whole_run = boolean(field(value, "whole_run"));
    return object;
}

HistoryThread read_thread(const Json& value) {
    require_keys(value, {"name", "ended_ns"});
    return {text(field(value, "name")), optional_integer<std::int64_t>(field(value, "ended_ns"))};
}

HistoryProcess read_process(const Json& value) {
    require_keys(value, {"name", "os_pid", "end", "end_detail", "known_dead_ns", "threads"});
    HistoryProcess process;
    process.name = text(field(value, "name"));
    process.os_pid = integer<std::int64_t>(field(value, "os_pid"));
    process.end = word<ProcessEnd>(field(value, "end"), kAllProcessEnds, "the end of a process");
    process.end_detail = text(field(value, "end_detail"));
    process.known_dead_ns = optional_integer<std::int64_t>(field(value, "known_dead_ns"));
    process.threads = list(field(value, "threads"), read_thread);
    return process;
}

FaultEvent read_fault_event(const Json& value, const History& history, std::size_t faults) {
    require_keys(value, {"fault", "process", "at_ns", "what"});
    FaultEvent event;
    event.fault = index_of(field(value, "fault"), faults, "fault");
    event.process = index_of(field(value, "process"), history.processes.size(), "process");
    event.at_ns = integer<std::int64_t>(field(value, "at_ns"));
    event.what = text(field(value, "what"));
    return event;
}

StuckThread read_stuck(const Json& value, const History& history) {
    require_keys(value, {"process", "thread", "sequence", "waits_on", "system_call", "stack"});
    StuckThread stuck;
    stuck.process = index_of(field(value, "process"), history.processes.size(), "process");
    stuck.thread =
        index_of(field(value, "thread"), history.processes[stuck.process].threads.size(), "thread");
    stuck.sequence = integer<std::uint32_t>(field(value, "sequence"));
    stuck.waits_on = text(field(value, "waits_on"));
    stuck.system_call = text(field(value, "system_call"));
    stuck.stack = list(field(value, "stack"), text);
    return stuck;
}

ObjectState read_object_state(const Json& value, const History& history) {
    require_keys(value,
                 {"name", "type", "signaled", "value", "owner", "abandoned", "waiters", "handles"});
    ObjectState state;
    state.name = text(field(value, "name"));
    state.type = object_type(field(value, "type"));
    state.signaled = boolean(field(value, "signaled"));
    state.value = integer<std::int64_t>(field(value, "value"));
    if (const Json& owner = field(value, "owner"); !owner.is_null()) {
        state.owner = index_of(owner, history.processes.size(), "process");
    }
    state.abandoned = boolean(field(value, "abandoned"));
    state.waiters = integer<std::uint32_t>(field(value, "waiters"));
    state.handles = integer<std::uint32_t>(field(value, "handles"));
    return state;
}

Snapshot::ProcessHandles read_process_handles(const Json& value, const History& history) {
    require_keys(value, {"process", "handles"});
    return {index_of(field(value, "process"), history.processes.size(), "process"),
            integer<std::uint32_t>(field(value, "handles"))};
}

Snapshot read_snapshot(const Json& value, const History& history) {
    Snapshot snapshot;
    if (value.is_object() && value.contains("calls")) {
        require_keys(value, {"moment", "at_ns", "objects", "handles", "processes_attached", "names",
                             "calls", "damage"});
        snapshot.calls = integer<std::uint32_t>(field(value, "calls"));
    } else {
        require_keys(value, {"moment", "at_ns", "objects", "handles", "processes_attached", "names",
                             "damage"});
    }
    snapshot.moment =
        word<SnapshotMoment>(field(value, "moment"), kAllSnapshotMoments, "a snapshot's moment");
    snapshot.at_ns = integer<std::int64_t>(field(value, "at_ns"));
    snapshot.objects = list(field(value, "objects"),
                            [&](const Json& item) { return read_object_state(item, history); });
    snapshot.handles = list(field(value, "handles"),
                            [&](const Json& item) { return read_process_handles(item, history); });
    snapshot.processes_attached = integer<std::uint32_t>(field(value, "processes_attached"));
    snapshot.names = integer<std::uint32_t>(field(value, "names"));
    snapshot.damage = list(field(value, "damage"), text);
    return snapshot;
}

/// \param faults how many faults the plan had
History read_history(const Json& value, std::size_t faults) {
    require_keys(value, {"objects", "processes", "faults", "stuck", "snapshots", "hit_limit",
                         "went_quiet", "operations"});
    History history;
    history.objects = list(field(value, "objects"), read_object);
    history.processes = list(field(value, "processes"), read_process);
    history.faults = list(field(value, "faults"), [&](const Json& item) {
        return read_fault_event(item, history, faults);
    });
    history.stuck =
        list(field(value, "stuck"), [&](const Json& item) { return read_stuck(item, history); });
    history.snapshots = list(field(value, "snapshots"),
                             [&](const Json& item) { return read_snapshot(item, history); });
    history.hit_limit = boolean(field(value, "hit_limit"));
    history.went_quiet = boolean(field(value, "went_quiet"));
    history.operations =
        list(field(value, "operations"), [&](const Json& row) { return read_row(row, history); });
    return history;
}

OperationRef read_reference(const Json& value, const History& history) {
    if (array(value).size() != 3) {
        throw Misread{&value, "this must be an array of process, thread and sequence"};
    }
    OperationRef reference;
    reference.process = index_of(value[0], history.processes.size(), "process");
    reference.thread =
        index_of(value[1], history.processes[reference.process].threads.size(), "thread");
    reference.sequence = integer<std::uint32_t>(value[2]);
    return reference;
}

Verdict read_verdict(const Json& value, const History& history) {
    require_keys(value, {"check", "kind", "message", "witness"});
    Verdict verdict;
    verdict.check = text(field(value, "check"));
    verdict.kind = word<VerdictKind>(field(value, "kind"), kAllVerdictKinds, "a kind of verdict");
    verdict.message = text(field(value, "message"));
    verdict.witness = list(field(value, "witness"),
                           [&](const Json& item) { return read_reference(item, history); });
    return verdict;
}

Seen read_seen(const Json& value) {
    require_keys(value, {"what", "count", "minimum", "maximum"});
    Seen seen;
    seen.what = text(field(value, "what"));
    seen.count = integer<std::int64_t>(field(value, "count"));
    seen.minimum = integer<std::int64_t>(field(value, "minimum"));
    seen.maximum = optional_integer<std::int64_t>(field(value, "maximum")).value_or(INT64_MAX);
    return seen;
}

ArmedFault read_fault(const Json& value) {
    require_keys(value, {"what", "fired"});
    return {text(field(value, "what")), boolean(field(value, "fired"))};
}

RunResult read_run(const Json& value) {
    require_keys(value, {"scenario", "description", "file", "subject", "engine", "seed", "token",
                         "replay_command", "rules", "outcome", "note", "verdicts", "seen", "faults",
                         "duration_ns", "history"});
    RunResult run;
    run.scenario = text(field(value, "scenario"));
    run.description = text(field(value, "description"));
    run.file = text(field(value, "file"));
    run.subject = text(field(value, "subject"));
    run.engine = text(field(value, "engine"));
    run.seed = integer<std::uint64_t>(field(value, "seed"));
    run.token = text(field(value, "token"));
    run.replay_command = text(field(value, "replay_command"));
    run.rules = list(field(value, "rules"), text);
    run.outcome = word<Outcome>(field(value, "outcome"), kAllOutcomes, "an outcome");
    run.note = text(field(value, "note"));
    run.seen = list(field(value, "seen"), read_seen);
    run.faults = list(field(value, "faults"), read_fault);
    run.duration_ns = integer<std::int64_t>(field(value, "duration_ns"));
    run.history = read_history(field(value, "history"), run.faults.size());
    run.verdicts = list(field(value, "verdicts"),
                        [&](const Json& item) { return read_verdict(item, run.history); });
    return run;
}

void require_this_format(const Json& document) {
    if (!document.is_object() || !document.contains(kFormatKey)) {
        throw Misread{&document, "this is no result of castaway"};
    }
    const Json& version = field(document, kFormatKey);
    if (version != kResultFormat) {
        throw Misread{&version, fmt::format("this format version is {}, and only {} can be read",
                                            version.dump(), kResultFormat)};
    }
}

void require_these_columns(const Json& columns) {
    const std::vector<std::string> names = list(columns, text);
    if (!std::equal(names.begin(), names.end(), kOperationColumns.begin(),
                    kOperationColumns.end())) {
        throw Misread{&columns, "these are not the columns of this format version"};
    }
}

SuiteResult read_suite(const Json& document) {
    require_this_format(document);
    // Only the reports that were given one have tables of mutants.
    if (document.contains("mutations")) {
        require_keys(document, {kFormatKey, "tool_version", "started_utc", "command", "machine",
                                "operation_columns", "runs", "mutations"});
    } else {
        require_keys(document, {kFormatKey, "tool_version", "started_utc", "command", "machine",
                                "operation_columns", "runs"});
    }
    SuiteResult suite;
    suite.tool_version = text(field(document, "tool_version"));
    suite.started_utc = text(field(document, "started_utc"));
    suite.command = text(field(document, "command"));
    const Json& machine = field(document, "machine");
    require_keys(machine, {"kernel", "cores"});
    suite.machine.kernel = text(field(machine, "kernel"));
    suite.machine.cores = integer<std::uint32_t>(field(machine, "cores"));
    require_these_columns(field(document, "operation_columns"));
    suite.runs = list(field(document, "runs"), read_run);
    if (document.contains("mutations")) {
        suite.mutations = list(field(document, "mutations"), read_mutation);
    }
    return suite;
}

}  // namespace

SuiteResult read_result(const std::filesystem::path& file) {
    const Json document = parse_json(read_text(file, kLargestResult), file.string());
    try {
        return read_suite(document);
    } catch (const Misread& misread) {
        throw InputError(place(file.string(), pointer_to(document, *misread.at)), misread.problem,
                         "use a result.json that this version of castaway wrote, unchanged");
    }
}

}  // namespace castaway::harness
