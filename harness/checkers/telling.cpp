#include "harness/checkers/telling.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "harness/base/words.h"

namespace castaway::harness {
namespace {

Verdict verdict(VerdictKind kind, std::string message) {
    Verdict made;
    made.kind = kind;
    made.message = std::move(message);
    return made;
}

}  // namespace

Verdict passed(std::string message) {
    return verdict(VerdictKind::pass, std::move(message));
}

Verdict inconclusive(std::string message) {
    return verdict(VerdictKind::inconclusive, std::move(message));
}

Verdict not_applicable(std::string message) {
    return verdict(VerdictKind::not_applicable, std::move(message));
}

Verdict failed(std::string message, std::vector<const Operation*> witness) {
    Verdict made = verdict(VerdictKind::fail, std::move(message));
    const auto place = [](const Operation* operation) {
        return std::tuple(operation->invoked_ns, operation->process, operation->thread,
                          operation->sequence);
    };
    witness.erase(std::remove(witness.begin(), witness.end(), nullptr), witness.end());
    std::sort(witness.begin(), witness.end(),
              [&](const Operation* a, const Operation* b) { return place(a) < place(b); });
    witness.erase(std::unique(witness.begin(), witness.end()), witness.end());
    for (const Operation* operation : witness) {
        made.witness.push_back({operation->process, operation->thread, operation->sequence});
    }
    return made;
}

std::string in_ms(std::int64_t ns) {
    return fmt::format("{:.3f} ms", static_cast<double>(ns) / 1e6);
}

std::string named(const History& history, ObjectIndex object) {
    const HistoryObject& told = history.objects.at(object);
    return fmt::format("{} \"{}\"", to_string(told.type), told.name);
}

std::string thread_of(const History& history, const Operation& operation) {
    return history.processes.at(operation.process).threads.at(operation.thread).name;
}

std::string call_of(const History& history, const Operation& operation) {
    std::string told(to_string(operation.kind));
    if (operation.target) {
        const HistoryProcess& process = history.processes.at(operation.target->process);
        told += " for " + process.threads.at(operation.target->thread).name;
    }
    for (const ObjectIndex& object : operation.objects) {
        told += (&object == &operation.objects.front() ? " of " : ", ") + named(history, object);
    }
    return told;
}

std::string counted(std::uint64_t count, const std::string& noun) {
    return counted(count, noun, noun + "s");
}

}  // namespace castaway::harness
