#include "harness/result/testing/arbitrary_result.h"

#include <string>
#include <vector>

#include "harness/result/result_words.h"

namespace castaway::harness {
namespace {

/// Any text, often with what some format gives a meaning to.
std::string text() {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "a", "worker/0", ".", " ", "\"", "\\", "/", "\n", "\t", "\r", std::string(1, '\0'),
        "\x1b[31m", "\x7f", "<", "</script>", "]]>", "&amp;", "{{body}}", "'", "\xC3\xA9",
        "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD", "\xEF\xBF\xBE", "\xE2\x80\xA8"));
    std::string all;
    for (const std::string& piece : pieces) {
        all += piece;
    }
    return all;
}

bool coin() {
    return *rc::gen::arbitrary<bool>();
}

std::int64_t number() {
    return *rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(),
                           rc::gen::element<std::int64_t>(INT64_MIN, -1, 0, INT64_MAX));
}

std::int32_t small_number() {
    return *rc::gen::oneOf(rc::gen::arbitrary<std::int32_t>(),
                           rc::gen::element<std::int32_t>(INT32_MIN, -1, 0, INT32_MAX));
}

std::uint32_t natural() {
    return *rc::gen::oneOf(rc::gen::arbitrary<std::uint32_t>(),
                           rc::gen::element<std::uint32_t>(0U, UINT32_MAX));
}

std::uint32_t below(std::size_t bound) {
    return *rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(bound));
}

/// An empty one now and then.
template <typename Make>
auto maybe(Make make) {
    return coin() ? std::optional(make()) : std::nullopt;
}

template <typename Make>
auto some(std::size_t least, std::size_t most, Make make) {
    std::vector<decltype(make())> items(*rc::gen::inRange(least, most + 1));
    for (auto& item : items) {
        item = make();
    }
    return items;
}

template <typename Array>
auto one_of(const Array& all) {
    return all.at(below(all.size()));
}

ObjectType object_type() {
    return *rc::gen::element(ObjectType::event, ObjectType::mutex, ObjectType::semaphore,
                             ObjectType::timer);
}

HistoryObject object() {
    return {text(), object_type(), coin(), coin(), small_number(), small_number(), coin()};
}

HistoryProcess process() {
    HistoryProcess process;
    process.name = text();
    process.os_pid = number();
    process.threads = some(1, 3, [] { return HistoryThread{text(), maybe(number)}; });
    process.end = one_of(kAllProcessEnds);
    process.end_detail = text();
    process.known_dead_ns = maybe(number);
    return process;
}

/// The fewest objects and the most.
std::pair<std::size_t, std::size_t> object_counts(OperationKind kind) {
    switch (kind) {
        case OperationKind::wait_any:
        case OperationKind::wait_all:
            return {1, 4};
        case OperationKind::signal_and_wait:
            return {2, 2};
        case OperationKind::queue_call:
        case OperationKind::sleep:
            return {0, 0};
        default:
            return {1, 1};
    }
}

ThreadPlace any_thread(const History& history) {
    const std::uint32_t process = below(history.processes.size());
    return {process, below(history.processes[process].threads.size())};
}

Operation operation(const History& history) {
    Operation operation;
    operation.process = below(history.processes.size());
    operation.thread = below(history.processes[operation.process].threads.size());
    operation.sequence = natural();
    operation.kind = static_cast<OperationKind>(below(kOperationKindCount));
    const auto [fewest, most] = object_counts(operation.kind);
    operation.objects = some(fewest, most, [&] { return below(history.objects.size()); });
    operation.timeout_ms = maybe(natural);
    operation.count = small_number();
    operation.due_ns = number();
    operation.period_ms = small_number();
    operation.invoked_ns = number();
    operation.returned_ns = number();
    operation.status = static_cast<ResponseStatus>(below(6));
    operation.satisfied_by = operation.objects.empty() ? 0 : below(operation.objects.size());
    operation.error = natural();
    operation.previous_count = small_number();
    operation.slept = maybe(coin);
    operation.alertable = coin();
    operation.with_routine = coin();
    if (operation.kind == OperationKind::queue_call) {
        operation.target = any_thread(history);
    }
    operation.ran = some(0, 2, [&] {
        const ThreadPlace thread = any_thread(history);
        return CallId{thread.process, thread.thread, natural()};
    });
    return operation;
}

std::uint32_t any_process(const History& history) {
    return below(history.processes.size());
}

StuckThread stuck(const History& history) {
    StuckThread stuck;
    stuck.process = any_process(history);
    stuck.thread = below(history.processes[stuck.process].threads.size());
    stuck.sequence = natural();
    stuck.waits_on = text();
    stuck.system_call = text();
    stuck.stack = some(0, 3, text);
    return stuck;
}

Snapshot snapshot(const History& history) {
    Snapshot snapshot;
    snapshot.moment = one_of(kAllSnapshotMoments);
    snapshot.at_ns = number();
    snapshot.objects = some(0, 2, [&] {
        return ObjectState{
            text(), object_type(), coin(),   number(), maybe([&] { return any_process(history); }),
            coin(), natural(),     natural()};
    });
    snapshot.handles = some(0, 2, [&] {
        return Snapshot::ProcessHandles{any_process(history), natural()};
    });
    snapshot.processes_attached = natural();
    snapshot.names = natural();
    snapshot.calls = natural();
    snapshot.damage = some(0, 2, text);
    return snapshot;
}

History history(std::size_t faults) {
    History history;
    history.objects = some(1, 3, object);
    history.processes = some(1, 3, process);
    history.operations = some(0, 12, [&] { return operation(history); });
    history.faults = some(0, faults == 0 ? 0 : 3, [&] {
        return FaultEvent{below(faults), any_process(history), number(), text()};
    });
    history.stuck = some(0, 2, [&] { return stuck(history); });
    history.snapshots = some(0, 2, [&] { return snapshot(history); });
    history.hit_limit = coin();
    history.went_quiet = coin();
    return history;
}

Verdict verdict(const History& history) {
    Verdict verdict{text(), one_of(kAllVerdictKinds), text(), {}};
    verdict.witness = some(0, 3, [&] {
        const std::uint32_t process = any_process(history);
        return OperationRef{process, below(history.processes[process].threads.size()), natural()};
    });
    return verdict;
}

RunResult run() {
    RunResult run;
    for (std::string* each : {&run.scenario, &run.description, &run.file, &run.subject, &run.engine,
                              &run.token, &run.replay_command, &run.note}) {
        *each = text();
    }
    run.seed = *rc::gen::arbitrary<std::uint64_t>();
    run.rules = some(0, 2, text);
    run.outcome = one_of(kAllOutcomes);
    run.seen = some(0, 3, [] { return Seen{text(), number(), number(), number()}; });
    run.faults = some(0, 2, [] { return ArmedFault{text(), coin()}; });
    run.duration_ns = number();
    run.history = history(run.faults.size());
    run.verdicts = some(0, 3, [&] { return verdict(run.history); });
    return run;
}

}  // namespace

SubjectReport subject_report() {
    SubjectReport report;
    report.subject = text();
    report.description = text();
    report.executions = natural();
    report.found = natural();
    report.detections = some(0, 2, [] {
        return Detection{text(), natural(), natural(), std::nullopt, natural()};
    });
    report.checks[text()] = natural();
    if (report.found % 2 == 0) {
        report.first = Kill{text(), text(), {}, {}, {}};
        report.shortest = Kill{text(), {}, {}, {}, ShortSchedule{natural(), natural(), 3, false}};
    }
    report.not_replayed = natural();
    return report;
}

MutationReport mutation_report() {
    MutationReport report;
    report.engine = text();
    report.seeds = natural();
    report.executions_of_each = natural();
    report.scenarios = natural();
    report.sound = subject_report();
    report.mutants = some(0, 2, subject_report);
    return report;
}

rc::Gen<SuiteResult> arbitrary_suite() {
    return rc::gen::exec([] {
        SuiteResult suite;
        suite.tool_version = text();
        suite.started_utc = text();
        suite.command = text();
        suite.machine = {text(), natural()};
        suite.runs = some(0, 2, run);
        suite.mutations = some(0, 1, mutation_report);
        return suite;
    });
}

}  // namespace castaway::harness
