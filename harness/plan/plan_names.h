// From the scenario's names to the plan's indices.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/plan/plan.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

/// Half-open: the processes of one group in Plan::processes.
struct GroupSpan {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

class PlanNames {
  public:
    /// \param groups  of each of the scenario's processes, in their order
    PlanNames(const Scenario& scenario, const Plan& plan, std::vector<GroupSpan> groups);

    /// Each requires that the name stands for something.
    [[nodiscard]] std::uint32_t handle(std::string_view name) const;
    [[nodiscard]] std::uint32_t point(std::string_view name) const;
    /// "owner": the processes of the group; "owner/0": that one.
    [[nodiscard]] std::vector<std::uint32_t> processes(std::string_view reference) const;
    /// A thread of the first of those; an empty name stands for its first.
    [[nodiscard]] ThreadPlace thread(std::string_view process, std::string_view name) const;

  private:
    const Scenario& scenario_;
    std::vector<GroupSpan> groups_;
    std::map<std::string, std::uint32_t, std::less<>> handles_;
    std::map<std::string, std::uint32_t, std::less<>> points_;
};

}  // namespace castaway::harness
