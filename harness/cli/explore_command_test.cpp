// castaway explore as a user meets it: what it finds, what it says of what it did not, and that a
// finding can be replayed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/cli/testing/program.h"

namespace castaway::harness::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

std::string scenario(const std::string& name) {
    return (scenarios_folder() / name).string();
}

TEST(Explore, FindsASeededDefectShrinksItAndReplaysIt) {
    const Workplace place;
    const Ended found = place.castaway(
        {"explore", scenario("mutex/owner_killed_among_contenders.json"), "--subject",
         "castaway:second_abandoned_notice", "--executions", "200", "--out", "results"});
    EXPECT_EQ(found.exit_code, 1) << found.output;
    EXPECT_THAT(found.output, HasSubstr("abandonment: "));
    EXPECT_THAT(found.output, HasSubstr("was shrunk to"));
    const std::string file = "results/findings/owner_killed_among_contenders/plan.json";
    ASSERT_TRUE(std::filesystem::exists(place.path() / file));
    const Ended replay = place.castaway({"replay", file});
    EXPECT_EQ(replay.exit_code, 1) << replay.output;
    EXPECT_THAT(replay.output, HasSubstr("abandonment: "));
    const Ended trace = place.castaway({"replay", file, "--trace"});
    EXPECT_EQ(trace.exit_code, 1);
    EXPECT_THAT(trace.output, HasSubstr("the state word of mutex \"Local\\m\""));
}

/// What an exploration of a subject whose timers are early has saved.
std::string saved_plan_of_early_timer(const Workplace& place) {
    const Ended found =
        place.castaway({"explore", scenario("timer/due_time_is_kept.json"), "--subject",
                        "castaway:timer_early", "--executions", "10", "--out", "results"});
    EXPECT_EQ(found.exit_code, 1) << found.output;
    return text_of(place.path() / "results/findings/due_time_is_kept/plan.json");
}

TEST(Explore, ASavedScheduleOfAnotherSubjectIsNoPass) {
    const Workplace place;
    nlohmann::ordered_json plan = nlohmann::ordered_json::parse(saved_plan_of_early_timer(place));
    plan["subject"] = "castaway";
    place.write("mended.json", plan.dump());
    const Ended mended = place.castaway({"replay", "mended.json"});
    EXPECT_EQ(mended.exit_code, 4) << mended.output;
    EXPECT_THAT(mended.output, HasSubstr("inconclusive"));
}

TEST(Explore, ABrokenScheduleIsToldWithItsFileAndPlace) {
    const Workplace place;
    const std::string sound = saved_plan_of_early_timer(place);
    for (const auto& [key, value] :
         {std::pair{"granularity", "line"}, std::pair{"choices", "x1"}}) {
        nlohmann::ordered_json plan = nlohmann::ordered_json::parse(sound);
        plan["schedule"][key] = value;
        place.write("broken.json", plan.dump());
        const Ended replay = place.castaway({"replay", "broken.json"});
        EXPECT_EQ(replay.exit_code, 2) << replay.output;
        EXPECT_THAT(replay.output,
                    HasSubstr(std::string("castaway: broken.json: /schedule/") + key + ": "));
    }
}

TEST(Explore, TellsHowFarItLooked) {
    const Workplace place;
    const std::vector<std::string> arguments{
        "explore",           scenario("event/one_set_releases_one.json"),
        "--executions",      "300",
        "--crash",           "all",
        "--crash-schedules", "1"};
    const Ended run = place.castaway(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(run.output, HasSubstr("no finding"));
    EXPECT_THAT(run.output,
                ContainsRegex("places to be killed at, in 1 schedule: ([0-9]+) of [0-9]+ visited"));
    EXPECT_FALSE(std::filesystem::exists(place.path() / "out"));

    std::vector<std::string> as_json = arguments;
    as_json.emplace_back("--json");
    nlohmann::json first = nlohmann::json::parse(place.castaway(as_json).output);
    as_json.insert(as_json.end(), {"--workers", "3"});  // Changes nothing.
    nlohmann::json second = nlohmann::json::parse(place.castaway(as_json).output);
    for (nlohmann::json* each : {&first, &second}) {
        nlohmann::json& told = each->at("scenarios").at(0);
        EXPECT_EQ(told.at("executions"), 301);  // And the one whose crash points were visited.
        EXPECT_GT(told.at("crash_points"), 100);
        EXPECT_EQ(told.at("crash_points"), told.at("crash_points_of"));
        const nlohmann::json& points = told.at("coverage").at("crash_points");
        EXPECT_EQ(points.at("passed").get<std::size_t>() + points.at("never").size(),
                  points.at("of"));
        EXPECT_EQ(told.at("coverage").at("pairs_of_calls").at("visited"), 2);
        told.erase("seconds");
    }
    EXPECT_EQ(first, second);
}

TEST(Explore, VariesWhatReachedSomethingNewInTotalStoreOrder) {
    const Workplace place;
    const Ended found = place.castaway({"explore", scenario("event/one_set_releases_one.json"),
                                        "--subject", "castaway:lost_wakeup", "--strategy",
                                        "coverage", "--memory", "tso", "--out", "results"});
    EXPECT_EQ(found.exit_code, 1) << found.output;
    EXPECT_THAT(found.output, HasSubstr("memory in total store order"));
    const Ended replay =
        place.castaway({"replay", "results/findings/one_set_releases_one/plan.json", "--trace"});
    EXPECT_EQ(replay.exit_code, 1) << replay.output;
    EXPECT_THAT(replay.output, HasSubstr("'s stores: drain "));
}

TEST(Explore, AFaultThatNeverFiresIsInconclusive) {
    const Workplace place;
    place.write("vacuous.json", R"({
      "version": 1, "name": "vacuous", "description": "Nobody waits, so nothing is handed over.",
      "objects": {"m": {"type": "mutex"}},
      "processes": {"p": {"program": [{"hold": "m", "do": [{"work_us": 1}]}]}},
      "faults": [{"kill": "p", "at": {"crash_point": "handoff.committed"}}]
    })");
    const Ended run = place.castaway({"explore", "vacuous.json", "--executions", "50"});
    EXPECT_EQ(run.exit_code, 4) << run.output;
    EXPECT_THAT(run.output, HasSubstr("in no execution did this happen"));
}

TEST(Explore, BadInputIsToldInOneLine) {
    const Workplace place;
    const std::string sound = scenario("event/one_set_releases_one.json");
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"explore", sound, "--strategy", "pct:0"},
             {"explore", sound, "--strategy", "luck"},
             {"explore", sound, "--strategy", "exhaustive", "--spurious", "1"},
             {"explore", sound, "--strategy", "preemptions:2", "--deaths", "1"},
             {"explore", sound, "--granularity", "line"},
             {"explore", sound, "--memory", "arm"},
             {"explore", sound, "--memory", "tso", "--granularity", "operation"},
             {"explore", sound, "--memory", "tso", "--strategy", "exhaustive", "--deaths", "1"},
             {"explore", sound, "--subject", "castaway:no_such_mutant"},
             {"explore", "missing.json"},
             {"replay", sound, "--trace"}}) {
        const Ended run = place.castaway(arguments);
        EXPECT_EQ(run.exit_code, 2) << run.output;
        EXPECT_THAT(run.output, Not(HasSubstr("\ncastaway")));
        EXPECT_EQ(std::count(run.output.begin(), run.output.end(), '\n'), 1) << run.output;
    }
}

TEST(Explore, KillsNobodyByChanceWhereAnotherIsStopped) {
    const Workplace place;
    const std::string stops = (scenarios_folder() / "mutex/stopped_owner_goes_on.json").string();
    for (const char* more : {"--deaths=1", "--crash=all"}) {
        const Ended run =
            place.castaway({"explore", stops, more, "--executions", "20", "-q", "--out", more});
        EXPECT_THAT(run.output, HasSubstr("whoever lets it go on may be killed by chance"));
        EXPECT_THAT(run.output, HasSubstr("1 skipped"));
    }
    const Ended calm = place.castaway({"explore", stops, "--executions", "20", "-q", "--out", "c"});
    EXPECT_EQ(calm.exit_code, 0) << calm.output;
}

}  // namespace
}  // namespace castaway::harness::testing
