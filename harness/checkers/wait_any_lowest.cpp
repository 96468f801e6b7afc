// A wait for any of several objects takes the lowest that is signaled (WAIT-05).
//
// A wait that was satisfied by one object is wrong when one before it in the list was surely
// signaled at every moment of the wait's interval, for then it was so when the wait was satisfied.
// What counts as surely signaled is what `timeouts` counts. One object named twice is left out.
#include <fmt/format.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/signal_facts.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {

Verdict judge_wait_any_lowest(const History& history) {
    const Lives lives(history);
    std::optional<SignalFacts> facts;
    std::uint64_t waits = 0;
    for (const Operation& wait : history.operations) {
        if (wait.kind != OperationKind::wait_any || !wait.satisfied()) {
            continue;
        }
        ++waits;
        if (!facts && wait.satisfied_by > 0) {
            facts.emplace(history, lives, Moment::running);
        }
        for (std::uint32_t i = 0; i < wait.satisfied_by; ++i) {
            const ObjectIndex lower = wait.objects[i];
            if (lower == wait.object() ||
                !facts->surely_signaled(lower, wait, wait.invoked_ns, wait.returned_ns)) {
                continue;
            }
            return failed(
                fmt::format(
                    "{}'s wait from {} to {} took {}, at index {}, and {}, at index {}, was "
                    "signaled all that time",
                    thread_of(history, wait), in_ms(wait.invoked_ns), in_ms(wait.returned_ns),
                    named(history, wait.object()), wait.satisfied_by, named(history, lower), i),
                {&wait});
        }
    }
    if (waits == 0) {
        return not_applicable("no wait for any of several objects was satisfied");
    }
    return passed(fmt::format("{} for any of several objects took no higher index than need be",
                              counted(waits, "wait")));
}

}  // namespace castaway::harness
