#include "harness/history/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace castaway::harness {
namespace {

std::string place_of(const Operation& operation) {
    return fmt::format("operation {} of process {}, thread {}", operation.sequence,
                       operation.process, operation.thread);
}

/// What is wrong with one operation by itself; empty when nothing is.
std::string breach_of(const History& history, const Operation& operation) {
    if (operation.process >= history.processes.size() ||
        operation.thread >= history.processes[operation.process].threads.size()) {
        return place_of(operation) + ": there is no such thread";
    }
    if (operation.objects.empty() ||
        (operation.kind != OperationKind::wait_any && operation.objects.size() != 1)) {
        return fmt::format("{}: a {} of {} objects", place_of(operation), to_string(operation.kind),
                           operation.objects.size());
    }
    for (const ObjectIndex object : operation.objects) {
        if (object >= history.objects.size()) {
            return fmt::format("{}: there is no object {}", place_of(operation), object);
        }
    }
    if (operation.pending()) {
        return {};
    }
    if (operation.returned_ns < operation.invoked_ns) {
        return place_of(operation) + ": it returned before it was invoked";
    }
    if (operation.satisfied() && operation.satisfied_by >= operation.objects.size()) {
        return fmt::format("{}: satisfied by object {} of {}", place_of(operation),
                           operation.satisfied_by, operation.objects.size());
    }
    return {};
}

/// What is wrong with two operations that follow each other in one thread; empty when nothing is.
std::string breach_between(const Operation& before, const Operation& after) {
    if (after.sequence != before.sequence + 1) {
        return fmt::format("{}: the one before it is operation {}", place_of(after),
                           before.sequence);
    }
    if (before.pending()) {
        return place_of(after) + ": the one before it has not returned";
    }
    if (after.invoked_ns < before.returned_ns) {
        return place_of(after) + ": invoked before the one before it returned";
    }
    return {};
}

}  // namespace

std::string_view to_string(ProcessEnd end) {
    switch (end) {
        case ProcessEnd::finished:
            return "finished";
        case ProcessEnd::killed:
            return "killed";
        case ProcessEnd::exited:
            return "exited";
        case ProcessEnd::crashed:
            return "crashed";
        case ProcessEnd::stuck:
            return "stuck";
    }
    return "unknown";
}

std::string normalise(History& history) {
    auto& operations = history.operations;
    const auto by_thread = [](const Operation& operation) {
        return std::tuple(operation.process, operation.thread, operation.sequence);
    };
    std::sort(operations.begin(), operations.end(),
              [&](const Operation& a, const Operation& b) { return by_thread(a) < by_thread(b); });
    for (std::size_t i = 0; i < operations.size(); ++i) {
        if (std::string breach = breach_of(history, operations[i]); !breach.empty()) {
            return breach;
        }
        const bool first = i == 0 || operations[i - 1].process != operations[i].process ||
                           operations[i - 1].thread != operations[i].thread;
        if (first && operations[i].sequence != 0) {
            return place_of(operations[i]) + ": the ones before it are missing";
        }
        if (std::string breach =
                first ? std::string() : breach_between(operations[i - 1], operations[i]);
            !breach.empty()) {
            return breach;
        }
    }
    std::stable_sort(
        operations.begin(), operations.end(),
        [](const Operation& a, const Operation& b) { return a.invoked_ns < b.invoked_ns; });
    return {};
}

}  // namespace castaway::harness
