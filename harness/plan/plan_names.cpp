#include "harness/plan/plan_names.h"

#include <algorithm>
#include <optional>

#include "harness/scenario/names.h"

namespace castaway::harness {

PlanNames::PlanNames(const Scenario& scenario, const Plan& plan, std::vector<GroupSpan> groups)
    : scenario_(scenario), groups_(std::move(groups)) {
    for (const PlanHandle& handle : plan.handles) {
        handles_.emplace(handle.name, static_cast<std::uint32_t>(handles_.size()));
    }
    for (const std::string& point : plan.points) {
        points_.emplace(point, static_cast<std::uint32_t>(points_.size()));
    }
}

std::uint32_t PlanNames::handle(std::string_view name) const {
    return handles_.find(name)->second;
}

std::uint32_t PlanNames::point(std::string_view name) const {
    return points_.find(name)->second;
}

std::vector<std::uint32_t> PlanNames::processes(std::string_view reference) const {
    const std::optional<ProcessReference> found = find_process(scenario_, reference);
    const GroupSpan& group = groups_.at(found.value().group);
    if (found->instance) {
        return {group.first + *found->instance};
    }
    std::vector<std::uint32_t> all;
    for (std::uint32_t i = 0; i < group.count; ++i) {
        all.push_back(group.first + i);
    }
    return all;
}

ThreadPlace PlanNames::thread(std::string_view process, std::string_view name) const {
    const std::size_t group = find_process(scenario_, process).value().group;
    const std::vector<ThreadSpec>& threads = scenario_.processes[group].threads;
    const auto found = std::find_if(threads.begin(), threads.end(), [name](const ThreadSpec& each) {
        return name.empty() || each.name == name;
    });
    return {processes(process).front(), static_cast<std::uint32_t>(found - threads.begin())};
}

}  // namespace castaway::harness
