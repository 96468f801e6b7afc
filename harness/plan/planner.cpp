#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "harness/plan/draws.h"
#include "harness/plan/fault_planner.h"
#include "harness/plan/plan.h"
#include "harness/plan/plan_names.h"
#include "harness/plan/program_expander.h"
#include "harness/scenario/names.h"
#include "harness/scenario/walk.h"

namespace castaway::harness {
namespace {

/// The points in the order in which the document first reaches them.
std::vector<std::string> points_of(const Scenario& scenario) {
    std::vector<std::string> points;
    for (const ProcessSpec& process : scenario.processes) {
        for (const ThreadSpec& thread : process.threads) {
            for_each_step(thread.program, "", [&](const Step& step, const auto&, StepRole) {
                if (step.kind == StepKind::reach &&
                    std::find(points.begin(), points.end(), step.point) == points.end()) {
                    points.push_back(step.point);
                }
            });
        }
    }
    return points;
}

std::vector<PlanHandle> handles_of(const Scenario& scenario) {
    std::vector<PlanHandle> handles;
    for (const HandleName& each : handle_names(scenario)) {
        handles.push_back({each.name, static_cast<std::uint32_t>(each.object)});
    }
    return handles;
}

std::vector<std::uint32_t> whole_run_objects(const Scenario& scenario) {
    std::vector<std::uint32_t> objects;
    for (std::uint32_t i = 0; i < scenario.objects.size(); ++i) {
        if (scenario.objects[i].whole_run) {
            objects.push_back(i);
        }
    }
    return objects;
}

/// What stands in the plan as it stands in the scenario.
Plan copy_head(const Scenario& scenario, std::uint64_t seed) {
    Plan plan;
    plan.scenario = scenario.name;
    plan.description = scenario.description;
    plan.file = scenario.file;
    plan.rules = scenario.rules;
    plan.seed = seed;
    plan.objects = scenario.objects;
    plan.handles = handles_of(scenario);
    plan.points = points_of(scenario);
    plan.checks = scenario.checks;
    plan.seen = scenario.seen;
    plan.run_limit_ms = scenario.run_limit_ms;
    plan.quiet_ms = scenario.quiet_ms;
    return plan;
}

/// Makes the processes, still without steps: programs may speak of any of them.
std::vector<GroupSpan> add_processes(const Scenario& scenario, const Prng& root, Plan& plan) {
    std::vector<GroupSpan> groups;
    // Every process holds every whole-run object, so that such an object lives as long as anybody.
    const std::vector<std::uint32_t> opens = whole_run_objects(scenario);
    for (const ProcessSpec& written : scenario.processes) {
        Prng prng = part_of(root, "count " + written.name);
        const std::uint32_t count = draw_u32(prng, written.count);
        groups.push_back({static_cast<std::uint32_t>(plan.processes.size()), count});
        for (std::uint32_t i = 0; i < count; ++i) {
            PlanProcess& process = plan.processes.emplace_back();
            process.name = fmt::format("{}/{}", written.name, i);
            process.opens = opens;
            for (const ThreadSpec& thread : written.threads) {
                process.threads.push_back({thread.name, {}});
            }
        }
    }
    return groups;
}

void add_steps(const Scenario& scenario, const std::vector<GroupSpan>& groups,
               const PlanNames& names, const Prng& root, Plan& plan) {
    const std::string prefix = plan.file.empty() ? plan.scenario : plan.file;
    std::size_t room = kStepsMax;
    for (std::size_t group = 0; group < groups.size(); ++group) {
        const ProcessSpec& written = scenario.processes[group];
        const std::string where = prefix + ": /processes/" + written.name;
        for (std::uint32_t i = 0; i < groups[group].count; ++i) {
            PlanProcess& process = plan.processes[groups[group].first + i];
            for (std::size_t k = 0; k < process.threads.size(); ++k) {
                PlanThread& thread = process.threads[k];
                const Prng prng =
                    part_of(root, fmt::format("program {}.{}", process.name, thread.name));
                thread.steps =
                    expand_program(written.threads[k].program, names, plan, prng, where, room);
                room -= thread.steps.size();
            }
        }
    }
}

}  // namespace

Plan make_plan(const Scenario& scenario, std::uint64_t seed) {
    const Prng root(seed);
    Plan plan = copy_head(scenario, seed);
    const std::vector<GroupSpan> groups = add_processes(scenario, root, plan);
    const PlanNames names(scenario, plan, groups);
    add_steps(scenario, groups, names, root, plan);
    plan_faults(scenario, names, root, plan);
    return plan;
}

}  // namespace castaway::harness
