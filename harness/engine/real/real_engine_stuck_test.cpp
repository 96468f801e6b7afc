// Runs that do not come to their end by themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <memory>

#include "harness/engine/real/real_engine.h"
#include "harness/engine/testing/engine_harness.h"
#include "harness/engine/testing/plan_builder.h"
#include "harness/engine/testing/test_subject.h"
#include "harness/history/history.h"

namespace castaway::harness::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(StuckRun, IsCutAtTheLimitAndExplained) {
    Plan plan = plan_with({event("never"), event("other")});
    add_process(plan, "sleeper/0", {{call(OperationKind::set_event, 1), wait_for(0)}});
    add_process(plan, "good/0", {{wait_for(1)}});
    plan.run_limit_ms = 300;
    const History history = run_plan(plan);
    EXPECT_TRUE(history.hit_limit);
    EXPECT_FALSE(history.went_quiet);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::stuck);
    EXPECT_EQ(history.processes[1].end, ProcessEnd::finished);
    ASSERT_EQ(history.stuck.size(), 1U);
    const StuckThread& stuck = history.stuck[0];
    EXPECT_EQ(stuck.process, 0U);
    EXPECT_EQ(stuck.thread, 0U);
    EXPECT_EQ(stuck.sequence, 3U);
    EXPECT_TRUE(operations_of(history, 0).at(stuck.sequence).pending());
    EXPECT_EQ(stuck.waits_on, "event \"never\"");
    EXPECT_THAT(stuck.system_call, HasSubstr("futex(shared memory + 0x"));
    if (access("/usr/bin/eu-stack", X_OK) == 0) {
        EXPECT_THAT(stuck.stack, Contains(HasSubstr("WorkerThread::run")));
    }
}

TEST(StuckRun, ObeysTheLimitOfTheOptions) {
    Plan plan = plan_with({event("never")});
    add_process(plan, "sleeper/0", {{wait_for(0)}});
    const TemporaryFolder folder;
    const std::unique_ptr<SubjectAdapter> adapter = make_test_subject("test");
    RealEngine engine(program_beside_us("castaway-test-worker"));
    const History history =
        engine.run(plan, *adapter, {folder.path() / "run", std::chrono::milliseconds(100)});
    EXPECT_TRUE(history.hit_limit);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::stuck);
}

TEST(StuckRun, AThreadThatComputesIsStuckAtTheLimit) {
    Plan plan = plan_with({event("e")});
    add_process(plan, "busy/0", {{work(60'000'000)}});
    plan.run_limit_ms = 200;
    plan.quiet_ms = 50;
    const History history = run_plan(plan);
    EXPECT_TRUE(history.hit_limit);
    EXPECT_FALSE(history.went_quiet);
    ASSERT_EQ(history.stuck.size(), 1U);
    EXPECT_THAT(history.stuck[0].waits_on, HasSubstr("computes"));
    // Something was running, so there was no moment of quiescence to take a picture of.
    ASSERT_EQ(history.snapshots.size(), 1U);
    EXPECT_EQ(history.snapshots[0].moment, SnapshotMoment::end);
}

TEST(QuietRun, EndsBeforeTheLimitWithAPicture) {
    Plan plan = plan_with({event("never"), mutex("m")});
    add_process(plan, "a/0", {{wait_for(0)}, {wait_for(1), wait_for(0)}});
    add_process(plan, "b/0", {{await_blocked({0}, 2), wait_for(1)}});
    plan.quiet_ms = 100;
    const History history = run_plan(plan);
    EXPECT_TRUE(history.went_quiet);
    EXPECT_FALSE(history.hit_limit);
    EXPECT_EQ(history.stuck.size(), 3U);
    EXPECT_EQ(history.processes[0].end, ProcessEnd::stuck);
    EXPECT_EQ(history.processes[1].end, ProcessEnd::stuck);
    ASSERT_EQ(history.snapshots.size(), 2U);
    EXPECT_EQ(history.snapshots[0].moment, SnapshotMoment::quiescence);
    EXPECT_EQ(history.snapshots[0].handles.size(), 2U);
}

TEST(QuietRun, TellsOfAnAwaitThatNobodyCanFulfil) {
    Plan plan = plan_with({event("e")});
    const std::uint32_t point = add_point(plan, "held");
    add_process(plan, "a/0", {{call(OperationKind::set_event, 0), await_point(point, 2)}});
    add_process(plan, "b/0", {{reach(point)}});
    plan.quiet_ms = 100;
    const History history = run_plan(plan);
    EXPECT_TRUE(history.went_quiet);
    ASSERT_EQ(history.stuck.size(), 1U);
    EXPECT_EQ(history.stuck[0].sequence, 1U);
    EXPECT_EQ(history.stuck[0].waits_on, "point \"held\" (reached 1 of 2 times)");
    EXPECT_EQ(history.processes[1].end, ProcessEnd::finished);
}

TEST(QuietRun, IsNotDeclaredWhileAWaitHasATimeLimit) {
    Plan plan = plan_with({event("never")});
    const std::uint32_t over = add_point(plan, "over");
    add_process(plan, "a/0", {{wait_for(0, 600), reach(over)}});
    add_process(plan, "b/0", {{await_point(over)}});
    plan.quiet_ms = 50;
    const History history = run_plan(plan);
    EXPECT_FALSE(history.went_quiet);
    EXPECT_FALSE(history.hit_limit);
    EXPECT_EQ(program_of(plan, history, 0).at(0).status, ResponseStatus::timeout);
}

TEST(QuietRun, IsNotDeclaredWhereTheSubjectDoesNotTellOfSleep) {
    Plan plan = plan_with({event("never")});
    add_process(plan, "a/0", {{wait_for(0)}});
    plan.quiet_ms = 50;
    plan.run_limit_ms = 500;
    const History history = run_plan(plan, "test:deaf");
    EXPECT_FALSE(history.went_quiet);
    EXPECT_TRUE(history.hit_limit);
    EXPECT_EQ(history.stuck.at(0).waits_on, "event \"never\"");
}

}  // namespace
}  // namespace castaway::harness::testing
