#include "reports/testing/history_builder.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace castaway::harness {
namespace {

constexpr std::int64_t kNsPerUs = 1000;
constexpr std::int64_t kFirstPid = 41200;

}  // namespace

HistoryBuilder& HistoryBuilder::process(const std::string& name) {
    HistoryProcess process;
    process.name = name;
    process.os_pid = kFirstPid + static_cast<std::int64_t>(history_.processes.size());
    process.threads.push_back({name + ".main", {}});
    history_.processes.push_back(std::move(process));
    return *this;
}

HistoryBuilder& HistoryBuilder::thread(const std::string& name) {
    HistoryProcess& process = history_.processes.back();
    process.threads.push_back({process.name + "." + name, {}});
    return *this;
}

HistoryBuilder& HistoryBuilder::event(const std::string& name) {
    history_.objects.push_back({name, ObjectType::event});
    return *this;
}

HistoryBuilder& HistoryBuilder::mutex(const std::string& name) {
    history_.objects.push_back({name, ObjectType::mutex});
    return *this;
}

HistoryBuilder& HistoryBuilder::semaphore(const std::string& name, std::int32_t count) {
    history_.objects.push_back({name, ObjectType::semaphore, false, false, count, count});
    return *this;
}

HistoryBuilder& HistoryBuilder::timer(const std::string& name) {
    history_.objects.push_back({name, ObjectType::timer});
    return *this;
}

Operation& HistoryBuilder::call(Who who, OperationKind kind, ObjectIndex object,
                                std::int64_t from_us, std::int64_t to_us) {
    const auto before = std::count_if(
        history_.operations.begin(), history_.operations.end(), [who](const Operation& each) {
            return each.process == who.process && each.thread == who.thread;
        });
    Operation operation;
    operation.process = who.process;
    operation.thread = who.thread;
    operation.sequence = static_cast<std::uint32_t>(before);
    operation.kind = kind;
    operation.objects = {object};
    operation.invoked_ns = from_us * kNsPerUs;
    operation.returned_ns = to_us * kNsPerUs;
    operation.status = ResponseStatus::ok;
    operation.slept = false;
    if (kind == OperationKind::release_semaphore) {
        operation.count = 1;
    }
    history_.operations.push_back(operation);
    return history_.operations.back();
}

Operation& HistoryBuilder::slept(Who who, ObjectIndex object, std::int64_t from_us,
                                 std::int64_t to_us) {
    Operation& operation = call(who, OperationKind::wait, object, from_us, to_us);
    operation.slept = true;
    return operation;
}

Operation& HistoryBuilder::pending(Who who, ObjectIndex object, std::int64_t from_us) {
    Operation& operation = call(who, OperationKind::wait, object, from_us, 0);
    operation.status = ResponseStatus::pending;
    operation.slept = true;
    return operation;
}

HistoryBuilder& HistoryBuilder::ended(std::uint32_t process, ProcessEnd end, std::int64_t dead_us,
                                      const std::string& detail) {
    HistoryProcess& told = history_.processes.at(process);
    told.end = end;
    told.end_detail = detail;
    told.known_dead_ns = dead_us * kNsPerUs;
    return *this;
}

History HistoryBuilder::take() {
    if (const std::string breach = normalise(history_); !breach.empty()) {
        throw std::logic_error(breach);
    }
    return std::move(history_);
}

}  // namespace castaway::harness
