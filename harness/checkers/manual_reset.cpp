// Waits on a manual-reset event are satisfied when it is set, and only then (EVT-02, EVT-06,
// WAIT-12).
//
// A satisfied wait is wrong when the event was surely not signaled in all of its interval: every
// set that was invoked by the wait's return had returned before a reset was invoked that returned
// before the wait was invoked. A wait that timed out is wrong when the event was surely signaled in
// all of its interval: a set had returned before, and no reset may have come after it. Either
// bound is exact for one wait by itself, and so no false alarm. A pending set may count as a signal
// and a pending reset as a reset, in the direction that excuses the subject.
//
// While no operation runs, the same bounds hold for what the snapshot says. A thread that sleeps on
// after a set is found by `lost_wakeup`.
#include <fmt/format.h>

#include "harness/checkers/by_object.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/event_facts.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

std::optional<Verdict> judge_wait(const History& history, ObjectIndex event,
                                  const EventFacts& facts, const Operation& wait) {
    if (took(wait, event) && facts.surely_not_signaled(wait.invoked_ns, wait.returned_ns, &wait)) {
        const Operation* cleared = facts.last_cleared_before(wait.invoked_ns);
        return failed(
            fmt::format("{}'s wait for {} from {} to {} was satisfied, and the event was not "
                        "signaled in that time: {}",
                        thread_of(history, wait), named(history, event), in_ms(wait.invoked_ns),
                        in_ms(wait.returned_ns),
                        cleared == nullptr ? "nobody had set it"
                                           : fmt::format("it was reset by {} and not set again",
                                                         in_ms(cleared->returned_ns))),
            {facts.last_set_before(wait.invoked_ns), cleared, &wait});
    }
    if (wait.status == ResponseStatus::timeout &&
        facts.surely_signaled(wait.invoked_ns, wait.returned_ns, &wait)) {
        const Operation* set = facts.last_set_before(wait.invoked_ns);
        return failed(
            fmt::format("{}'s wait for {} from {} to {} timed out, and the event was signaled all "
                        "that time: {}",
                        thread_of(history, wait), named(history, event), in_ms(wait.invoked_ns),
                        in_ms(wait.returned_ns),
                        set == nullptr ? "it was so from the start, and never reset"
                                       : fmt::format("it was set by {} and not reset",
                                                     in_ms(set->returned_ns))),
            {set, &wait});
    }
    return std::nullopt;
}

std::optional<Verdict> judge_final(const History& history, ObjectIndex event,
                                   const EventFacts& facts) {
    const Snapshot* snapshot = find_quiescence(history);
    const ObjectState* state = find_final_state(history, history.objects[event]);
    if (state == nullptr) {
        return std::nullopt;
    }
    const std::int64_t at_ns = snapshot->at_ns;
    const bool wrong = state->signaled ? facts.surely_not_signaled(at_ns, at_ns, nullptr)
                                       : facts.surely_signaled(at_ns, at_ns, nullptr);
    if (!wrong) {
        return std::nullopt;
    }
    return failed(fmt::format("when all was quiet, at {}, {} was {}signaled, against its last set "
                              "and reset",
                              in_ms(at_ns), named(history, event), state->signaled ? "" : "not "),
                  {facts.last_set_before(at_ns), facts.last_cleared_before(at_ns)});
}

}  // namespace

Verdict judge_manual_reset(const History& history) {
    const Lives lives(history);
    const auto by_object = operations_by_object(history);
    std::uint64_t waits = 0;
    for (ObjectIndex event = 0; event < history.objects.size(); ++event) {
        const HistoryObject& told = history.objects[event];
        if (told.type != ObjectType::event || !told.manual_reset || !told.whole_run) {
            continue;
        }
        const EventFacts facts(history, lives, event, by_object[event]);
        for (const Operation* operation : by_object[event]) {
            if (!operation->is_wait() || operation->pending()) {
                continue;
            }
            ++waits;
            if (auto wrong = judge_wait(history, event, facts, *operation)) {
                return *std::move(wrong);
            }
        }
        if (auto wrong = judge_final(history, event, facts)) {
            return *std::move(wrong);
        }
    }
    if (waits == 0) {
        return not_applicable(
            "nobody waited for a manual-reset event that lives as long as the run");
    }
    return passed(
        fmt::format("{}, each satisfied or not as the event was set", counted(waits, "wait")));
}

}  // namespace castaway::harness
