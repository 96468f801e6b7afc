#include "harness/engine/sim/coverage.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <set>

#include "harness/base/words.h"

namespace castaway::harness::sim {

Activity activity_of(const Plan& plan, const PlanStep& step) {
    const std::size_t type =
        step.handles.empty()
            ? 0
            : static_cast<std::size_t>(
                  plan.objects.at(plan.handles.at(step.handles.front()).object).type);
    return static_cast<Activity>(static_cast<std::size_t>(step.operation) * kObjectTypes + type);
}

std::string name_of_activity(Activity activity) {
    if (activity == kHelperActivity) {
        return "helper";
    }
    if (activity == kOtherActivity) {
        return "thread's end";
    }
    const auto operation = static_cast<OperationKind>(activity / kObjectTypes);
    std::string word(to_string(operation));
    if (operation == OperationKind::queue_call || operation == OperationKind::sleep) {
        return word;  // acts on no object
    }
    return word + " " + std::string(to_string(static_cast<ObjectType>(activity % kObjectTypes)));
}

std::vector<std::pair<Activity, Activity>> pairs_of(const Plan& plan) {
    std::vector<std::set<Activity>> threads;
    for (const PlanProcess& process : plan.processes) {
        for (const PlanThread& thread : process.threads) {
            std::set<Activity>& all = threads.emplace_back();
            for (const PlanStep& step : thread.steps) {
                if (step.kind == harness::StepKind::call) {
                    all.insert(activity_of(plan, step));
                }
            }
        }
    }
    std::set<std::pair<Activity, Activity>> pairs;
    for (std::size_t i = 0; i < threads.size(); ++i) {
        for (std::size_t k = i + 1; k < threads.size(); ++k) {
            for (const Activity a : threads[i]) {
                for (const Activity b : threads[k]) {
                    pairs.emplace(std::min(a, b), std::max(a, b));
                }
            }
        }
    }
    return {pairs.begin(), pairs.end()};
}

Coverage& Coverage::operator+=(const Coverage& other) {
    size_ = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) {
        words_[i] |= other.words_[i];
        size_ += static_cast<std::uint64_t>(std::popcount(words_[i]));
    }
    return *this;
}

bool Coverage::has_point(CrashPoint point) const {
    const std::size_t first = static_cast<std::size_t>(point) * kActivities;
    return count(first, first + kActivities) != 0;
}

bool Coverage::has_pair(Activity a, Activity b) const {
    return has(kPairs + std::size_t{std::min(a, b)} * kActivities + std::max(a, b));
}

std::uint64_t Coverage::count(std::size_t from, std::size_t to) const {
    std::uint64_t sum = 0;
    for (std::size_t bit = from; bit < to; ++bit) {
        sum += has(bit) ? 1U : 0U;
    }
    return sum;
}

std::vector<std::string> Coverage::access_names() const {
    std::vector<std::string> names;
    for (std::size_t bit = kAccesses; bit < kConflicts; ++bit) {
        if (has(bit)) {
            const std::size_t index = bit - kAccesses;
            names.push_back(std::string(to_string(static_cast<StepKind>(index % kStepKinds))) +
                            " of " + std::string(kCellKindNames[index / kStepKinds]));
        }
    }
    return names;
}

}  // namespace castaway::harness::sim
