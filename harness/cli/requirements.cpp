#include "harness/cli/requirements.h"

#include <algorithm>

namespace castaway::harness {
namespace {

template <class Value>
bool has(const std::vector<Value>& values, Value wanted) {
    return std::find(values.begin(), values.end(), wanted) != values.end();
}

std::string words_for(Sharing sharing) {
    switch (sharing) {
        case Sharing::name:
            return "sharing by name";
        case Sharing::inherit:
            return "sharing by inheritance";
        case Sharing::duplicate:
            return "sharing by duplication";
    }
    return "";
}

class Needs {
  public:
    explicit Needs(const Capabilities& can) : can_(can) {}

    void need(bool can, std::string what) {
        if (!can && !has(missing_, what)) {
            missing_.push_back(std::move(what));
        }
    }
    void need(const ObjectSpec& object) {
        need(has(can_.types, object.type),
             "objects of type " + std::string(to_string(object.type)));
        need(has(can_.sharing, object.sharing), words_for(object.sharing));
    }
    void need(const PlanStep& step) {
        if (step.kind == StepKind::call) {
            need(has(can_.operations, step.operation),
                 "the operation " + std::string(to_string(step.operation)));
            need(!(step.alertable || step.with_routine) ||
                     has(can_.operations, OperationKind::queue_call),
                 "procedure calls");
        } else if (step.kind == StepKind::await_blocked) {
            need_sleep_news();
        }
    }
    void need(const PlanTrigger& trigger) {
        const auto* at_operation = std::get_if<PlanTrigger::AtOperation>(&trigger.when);
        if (std::holds_alternative<PlanTrigger::AtCrashPoint>(trigger.when) ||
            (at_operation != nullptr && at_operation->access)) {
            need(can_.crash_points, "crash points");
        }
        if (std::holds_alternative<PlanTrigger::WhenBlocked>(trigger.when)) {
            need_sleep_news();
        }
    }
    std::vector<std::string> take() { return std::move(missing_); }

  private:
    void need_sleep_news() { need(can_.reports_sleep, "news of a wait that is about to sleep"); }

    const Capabilities& can_;
    std::vector<std::string> missing_;
};

}  // namespace

std::vector<std::string> missing_capabilities(const Plan& plan, const Capabilities& can) {
    Needs needs(can);
    for (const ObjectSpec& object : plan.objects) {
        needs.need(object);
    }
    for (const PlanProcess& process : plan.processes) {
        for (const PlanThread& thread : process.threads) {
            for (const PlanStep& step : thread.steps) {
                needs.need(step);
            }
        }
    }
    for (const PlanFault& fault : plan.faults) {
        needs.need(fault.trigger);
        needs.need(fault.resume);
    }
    return needs.take();
}

}  // namespace castaway::harness
