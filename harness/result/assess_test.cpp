#include "harness/result/assess.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "harness/base/error.h"
#include "harness/scenario/seen.h"

namespace castaway::harness {
namespace {

using testing::HasSubstr;

RunIdentity some_identity() {
    return {"castaway", "real", "castaway1:t:1:castaway:0", "castaway replay t"};
}

Plan plan_with_a_kill() {
    Plan plan;
    plan.scenario = "t";
    plan.description = "about t";
    plan.file = "t.json";
    plan.rules = {"MUT-01"};
    plan.seed = 99;
    plan.faults = {{FaultKind::kill, 0, 0, {}, {}, "kill a/0"}};
    return plan;
}

/// Two processes; one is killed in its wait, the other waits in vain and is told of the death.
History eventful_history() {
    History history;
    history.objects = {{"m", ObjectType::mutex}};
    history.processes = {{"a/0", 1, {{"a/0.main", {}}}, ProcessEnd::killed, {}, {}},
                         {"b/0", 2, {{"b/0.main", {}}}, ProcessEnd::finished, {}, {}}};
    const auto add = [&](std::uint32_t process, OperationKind kind, ResponseStatus status,
                         std::optional<bool> slept, std::uint32_t error = 0) {
        Operation operation;
        operation.process = process;
        operation.kind = kind;
        operation.objects = {0};
        operation.status = status;
        operation.slept = slept;
        operation.error = error;
        history.operations.push_back(operation);
    };
    add(1, OperationKind::create, ResponseStatus::ok, false);
    add(1, OperationKind::create, ResponseStatus::ok, false, 183);
    add(0, OperationKind::wait, ResponseStatus::pending, true);
    add(1, OperationKind::wait, ResponseStatus::timeout, true);
    add(1, OperationKind::wait, ResponseStatus::ok, {});
    add(1, OperationKind::wait, ResponseStatus::abandoned, true);
    add(1, OperationKind::release_mutex, ResponseStatus::failed, {}, 288);
    add(1, OperationKind::sleep, ResponseStatus::alerted, {});
    history.operations.back().objects.clear();
    history.operations.back().ran = {{0, 0, 1}, {1, 0, 2}};
    history.faults = {{0, 0, 10, "kill a/0"}};
    return history;
}

std::vector<Verdict> good_verdicts() {
    return {{"mutual_exclusion", VerdictKind::pass, "1 mutex", {}},
            {"timers", VerdictKind::not_applicable, "", {}}};
}

RunResult assessed(const Plan& plan, const History& history, std::vector<Verdict> verdicts) {
    return assess(plan, history, std::move(verdicts), some_identity(), 1234);
}

RunResult assessed(const Plan& plan) {
    return assessed(plan, eventful_history(), good_verdicts());
}

TEST(Assess, PassesWhatIsJudgedSeenAndFired) {
    Plan plan = plan_with_a_kill();
    plan.checks = {"mutual_exclusion"};
    plan.seen = {{"abandoned", 1, 1}, {"deaths", 1}};
    const RunResult run = assessed(plan);
    EXPECT_EQ(run.outcome, Outcome::pass);
    EXPECT_EQ(run.note, "");
    EXPECT_EQ(run.scenario, "t");
    EXPECT_EQ(run.description, "about t");
    EXPECT_EQ(run.file, "t.json");
    EXPECT_EQ(run.rules, plan.rules);
    EXPECT_EQ(run.seed, 99U);
    EXPECT_EQ(run.subject, "castaway");
    EXPECT_EQ(run.engine, "real");
    EXPECT_EQ(run.token, some_identity().token);
    EXPECT_EQ(run.replay_command, some_identity().replay_command);
    EXPECT_EQ(run.duration_ns, 1234);
    EXPECT_EQ(run.history, eventful_history());
    EXPECT_EQ(run.verdicts, good_verdicts());
    EXPECT_EQ(run.faults, (std::vector<ArmedFault>{{"kill a/0", true}}));
}

TEST(Assess, CountsEveryKeyInItsOrder) {
    const std::vector<Seen> seen = assessed(plan_with_a_kill()).seen;
    const std::vector<Seen> expected{
        {"abandoned", 1},  {"satisfied_waits", 2}, {"timeouts", 1}, {"alerted", 1},
        {"calls", 2},      {"blocked_waits", 3},   {"deaths", 1},   {"faults_fired", 1},
        {"operations", 8}, {"pending", 1},         {"failed", 1},   {"already_existed", 1}};
    EXPECT_EQ(seen, expected);
    ASSERT_EQ(seen.size(), kSeenKeys.size());
}

TEST(Assess, KeepsTheDemandsBesideTheCounts) {
    Plan plan = plan_with_a_kill();
    plan.seen = {{"deaths", 1, 3}};
    const std::vector<Seen> seen = assessed(plan).seen;
    EXPECT_EQ(std::count(seen.begin(), seen.end(), Seen{"deaths", 1, 1, 3}), 1);
    EXPECT_EQ(seen.size(), kSeenKeys.size());
}

TEST(Assess, FailsWhenACheckFailsWhateverElseIsMissing) {
    Plan plan = plan_with_a_kill();
    plan.seen = {{"timeouts", 100}};
    std::vector<Verdict> verdicts = good_verdicts();
    verdicts.push_back({"progress", VerdictKind::fail, "no", {}});
    verdicts.push_back({"leaks", VerdictKind::inconclusive, "no", {}});
    EXPECT_EQ(assessed(plan, eventful_history(), verdicts).outcome, Outcome::fail);
}

TEST(Assess, FailsWhenAProcessCrashed) {
    History history = eventful_history();
    history.processes[1].end = ProcessEnd::crashed;
    history.processes[1].end_detail = "SIGSEGV";
    const RunResult run = assessed(plan_with_a_kill(), history, good_verdicts());
    EXPECT_EQ(run.outcome, Outcome::fail);
    EXPECT_EQ(run.note, "b/0 crashed: SIGSEGV");
}

TEST(Assess, FailsWhenTheRunHitItsLimit) {
    History history = eventful_history();
    history.hit_limit = true;
    history.processes[1].end = ProcessEnd::stuck;
    history.stuck = {{1, 0, 3, {}, {}, {}}};
    const RunResult run = assessed(plan_with_a_kill(), history, good_verdicts());
    EXPECT_EQ(run.outcome, Outcome::fail);
    EXPECT_EQ(run.note, "the run hit its limit of 10000 ms, stuck: b/0.main");
}

TEST(Assess, IsInconclusiveWhenAFaultNeverFired) {
    History history = eventful_history();
    history.faults.clear();
    const RunResult run = assessed(plan_with_a_kill(), history, good_verdicts());
    EXPECT_EQ(run.outcome, Outcome::inconclusive);
    EXPECT_EQ(run.note, "the fault \"kill a/0\" never fired");
    EXPECT_EQ(run.faults, (std::vector<ArmedFault>{{"kill a/0", false}}));
}

TEST(Assess, IsInconclusiveWhenTooLittleOrTooMuchWasSeen) {
    Plan plan = plan_with_a_kill();
    plan.seen = {{"abandoned", 2}, {"timeouts", 0, 0}};
    const RunResult run = assessed(plan);
    EXPECT_EQ(run.outcome, Outcome::inconclusive);
    EXPECT_EQ(run.note,
              "abandoned: 1 seen, at least 2 demanded; timeouts: 1 seen, exactly 0 demanded");
}

TEST(Assess, IsInconclusiveWhenACheckCouldNotDecide) {
    std::vector<Verdict> verdicts = good_verdicts();
    verdicts.push_back({"leaks", VerdictKind::inconclusive, "no snapshot", {}});
    const RunResult run = assessed(plan_with_a_kill(), eventful_history(), verdicts);
    EXPECT_EQ(run.outcome, Outcome::inconclusive);
    EXPECT_EQ(run.note, "leaks could not decide");
}

TEST(Assess, IsInconclusiveWhenNothingWasJudged) {
    for (const std::vector<Verdict>& verdicts :
         {std::vector<Verdict>{}, {{"timers", VerdictKind::not_applicable, "", {}}}}) {
        const RunResult run = assessed(plan_with_a_kill(), eventful_history(), verdicts);
        EXPECT_EQ(run.outcome, Outcome::inconclusive);
        EXPECT_EQ(run.note, "nothing was judged");
    }
}

TEST(Assess, IsInconclusiveWhenANamedCheckWasIdleOrMissing) {
    Plan plan = plan_with_a_kill();
    plan.checks = {"mutual_exclusion", "timers", "leaks"};
    const RunResult run = assessed(plan);
    EXPECT_EQ(run.outcome, Outcome::inconclusive);
    EXPECT_EQ(run.note, "timers found nothing to judge; leaks was not made");
}

TEST(Assess, IsInconclusiveWhenNothingWasDone) {
    History history = eventful_history();
    history.operations.clear();
    const RunResult run = assessed(plan_with_a_kill(), history, good_verdicts());
    EXPECT_EQ(run.outcome, Outcome::inconclusive);
    EXPECT_THAT(run.note, HasSubstr("no operation was begun"));
}

TEST(Assess, IsInconclusiveWhenThreadsSleepOnUnforeseen) {
    History history = eventful_history();
    history.went_quiet = true;
    history.processes[0].end = ProcessEnd::stuck;
    history.stuck = {{0, 0, 0, {}, {}, {}}};
    Plan plan = plan_with_a_kill();
    EXPECT_EQ(assessed(plan, history, good_verdicts()).note, "stuck: a/0.main");
    EXPECT_EQ(assessed(plan, history, good_verdicts()).outcome, Outcome::inconclusive);

    plan.seen = {{"pending", 0}};
    EXPECT_EQ(assessed(plan, history, good_verdicts()).outcome, Outcome::inconclusive);
    plan.seen = {{"pending", 1}};
    EXPECT_EQ(assessed(plan, history, good_verdicts()).outcome, Outcome::pass);
}

TEST(Assess, RefusesWhatDoesNotFitThePlan) {
    Plan plan = plan_with_a_kill();
    plan.seen = {{"miracles", 1}};
    EXPECT_THROW(assessed(plan), HarnessError);
    plan = plan_with_a_kill();
    plan.faults.clear();
    EXPECT_THROW(assessed(plan), HarnessError);
}

TEST(Assess, TellsOfRunsThatWereNotMade) {
    const RunResult skipped = skipped_run(plan_with_a_kill(), some_identity(), "no timers");
    EXPECT_EQ(skipped.outcome, Outcome::skipped);
    EXPECT_EQ(skipped.note, "no timers");
    EXPECT_EQ(skipped.scenario, "t");
    EXPECT_EQ(skipped.token, some_identity().token);

    const RunResult failed = harness_error_run(plan_with_a_kill(), some_identity(), "no memory", 5);
    EXPECT_EQ(failed.outcome, Outcome::harness_error);
    EXPECT_EQ(failed.note, "no memory");
    EXPECT_EQ(failed.duration_ns, 5);
}

SuiteResult suite_with(std::initializer_list<Outcome> outcomes) {
    SuiteResult suite;
    for (const Outcome outcome : outcomes) {
        suite.runs.emplace_back().outcome = outcome;
    }
    return suite;
}

TEST(Overall, IsTheWorst) {
    using enum Outcome;
    EXPECT_EQ(overall(suite_with({pass, skipped, pass})), pass);
    EXPECT_EQ(overall(suite_with({pass, inconclusive, skipped})), inconclusive);
    EXPECT_EQ(overall(suite_with({inconclusive, fail, pass})), fail);
    EXPECT_EQ(overall(suite_with({fail, harness_error})), harness_error);
}

TEST(Overall, IsNoPassWhenNothingRan) {
    EXPECT_EQ(overall(suite_with({})), Outcome::inconclusive);
    EXPECT_EQ(overall(suite_with({Outcome::skipped, Outcome::skipped})), Outcome::inconclusive);
}

}  // namespace
}  // namespace castaway::harness
