// No timer is signaled before it is due, nor more often than it expires (TMR-02, TMR-04 to TMR-08,
// TMR-10, WAIT-12).
//
// A wait is satisfied wrongly when no arming explains it: the arming's first expiry, at its
// invocation plus its due time at the earliest, must lie before the wait's return; and no call that
// armed the timer anew may surely have come after that arming and before the wait. A cancelling
// that surely came after an arming takes away the expiries that were not due by the cancelling's
// return, and nothing else. The end of a thread that armed it with a routine is such a cancelling,
// once the subject has had time to notice.
//
// A synchronization timer satisfies one wait for each expiry at most, and does not count up
// expiries that pass without a wait: each expiry is a signal, each arming a clearing, and
// single_signal.h looks for an assignment. An expiry may be late, but not so late that two come at
// once.
//
// Sound: due times are counted from the call's invocation, so a late clock reading inside the call
// only makes the subject later, and no upper bound on lateness is judged.
#include <fmt/format.h>

#include "harness/checkers/by_object.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/telling.h"
#include "harness/checkers/timer_facts.h"

namespace castaway::harness {
namespace {

Verdict tell_early(const History& history, ObjectIndex timer, const TimerFacts& facts,
                   const Operation& wait) {
    const Operation* armed = facts.last_armed(wait.returned_ns);
    const std::string why =
        armed == nullptr
            ? "nobody had armed it"
            : (facts.earliest_due(wait.returned_ns) > wait.returned_ns
                   ? fmt::format("it was armed at {} to be due {} later, not before {}",
                                 in_ms(armed->invoked_ns), in_ms(armed->due_ns),
                                 in_ms(facts.earliest_due(wait.returned_ns)))
                   : fmt::format("the call at {} that armed it last was undone before its time",
                                 in_ms(armed->invoked_ns)));
    return failed(fmt::format("{} satisfied {}'s wait by {}, and {}", named(history, timer),
                              thread_of(history, wait), in_ms(wait.returned_ns), why),
                  {armed, &wait});
}

std::optional<Verdict> judge_count(const History& history, ObjectIndex timer,
                                   const TimerFacts& facts,
                                   const std::vector<const Operation*>& waits) {
    std::int64_t last = kLongAgo;
    for (const Operation* wait : waits) {
        last = std::max(last, wait->returned_ns);
    }
    std::optional<SingleSignal> object = facts.expiries(last);
    if (!object) {
        return std::nullopt;
    }
    for (const Operation* wait : waits) {
        object->waits.push_back({wait->invoked_ns, wait->returned_ns, wait});
    }
    const std::optional<Unexplained> found = explain(*object);
    if (!found) {
        return std::nullopt;
    }
    std::vector<const Operation*> witness = found->before;
    witness.push_back(found->wait);
    return failed(
        fmt::format("{} satisfied {} waits by {}, and of the {} that it can have had by "
                    "then no more were there to be taken",
                    named(history, timer), found->served + 1, in_ms(found->wait->returned_ns),
                    found->signals == 1 ? "1 expiry" : fmt::format("{} expiries", found->signals)),
        std::move(witness));
}

}  // namespace

Verdict judge_timers(const History& history) {
    const Lives lives(history);
    const auto by_object = operations_by_object(history);
    std::uint64_t waits_seen = 0;
    std::uint64_t armed = 0;
    for (ObjectIndex timer = 0; timer < history.objects.size(); ++timer) {
        const HistoryObject& told = history.objects[timer];
        if (told.type != ObjectType::timer || !told.whole_run) {
            continue;
        }
        const TimerFacts facts(history, lives, timer, by_object[timer]);
        std::vector<const Operation*> waits;
        for (const Operation* operation : by_object[timer]) {
            armed += operation->kind == OperationKind::set_timer ? 1U : 0U;
            if (!took(*operation, timer)) {
                continue;
            }
            waits.push_back(operation);
            if (!facts.may_be_signaled(operation->invoked_ns, operation->returned_ns)) {
                return tell_early(history, timer, facts, *operation);
            }
        }
        if (!told.manual_reset && !waits.empty()) {
            if (auto wrong = judge_count(history, timer, facts, waits)) {
                return *std::move(wrong);
            }
        }
        waits_seen += waits.size();
    }
    if (waits_seen + armed == 0) {
        return not_applicable("no timer that lives as long as the run was used");
    }
    return passed(
        fmt::format("{} satisfied, none before its timer was due", counted(waits_seen, "wait")));
}

}  // namespace castaway::harness
