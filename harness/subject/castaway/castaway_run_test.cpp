// Real runs: worker processes, real deaths, our primitives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "harness/engine/testing/engine_harness.h"
#include "harness/engine/testing/plan_builder.h"
#include "harness/history/history.h"
#include "harness/subject/subject.h"

namespace castaway::harness::testing {
namespace {

using ::testing::HasSubstr;

History run_castaway(const Plan& plan) {
    return run_plan_on(plan, *find_subject("castaway"), "castaway-worker");
}

std::ptrdiff_t count_of(const History& history, ResponseStatus status) {
    return std::count_if(
        history.operations.begin(), history.operations.end(),
        [status](const Operation& operation) { return operation.status == status; });
}

/// Everybody has left in order and nothing is left of anybody.
void expect_nothing_left(const History& history) {
    ASSERT_FALSE(history.snapshots.empty());
    Snapshot end = history.snapshots.back();
    EXPECT_EQ(end.moment, SnapshotMoment::end);
    end.moment = Snapshot{}.moment;
    end.at_ns = 0;
    EXPECT_EQ(end, Snapshot{});
}

void expect_survivors_finished(const History& history, std::uint32_t victim) {
    EXPECT_FALSE(history.hit_limit);
    EXPECT_FALSE(history.went_quiet);
    for (std::uint32_t process = 0; process < history.processes.size(); ++process) {
        if (process != victim) {
            EXPECT_EQ(history.processes[process].end, ProcessEnd::finished)
                << history.processes[process].name << " " << history.processes[process].end_detail;
        }
    }
    EXPECT_EQ(count_of(history, ResponseStatus::failed), 0);
}

/// Process 0 takes the mutex and waits; the others queue behind it.
Plan owner_and_heirs(std::uint32_t heirs) {
    Plan plan = plan_with({mutex("m"), event("never")});
    const std::uint32_t owned = add_point(plan, "owned");
    add_process(plan, "owner/0", {{wait_for(0), reach(owned), wait_for(1)}});
    for (std::uint32_t i = 0; i < heirs; ++i) {
        add_process(plan, "heir/" + std::to_string(i),
                    {{await_point(owned), wait_for(0), call(OperationKind::release_mutex, 0)}});
    }
    return plan;
}

TEST(CastawayRun, OneSurvivorOfAKilledOwnerIsTold) {
    Plan plan = owner_and_heirs(3);
    add_fault(plan, FaultKind::kill, 0, when_blocked({1, 2, 3}, 3));
    const History history = run_castaway(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::killed);
    expect_survivors_finished(history, 0);
    EXPECT_EQ(count_of(history, ResponseStatus::abandoned), 1);
    // All were asleep when the owner died.
    for (std::uint32_t heir = 1; heir <= 3; ++heir) {
        EXPECT_EQ(program_of(plan, history, heir).at(0).slept, true);
    }
    expect_nothing_left(history);
}

TEST(CastawayRun, OneSurvivorIsToldHoweverTheMutexIsShared) {  // INH-01, INH-06, DUP-01
    for (const Sharing sharing : {Sharing::inherit, Sharing::duplicate}) {
        Plan plan = owner_and_heirs(3);
        plan.objects[0].sharing = sharing;
        add_fault(plan, FaultKind::kill, 0, when_blocked({1, 2, 3}, 3));
        const History history = run_castaway(plan);
        EXPECT_EQ(history.processes[0].end, ProcessEnd::killed);
        expect_survivors_finished(history, 0);
        EXPECT_EQ(count_of(history, ResponseStatus::abandoned), 1);
        // The first process makes it, and the others find it there.
        for (std::uint32_t process = 0; process < 4; ++process) {
            EXPECT_EQ(operations_of(history, process).at(0).error, process == 0 ? 0U : 183U);
        }
        expect_nothing_left(history);
    }
}

TEST(CastawayRun, AProcessThatExitsOwningAbandons) {
    Plan plan = owner_and_heirs(2);
    add_fault(plan, FaultKind::exit, 0, when_blocked({1, 2}, 2));
    const History history = run_castaway(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::exited);
    expect_survivors_finished(history, 0);
    EXPECT_EQ(count_of(history, ResponseStatus::abandoned), 1);
    expect_nothing_left(history);
}

TEST(CastawayRun, AThreadThatEndsOwningAbandonsWhileItsProcessLives) {
    Plan plan = plan_with({mutex("m")});
    const std::uint32_t owned = add_point(plan, "owned");
    add_process(plan, "p/0",
                {{wait_for(0), reach(owned), await_blocked({0}), wait_for(0)},
                 {await_point(owned), wait_for(0), call(OperationKind::release_mutex, 0)}});
    add_fault(plan, FaultKind::end_thread, 0, before_operation(2));
    const History history = run_castaway(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::finished);
    EXPECT_EQ(operations_of(history, 0, 1).at(0).status, ResponseStatus::abandoned);
    EXPECT_EQ(count_of(history, ResponseStatus::abandoned), 1);
    expect_nothing_left(history);
}

TEST(CastawayRun, AThreadThatEndsOwningHasAbandonedBeforeThePicture) {
    Plan plan = plan_with({mutex("m")});
    add_process(plan, "p/0", {{wait_for(0), wait_for(0)}});
    add_process(plan, "p/1", {{}});
    add_fault(plan, FaultKind::end_thread, 0, after_operation(1));
    const History history = run_castaway(plan);
    const ObjectState& picture = history.snapshots.at(0).objects.at(0);
    EXPECT_EQ(picture.owner, std::nullopt);
    EXPECT_TRUE(picture.abandoned);
    expect_nothing_left(history);
}

TEST(CastawayRun, ThePictureCountsWhatTheLivingHold) {
    Plan plan = plan_with({semaphore("s", 5), mutex("m"), event("never")});
    const std::uint32_t done = add_point(plan, "done");
    plan.quiet_ms = 200;
    add_process(plan, "taker/0", {{wait_for(0), wait_for(0), wait_for(1), reach(done)}});
    add_process(plan, "leaver/0", {{wait_for(0)}});
    plan.processes[1].leaks = true;
    add_fault(plan, FaultKind::leak, 1, {});
    add_process(plan, "sleeper/0", {{await_point(done), await_death({1}), wait_for(2)}});
    const History history = run_castaway(plan);
    EXPECT_TRUE(history.went_quiet);
    ASSERT_EQ(history.snapshots.size(), 2U);
    const Snapshot& picture = history.snapshots[0];
    EXPECT_EQ(picture.processes_attached, 2U);
    EXPECT_EQ(picture.names, 3U);
    EXPECT_TRUE(picture.damage.empty());
    EXPECT_EQ(picture.handles, (std::vector<Snapshot::ProcessHandles>{
                                   {.process = 0, .handles = 3}, {.process = 2, .handles = 3}}));
    const auto object = [&picture](const std::string& name) {
        return *std::find_if(picture.objects.begin(), picture.objects.end(),
                             [&](const ObjectState& each) { return each.name == name; });
    };
    EXPECT_EQ(object("s").value, 2);
    EXPECT_EQ(object("s").handles, 2U);
    EXPECT_EQ(object("m").value, 1);
    EXPECT_EQ(object("m").owner, 0U);
    EXPECT_EQ(object("never").waiters, 1U);
    expect_nothing_left(history);
}

TEST(CastawayRun, AStuckWaiterIsExplainedByItsObject) {
    Plan plan = plan_with({event("never"), mutex("m")});
    plan.quiet_ms = 100;
    add_process(plan, "owner/0", {{wait_for(1), wait_for(0)}});
    add_process(plan, "waiter/0", {{await_blocked({0}), wait_for_any({0, 1})}});
    const History history = run_castaway(plan);
    EXPECT_TRUE(history.went_quiet);
    ASSERT_EQ(history.stuck.size(), 2U);
    EXPECT_THAT(history.stuck[0].waits_on, HasSubstr("event \"Local\\never\""));
    EXPECT_THAT(history.stuck[1].waits_on,
                HasSubstr("event \"Local\\never\" and mutex \"Local\\m\""));
    EXPECT_THAT(history.stuck[0].system_call, HasSubstr("futex(shared memory + 0x"));
}

TEST(CastawayRun, AStoppedWaiterGetsWhatItWasGivenMeanwhile) {
    Plan plan = plan_with({semaphore("s", 0)});
    const std::uint32_t stop = add_point(plan, "stop");
    const std::uint32_t go = add_point(plan, "go");
    add_process(plan, "victim/0", {{wait_for(0)}});
    add_process(plan, "other/0",
                {{await_blocked({0}), reach(stop), work(2000),
                  call(OperationKind::release_semaphore, 0), reach(go)}});
    add_fault(plan, FaultKind::stop, 0, when_reached(stop), when_reached(go));
    const History history = run_castaway(plan);
    expect_survivors_finished(history, 0);
    EXPECT_EQ(program_of(plan, history, 0).at(0).status, ResponseStatus::ok);
    EXPECT_EQ(history.faults.size(), 1U);
}

TEST(CastawayRun, ATimerWakesItsWaiterAfterItsSetterDied) {
    Plan plan = plan_with({timer("t")});
    add_process(plan, "setter/0", {{await_blocked({1}), set_timer(0, 30'000), wait_for(0)}});
    add_process(plan, "waiter/0", {{wait_for(0)}});
    add_fault(plan, FaultKind::kill, 0, after_operation(1));
    const History history = run_castaway(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::killed);
    expect_survivors_finished(history, 0);
    const Operation set = program_of(plan, history, 0).at(0);
    const Operation wait = program_of(plan, history, 1).at(0);
    EXPECT_EQ(wait.status, ResponseStatus::ok);
    EXPECT_GE(wait.returned_ns, set.invoked_ns + 30'000'000);
}

TEST(CastawayRun, AKillAtAnyAccessOfTheOwnersCallsLeavesTheMutexUsable) {
    // From the acquisition's first access to the release's last; past that the fault finds nothing.
    for (std::uint32_t access = 1; access <= 8; ++access) {
        for (const std::uint32_t operation : {1U, 2U}) {
            SCOPED_TRACE("access " + std::to_string(access) + " of operation " +
                         std::to_string(operation));
            Plan plan = plan_with({mutex("m")});
            const PlanStep release = call(OperationKind::release_mutex, 0);
            add_process(plan, "victim/0", {{wait_for(0), release}});
            add_process(plan, "heir/0", {{wait_for(0), release}, {wait_for(0), release}});
            add_fault(plan, FaultKind::kill, 0, at_access(operation, access));
            const History history = run_castaway(plan);
            expect_survivors_finished(history, 0);
            const bool fired = !history.faults.empty();
            EXPECT_TRUE(fired || access > 1) << "every call has a first access";
            EXPECT_EQ(history.processes[0].end, fired ? ProcessEnd::killed : ProcessEnd::finished);
            EXPECT_LE(count_of(history, ResponseStatus::abandoned), fired ? 1 : 0);
            expect_nothing_left(history);
        }
    }
}

/// The owner of owner_and_heirs gives the mutex up in order, after this step.
Plan owner_that_releases_after(const PlanStep& step) {
    Plan plan = owner_and_heirs(3);
    std::vector<PlanStep>& steps = plan.processes[0].threads[0].steps;
    steps.pop_back();
    steps.push_back(step);
    steps.push_back(call(OperationKind::release_mutex, 0));
    return plan;
}

void expect_only_heir_0_died(const History& history) {
    EXPECT_EQ(history.processes[1].end, ProcessEnd::killed);
    EXPECT_EQ(history.faults.size(), 1U);
    expect_survivors_finished(history, 1);
    expect_nothing_left(history);
}

TEST(CastawayRun, ADeathOnTheWayToSleepLeavesTheOthersUnharmed) {
    for (const char* point : {"wait.before_enqueue", "wait.enqueued", "wait.before_sleep"}) {
        SCOPED_TRACE(point);
        // The mutex is taken until the heir is dead, so it comes to the point in any case.
        Plan plan = owner_that_releases_after(await_death({1}));
        add_fault(plan, FaultKind::kill, 1, at_crash_point(point, 1));
        const History history = run_castaway(plan);
        expect_only_heir_0_died(history);
        // It never owned the mutex.
        EXPECT_EQ(count_of(history, ResponseStatus::abandoned), 0);
    }
}

TEST(CastawayRun, ADeathOnTheWayFromSleepAbandonsWhatWasHandedOver) {
    for (const char* point : {"wait.woken", "mutex.acquired"}) {
        SCOPED_TRACE(point);
        // All heirs sleep, so each of them is woken in its turn.
        Plan plan = owner_that_releases_after(await_blocked({1, 2, 3}, 3));
        add_fault(plan, FaultKind::kill, 1, at_crash_point(point, 1));
        const History history = run_castaway(plan);
        expect_only_heir_0_died(history);
        // The next owner is told, or, where the dead was the last, the mutex still says so.
        const bool untold = history.snapshots.at(0).objects.at(0).abandoned;
        EXPECT_EQ(count_of(history, ResponseStatus::abandoned) + (untold ? 1 : 0), 1);
    }
}

TEST(CastawayRun, ARecovererThatDiesTooLeavesTheRestToTheSweep) {
    // With two processes there is one who can recover the other, so it comes to the point.
    Plan plan = owner_and_heirs(1);
    add_fault(plan, FaultKind::kill, 0, when_blocked({1}));
    add_fault(plan, FaultKind::kill, 1, at_crash_point("recover.before_abandon", 1));
    const History history = run_castaway(plan);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::killed);
    EXPECT_EQ(history.processes[1].end, ProcessEnd::killed);
    EXPECT_EQ(history.faults.size(), 2U);
    EXPECT_TRUE(program_of(plan, history, 1).at(0).pending());
    expect_nothing_left(history);
}

}  // namespace
}  // namespace castaway::harness::testing
