#include "harness/checkers/event_facts.h"

#include <algorithm>

#include "harness/checkers/by_object.h"

namespace castaway::harness {

EventFacts::EventFacts(const History& history, const Lives& lives, ObjectIndex event,
                       const std::vector<const Operation*>& of_object,
                       const std::vector<const Operation*>& except)
    : initially_signaled_(history.objects.at(event).initially_signaled) {
    const bool waits_clear = !history.objects.at(event).manual_reset;
    for (const Operation* operation : of_object) {
        if (operation->status == ResponseStatus::failed) {
            continue;
        }
        const bool sets = operation->kind == OperationKind::set_event;
        const bool takes =
            waits_clear && (took(*operation, event) ||
                            (may_have_taken(*operation, event) &&
                             std::find(except.begin(), except.end(), operation) == except.end()));
        if (!sets && !takes && operation->kind != OperationKind::reset_event) {
            continue;
        }
        (sets ? possible_sets_ : possible_clears_)
            .add(operation->invoked_ns, lives.latest_effect(*operation), operation);
        if (!operation->pending()) {
            (sets ? sure_sets_ : sure_clears_)
                .add(operation->returned_ns, operation->invoked_ns, operation);
        }
    }
    for (GreatestUpTo* each : {&sure_sets_, &possible_sets_, &sure_clears_, &possible_clears_}) {
        each->finish();
    }
}

bool EventFacts::surely_signaled(std::int64_t from, std::int64_t until,
                                 const Operation* besides) const {
    const std::int64_t set_at = sure_sets_.before(from);
    if (set_at == kLongAgo && !initially_signaled_) {
        return false;
    }
    const std::int64_t cleared_by = possible_clears_.up_to(until, besides);
    // A set that was invoked after the last possible clearing cannot have been undone.
    return cleared_by < set_at || (set_at == kLongAgo && cleared_by == kLongAgo);
}

bool EventFacts::surely_not_signaled(std::int64_t from, std::int64_t until,
                                     const Operation* besides) const {
    const std::int64_t set_by = possible_sets_.up_to(until);
    if (set_by == kLongAgo && !initially_signaled_) {
        return true;
    }
    return set_by < from && sure_clears_.before(from, besides) > set_by;
}

const Operation* EventFacts::last_set_before(std::int64_t at_ns) const {
    return sure_sets_.find_up_to(at_ns - 1).operation;
}

const Operation* EventFacts::last_cleared_before(std::int64_t at_ns) const {
    return sure_clears_.find_up_to(at_ns - 1).operation;
}

}  // namespace castaway::harness
