#include "harness/checkers/testing/history_builder.h"

#include <utility>

#include "harness/base/error.h"

namespace castaway::harness::testing {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

}  // namespace

ObjectIndex HistoryBuilder::add_object(HistoryObject object) {
    history_.objects.push_back(std::move(object));
    return static_cast<ObjectIndex>(history_.objects.size() - 1);
}

ObjectIndex HistoryBuilder::event(const std::string& name, bool signaled) {
    HistoryObject object;
    object.name = name;
    object.initially_signaled = signaled;
    return add_object(object);
}

ObjectIndex HistoryBuilder::manual_event(const std::string& name, bool signaled) {
    const ObjectIndex object = event(name, signaled);
    history_.objects[object].manual_reset = true;
    return object;
}

ObjectIndex HistoryBuilder::mutex(const std::string& name) {
    HistoryObject object;
    object.name = name;
    object.type = ObjectType::mutex;
    return add_object(object);
}

ObjectIndex HistoryBuilder::semaphore(const std::string& name, std::int32_t initial,
                                      std::int32_t maximum) {
    HistoryObject object;
    object.name = name;
    object.type = ObjectType::semaphore;
    object.initial_count = initial;
    object.maximum_count = maximum;
    return add_object(object);
}

ObjectIndex HistoryBuilder::timer(const std::string& name) {
    HistoryObject object;
    object.name = name;
    object.type = ObjectType::timer;
    return add_object(object);
}

ObjectIndex HistoryBuilder::manual_timer(const std::string& name) {
    const ObjectIndex object = timer(name);
    history_.objects[object].manual_reset = true;
    return object;
}

Thread HistoryBuilder::process() {
    const auto index = static_cast<std::uint32_t>(history_.processes.size());
    HistoryProcess& process = history_.processes.emplace_back();
    process.name = "p" + std::to_string(index);
    process.threads.push_back({process.name + ".main", std::nullopt});
    return {index, 0};
}

Thread HistoryBuilder::thread(Thread of) {
    HistoryProcess& process = history_.processes.at(of.process);
    const auto index = static_cast<std::uint32_t>(process.threads.size());
    process.threads.push_back({process.name + ".t" + std::to_string(index), std::nullopt});
    return {of.process, index};
}

Operation& HistoryBuilder::call(OperationKind kind, Thread by, ObjectIndex object, At at, How how) {
    Operation operation;
    operation.process = by.process;
    operation.thread = by.index;
    for (const Operation& other : operations_) {
        operation.sequence += other.process == by.process && other.thread == by.index ? 1U : 0U;
    }
    operation.kind = kind;
    operation.objects = {object};
    operation.invoked_ns = at.invoked_ms * kNsPerMs;
    if (at.returned_ms) {
        operation.returned_ns = *at.returned_ms * kNsPerMs;
        operation.status = how.status;
        operation.error = how.error;
    }
    return operations_.emplace_back(std::move(operation));
}

Operation& HistoryBuilder::wait(Thread by, ObjectIndex object, At at, How how) {
    Operation& operation = call(OperationKind::wait, by, object, at, how);
    if (how.status == ResponseStatus::timeout) {
        operation.timeout_ms = 0;
    }
    return operation;
}

Operation& HistoryBuilder::wait_any(Thread by, std::vector<ObjectIndex> objects, At at,
                                    std::uint32_t satisfied_by, How how) {
    Operation& operation = wait(by, objects.at(0), at, how);
    operation.kind = OperationKind::wait_any;
    operation.objects = std::move(objects);
    operation.satisfied_by = satisfied_by;
    return operation;
}

Operation& HistoryBuilder::wait_all(Thread by, std::vector<ObjectIndex> objects, At at, How how) {
    Operation& operation = wait_any(by, std::move(objects), at, 0, how);
    operation.kind = OperationKind::wait_all;
    return operation;
}

Operation& HistoryBuilder::signal_and_wait(Thread by, ObjectIndex signaled, ObjectIndex waited,
                                           At at, How how) {
    Operation& operation = wait_any(by, {signaled, waited}, at, 0, how);
    operation.kind = OperationKind::signal_and_wait;
    return operation;
}

Operation& HistoryBuilder::alerted(Operation& operation, std::vector<CallId> ran) {
    operation.alertable = true;
    operation.ran = std::move(ran);
    if (!operation.pending()) {
        operation.status = ResponseStatus::alerted;
    }
    return operation;
}

Operation& HistoryBuilder::sleep(Thread by, At at, std::optional<std::uint32_t> timeout_ms,
                                 How how) {
    Operation& operation = call(OperationKind::sleep, by, 0, at, how);
    operation.objects.clear();
    operation.alertable = true;
    operation.timeout_ms = timeout_ms;
    return operation;
}

Operation& HistoryBuilder::queue_call(Thread by, Thread target, At at, How how) {
    Operation& operation = call(OperationKind::queue_call, by, 0, at, how);
    operation.objects.clear();
    operation.target = ThreadPlace{target.process, target.index};
    return operation;
}

Operation& HistoryBuilder::release(Thread by, ObjectIndex mutex, At at, How how) {
    return call(OperationKind::release_mutex, by, mutex, at, how);
}

Operation& HistoryBuilder::release(Thread by, ObjectIndex semaphore, std::int32_t count, At at,
                                   std::int32_t previous, How how) {
    Operation& operation = call(OperationKind::release_semaphore, by, semaphore, at, how);
    operation.count = count;
    operation.previous_count = previous;
    return operation;
}

Operation& HistoryBuilder::set(Thread by, ObjectIndex event, At at) {
    return call(OperationKind::set_event, by, event, at);
}

Operation& HistoryBuilder::reset(Thread by, ObjectIndex event, At at) {
    return call(OperationKind::reset_event, by, event, at);
}

Operation& HistoryBuilder::set_timer(Thread by, ObjectIndex timer, At at, std::int64_t due_ms,
                                     std::int32_t period_ms) {
    Operation& operation = call(OperationKind::set_timer, by, timer, at);
    operation.due_ns = due_ms * kNsPerMs;
    operation.period_ms = period_ms;
    return operation;
}

Operation& HistoryBuilder::cancel(Thread by, ObjectIndex timer, At at) {
    return call(OperationKind::cancel_timer, by, timer, at);
}

Operation& HistoryBuilder::create(Thread by, ObjectIndex object, At at, std::uint32_t error) {
    return call(OperationKind::create, by, object, at, {ResponseStatus::ok, error});
}

Operation& HistoryBuilder::open(Thread by, ObjectIndex object, At at, How how) {
    return call(OperationKind::open, by, object, at, how);
}

Operation& HistoryBuilder::close(Thread by, ObjectIndex object, At at) {
    return call(OperationKind::close, by, object, at);
}

void HistoryBuilder::killed(Thread any_of, std::int64_t known_ms) {
    HistoryProcess& process = history_.processes.at(any_of.process);
    process.end = ProcessEnd::killed;
    process.known_dead_ns = known_ms * kNsPerMs;
}

void HistoryBuilder::ended(Thread thread, std::int64_t at_ms) {
    history_.processes.at(thread.process).threads.at(thread.index).ended_ns = at_ms * kNsPerMs;
}

void HistoryBuilder::stuck(Thread any_of) {
    history_.processes.at(any_of.process).end = ProcessEnd::stuck;
    history_.went_quiet = true;
}

Snapshot& HistoryBuilder::quiescence(std::int64_t at_ms) {
    Snapshot& snapshot = snapshots_.emplace_back();
    snapshot.moment = SnapshotMoment::quiescence;
    snapshot.at_ns = at_ms * kNsPerMs;
    return snapshot;
}

ObjectState& HistoryBuilder::state(Snapshot& snapshot, ObjectIndex object) {
    ObjectState& state = snapshot.objects.emplace_back();
    state.name = history_.objects.at(object).name;
    state.type = history_.objects.at(object).type;
    return state;
}

Snapshot& HistoryBuilder::end(std::int64_t at_ms) {
    Snapshot& snapshot = snapshots_.emplace_back();
    snapshot.moment = SnapshotMoment::end;
    snapshot.at_ns = at_ms * kNsPerMs;
    return snapshot;
}

History HistoryBuilder::build() const {
    History history = history_;
    history.operations.assign(operations_.begin(), operations_.end());
    history.snapshots.assign(snapshots_.begin(), snapshots_.end());
    if (const std::string breach = normalise(history); !breach.empty()) {
        throw HarnessError(breach);
    }
    return history;
}

OperationRef ref(const Operation& operation) {
    return {operation.process, operation.thread, operation.sequence};
}

CallId call_by(const Operation& operation) {
    return {operation.process, operation.thread, operation.sequence};
}

}  // namespace castaway::harness::testing
