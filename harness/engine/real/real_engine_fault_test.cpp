// Each kind of fault, each way to trip it, and what the history says of it.
#include <gtest/gtest.h>

#include "harness/engine/testing/engine_harness.h"
#include "harness/engine/testing/plan_builder.h"
#include "harness/history/history.h"

namespace castaway::harness::testing {
namespace {

/// One process that sets its event three times, and trips this fault.
Plan three_sets(FaultKind kind, const PlanTrigger& trigger) {
    Plan plan = plan_with({event("e")});
    const PlanStep set = call(OperationKind::set_event, 0);
    add_process(plan, "victim/0", {{set, set, set}});
    add_fault(plan, kind, 0, trigger);
    return plan;
}

void expect_only_fault(const History& history, std::uint32_t process) {
    ASSERT_EQ(history.faults.size(), 1U);
    EXPECT_EQ(history.faults[0].fault, 0U);
    EXPECT_EQ(history.faults[0].process, process);
    EXPECT_EQ(history.faults[0].what, "fault 0");
    EXPECT_GT(history.faults[0].at_ns, 0);
}

TEST(KillFault, BeforeAnOperationLeavesNoTraceOfIt) {
    const Plan plan = three_sets(FaultKind::kill, before_operation(2));
    const History history = run_plan(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::killed);
    const std::vector<Operation> done = program_of(plan, history, 0);
    ASSERT_EQ(done.size(), 1U);
    EXPECT_EQ(done[0].status, ResponseStatus::ok);
    expect_only_fault(history, 0);
    ASSERT_TRUE(history.processes[0].known_dead_ns.has_value());
    EXPECT_GE(*history.processes[0].known_dead_ns, history.faults[0].at_ns);
}

TEST(KillFault, AfterAnOperationLeavesItComplete) {
    const Plan plan = three_sets(FaultKind::kill, after_operation(2));
    const History history = run_plan(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::killed);
    const std::vector<Operation> done = program_of(plan, history, 0);
    ASSERT_EQ(done.size(), 2U);
    EXPECT_EQ(done[1].status, ResponseStatus::ok);
    expect_only_fault(history, 0);
}

TEST(KillFault, AtAnAccessLeavesTheOperationPending) {
    for (const std::uint32_t access : {1U, 2U}) {
        const Plan plan = three_sets(FaultKind::kill, at_access(1, access));
        const History history = run_plan(plan);
        EXPECT_EQ(history.processes[0].end, ProcessEnd::killed);
        const std::vector<Operation> done = program_of(plan, history, 0);
        ASSERT_EQ(done.size(), 1U);
        EXPECT_TRUE(done[0].pending());
        // The second access comes after the effect, which outlives the process.
        EXPECT_EQ(history.snapshots.at(0).objects.at(0).signaled, access == 2);
        expect_only_fault(history, 0);
    }
}

TEST(KillFault, AtACrashPointCountsThatThreadsVisitsInItsProgram) {
    const Plan plan = three_sets(FaultKind::kill, at_crash_point("test.entered", 3));
    const History history = run_plan(plan);
    const std::vector<Operation> done = program_of(plan, history, 0);
    ASSERT_EQ(done.size(), 3U);
    EXPECT_EQ(done[1].status, ResponseStatus::ok);
    EXPECT_TRUE(done[2].pending());
    expect_only_fault(history, 0);
}

TEST(KillFault, AtACrashPointCountsVisitsOfTheSubjectsOwnThreads) {
    const Plan plan = three_sets(FaultKind::kill, at_crash_point("test.helper", 2));
    const History history = run_plan(plan, "test:helper");
    EXPECT_EQ(history.processes[0].end, ProcessEnd::killed);
    EXPECT_EQ(program_of(plan, history, 0).size(), 2U);
    expect_only_fault(history, 0);
}

TEST(KillFault, FromOutsideStrikesASleeper) {
    Plan plan = plan_with({event("never")});
    add_process(plan, "victim/0", {{wait_for(0)}});
    add_process(plan, "other/0", {{await_death({0}), call(OperationKind::set_event, 0)}});
    add_fault(plan, FaultKind::kill, 0, when_blocked({0}));
    const History history = run_plan(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::killed);
    const std::vector<Operation> waits = program_of(plan, history, 0);
    ASSERT_EQ(waits.size(), 1U);
    EXPECT_TRUE(waits[0].pending());
    EXPECT_EQ(waits[0].slept, true);
    expect_only_fault(history, 0);
    // The death is announced only when the harness knows of it.
    const Operation set = program_of(plan, history, 1).at(0);
    EXPECT_GE(set.invoked_ns, *history.processes[0].known_dead_ns);
    EXPECT_EQ(history.processes[1].end, ProcessEnd::finished);
}

TEST(KillFault, AbandonsAMutexThatTheNextOwnerIsToldOf) {
    Plan plan = plan_with({mutex("m")});
    add_process(plan, "owner/0", {{wait_for(0), wait_for(0)}});
    add_process(plan, "heir/0",
                {{await_death({0}), wait_for(0), call(OperationKind::release_mutex, 0)}});
    add_fault(plan, FaultKind::kill, 0, after_operation(1));
    const History history = run_plan(plan);
    EXPECT_EQ(program_of(plan, history, 1).at(0).status, ResponseStatus::abandoned);
}

TEST(KillFault, IsFollowedByAPictureWithoutTheDeadsHandles) {
    Plan plan = plan_with({event("e")});
    add_process(plan, "victim/0", {{wait_for(0)}});
    add_process(plan, "other/0", {{await_death({0})}});
    add_fault(plan, FaultKind::kill, 0, before_operation(1));
    const History history = run_plan(plan);
    const Snapshot& quiescence = history.snapshots.at(0);
    ASSERT_EQ(quiescence.handles.size(), 1U);
    EXPECT_EQ(quiescence.handles[0].process, 1U);
}

TEST(Fault, ThatNeverFiresIsNotListed) {
    Plan plan = three_sets(FaultKind::kill, before_operation(4));
    add_fault(plan, FaultKind::kill, 0, at_crash_point("test.entered", 100));
    add_fault(plan, FaultKind::kill, 0, when_blocked({0}));
    add_fault(plan, FaultKind::end_thread, 0, after_operation(17));
    const History history = run_plan(plan);
    EXPECT_TRUE(history.faults.empty());
    EXPECT_EQ(history.processes[0].end, ProcessEnd::finished);
    EXPECT_EQ(program_of(plan, history, 0).size(), 3U);
}

TEST(ExitFault, EndsTheProcessWithAllItHolds) {
    const Plan plan = three_sets(FaultKind::exit, after_operation(1));
    const History history = run_plan(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::exited);
    const std::vector<Operation> all = operations_of(history, 0);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].status, ResponseStatus::ok);
    expect_only_fault(history, 0);
}

TEST(ExitFault, CanBeOrderedFromOutside) {
    Plan plan = plan_with({event("never")});
    add_process(plan, "victim/0", {{wait_for(0)}});
    add_fault(plan, FaultKind::exit, 0, when_blocked({0}));
    const History history = run_plan(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::exited);
    EXPECT_TRUE(program_of(plan, history, 0).at(0).pending());
    expect_only_fault(history, 0);
}

TEST(EndThreadFault, AbandonsAndLetsTheProcessLive) {
    Plan plan = plan_with({mutex("m")});
    const std::uint32_t owned = add_point(plan, "owned");
    add_process(plan, "p/0",
                {{wait_for(0), reach(owned), wait_for(0)},
                 {await_point(owned), wait_for(0), call(OperationKind::release_mutex, 0)}});
    add_fault(plan, FaultKind::end_thread, 0, before_operation(2));
    const History history = run_plan(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::finished);
    ASSERT_TRUE(history.processes[0].threads[0].ended_ns.has_value());
    EXPECT_FALSE(history.processes[0].threads[1].ended_ns.has_value());
    EXPECT_EQ(program_of(plan, history, 0, 0).size(), 1U);
    const std::vector<Operation> heir = operations_of(history, 0, 1);
    ASSERT_EQ(heir.size(), 3U);
    EXPECT_EQ(heir[0].status, ResponseStatus::abandoned);
    // The first living thread closes what is left.
    EXPECT_EQ(heir[2].kind, OperationKind::close);
    expect_only_fault(history, 0);
}

TEST(EndThreadFault, OfTheOnlyThreadLeavesTheProcessToItsEnd) {
    const Plan plan = three_sets(FaultKind::end_thread, after_operation(1));
    const History history = run_plan(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::finished);
    EXPECT_EQ(operations_of(history, 0).size(), 2U);
    EXPECT_EQ(history.snapshots.at(0).handles.size(), 1U);
    EXPECT_TRUE(history.snapshots.at(1).handles.empty());
    expect_only_fault(history, 0);
}

TEST(EndThreadFault, IsOverBeforeThePictureIsTaken) {
    Plan plan = plan_with({manual_event("e")});
    add_process(plan, "p/0", {{wait_for(0, 0), wait_for(0)}});
    add_fault(plan, FaultKind::end_thread, 0, after_operation(1));
    const History history = run_plan(plan, "test:lingers");
    EXPECT_TRUE(history.snapshots.at(0).objects.at(0).signaled);
    expect_only_fault(history, 0);
}

TEST(LeakFault, LeavesWithoutClosing) {
    Plan plan = three_sets(FaultKind::leak, {});
    plan.processes[0].leaks = true;
    const History history = run_plan(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::exited);
    EXPECT_EQ(operations_of(history, 0).size(), 4U);
    expect_only_fault(history, 0);
}

TEST(StopFault, FromOutsideEndsWhenItIsResumed) {
    Plan plan = plan_with({semaphore("s", 0)});
    const std::uint32_t stop = add_point(plan, "stop");
    const std::uint32_t go = add_point(plan, "go");
    add_process(plan, "victim/0", {{wait_for(0)}});
    add_process(plan, "other/0",
                {{await_blocked({0}), reach(stop), work(2000),
                  call(OperationKind::release_semaphore, 0), reach(go)}});
    add_fault(plan, FaultKind::stop, 0, when_reached(stop), when_reached(go));
    const History history = run_plan(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::finished);
    EXPECT_EQ(program_of(plan, history, 0).at(0).status, ResponseStatus::ok);
    expect_only_fault(history, 0);
}

TEST(StopFault, AtAnOperationHoldsTheThreadUntilItIsResumed) {
    Plan plan = plan_with({event("e"), event("f")});
    const std::uint32_t go = add_point(plan, "go");
    const std::uint32_t before = add_point(plan, "before");
    add_process(plan, "victim/0", {{reach(before), call(OperationKind::set_event, 0)}});
    add_process(plan, "other/0",
                {{await_point(before), work(5000), call(OperationKind::set_event, 1), reach(go)}});
    add_fault(plan, FaultKind::stop, 0, before_operation(1), when_reached(go));
    const History history = run_plan(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::finished);
    EXPECT_GE(program_of(plan, history, 0).at(0).invoked_ns,
              program_of(plan, history, 1).at(0).returned_ns);
    expect_only_fault(history, 0);
}

TEST(StopFault, WithoutAResumeLeavesAStuckProcess) {
    Plan plan = three_sets(FaultKind::stop, at_access(1, 1));
    plan.run_limit_ms = 300;
    plan.quiet_ms = 100;
    const History history = run_plan(plan);
    EXPECT_TRUE(history.hit_limit);
    EXPECT_FALSE(history.went_quiet);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::stuck);
    expect_only_fault(history, 0);
}

TEST(Crash, IsToldApartFromAnInjectedDeath) {
    Plan plan = plan_with({event("e")});
    add_process(plan, "p/0", {{call(OperationKind::set_event, 0)}});
    add_process(plan, "p/1", {{wait_for(0, 0)}});
    add_fault(plan, FaultKind::kill, 0, after_operation(1));
    const History history = run_plan(plan, "test:crash");
    EXPECT_EQ(history.processes[0].end, ProcessEnd::crashed);
    EXPECT_EQ(history.processes[0].end_detail, "SIGABRT");
    EXPECT_TRUE(program_of(plan, history, 0).at(0).pending());
    EXPECT_EQ(history.processes[1].end, ProcessEnd::finished);
    EXPECT_TRUE(history.faults.empty());
}

TEST(Crash, AfterAllWorkWasDoneIsACrashAllTheSame) {
    Plan plan = plan_with({event("e")});
    add_process(plan, "p/0", {{call(OperationKind::set_event, 0)}});
    const History history = run_plan(plan, "test:late");
    EXPECT_EQ(history.processes[0].end, ProcessEnd::crashed);
    EXPECT_EQ(history.processes[0].end_detail, "SIGABRT");
}

}  // namespace
}  // namespace castaway::harness::testing
