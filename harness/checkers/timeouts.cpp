// No wait times out early, or on an object that was signaled all the while (WAIT-01, WAIT-02,
// TMR-03).
//
// Early: a wait with a time limit may time out only when its interval is as long as the limit; the
// call's own duration only adds to it. A wait without one never times out.
//
// On a signaled object: an object was surely signaled, for this wait, at every moment of the wait's
// interval, whatever else may have taken it meanwhile. A mutex whose owner died does not count, for
// a subject may take a moment to notice, nor does a timer that was due, for it may be late.
// Manual-reset events are judged by `manual_reset`, and an owner's own mutex by `mutual_exclusion`.
#include <fmt/format.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/signal_facts.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::uint32_t kInfinite = 0xffffffff;

std::optional<Verdict> judge_length(const History& history, const Operation& wait) {
    if (!wait.timeout_ms || *wait.timeout_ms == kInfinite) {
        return failed(fmt::format("{}'s wait for {} timed out at {}, and it had no time limit",
                                  thread_of(history, wait), named(history, wait.objects.front()),
                                  in_ms(wait.returned_ns)),
                      {&wait});
    }
    const std::int64_t waited = wait.returned_ns - wait.invoked_ns;
    if (waited >= std::int64_t{*wait.timeout_ms} * kNsPerMs) {
        return std::nullopt;
    }
    return failed(fmt::format("{}'s wait for {} timed out after {}, and its time limit was {} ms",
                              thread_of(history, wait), named(history, wait.objects.front()),
                              in_ms(waited), *wait.timeout_ms),
                  {&wait});
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
    const Lives lives(history);
    std::optional<SignalFacts> facts;
    std::uint64_t timeouts = 0;
    for (const Operation& operation : history.operations) {
        if (!operation.is_wait() || operation.status != ResponseStatus::timeout) {
            continue;
        }
        ++timeouts;
        if (auto wrong = judge_length(history, operation)) {
            return *std::move(wrong);
        }
        if (!facts) {
            facts.emplace(history, lives, Moment::running);
        }
        if (auto wrong = judge_signaled(history, *facts, operation)) {
            return *std::move(wrong);
        }
    }
    if (timeouts == 0) {
        return not_applicable("no wait timed out");
    }
    return passed(fmt::format("{} timed out, none early", counted(timeouts, "wait")));
}

}  // namespace castaway::harness
