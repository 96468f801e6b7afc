#include "harness/engine/sim/plan_judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/checkers/checkers.h"
#include "harness/plan/plan_steps.h"

namespace castaway::harness::sim {
namespace {

/// Whether the scenario foresees that operations stay pending.
bool foresees_pending(const Plan& plan) {
    return std::any_of(plan.seen.begin(), plan.seen.end(), [](const SeenSpec& each) {
        return each.what == "pending" && each.maximum > 0;
    });
}

/// Who waits for all of several waits rightly while one of them is signaled: `lost_wakeup` tells.
bool is_waited_for_with_others(const Plan& plan, const std::string& name) {
    bool waited_for = false;
    for_each_step(plan, [&](const PlanStep& step) {
        waited_for =
            waited_for ||
            (step.operation == OperationKind::wait_all &&
             std::any_of(step.handles.begin(), step.handles.end(), [&](std::uint32_t handle) {
                 return plan.objects[plan.handles[handle].object].name == name;
             }));
    });
    return waited_for;
}

/// The first structural invariant that does not hold at quiescence; empty when all do.
std::string structure_problem(const Plan& plan, const Snapshot& snapshot) {
    if (!snapshot.damage.empty()) {
        return "broken structure: " + snapshot.damage.front();
    }
    for (const ObjectState& object : snapshot.objects) {
        // A timer catches up with the clock only when somebody looks.
        if (object.signaled && object.waiters != 0 && object.type != ObjectType::timer &&
            !is_waited_for_with_others(plan, object.name)) {
            return fmt::format("lost wake-up: {} \"{}\" is signaled and {} threads wait for it",
                               to_string(object.type), object.name, object.waiters);
        }
    }
    return {};
}

}  // namespace

std::uint64_t inconclusive_in(const Histories& histories) {
    std::uint64_t sum = 0;
    for (const auto& each : histories) {
        sum += each.second;
    }
    return sum;
}

std::string PlanJudge::operator()(World& world, const Execution& execution) {
    switch (execution.outcome) {
        case Outcome::abandoned:
            return {};
        case Outcome::livelock:
        case Outcome::crash:
        case Outcome::stray_access:
        case Outcome::lost_wakeup:
            return problem_by_outcome(world, execution);
        case Outcome::deadlock:
            if (execution.deaths == 0 && plan_.plan().faults.empty() &&
                !foresees_pending(plan_.plan())) {
                return problem_by_outcome(world, execution);
            }
            break;
        case Outcome::finished:
            break;
    }
    // Where nobody is left to recover the dead, whoever comes next does: in close().
    if (plan_.somebody_lives()) {
        if (std::string problem =
                structure_problem(plan_.plan(), plan_.snapshot(SnapshotMoment::quiescence));
            !problem.empty()) {
            return problem;
        }
    }
    const std::uint64_t hash = plan_.history_hash();
    const auto [seen, is_new] = seen_.try_emplace(hash, 0);
    if (!is_new) {
        return {};
    }
    if (known_ != nullptr) {
        if (const auto known = known_->find(hash)) {
            seen->second = *known;
            return {};
        }
    }
    std::uint32_t inconclusive = 0;
    std::string problem = judge_anew(execution, inconclusive);
    seen->second = inconclusive;
    if (known_ != nullptr && problem.empty()) {
        known_->add(hash, inconclusive);
    }
    return problem;
}

std::string PlanJudge::judge_anew(const Execution& execution, std::uint32_t& inconclusive) {
    plan_.close();
    const History history = plan_.history(execution);
    // Who waits for one that was killed by chance may wait for ever. That nobody does so for a
    // signaled object was seen above.
    const auto foreseen_deaths =
        std::count_if(history.faults.begin(), history.faults.end(), [this](const FaultEvent& each) {
            const FaultKind kind = plan_.plan().faults[each.fault].kind;
            return kind != FaultKind::stop && kind != FaultKind::end_thread;
        });
    const bool foreseen = execution.deaths <= foreseen_deaths;
    for (const Verdict& verdict : judge(history, plan_.plan().checks)) {
        if (verdict.check == "progress" && !foreseen) {
            continue;
        }
        if (verdict.kind == VerdictKind::fail) {
            return verdict.check + ": " + verdict.message;
        }
        inconclusive += verdict.kind == VerdictKind::inconclusive ? 1 : 0;
    }
    return {};
}

}  // namespace castaway::harness::sim
