#include "harness/checkers/count_bounds.h"

#include <algorithm>

#include "harness/checkers/by_object.h"

namespace castaway::harness {

void RunningSum::finish() {
    std::sort(steps_.begin(), steps_.end(),
              [](const Step& a, const Step& b) { return a.at_ns < b.at_ns; });
    std::int64_t sum = 0;
    for (Step& step : steps_) {
        sum += step.amount;
        step.amount = sum;
    }
}

std::int64_t RunningSum::up_to(std::int64_t at_ns) const {
    const auto after =
        std::upper_bound(steps_.begin(), steps_.end(), at_ns,
                         [](std::int64_t time, const Step& step) { return time < step.at_ns; });
    return after == steps_.begin() ? 0 : std::prev(after)->amount;
}

std::int64_t RunningSum::before(std::int64_t at_ns) const {
    return at_ns == kLongAgo ? 0 : up_to(at_ns - 1);
}

std::int64_t amount_of(const Operation& operation) {
    const bool adds = operation.kind == OperationKind::release_semaphore &&
                      (operation.pending() || operation.status == ResponseStatus::ok);
    return adds ? std::max(operation.count, 0) : 0;
}

CountBounds::CountBounds(const History& history, const Lives& lives, ObjectIndex semaphore,
                         const std::vector<const Operation*>& of_object,
                         const std::vector<const Operation*>& except)
    : initial_(history.objects.at(semaphore).initial_count), semaphore_(semaphore) {
    for (const Operation* operation : of_object) {
        if (const std::int64_t amount = amount_of(*operation); amount != 0) {
            releases_.push_back(operation->invoked_ns);
            perhaps_added_.add(operation->invoked_ns, amount);
            if (!operation->pending()) {
                added_.add(operation->returned_ns, amount);
            }
        } else if (took(*operation, semaphore)) {
            taken_.add(operation->returned_ns, 1);
            perhaps_taken_.add(operation->invoked_ns, 1);
        }
    }
    taken_.finish();
    added_.finish();
    perhaps_added_.finish();
    for (const Operation* operation : of_object) {
        if (may_have_taken(*operation, semaphore) &&
            std::find(except.begin(), except.end(), operation) == except.end() &&
            found_something(*operation, lives)) {
            perhaps_taken_.add(operation->invoked_ns, 1);
        }
    }
    perhaps_taken_.finish();
}

bool CountBounds::found_something(const Operation& pending, const Lives& lives) const {
    const std::int64_t dead_by = lives.dead_by(pending.process);
    const auto some_at = [this](std::int64_t at_ns) {
        return initial_ + perhaps_added_.up_to(at_ns) - taken_.before(at_ns) > 0;
    };
    // The bound grows only where a release is invoked.
    return some_at(pending.invoked_ns) ||
           std::any_of(std::upper_bound(releases_.begin(), releases_.end(), pending.invoked_ns),
                       std::upper_bound(releases_.begin(), releases_.end(), dead_by), some_at);
}

std::int64_t CountBounds::at_least(std::int64_t from, std::int64_t until,
                                   const Operation* besides) const {
    const bool counted =
        besides != nullptr && took(*besides, semaphore_) && besides->invoked_ns <= until;
    return initial_ + added_.before(from) - perhaps_taken_.up_to(until) + (counted ? 1 : 0);
}

std::int64_t CountBounds::at_most(std::int64_t from, std::int64_t until,
                                  const Operation* besides) const {
    const std::int64_t own =
        besides != nullptr && besides->invoked_ns <= until ? amount_of(*besides) : 0;
    return initial_ + perhaps_added_.up_to(until) - own - taken_.before(from);
}

std::int64_t CountBounds::taken_by(std::int64_t at_ns) const {
    return taken_.up_to(at_ns);
}

std::int64_t CountBounds::perhaps_taken_by(std::int64_t at_ns) const {
    return perhaps_taken_.up_to(at_ns);
}

std::int64_t CountBounds::added_by(std::int64_t at_ns) const {
    return added_.up_to(at_ns);
}

std::int64_t CountBounds::perhaps_added_by(std::int64_t at_ns) const {
    return perhaps_added_.up_to(at_ns);
}

}  // namespace castaway::harness
