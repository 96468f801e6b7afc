#include "harness/engine/sim/testing/plans.h"

#include <utility>

namespace castaway::harness::sim::testing {
namespace {

PlanStep wait_any(std::vector<std::uint32_t> handles, std::optional<std::uint32_t> timeout_ms) {
    PlanStep step = wait_for(0, timeout_ms);
    step.operation = OperationKind::wait_any;
    step.handles = std::move(handles);
    return step;
}

}  // namespace

void add_kill(Plan& plan, std::uint32_t process, PlanTrigger trigger) {
    add_fault(plan, FaultKind::kill, process, std::move(trigger));
}

Plan contenders(std::size_t processes, std::size_t times) {
    Plan plan = plan_with({mutex("m")});
    for (std::size_t i = 0; i < processes; ++i) {
        std::vector<PlanStep> program;
        for (std::size_t n = 0; n < times; ++n) {
            program.push_back(wait_for(0));
            program.push_back(call(OperationKind::release_mutex, 0));
        }
        add_process(plan, "contender/" + std::to_string(i), {program});
    }
    return plan;
}

Plan holders(std::size_t processes) {
    Plan plan = plan_with({mutex("m"), event("e")});
    for (std::size_t i = 0; i < processes; ++i) {
        add_process(plan, "holder/" + std::to_string(i),
                    {{wait_for(0), call(OperationKind::set_event, 1),
                      call(OperationKind::reset_event, 1), call(OperationKind::release_mutex, 0)}});
    }
    return plan;
}

Plan everything(std::size_t processes) {
    Plan plan = plan_with({mutex("m"), event("e"), semaphore("s", 1)});
    for (std::size_t i = 0; i < processes; ++i) {
        PlanStep taken = wait_for(0, 20);
        taken.skip_unless_satisfied = 3;
        std::vector<PlanStep> program{taken,
                                      call(OperationKind::set_event, 1),
                                      call(OperationKind::release_semaphore, 2),
                                      call(OperationKind::release_mutex, 0),
                                      wait_for(1, 10),
                                      wait_any({1, 2}, 10)};
        if (i % 2 == 1) {
            std::swap(program[4], program[5]);
        }
        add_process(plan, "user/" + std::to_string(i), {program});
    }
    return plan;
}

Plan peers_plan() {
    Plan plan = plan_with({mutex("m"), event("e"), semaphore("s", 0)});
    const PlanStep take = wait_for(0);
    const PlanStep give = call(OperationKind::release_mutex, 0);
    add_process(plan, "setter",
                {{take, give, call(OperationKind::set_event, 1), take, give, wait_for(2)}});
    add_process(plan, "releaser",
                {{take, give, call(OperationKind::release_semaphore, 2), take, give}});
    add_process(plan, "waiter", {{take, give, wait_for(1), take, give}});
    return plan;
}

Plan two_sets_two_waiters() {
    Plan plan = plan_with({event("e")});
    add_process(plan, "waiter/0", {{wait_for(0, 1'000)}});
    add_process(plan, "waiter/1", {{wait_for(0, 1'000)}});
    add_process(
        plan, "setter",
        {{call(OperationKind::set_event, 0), wait_for(0, 0), call(OperationKind::set_event, 0)}});
    return plan;
}

Plan one_release_one_waiter() {
    Plan plan = plan_with({semaphore("s", 0)});
    add_process(plan, "waiter", {{wait_for(0), wait_for(0, 0)}});
    add_process(plan, "releaser", {{call(OperationKind::release_semaphore, 0)}});
    return plan;
}

Plan one_timer() {
    Plan plan = plan_with({timer("t")});
    add_process(plan, "setter", {{set_timer(0, 10'000), wait_for(0)}});
    return plan;
}

Plan name_after_close() {
    Plan plan = plan_with({event("e")});
    plan.objects[0].whole_run = false;
    for (const char* const name : {"maker/0", "maker/1"}) {
        add_process(plan, name,
                    {{call(OperationKind::create, 0), call(OperationKind::set_event, 0),
                      call(OperationKind::close, 0), call(OperationKind::open, 0)}});
        plan.processes.back().opens.clear();
    }
    return plan;
}

}  // namespace castaway::harness::sim::testing
