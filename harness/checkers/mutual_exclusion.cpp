// No two threads hold one mutex at once (MTX-05, MTX-06), and its owner acquires it again at once
// (MTX-02).
//
// A holding surely lasts from the return of the wait that made the thread owner to the invocation
// of its last release, or to the last moment at which the owner surely lived. Recursion is counted
// from the thread's own calls. One holding can come before another only if its sure part ends at or
// before the moment at which the other's begins. Two holdings neither of which can come before the
// other overlap in every order of events. When no two do, taking each holding at its return and
// ending it at its release's invocation is an order without overlap, so for holdings whose ends are
// known the check is exact.
//
// A sweep over the holdings in order of their beginnings compares each with the one before it that
// ends last: n log n.
#include <fmt/format.h>

#include "harness/checkers/by_object.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/mutex_ledger.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

std::string describe(const History& history, const Holding& holding) {
    return fmt::format("{} held it from {} to {}", thread_of(history, *holding.taken),
                       in_ms(holding.sure_from), in_ms(holding.sure_until));
}

}  // namespace

Verdict judge_mutual_exclusion(const History& history) {
    const Lives lives(history);
    const auto by_object = operations_by_object(history);
    std::uint64_t holdings = 0;
    std::uint64_t mutexes = 0;
    for (ObjectIndex object = 0; object < history.objects.size(); ++object) {
        if (history.objects[object].type != ObjectType::mutex) {
            continue;
        }
        const MutexLedger ledger = make_mutex_ledger(history, lives, object, by_object[object]);
        if (ledger.can_have_vanished_while_held || ledger.holdings.empty()) {
            continue;
        }
        if (const auto overlap = find_overlap(ledger.holdings)) {
            const auto& [first, second] = *overlap;
            return failed(
                fmt::format("two threads held {} at once: {}, and {}", named(history, object),
                            describe(history, first), describe(history, second)),
                {first.taken, first.last_release, second.taken, second.last_release});
        }
        if (!ledger.timed_out_owning.empty()) {
            const Operation* wait = ledger.timed_out_owning.front();
            return failed(fmt::format("{} timed out at {} waiting for {}, which it owned itself",
                                      thread_of(history, *wait), in_ms(wait->returned_ns),
                                      named(history, object)),
                          {wait});
        }
        holdings += ledger.holdings.size();
        ++mutexes;
    }
    if (mutexes == 0) {
        return not_applicable("no mutex was held that can be followed");
    }
    return passed(fmt::format("{} of {}, no two at once", counted(holdings, "holding"),
                              mutexes == 1 ? "1 mutex" : fmt::format("{} mutexes", mutexes)));
}

}  // namespace castaway::harness
