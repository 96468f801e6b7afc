#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "harness/base/error.h"
#include "harness/plan/plan.h"
#include "harness/plan/plan_json.h"
#include "harness/plan/testing/sample_scenarios.h"

namespace castaway::harness {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using testing::rich_scenario;
using testing::scenario_from;
using testing::scenario_of_calls;

constexpr std::uint64_t kSeeds = 200;

/// A scenario of one process "p", or a group of them, with one mutex and one semaphore.
Scenario with_program(const std::string& program, const std::string& more = "",
                      const std::string& count = "1") {
    return scenario_from(fmt::format(R"json({{
        "version": 1, "name": "small", "description": "",
        "objects": {{"m": {{"type": "mutex"}},
                     "s": {{"type": "semaphore", "initial": 1, "maximum": 9}}}},
        "processes": {{"p": {{"count": {}, "program": {}}}}}{}
    }})json",
                                     count, program, more));
}

const std::vector<PlanStep>& only_steps(const Plan& plan) {
    return plan.processes.at(0).threads.at(0).steps;
}

/// "wait m", "work", ... of each step.
std::vector<std::string> words(const Plan& plan) {
    std::vector<std::string> words;
    for (const PlanStep& step : only_steps(plan)) {
        words.push_back(step.kind == StepKind::call
                            ? fmt::format("{} {}", to_string(step.operation),
                                          plan.handles.at(step.handles.at(0)).name)
                            : "work");
    }
    return words;
}

TEST(Planner, MakesTheSamePlanOfTheSameSeed) {
    const Scenario scenario = rich_scenario();
    EXPECT_EQ(make_plan(scenario, 7), make_plan(scenario, 7));
    EXPECT_EQ(plan_to_json_text(make_plan(scenario, 7), "x"),
              plan_to_json_text(make_plan(scenario, 7), "x"));
}

TEST(Planner, MakesOtherPlansOfOtherSeeds) {
    const Scenario scenario = rich_scenario();
    std::set<std::uint64_t> digests;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        Plan plan = make_plan(scenario, seed);
        plan.seed = 0;
        digests.insert(plan_digest(plan));
    }
    EXPECT_EQ(digests.size(), kSeeds);
}

TEST(Planner, KeepsItsDrawsFromOneVersionToTheNext) {
    // A change of these numbers makes every replay token that was ever printed useless. If it is
    // meant, put the version of the token up.
    EXPECT_EQ(plan_digest(make_plan(rich_scenario(), 1)), 2489407167903975914U);
    EXPECT_EQ(plan_digest(make_plan(rich_scenario(), UINT64_MAX)), 17410264348511628440U);
}

TEST(Planner, CopiesWhatTheScenarioSays) {
    const Scenario scenario = rich_scenario();
    const Plan plan = make_plan(scenario, 3);
    EXPECT_EQ(plan.scenario, "rich");
    EXPECT_EQ(plan.description, scenario.description);
    EXPECT_EQ(plan.file, "sample.json");
    EXPECT_EQ(plan.rules, scenario.rules);
    EXPECT_EQ(plan.seed, 3U);
    EXPECT_EQ(plan.objects, scenario.objects);
    EXPECT_THAT(plan.points, ElementsAre("held"));
    EXPECT_EQ(plan.checks, scenario.checks);
    EXPECT_EQ(plan.seen, scenario.seen);
    EXPECT_EQ(plan.run_limit_ms, 7000U);
    EXPECT_EQ(plan.quiet_ms, 700U);
}

TEST(Planner, ListsTheObjectsHandlesFirstAndThenTheAliases) {
    const Plan plan = make_plan(rich_scenario(), 3);
    EXPECT_THAT(plan.handles,
                ElementsAre(PlanHandle{"m", 0}, PlanHandle{"s", 1}, PlanHandle{"e", 2},
                            PlanHandle{"t", 3}, PlanHandle{"n", 4}, PlanHandle{"twin", 0}));
}

TEST(Planner, DrawsTheSizeOfAGroupAndNamesItsProcesses) {
    const Scenario scenario = rich_scenario();
    std::set<std::size_t> sizes;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        const Plan plan = make_plan(scenario, seed);
        const std::size_t owners = plan.processes.size() - 4;
        sizes.insert(owners);
        EXPECT_EQ(plan.processes.at(0).name, "owner/0");
        EXPECT_EQ(plan.processes.at(owners).name, "pair/0");
        EXPECT_EQ(plan.processes.back().name, "pair/3");
    }
    EXPECT_THAT(sizes, ElementsAre(2, 3, 4));
}

TEST(Planner, LetsEveryProcessOpenTheWholeRunObjects) {
    for (const PlanProcess& process : make_plan(rich_scenario(), 3).processes) {
        EXPECT_THAT(process.opens, ElementsAre(0, 1, 2, 3)) << process.name;
    }
}

TEST(Planner, AHoldWaitsDoesItsBodyAndGivesBack) {
    const Plan plan = make_plan(with_program(R"([{"hold": "s", "do": [{"work_us": 1}]}])"), 1);
    EXPECT_THAT(words(plan), ElementsAre("wait s", "work", "release_semaphore s"));
    EXPECT_EQ(only_steps(plan)[0].skip_unless_satisfied, 2U);
    EXPECT_EQ(only_steps(plan)[2].count, 1);
}

TEST(Planner, AHoldThatIsNotSatisfiedSkipsItsWholeBody) {
    const Plan plan = make_plan(with_program(R"([
        {"hold": "m", "timeout_ms": 5, "do": [
            {"repeat": 2, "do": [{"hold": "s", "do": [{"work_us": 1}]}]},
            {"wait": "s"}
        ]},
        {"release": "s"}
    ])"),
                                1);
    EXPECT_THAT(words(plan), ElementsAre("wait m", "wait s", "work", "release_semaphore s",
                                         "wait s", "work", "release_semaphore s", "wait s",
                                         "release_mutex m", "release_semaphore s"));
    std::vector<std::uint32_t> skips;
    for (const PlanStep& step : only_steps(plan)) {
        skips.push_back(step.skip_unless_satisfied);
    }
    EXPECT_THAT(skips, ElementsAre(8, 2, 0, 0, 2, 0, 0, 0, 0, 0));
    EXPECT_EQ(only_steps(plan)[0].timeout_ms, 5U);
    EXPECT_EQ(only_steps(plan)[7].timeout_ms, std::nullopt);
}

TEST(Planner, RepeatsAsOftenAsDrawn) {
    const Scenario scenario =
        with_program(R"([{"repeat": [2, 4], "do": [{"wait": "m"}, {"release": "m"}]}])");
    std::set<std::size_t> sizes;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        sizes.insert(only_steps(make_plan(scenario, seed)).size());
    }
    EXPECT_THAT(sizes, ElementsAre(4, 6, 8));
}

TEST(Planner, ChoosesByWeight) {
    const Scenario scenario = with_program(R"([{"choose": [
        {"weight": 1, "do": [{"work_us": 1}]}, {"weight": 3, "do": [{"work_us": 3}]}
    ], "times": 4000}])");
    const Plan plan = make_plan(scenario, 1);
    const std::vector<PlanStep>& steps = only_steps(plan);
    ASSERT_EQ(steps.size(), 4000U);
    const auto light = std::count_if(steps.begin(), steps.end(),
                                     [](const PlanStep& step) { return step.duration_us == 1; });
    EXPECT_THAT(light, AllOf(Ge(850), Le(1150)));
}

TEST(Planner, DrawsEveryNumberWithinItsRange) {
    const Scenario scenario = with_program(
        R"([{"release": "s", "count": [2, 5]}, {"wait": "s", "timeout_ms": [10, 12]}])");
    std::set<std::int32_t> counts;
    std::set<std::uint32_t> timeouts;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        const Plan plan = make_plan(scenario, seed);
        counts.insert(only_steps(plan)[0].count);
        timeouts.insert(only_steps(plan)[1].timeout_ms.value());
    }
    EXPECT_THAT(counts, ElementsAre(2, 3, 4, 5));
    EXPECT_THAT(timeouts, ElementsAre(10, 11, 12));
}

TEST(Planner, AChangeInOneProcessLeavesTheOthersAlone) {
    Scenario scenario = rich_scenario();
    const Plan before = make_plan(scenario, 11);
    scenario.processes[1].threads[0].program.items.resize(1);
    scenario.processes.push_back(scenario.processes[1]);
    scenario.processes.back().name = "another";
    scenario.faults.push_back(scenario.faults[0]);
    scenario.faults.back().process = "another";
    const Plan after = make_plan(scenario, 11);
    const auto owners = [](const Plan& plan) {
        std::vector<PlanProcess> found;
        std::copy_if(plan.processes.begin(), plan.processes.end(), std::back_inserter(found),
                     [](const PlanProcess& each) { return each.name.starts_with("owner"); });
        return found;
    };
    ASSERT_THAT(owners(before), ::testing::Not(IsEmpty()));
    EXPECT_EQ(owners(before), owners(after));
    EXPECT_EQ(before.faults, std::vector<PlanFault>(after.faults.begin(), after.faults.end() - 1));
}

TEST(Planner, EqualProcessesOfAGroupDrawForThemselves) {
    const Plan plan = make_plan(with_program(R"([{"work_us": [0, 1000000]}])", "", "8"), 1);
    std::set<std::int64_t> durations;
    for (const PlanProcess& process : plan.processes) {
        durations.insert(process.threads[0].steps[0].duration_us);
    }
    EXPECT_EQ(durations.size(), 8U);
}

TEST(FaultPlanner, DrawsOneOfTheGroup) {
    const Scenario scenario = with_program(
        R"([{"wait": "m"}])", R"(, "faults": [{"kill": "p", "at": {"operation": 1}}])", "3");
    std::set<std::uint32_t> struck;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        struck.insert(make_plan(scenario, seed).faults.at(0).process);
    }
    EXPECT_THAT(struck, ElementsAre(0, 1, 2));
}

TEST(FaultPlanner, DeadlyFaultsStrikeDifferentProcesses) {
    const Scenario scenario = with_program(R"([{"wait": "m"}])", R"(, "faults": [
        {"kill": "p", "at": {"operation": 1}}, {"exit": "p", "at": {"operation": 1}},
        {"leak": "p"}, {"kill": "p/1", "at": {"operation": 1}}])",
                                           "4");
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        const Plan plan = make_plan(scenario, seed);
        std::set<std::uint32_t> struck;
        for (const PlanFault& fault : plan.faults) {
            struck.insert(fault.process);
        }
        EXPECT_EQ(struck.size(), 4U) << "seed " << seed;
        EXPECT_EQ(plan.faults[3].process, 1U);
        EXPECT_TRUE(plan.processes[plan.faults[2].process].leaks);
    }
}

TEST(FaultPlanner, FindsTheThreadThatTripsIt) {
    const Plan plan = make_plan(rich_scenario(), 5);
    EXPECT_EQ(plan.faults[0].thread, 1U);
    EXPECT_EQ(plan.faults[1].thread, 0U);
    EXPECT_EQ(plan.processes[plan.faults[1].process].name, "pair/2");
}

TEST(FaultPlanner, DrawsTheNumbersOfItsTriggers) {
    const Scenario scenario = rich_scenario();
    std::set<std::uint32_t> operations;
    std::set<std::uint32_t> ordinals;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        const Plan plan = make_plan(scenario, seed);
        const auto& at = std::get<PlanTrigger::AtOperation>(plan.faults[0].trigger.when);
        EXPECT_TRUE(at.after);
        EXPECT_EQ(at.access, std::nullopt);
        operations.insert(at.operation);
        ordinals.insert(std::get<PlanTrigger::AtCrashPoint>(plan.faults[4].trigger.when).ordinal);
        const auto& inside = std::get<PlanTrigger::AtOperation>(plan.faults[1].trigger.when);
        EXPECT_THAT(inside.access.value(), AllOf(Ge(1U), Le(40U)));
        const auto& resume = std::get<PlanTrigger::WhenBlocked>(plan.faults[4].resume.when);
        EXPECT_EQ(resume.processes.size(), 4U);
    }
    EXPECT_THAT(operations, ElementsAre(1, 2, 3));
    EXPECT_THAT(ordinals, ElementsAre(1, 2, 3));
}

TEST(FaultPlanner, SaysInWordsWhatItDoes) {
    const Scenario scenario = scenario_from(R"json({
        "version": 1, "name": "w", "description": "",
        "objects": {"m": {"type": "mutex"}},
        "processes": {
            "one": {"threads": {"a": [{"reach": "held"}, {"reach": "held"}, {"wait": "m"}],
                                "b": [{"wait": "m"}]}},
            "two": {"count": 2, "program": [{"wait": "m"}]}
        },
        "faults": [
            {"kill": "one", "at": {"operation": 1}},
            {"kill": "one", "thread": "b", "at": {"operation": 1, "after": true}},
            {"exit": "one", "at": {"operation": 1, "access": 17}},
            {"kill": "one", "at": {"crash_point": "lock.acquired", "ordinal": 2}},
            {"end_thread": "one", "thread": "b", "at": {"operation": 1}},
            {"kill": "two/1", "when": {"blocked": "two", "count": 2}},
            {"stop": "one", "when": {"reached": "held", "count": 2},
             "resume": {"dead": "two", "count": 2}},
            {"leak": "two/0"}
        ]
    })json");
    std::vector<std::string> what;
    for (const PlanFault& fault : make_plan(scenario, 1).faults) {
        what.push_back(fault.what);
    }
    EXPECT_THAT(
        what,
        ElementsAre("kill one/0 before operation 1", "kill one/0.b after operation 1",
                    "exit one/0 at access 17 of operation 1", "kill one/0 at lock.acquired, time 2",
                    "end thread one/0.b before operation 1",
                    "kill two/1 when 2 threads of two are blocked",
                    "stop one/0 when held is reached, time 2, resume it when 2 of two are dead",
                    "leak two/0 at its end"));
}

/// What make_plan throws.
std::string error_of(const Scenario& scenario) {
    try {
        make_plan(scenario, 1);
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

TEST(Planner, RefusesAThreadWithTooManySteps) {
    const std::string program =
        R"([{"repeat": 1000, "do": [{"repeat": 1000, "do": [{"work_us": 0}]}]}])";
    EXPECT_EQ(only_steps(make_plan(with_program(program), 1)).size(), kStepsPerThreadMax);
    EXPECT_EQ(error_of(with_program(
                  R"([{"repeat": 1000000, "do": [{"repeat": 1000000, "do": [{"work_us": 0}]}]}])")),
              "sample.json: /processes/p: this thread has more than 1000000 steps; repeat less");
}

TEST(Planner, RefusesAPlanWithTooManySteps) {
    EXPECT_EQ(error_of(with_program(R"([{"repeat": 10000, "do": [{"work_us": 0}]}])", "", "201")),
              "sample.json: /processes/p: with this thread the plan has more than 2000000 steps; "
              "repeat less, or use fewer processes");
}

TEST(Planner, MakesStepsOfProcedureCallsAndOfSeveralObjects) {
    const Plan plan = make_plan(scenario_of_calls(), 1);
    const std::vector<PlanStep>& called = plan.processes[0].threads[0].steps;
    EXPECT_EQ(called[0].operation, OperationKind::wait_all);
    EXPECT_EQ(called[0].handles, (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(called[0].timeout_ms, 5U);
    EXPECT_TRUE(called[0].alertable);
    const std::vector<PlanStep>& other = plan.processes[1].threads[1].steps;
    EXPECT_EQ(other[0].operation, OperationKind::sleep);
    EXPECT_TRUE(other[0].timeout_ms >= 3U && other[0].timeout_ms <= 9U);
    EXPECT_TRUE(other[0].alertable);
    EXPECT_FALSE(other[1].alertable);
    const std::vector<PlanStep>& caller = plan.processes[2].threads[0].steps;
    EXPECT_EQ(caller[0].target, (ThreadPlace{1, 1}));
    EXPECT_EQ(caller[1].target, (ThreadPlace{2, 0}));
    EXPECT_TRUE(caller[2].with_routine);
    EXPECT_EQ(caller[3].operation, OperationKind::pulse_event);
    EXPECT_EQ(caller[4].operation, OperationKind::signal_and_wait);
    EXPECT_EQ(caller[4].handles, (std::vector<std::uint32_t>{0, 2}));
}

}  // namespace
}  // namespace castaway::harness
