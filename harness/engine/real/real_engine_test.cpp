// Runs in which no fault strikes: what is recorded, and how the engine refuses what it cannot do.
#include "harness/engine/real/real_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "harness/base/error.h"
#include "harness/engine/testing/engine_harness.h"
#include "harness/engine/testing/plan_builder.h"
#include "harness/engine/testing/test_subject.h"

namespace castaway::harness::testing {
namespace {

using ::testing::HasSubstr;

TEST(RealEngine, RecordsOpeningProgramAndClosingOfEachThread) {
    Plan plan = plan_with({event("e"), semaphore("s", 2)});
    PlanStep release = call(OperationKind::release_semaphore, 1);
    release.count = 3;
    add_process(plan, "p/0",
                {{call(OperationKind::set_event, 0), wait_for(0, 0), wait_for(0, 0), release}});
    const History history = run_plan(plan);

    ASSERT_EQ(history.objects.size(), 2U);
    EXPECT_EQ(history.objects[1].name, "s");
    EXPECT_EQ(history.objects[1].initial_count, 2);
    ASSERT_EQ(history.processes.size(), 1U);
    EXPECT_EQ(history.processes[0].name, "p/0");
    EXPECT_EQ(history.processes[0].threads[0].name, "p/0.t0");
    EXPECT_EQ(history.processes[0].end, ProcessEnd::finished);
    EXPECT_GT(history.processes[0].os_pid, 0);
    EXPECT_TRUE(history.processes[0].known_dead_ns.has_value());
    EXPECT_FALSE(history.hit_limit);
    EXPECT_FALSE(history.went_quiet);
    EXPECT_TRUE(history.stuck.empty());
    EXPECT_TRUE(history.faults.empty());

    const std::vector<Operation> all = operations_of(history, 0);
    ASSERT_EQ(all.size(), 8U);
    const std::vector<OperationKind> kinds{
        OperationKind::create, OperationKind::create, OperationKind::set_event,
        OperationKind::wait,   OperationKind::wait,   OperationKind::release_semaphore,
        OperationKind::close,  OperationKind::close};
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].kind, kinds[i]);
        EXPECT_EQ(all[i].sequence, i);
        EXPECT_LE(all[i].invoked_ns, all[i].returned_ns);
    }
    EXPECT_EQ(all[3].status, ResponseStatus::ok);
    EXPECT_EQ(all[3].slept, false);
    EXPECT_EQ(all[4].status, ResponseStatus::timeout);
    EXPECT_EQ(all[5].count, 3);
    EXPECT_EQ(all[5].previous_count, 2);
    EXPECT_EQ(all[5].slept, std::nullopt);
}

TEST(RealEngine, TakesAPictureAtQuiescenceAndOneAtTheEnd) {
    Plan plan = plan_with({event("e")});
    add_process(plan, "p/0", {{call(OperationKind::set_event, 0)}});
    add_process(plan, "p/1", {{}});
    const History history = run_plan(plan);
    ASSERT_EQ(history.snapshots.size(), 2U);
    EXPECT_EQ(history.snapshots[0].moment, SnapshotMoment::quiescence);
    EXPECT_EQ(history.snapshots[0].handles.size(), 2U);
    EXPECT_TRUE(history.snapshots[0].objects.at(0).signaled);
    EXPECT_EQ(history.snapshots[1].moment, SnapshotMoment::end);
    EXPECT_TRUE(history.snapshots[1].handles.empty());
    EXPECT_LT(history.snapshots[0].at_ns, history.snapshots[1].at_ns);
}

TEST(RealEngine, TakesAnotherPictureWhenOneShowsAChangeHalfDone) {
    Plan plan = plan_with({event("e")});
    add_process(plan, "p/0", {{}});
    const History history = run_plan(plan, "test:unsound");
    ASSERT_EQ(history.snapshots.size(), 2U);
    EXPECT_TRUE(history.snapshots[0].damage.empty());
}

TEST(RealEngine, LearnsHowWorkersEndedWhenItsStarterIgnoredChildren) {
    Plan plan = plan_with({event("e")});
    add_process(plan, "p/0", {{call(OperationKind::set_event, 0)}});
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    const History history = run_plan(plan);
    std::signal(SIGCHLD, before);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::finished);
}

TEST(RealEngine, ProcessesShareTheObjects) {
    Plan plan = plan_with({semaphore("turn", 0)});
    add_process(plan, "waiter/0", {{wait_for(0)}});
    add_process(plan, "giver/0", {{await_blocked({0}), call(OperationKind::release_semaphore, 0)}});
    const History history = run_plan(plan);
    const Operation wait = program_of(plan, history, 0).at(0);
    const Operation release = program_of(plan, history, 1).at(0);
    EXPECT_EQ(wait.status, ResponseStatus::ok);
    EXPECT_EQ(wait.slept, true);
    EXPECT_LT(wait.invoked_ns, release.invoked_ns);
    EXPECT_GE(wait.returned_ns, release.invoked_ns);
}

TEST(RealEngine, AThreadThatWasJustWokenIsNotBlocked) {
    constexpr int kTurns = 200;
    Plan plan = plan_with({semaphore("s", 0)});
    std::vector<PlanStep> waits(kTurns, wait_for(0));
    std::vector<PlanStep> releases;
    for (int i = 0; i < kTurns; ++i) {
        releases.push_back(await_blocked({0}));
        releases.push_back(call(OperationKind::release_semaphore, 0));
    }
    add_process(plan, "waiter/0", {waits});
    add_process(plan, "giver/0", {releases});
    const History history = run_plan(plan);
    const std::vector<Operation> waited = program_of(plan, history, 0);
    const std::vector<Operation> released = program_of(plan, history, 1);
    ASSERT_EQ(waited.size(), released.size());
    for (std::size_t i = 0; i < waited.size(); ++i) {
        EXPECT_EQ(waited[i].slept, true);
        EXPECT_LT(waited[i].invoked_ns, released[i].invoked_ns);
    }
}

TEST(RealEngine, SkipsTheBodyOfAWaitThatIsNotSatisfied) {
    Plan plan = plan_with({event("e"), event("done")});
    PlanStep hold = wait_for(0, 0);
    hold.skip_unless_satisfied = 2;
    add_process(plan, "p/0",
                {{hold, call(OperationKind::reset_event, 0), call(OperationKind::reset_event, 0),
                  call(OperationKind::set_event, 1)}});
    const std::vector<Operation> operations = operations_of(run_plan(plan), 0);
    ASSERT_EQ(operations.size(), 6U);
    EXPECT_EQ(operations[2].status, ResponseStatus::timeout);
    EXPECT_EQ(operations[3].kind, OperationKind::set_event);
}

TEST(RealEngine, EachThreadMeansTheHandlesThatItMadeItself) {
    Plan plan = plan_with({event("e")});
    plan.objects[0].whole_run = false;
    const std::uint32_t made = add_point(plan, "made");
    const std::uint32_t closed = add_point(plan, "closed");
    add_process(plan, "p/0",
                {{call(OperationKind::create, 0), reach(made), await_point(closed),
                  call(OperationKind::set_event, 0), call(OperationKind::close, 0)},
                 {await_point(made), call(OperationKind::open, 0), call(OperationKind::close, 0),
                  reach(closed)}});
    const History history = run_plan(plan);
    EXPECT_EQ(history.operations.size(), 5U);
    for (const Operation& operation : history.operations) {
        EXPECT_EQ(operation.status, ResponseStatus::ok);
    }
    EXPECT_TRUE(history.snapshots.at(0).handles.empty());
}

TEST(RealEngine, ClosesDuplicatesThatAProgramLeftOpen) {
    Plan plan = plan_with({event("e")});
    plan.handles.push_back({"alias", 0});
    PlanStep duplicate = call(OperationKind::duplicate, 0);
    duplicate.new_handle = 1;
    add_process(plan, "p/0", {{duplicate, call(OperationKind::set_event, 1)}});
    const std::vector<Operation> operations = operations_of(run_plan(plan), 0);
    ASSERT_EQ(operations.size(), 5U);
    EXPECT_EQ(operations[2].objects, std::vector<ObjectIndex>{0});
    EXPECT_EQ(operations[3].kind, OperationKind::close);
    EXPECT_EQ(operations[4].kind, OperationKind::close);
    EXPECT_EQ(operations[4].status, ResponseStatus::ok);
}

TEST(RealEngine, WaitAnyTellsWhichObjectItTook) {
    Plan plan = plan_with({event("a"), event("b")});
    add_process(plan, "p/0", {{call(OperationKind::set_event, 1), wait_for_any({0, 1}, 0)}});
    const History history = run_plan(plan);
    const Operation wait = program_of(plan, history, 0).at(1);
    EXPECT_EQ(wait.objects, (std::vector<ObjectIndex>{0, 1}));
    EXPECT_EQ(wait.satisfied_by, 1U);
    EXPECT_EQ(wait.object(), 1U);
}

TEST(RealEngine, SaysNothingOfSleepWhereTheSubjectCannotTell) {
    Plan plan = plan_with({event("e")});
    add_process(plan, "p/0", {{wait_for(0, 1)}});
    const History history = run_plan(plan, "test:deaf");
    EXPECT_EQ(program_of(plan, history, 0).at(0).slept, std::nullopt);
}

TEST(RealEngine, RunsSixtyFourProcessesOfTwoThreads) {
    Plan plan = plan_with({mutex("m"), semaphore("s", 0)});
    std::vector<PlanStep> program;
    for (int i = 0; i < 20; ++i) {
        program.push_back(wait_for(0));
        program.push_back(call(OperationKind::release_mutex, 0));
    }
    for (int i = 0; i < 64; ++i) {
        add_process(plan, "p/" + std::to_string(i), {program, program});
    }
    const History history = run_plan(plan);
    EXPECT_EQ(history.operations.size(), 64U * (2 * 40 + 4));
    EXPECT_TRUE(
        std::all_of(history.operations.begin(), history.operations.end(),
                    [](const Operation& each) { return each.status == ResponseStatus::ok; }));
    EXPECT_TRUE(
        std::all_of(history.processes.begin(), history.processes.end(),
                    [](const HistoryProcess& each) { return each.end == ProcessEnd::finished; }));
    EXPECT_FALSE(history.hit_limit);
}

TEST(RealEngine, FiftyRunsOfOnePlanRecordTheSameCalls) {
    Plan plan = plan_with({mutex("m")});
    const std::vector<PlanStep> program{wait_for(0), call(OperationKind::release_mutex, 0)};
    add_process(plan, "a/0", {program});
    add_process(plan, "b/0", {program, program});
    const std::size_t count = run_plan(plan).operations.size();
    for (int i = 1; i < 50; ++i) {
        const History history = run_plan(plan);
        ASSERT_EQ(history.operations.size(), count);
        ASSERT_EQ(history.processes[1].end, ProcessEnd::finished);
    }
}

TEST(RealEngine, LeavesNoFilesOfAnEarlierRunOverwritten) {
    const TemporaryFolder folder;
    Plan plan = plan_with({event("e")});
    add_process(plan, "p/0", {{call(OperationKind::set_event, 0)}});
    run_plan_in(folder.path(), plan);
    EXPECT_THROW(run_plan_in(folder.path(), plan), HarnessError);
}

TEST(RealEngine, SaysWhyAWorkerCouldNotAttach) {
    Plan plan = plan_with({event("e")});
    add_process(plan, "p/0", {{}});
    try {
        run_plan(plan, "test:refuse");
        FAIL() << "the run went on without its subject";
    } catch (const HarnessError& error) {
        EXPECT_THAT(error.what(), HasSubstr("p/0 could not start"));
        EXPECT_THAT(error.what(), HasSubstr("refuses to attach"));
    }
}

TEST(RealEngine, SaysThatTheWorkerProgramIsMissing) {
    const TemporaryFolder folder;
    Plan plan = plan_with({});
    add_process(plan, "p/0", {{}});
    RealEngine engine("/nowhere/castaway-worker");
    const auto adapter = make_test_subject("test");
    try {
        engine.run(plan, *adapter, {folder.path() / "run", std::nullopt});
        FAIL() << "the run went on without workers";
    } catch (const HarnessError& error) {
        EXPECT_THAT(error.what(), HasSubstr("/nowhere/castaway-worker"));
    }
}

TEST(RealEngine, SaysThatTheRunFolderCannotBeMade) {
    const TemporaryFolder folder;
    Plan plan = plan_with({});
    add_process(plan, "p/0", {{}});
    EXPECT_THROW(run_plan_in("/proc/no-folder", plan), HarnessError);
}

TEST(RealEngine, RefusesFaultsThatItCannotInject) {
    Plan plan = plan_with({event("e")});
    add_process(plan, "p/0", {{wait_for(0, 0)}});
    add_fault(plan, FaultKind::end_thread, 0, at_access(1, 1));
    EXPECT_THROW(run_plan(plan), InputError);
    plan.faults.clear();
    add_fault(plan, FaultKind::stop, 0, before_operation(1), before_operation(1));
    EXPECT_THROW(run_plan(plan), InputError);
    plan.faults.clear();
    plan.processes.clear();
    EXPECT_THROW(run_plan(plan), InputError);
}

TEST(MakeEngine, KnowsTheRealEngineOnly) {
    EXPECT_NE(dynamic_cast<RealEngine*>(make_engine("real").get()), nullptr);
    EXPECT_THROW(make_engine("unreal"), InputError);
}

}  // namespace
}  // namespace castaway::harness::testing
