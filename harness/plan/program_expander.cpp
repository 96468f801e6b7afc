#include "harness/plan/program_expander.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

#include "harness/base/error.h"
#include "harness/plan/draws.h"

namespace castaway::harness {
namespace {

class Expander {
  public:
    Expander(const PlanNames& names, const Plan& plan, Prng prng, const std::string& where,
             std::size_t room)
        : names_(names), plan_(plan), prng_(prng), where_(where), room_(room) {}

    void expand(const Block& block) {
        for (const Item& item : block.items) {
            std::visit([this](const auto& each) { expand(each); }, item);
        }
    }

    std::vector<PlanStep> take() { return std::move(steps_); }

  private:
    void expand(const Step& step) { append(plan_step(step)); }

    void expand(const Hold& hold) {
        const std::size_t wait = steps_.size();
        expand(hold.wait);
        expand(hold.body);
        append(give_back(hold.wait));
        steps_[wait].skip_unless_satisfied = static_cast<std::uint32_t>(steps_.size() - wait - 1);
    }

    void expand(const Repeat& repeat) {
        const std::int64_t times = draw(prng_, repeat.times);
        for (std::int64_t i = 0; i < times; ++i) {
            expand(repeat.body);
        }
    }

    void expand(const Choose& choose) {
        const std::uint64_t weights = std::accumulate(
            choose.alternatives.begin(), choose.alternatives.end(), std::uint64_t{0},
            [](std::uint64_t sum, const Choose::Alternative& each) { return sum + each.weight; });
        const std::int64_t times = draw(prng_, choose.times);
        for (std::int64_t i = 0; i < times; ++i) {
            std::uint64_t drawn = prng_.below(weights);
            const auto chosen = std::find_if(choose.alternatives.begin(), choose.alternatives.end(),
                                             [&drawn](const Choose::Alternative& each) {
                                                 if (drawn < each.weight) {
                                                     return true;
                                                 }
                                                 drawn -= each.weight;
                                                 return false;
                                             });
            expand(chosen->body);
        }
    }

    void append(PlanStep step) {
        if (steps_.size() == kStepsPerThreadMax) {
            throw InputError(where_,
                             fmt::format("this thread has more than {} steps", kStepsPerThreadMax),
                             "repeat less");
        }
        if (steps_.size() == room_) {
            throw InputError(
                where_, fmt::format("with this thread the plan has more than {} steps", kStepsMax),
                "repeat less, or use fewer processes");
        }
        steps_.push_back(std::move(step));
    }

    PlanStep plan_step(const Step& step) {
        PlanStep made;
        made.kind = step.kind;
        switch (step.kind) {
            case StepKind::call:
                plan_call(step, made);
                break;
            case StepKind::work:
                made.duration_us = draw(prng_, step.duration_us);
                break;
            case StepKind::reach:
                made.point = names_.point(step.point);
                break;
            case StepKind::await_point:
                made.point = names_.point(step.point);
                made.count = static_cast<std::int32_t>(draw(prng_, step.count));
                break;
            case StepKind::await_blocked:
            case StepKind::await_death:
                made.processes = names_.processes(step.process);
                made.count = static_cast<std::int32_t>(draw(prng_, step.count));
                break;
        }
        return made;
    }

    void plan_call(const Step& step, PlanStep& made) {
        made.operation = step.operation;
        for (const std::string& handle : step.handles) {
            made.handles.push_back(names_.handle(handle));
        }
        if (!step.alias.empty()) {
            made.new_handle = names_.handle(step.alias);
        }
        if (step.timeout_ms) {
            made.timeout_ms = draw_u32(prng_, *step.timeout_ms);
        }
        made.alertable = step.alertable;
        made.with_routine = step.with_routine;
        if (step.operation == OperationKind::queue_call) {
            made.target = names_.thread(step.process, step.thread);
        }
        made.count = static_cast<std::int32_t>(draw(prng_, step.count));
        made.due_us = draw(prng_, step.due_us);
        made.period_ms = static_cast<std::int32_t>(draw(prng_, step.period_ms));
    }

    /// What ends a hold: one release of what its wait has taken.
    PlanStep give_back(const Step& wait) {
        PlanStep release;
        release.handles = {names_.handle(wait.handles.front())};
        const ObjectSpec& object = plan_.objects[plan_.handles[release.handles.front()].object];
        release.operation = object.type == ObjectType::semaphore ? OperationKind::release_semaphore
                                                                 : OperationKind::release_mutex;
        return release;
    }

    const PlanNames& names_;
    const Plan& plan_;
    Prng prng_;
    const std::string& where_;
    std::size_t room_;
    std::vector<PlanStep> steps_;
};

}  // namespace

std::vector<PlanStep> expand_program(const Block& program, const PlanNames& names, const Plan& plan,
                                     Prng prng, const std::string& where, std::size_t room) {
    Expander expander(names, plan, prng, where, room);
    expander.expand(program);
    return expander.take();
}

}  // namespace castaway::harness
