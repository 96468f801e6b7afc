#include "harness/linearize/linearizable_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "harness/linearize/judge_history.h"

namespace castaway::harness {
namespace {

/// A run is judged while somebody waits for it; `castaway check` takes its time.
constexpr SearchLimits kLimits{.steps_max = 2'000'000, .witness_steps_max = 500'000};

std::string names_of(const History& history, const HistoryPart& part) {
    std::string names;
    for (const ObjectIndex object : part.objects) {
        const HistoryObject& known = history.objects.at(object);
        names += fmt::format("{}{} \"{}\"", names.empty() ? "" : ", ", to_string(known.type),
                             known.name);
    }
    return names;
}

std::string states_in_words(const History& history, const std::vector<std::string>& states) {
    std::string text;
    for (const std::string& state : states) {
        text += (text.empty() ? "" : " or ") + with_thread_names(history, state);
    }
    return text;
}

Verdict failed(const History& history, const HistoryPart& part, const Witness& witness) {
    Verdict verdict;
    verdict.kind = VerdictKind::fail;
    verdict.message = fmt::format(
        "{}: no order of the operations explains all answers; before the last of these the state "
        "can only have been {}",
        names_of(history, part),
        states_in_words(
            history, witness.states_after.empty() ? witness.states_before : witness.states_after));
    std::vector<OperationId> ids = witness.core;
    if (std::find(ids.begin(), ids.end(), witness.impossible) == ids.end()) {
        ids.push_back(witness.impossible);
    }
    std::sort(ids.begin(), ids.end());
    for (const OperationId id : ids) {
        if (id < history.operations.size()) {
            const Operation& operation = history.operations[id];
            verdict.witness.push_back({operation.process, operation.thread, operation.sequence});
        }
    }
    return verdict;
}

/// Calls that do not are not judged here.
bool tells_of_objects(const Operation& operation) {
    const bool took_nothing = operation.kind != OperationKind::signal_and_wait &&
                              operation.status == ResponseStatus::alerted;
    return operation.is_about_objects() && !took_nothing;
}

Verdict judged(const History& history) {
    Verdict verdict;
    const HistoryJudgement judgement = judge_history(history, kLimits);
    std::string cut_off;
    for (const HistoryPart& part : judgement.parts) {
        if (part.judgement.witness) {
            return failed(history, part, *part.judgement.witness);
        }
        if (part.judgement.finding != Finding::linearizable) {
            cut_off = names_of(history, part) + ": " + part.judgement.reason;
        }
    }
    if (!cut_off.empty()) {
        verdict.message = cut_off;
        return verdict;
    }
    verdict.kind = VerdictKind::pass;
    verdict.message = fmt::format(
        "{} operations have an order, in {} parts that nothing joins",
        std::count_if(history.operations.begin(), history.operations.end(), tells_of_objects),
        judgement.parts.size());
    return verdict;
}

}  // namespace

Verdict judge_linearizable(const History& history) {
    Verdict verdict;
    if (history.operations.empty()) {
        verdict.kind = VerdictKind::not_applicable;
        verdict.message = "no operation was made";
    } else if (std::none_of(history.operations.begin(), history.operations.end(),
                            tells_of_objects)) {
        verdict.kind = VerdictKind::not_applicable;
        verdict.message = "no operation tells anything of an object";
    } else {
        verdict = judged(history);
    }
    verdict.check = kLinearizableCheck;
    return verdict;
}

}  // namespace castaway::harness
