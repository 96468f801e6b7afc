#include "harness/linearize/handle_doubts.h"

#include <algorithm>

namespace castaway::harness {

HandleDoubts::HandleDoubts(const History& history) : history_(history) {
    for (const Operation& operation : history.operations) {
        const bool gives = operation.kind == OperationKind::create ||
                           operation.kind == OperationKind::open ||
                           operation.kind == OperationKind::duplicate;
        const bool fails = gives && operation.status == ResponseStatus::failed;
        const bool closes = operation.kind == OperationKind::close;
        const bool duplicates = operation.kind == OperationKind::duplicate;
        if (!fails && !closes && !duplicates) {
            continue;
        }
        Uses& uses = uses_[{operation.process, operation.objects.front()}];
        uses.duplicated = uses.duplicated || duplicates;
        if (closes) {
            uses.closed.push_back(&operation);
        }
        if ((fails || closes) && uses.doubtful.size() < 2) {
            uses.doubtful.push_back(&operation);
        }
    }
}

bool HandleDoubts::may_be_bad(const Operation& operation) const {
    return std::any_of(operation.objects.begin(), operation.objects.end(),
                       [&](ObjectIndex object) { return may_be_bad(operation, object); });
}

bool HandleDoubts::may_be_bad(const Operation& operation, ObjectIndex object) const {
    if (!history_.objects.at(object).whole_run) {
        return true;
    }
    const auto found = uses_.find({operation.process, object});
    return found != uses_.end() &&
           (found->second.duplicated ||
            std::any_of(found->second.doubtful.begin(), found->second.doubtful.end(),
                        [&](const Operation* doubt) {
                            return doubt != &operation &&
                                   doubt->invoked_ns <= operation.returned_ns;
                        }));
}

bool HandleDoubts::amid_closing(const Operation& operation) const {
    return std::any_of(operation.objects.begin(), operation.objects.end(), [&](ObjectIndex object) {
        const auto found = uses_.find({operation.process, object});
        return found != uses_.end() &&
               std::any_of(
                   found->second.closed.begin(), found->second.closed.end(),
                   [&](const Operation* close) {
                       return close != &operation &&
                              (operation.pending() || close->invoked_ns <= operation.returned_ns) &&
                              (close->pending() || close->returned_ns >= operation.invoked_ns);
                   });
    });
}

}  // namespace castaway::harness
