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

bool is_thread_of(const History& history, std::uint32_t process, std::uint32_t thread) {
    return process < history.processes.size() && thread < history.processes[process].threads.size();
}

/// What is wrong with the procedure calls of one operation; empty when nothing is.
std::string breach_of_calls(const History& history, const Operation& operation) {
    const bool queues = operation.kind == OperationKind::queue_call;
    if (queues != operation.target.has_value()) {
        return place_of(operation) + (queues ? ": a call for nobody" : ": it queues no call");
    }
    if (queues && !is_thread_of(history, operation.target->process, operation.target->thread)) {
        return place_of(operation) + ": a call for a thread that there is not";
    }
    for (const CallId& call : operation.ran) {
        if (!is_thread_of(history, call.process, call.thread)) {
            return place_of(operation) + ": it ran a call of a thread that there is not";
        }
    }
    return {};
}

/// What is wrong with one operation by itself; empty when nothing is.
std::string breach_of(const History& history, const Operation& operation) {
    if (!is_thread_of(history, operation.process, operation.thread)) {
        return place_of(operation) + ": there is no such thread";
    }
    if (!fits(operation.kind, operation.objects.size())) {
        return fmt::format("{}: a {} of {} objects", place_of(operation), to_string(operation.kind),
                           operation.objects.size());
    }
    for (const ObjectIndex object : operation.objects) {
        if (object >= history.objects.size()) {
            return fmt::format("{}: there is no object {}", place_of(operation), object);
        }
    }
    if (std::string breach = breach_of_calls(history, operation); !breach.empty()) {
        return breach;
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
