#include "reports/view/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "harness/base/words.h"
#include "reports/view/plain_text.h"

namespace castaway::harness {
namespace {

std::string object_words(const History& history, ObjectIndex index) {
    if (index >= history.objects.size()) {
        return fmt::format("object {}", index);
    }
    const HistoryObject& object = history.objects[index];
    return fmt::format("{} \"{}\"", to_string(object.type), plain_line(object.name));
}

std::string objects_words(const History& history, const Operation& operation) {
    std::string words;
    for (const ObjectIndex object : operation.objects) {
        words += (words.empty() ? "" : ", ") + object_words(history, object);
    }
    return words;
}

/// What is said after the objects.
std::string argument_words(const Operation& operation) {
    const std::string_view alertable = operation.alertable ? ", alertable" : "";
    if (operation.is_wait()) {
        return operation.timeout_ms
                   ? fmt::format(" for at most {} ms{}", *operation.timeout_ms, alertable)
                   : std::string(alertable);
    }
    if (operation.kind == OperationKind::sleep) {
        return operation.timeout_ms ? fmt::format(" for {} ms{}", *operation.timeout_ms, alertable)
                                    : fmt::format(" for ever{}", alertable);
    }
    if (operation.kind == OperationKind::release_semaphore) {
        return fmt::format(" by {}", operation.count);
    }
    if (operation.kind == OperationKind::set_timer) {
        const std::string period = operation.period_ms == 0
                                       ? std::string()
                                       : fmt::format(", then every {} ms", operation.period_ms);
        return fmt::format(" in {}{}{}", duration_words(operation.due_ns), period,
                           operation.with_routine ? ", with a routine" : "");
    }
    return {};
}

/// Of a wait that was satisfied: what it took, or the one that it was told of.
ObjectIndex answering_object(const Operation& operation) {
    if (operation.kind == OperationKind::signal_and_wait) {
        return operation.objects.at(1);
    }
    return operation.objects.at(operation.is_wait() ? operation.satisfied_by : 0);
}

/// "2 procedure calls (from main of a/0, main of b/0)": who had them queued, each once.
std::string ran_words(const History& history, const Operation& operation) {
    std::vector<std::string> from;
    for (const CallId& call : operation.ran) {
        std::string name = thread_words(history, call.process, call.thread);
        if (std::find(from.begin(), from.end(), name) == from.end()) {
            from.push_back(std::move(name));
        }
    }
    return fmt::format("{} (from {})",
                       counted(operation.ran.size(), "procedure call", "procedure calls"),
                       fmt::join(from, ", "));
}

/// Empty for an error that has no name here.
std::string_view error_name(std::uint32_t code) {
    const auto* const found =
        std::find_if(kErrorNames.begin(), kErrorNames.end(),
                     [code](const ErrorName& each) { return each.code == code; });
    return found == kErrorNames.end() ? std::string_view() : found->name;
}

std::string success_words(const History& history, const Operation& operation) {
    if (operation.kind == OperationKind::release_semaphore) {
        return fmt::format("ok, the count was {}", operation.previous_count);
    }
    if (operation.kind == OperationKind::create && operation.error == 183) {
        return "ok, it was there already";
    }
    if (operation.kind == OperationKind::wait_any && operation.objects.size() > 1) {
        return "ok by " + object_words(history, answering_object(operation));
    }
    return "ok";
}

}  // namespace

std::string_view outcome_words(Outcome outcome) {
    switch (outcome) {
        case Outcome::pass:
            return "passed";
        case Outcome::fail:
            return "failed";
        case Outcome::harness_error:
            return "harness error";
        default:
            return to_string(outcome);
    }
}

std::string_view verdict_words(VerdictKind kind) {
    return kind == VerdictKind::not_applicable ? "not applicable" : to_string(kind);
}

std::string duration_words(std::int64_t ns) {
    const auto value = static_cast<double>(ns);
    const double size = value < 0 ? -value : value;
    if (size < 1e3) {
        return fmt::format("{} ns", ns);
    }
    if (size < 1e6) {
        return fmt::format("{:.1f} µs", value / 1e3);
    }
    if (size < 1e9) {
        return fmt::format("{:.2f} ms", value / 1e6);
    }
    return fmt::format("{:.2f} s", value / 1e9);
}

std::string moment_words(std::int64_t ns) {
    return fmt::format("{:.6f} ms", static_cast<double>(ns) / 1e6);
}

std::string thread_words(const History& history, std::uint32_t process, std::uint32_t thread) {
    if (process >= history.processes.size() ||
        thread >= history.processes[process].threads.size()) {
        return fmt::format("thread {} of process {}", thread, process);
    }
    const HistoryProcess& owner = history.processes[process];
    std::string_view name = owner.threads[thread].name;
    const std::string prefix = owner.name + '.';
    if (name.starts_with(prefix)) {
        name.remove_prefix(prefix.size());
    }
    return fmt::format("{} of {}", plain_line(name), plain_line(owner.name));
}

std::string call_words(const History& history, const Operation& operation) {
    if (operation.kind == OperationKind::queue_call) {
        return fmt::format("{} for {}", verb(operation.kind),
                           operation.target ? thread_words(history, operation.target->process,
                                                           operation.target->thread)
                                            : std::string("nobody"));
    }
    if (operation.kind == OperationKind::sleep) {
        return fmt::format("{}{}", verb(operation.kind), argument_words(operation));
    }
    if (operation.kind == OperationKind::signal_and_wait) {
        return fmt::format(
            "signal {} and wait {}{}", object_words(history, operation.objects.at(0)),
            object_words(history, operation.objects.at(1)), argument_words(operation));
    }
    return fmt::format("{} {}{}", verb(operation.kind), objects_words(history, operation),
                       argument_words(operation));
}

std::string response_words(const History& history, const Operation& operation) {
    switch (operation.status) {
        case ResponseStatus::pending:
            return operation.ran.empty()
                       ? "no response"
                       : fmt::format("no response, ran {}", ran_words(history, operation));
        case ResponseStatus::ok:
            return success_words(history, operation);
        case ResponseStatus::abandoned:
            return operation.objects.size() > 1
                       ? "abandoned " + object_words(history, answering_object(operation))
                       : "abandoned";
        case ResponseStatus::timeout:
            return "timeout";
        case ResponseStatus::alerted:
            return operation.ran.empty() ? "ended by procedure calls"
                                         : "ended by " + ran_words(history, operation);
        case ResponseStatus::failed:
            break;
    }
    const std::string_view name = error_name(operation.error);
    return name.empty() ? fmt::format("failed with {}", operation.error)
                        : fmt::format("failed with {} ({})", operation.error, name);
}

std::string operation_words(const History& history, const Operation& operation) {
    return fmt::format("{}: {} -> {}", thread_words(history, operation.process, operation.thread),
                       call_words(history, operation), response_words(history, operation));
}

std::string end_words(const HistoryProcess& process) {
    const auto with_detail = [&](std::string_view words) {
        return process.end_detail.empty()
                   ? std::string(words)
                   : fmt::format("{}: {}", words, plain_line(process.end_detail));
    };
    switch (process.end) {
        case ProcessEnd::finished:
            return with_detail("finished");
        case ProcessEnd::killed:
            return with_detail("killed by a fault");
        case ProcessEnd::exited:
            return with_detail("left by a fault");
        case ProcessEnd::crashed:
            return with_detail("crashed");
        case ProcessEnd::stuck:
            return with_detail("stuck, ended by the harness");
    }
    return "unknown";
}

std::string_view verb(OperationKind kind) {
    switch (kind) {
        case OperationKind::wait_any:
            return "wait any of";
        case OperationKind::wait_all:
            return "wait all of";
        case OperationKind::signal_and_wait:
            return "signal and wait";
        case OperationKind::pulse_event:
            return "pulse";
        case OperationKind::queue_call:
            return "queue a call";
        case OperationKind::release_mutex:
        case OperationKind::release_semaphore:
            return "release";
        case OperationKind::set_event:
        case OperationKind::set_timer:
            return "set";
        case OperationKind::reset_event:
            return "reset";
        case OperationKind::cancel_timer:
            return "cancel";
        default:
            return to_string(kind);
    }
}

std::vector<std::string> mutation_lines(const MutationReport& report) {
    const std::string where = report.engine == "sim" ? "in the simulator" : "on real processes";
    std::vector<std::string> lines;
    if (!report.mutants.empty()) {
        lines.push_back(fmt::format(
            "{} of {} killed {}, by {}; {} of each strategy, at most {} of each scenario",
            report.mutants.size() - report.survivors().size(),
            counted(static_cast<std::int64_t>(report.mutants.size()), "mutant", "mutants"), where,
            counted(static_cast<std::int64_t>(report.scenarios), "scenario", "scenarios"),
            counted(static_cast<std::int64_t>(report.seeds), "seed", "seeds"),
            counted(static_cast<std::int64_t>(report.executions_of_each), "execution",
                    "executions")));
    }
    const std::string searched = fmt::format(
        "{} {}, in {} with {}",
        counted(static_cast<std::int64_t>(report.sound.executions), "execution", "executions"),
        where, counted(static_cast<std::int64_t>(report.sound.hunts()), "hunt", "hunts"),
        counted(static_cast<std::int64_t>(report.seeds), "seed", "seeds"));
    if (report.sound.found == 0) {
        lines.push_back("False alarms in what nobody broke: 0 in " + searched);
    } else {
        lines.push_back(fmt::format(
            "FALSE ALARMS OR REAL DEFECTS in what nobody broke: in {} of the hunts; {}{}",
            report.sound.found, searched,
            report.sound.first ? fmt::format("; first {}: {}", report.sound.first->scenario,
                                             report.sound.first->problem)
                               : std::string()));
    }
    return lines;
}

}  // namespace castaway::harness
