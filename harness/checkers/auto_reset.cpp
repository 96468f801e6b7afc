// Each set of an auto-reset event satisfies one wait at most (EVT-01, EVT-05, EVT-07, WAIT-12,
// WAIT-20).
//
// Every satisfied wait must have had a signal of its own: the initial one, or that of a set in
// whose interval, or after it, the wait took it, with no second set counting up in between and no
// reset wiping it out. single_signal.h says how such an assignment is found and why it is found
// whenever there is one. Sets and resets that are pending may have taken effect, so a pending set
// is a signal and a pending reset is none; pending waits need no signal.
//
// While no operation runs, the event must not be signaled when its last signal was surely taken or
// reset, and must be when a set surely came after everything that can have taken it.
//
// Sound: an assignment of moments that obeys the rules is never rejected. Waits that timed out are
// left to `timeouts`.
#include <fmt/format.h>

#include "harness/checkers/by_object.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/event_facts.h"
#include "harness/checkers/single_signal.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

SingleSignal signals_of(const History& history, const Lives& lives, ObjectIndex event,
                        const std::vector<const Operation*>& of_object) {
    SingleSignal object;
    object.stored_at_first = history.objects[event].initially_signaled;
    for (const Operation* operation : of_object) {
        if (operation->status == ResponseStatus::failed) {
            continue;
        }
        const Span span{operation->invoked_ns, lives.latest_effect(*operation), operation};
        if (operation->kind == OperationKind::set_event) {
            object.signals.push_back(span);
        } else if (operation->kind == OperationKind::reset_event && !operation->pending()) {
            object.clearings.push_back(span);
        } else if (took(*operation, event)) {
            object.waits.push_back(span);
        }
    }
    return object;
}

Verdict tell(const History& history, ObjectIndex event, const Unexplained& found) {
    std::vector<const Operation*> witness = found.before;
    witness.push_back(found.wait);
    const std::uint64_t lost = found.signals - found.served - found.cleared;
    return failed(
        fmt::format(
            "{} satisfied {}'s wait by {}, and no signal was left for it: of {} up to then, "
            "the initial one included, {} satisfied another wait{}{}",
            named(history, event), thread_of(history, *found.wait), in_ms(found.wait->returned_ns),
            counted(found.signals, "signal"), found.served,
            found.cleared == 0 ? "" : fmt::format(", {} had been reset", found.cleared),
            lost == 0 ? "" : fmt::format(", {} came while one was stored", lost)),
        std::move(witness));
}

std::optional<Verdict> judge_final(const History& history, ObjectIndex event,
                                   const EventFacts& facts) {
    const Snapshot* snapshot = find_quiescence(history);
    const ObjectState* state = find_final_state(history, history.objects[event]);
    if (state == nullptr) {
        return std::nullopt;
    }
    const std::int64_t at_ns = snapshot->at_ns;
    if (state->signaled && facts.surely_not_signaled(at_ns, at_ns, nullptr)) {
        return failed(fmt::format("when all was quiet, at {}, {} was signaled, though its last "
                                  "signal had been taken or reset",
                                  in_ms(at_ns), named(history, event)),
                      {facts.last_set_before(at_ns), facts.last_cleared_before(at_ns)});
    }
    if (!state->signaled && facts.surely_signaled(at_ns, at_ns, nullptr)) {
        return failed(fmt::format("when all was quiet, at {}, {} was not signaled, and nobody had "
                                  "taken or reset its last signal",
                                  in_ms(at_ns), named(history, event)),
                      {facts.last_cleared_before(at_ns), facts.last_set_before(at_ns)});
    }
    return std::nullopt;
}

}  // namespace

Verdict judge_auto_reset(const History& history) {
    const Lives lives(history);
    const auto by_object = operations_by_object(history);
    std::uint64_t signals = 0;
    std::uint64_t waits = 0;
    for (ObjectIndex event = 0; event < history.objects.size(); ++event) {
        const HistoryObject& told = history.objects[event];
        if (told.type != ObjectType::event || told.manual_reset || !told.whole_run) {
            continue;
        }
        const SingleSignal object = signals_of(history, lives, event, by_object[event]);
        if (const auto found = explain(object)) {
            return tell(history, event, *found);
        }
        const EventFacts facts(history, lives, event, by_object[event]);
        if (auto wrong = judge_final(history, event, facts)) {
            return *std::move(wrong);
        }
        signals += object.signals.size() + (object.stored_at_first ? 1U : 0U);
        waits += object.waits.size();
    }
    if (signals + waits == 0) {
        return not_applicable("no auto-reset event that lives as long as the run was used");
    }
    return passed(
        fmt::format("{} satisfied, {} given", counted(waits, "wait"), counted(signals, "signal")));
}

}  // namespace castaway::harness
