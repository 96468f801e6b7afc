// No wait times out early, or on an object that was signaled all the while (WAIT-01, WAIT-02,
// WAIT-21, TMR-03).
//
// Early: a wait with a time limit may time out only when its interval is as long as the limit; the
// call's own duration only adds to it. A wait without one never times out. The same goes for a
// sleep that ends by itself.
//
// On a signaled object: an object was surely signaled, for this wait, at every moment of the wait's
// interval, whatever else may have taken it meanwhile. A mutex whose owner died does not count, for
// a subject may take a moment to notice, nor does a timer that was due, for it may be late.
// Manual-reset events are judged by `manual_reset`, and an owner's own mutex by `mutual_exclusion`.
// Objects that the view by object leaves out are left out here.
#include <fmt/format.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/signal_facts.h"
#include "harness/checkers/telling.h"
#include "harness/checkers/view.h"

namespace castaway::harness {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::uint32_t kInfinite = 0xffffffff;

std::optional<Verdict> judge_length(const History& history, const Operation& wait) {
    if (!wait.timeout_ms || *wait.timeout_ms == kInfinite) {
        return failed(
            fmt::format("{}'s {} timed out at {}, and it had no time limit",
                        thread_of(history, wait), call_of(history, wait), in_ms(wait.returned_ns)),
            {&wait});
    }
    const std::int64_t waited = wait.returned_ns - wait.invoked_ns;
    if (waited >= std::int64_t{*wait.timeout_ms} * kNsPerMs) {
        return std::nullopt;
    }
    return failed(fmt::format("{}'s {} timed out after {}, and its time limit was {} ms",
                              thread_of(history, wait), call_of(history, wait), in_ms(waited),
                              *wait.timeout_ms),
                  {&wait});
}

bool timed_out(const Operation& operation) {
    return operation.is_wait() && operation.status == ResponseStatus::timeout;
}

bool slept_its_time(const Operation& operation) {
    return operation.kind == OperationKind::sleep && operation.status == ResponseStatus::ok;
}

/// The last call before the wait that may have made the object signaled.
const Operation* last_signal_before(const History& history, ObjectIndex object,
                                    const Operation& wait) {
    const Operation* last = nullptr;
    for (const Operation& operation : history.operations) {
        const bool signals = operation.kind == OperationKind::set_event ||
                             operation.kind == OperationKind::release_mutex ||
                             operation.kind == OperationKind::release_semaphore ||
                             operation.kind == OperationKind::set_timer;
        if (signals && operation.status == ResponseStatus::ok && operation.object() == object &&
            operation.returned_ns < wait.invoked_ns) {
            last = &operation;
        }
    }
    return last;
}

std::optional<Verdict> judge_signaled(const History& history, const SignalFacts& facts,
                                      const Operation& wait) {
    for (const ObjectIndex object : wait.objects) {
        const HistoryObject& told = history.objects[object];
        const bool judged_elsewhere = told.type == ObjectType::event && told.manual_reset;
        if (judged_elsewhere ||
            !facts.surely_signaled(object, wait, wait.invoked_ns, wait.returned_ns)) {
            continue;
        }
        return failed(fmt::format("{}'s wait from {} to {} timed out, and {} was signaled all that "
                                  "time, with nobody to take it",
                                  thread_of(history, wait), in_ms(wait.invoked_ns),
                                  in_ms(wait.returned_ns), named(history, object)),
                      {last_signal_before(history, object, wait), &wait});
    }
    return std::nullopt;
}

}  // namespace

Verdict judge_timeouts(const History& history) {
    std::uint64_t timeouts = 0;
    std::uint64_t sleeps = 0;
    for (const Operation& operation : history.operations) {
        timeouts += timed_out(operation) ? 1U : 0U;
        sleeps += slept_its_time(operation) ? 1U : 0U;
        if (timed_out(operation) || slept_its_time(operation)) {
            if (auto wrong = judge_length(history, operation)) {
                return *std::move(wrong);
            }
        }
    }
    if (timeouts + sleeps == 0) {
        return not_applicable("no wait timed out");
    }
    const ReducedView view(history);
    const Lives lives(view.history());
    std::optional<SignalFacts> facts;
    for (const Operation& operation : view.history().operations) {
        if (!timed_out(operation)) {
            continue;
        }
        if (!facts) {
            facts.emplace(view.history(), lives, Moment::running);
        }
        if (auto wrong = judge_signaled(view.history(), *facts, operation)) {
            return *std::move(wrong);
        }
    }
    const std::string omission = view.omission();
    return passed(
        fmt::format("{} timed out{}, none early{}{}", counted(timeouts, "wait"),
                    sleeps == 0 ? "" : fmt::format(" and {} ended", counted(sleeps, "sleep")),
                    omission.empty() ? "" : "; ", omission));
}

}  // namespace castaway::harness
