// castaway mutants: what it says and how it exits, and what a report makes of hunts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/mutation_report.h"
#include "harness/cli/testing/program.h"

namespace castaway::harness::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> mutants_of(const std::string& folder, const std::string& mutant) {
    return {"mutants",
            "--suite",
            (scenarios_folder() / folder).string(),
            "--mutant",
            mutant,
            "--seeds",
            "2",
            "--strategy",
            "random",
            "--executions",
            "4"};
}

Ended run_with(const std::vector<std::string>& more, std::vector<std::string> arguments) {
    const Workplace place;
    arguments.insert(arguments.end(), more.begin(), more.end());
    return place.castaway(arguments);
}

TEST(Mutants, AKilledOneIsAPass) {
    const Ended run =
        run_with({"--json"}, mutants_of("event/manual_reset_releases_all.json", "lost_wakeup"));
    ASSERT_EQ(run.exit_code, 0) << run.output;
    const auto json = nlohmann::json::parse(run.output);
    EXPECT_EQ(json.at("killed"), 1);
    EXPECT_EQ(json.at("of"), 1);
    EXPECT_EQ(json.at("unmutated").at("found"), 0);
    EXPECT_GT(json.at("unmutated").at("executions"), 0);
    const auto& mutant = json.at("mutants").at(0);
    EXPECT_EQ(mutant.at("subject"), "castaway:lost_wakeup");
    EXPECT_EQ(mutant.at("checks").at("lost_wakeup"), 2);
    EXPECT_EQ(mutant.at("strategies").at(0).at("found"), 2);
    EXPECT_GT(mutant.at("strategies").at(0).at("median"), 0);
    EXPECT_THAT(json.at("idle_checks"), Contains("timers"));
}

TEST(Mutants, TheNumberOfJobsChangesNothing) {
    const Ended one = run_with({"--jobs", "1"}, mutants_of("semaphore", "previous_count_wrong"));
    const Ended many = run_with({"--jobs", "5"}, mutants_of("semaphore", "previous_count_wrong"));
    ASSERT_EQ(one.exit_code, 0) << one.output;
    EXPECT_EQ(one.output, many.output);
}

TEST(Mutants, ASurvivorIsAFailureWithALine) {
    const Ended run = run_with({}, mutants_of("timer", "mutex_not_abandoned"));
    EXPECT_EQ(run.exit_code, 1) << run.output;
    EXPECT_THAT(run.output, HasSubstr("0 of 1 mutants killed"));
    EXPECT_THAT(run.output, HasSubstr("SURVIVED: castaway:mutex_not_abandoned: "));
}

TEST(Mutants, WhatWasFoundCanBeReplayed) {
    const Workplace place;
    std::vector<std::string> arguments = mutants_of("event", "auto_reset_releases_two");
    arguments.insert(arguments.end(), {"--out", "results"});
    ASSERT_EQ(place.castaway(arguments).exit_code, 0);
    const Ended replay =
        place.castaway({"replay", "results/findings/castaway-auto_reset_releases_two/plan.json"});
    EXPECT_EQ(replay.exit_code, 1) << replay.output;
    EXPECT_THAT(replay.output, HasSubstr("auto_reset"));
    EXPECT_TRUE(std::filesystem::exists(place.path() / "results/mutants.json"));
}

TEST(Mutants, TheSoundSubjectAloneIsAskedForFalseAlarms) {
    const Workplace place;
    const std::string suite = (scenarios_folder() / "timer").string();
    const Ended run = place.castaway({"mutants", "--sound-only", "--suite", suite, "--strategy",
                                      "random", "--seeds", "20", "--executions", "1"});
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(run.output, HasSubstr("castaway: no finding in 100 executions"));
}

TEST(Mutants, OfSingleCallsAreHuntedByPrograms) {
    const Workplace place;
    std::vector<std::string> arguments =
        mutants_of("event/ping_pong.json", "initial_owner_ignored");
    arguments.insert(arguments.end(), {"--out", "results"});
    const Ended run = place.castaway(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(run.output, HasSubstr("1 of 1 mutants killed"));
    EXPECT_EQ(
        place
            .castaway({"conform", "results/findings/castaway-initial_owner_ignored/program.json",
                       "--subject", "castaway:initial_owner_ignored"})
            .exit_code,
        1);
}

TEST(Mutants, RealProcessesShowThemToo) {
    const Workplace place;
    const Ended run = place.castaway(
        {"mutants", "--engine", "real", "--suite",
         (scenarios_folder() / "semaphore/release_past_the_maximum_fails.json").string(),
         "--mutant", "semaphore_over_maximum", "--seeds", "1", "--executions", "1", "--out",
         "results"});
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(run.output, HasSubstr("1 of 1 mutants killed"));
    EXPECT_FALSE(std::filesystem::exists(place.path() / "results/raw"));
}

TEST(Mutants, BadInputIsToldInOneLine) {
    for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
             {"--strategy", "luck"}, {"--seeds", "0"}, {"--suite", "nowhere"}}) {
        const Ended run = run_with(more, mutants_of("timer", "timer_early"));
        EXPECT_EQ(run.exit_code, 2) << run.output;
        EXPECT_EQ(std::count(run.output.begin(), run.output.end(), '\n'), 1) << run.output;
    }
    const Ended unknown = run_with({}, mutants_of("timer", "no_such_mutant"));
    EXPECT_EQ(unknown.exit_code, 2);
    EXPECT_THAT(unknown.output, HasSubstr("no_such_mutant"));
}

/// Hunts of one subject and strategy, each over after so many executions; 0: nothing was found.
SubjectReport report_of(const std::string& subject, const std::vector<std::uint64_t>& found) {
    std::vector<Hunt> hunts;
    std::vector<HuntResult> results;
    for (std::size_t i = 0; i < found.size(); ++i) {
        hunts.push_back({subject, "random", i});
        results.push_back({found[i] == 0 ? 100 : found[i], std::nullopt});
        if (found[i] != 0) {
            results.back().kill = Kill{"some_scenario", "wrong", {"errors"}, ""};
        }
    }
    return report_subject(subject, "", hunts, results);
}

TEST(MutationReport, RanksTheHuntsThatFoundNothingLast) {
    const Detection found = report_of("castaway:x", {7, 3, 0, 5, 9}).detections.at(0);
    EXPECT_EQ(found.hunts, 5U);
    EXPECT_EQ(found.found, 4U);
    EXPECT_EQ(found.median, 7U);
    EXPECT_EQ(found.percentile_95, std::nullopt);
    EXPECT_EQ(report_of("castaway:x", {4, 2}).detections.at(0).percentile_95, 4U);
    EXPECT_EQ(report_of("castaway:x", {0, 0, 1}).detections.at(0).median, std::nullopt);
}

/// As report_of, with the schedules of hunts that found something.
SubjectReport report_of(const std::vector<ShortSchedule>& schedules) {
    std::vector<Hunt> hunts;
    std::vector<HuntResult> results;
    for (std::size_t i = 0; i < schedules.size(); ++i) {
        hunts.push_back({"castaway:x", "random", i});
        results.push_back(
            {1, Kill{"scenario_" + std::to_string(i), "wrong", {}, "", schedules[i]}});
    }
    return report_subject("castaway:x", "", hunts, results);
}

TEST(MutationReport, ShowsTheShortestSchedule) {
    MutationReport report;
    report.mutants.push_back(
        report_of({{3, 2, 90, true}, {2, 5, 80, true}, {2, 4, 99, true}, {2, 4, 100, true}}));
    ASSERT_TRUE(report.mutants.front().shortest);
    EXPECT_EQ(report.mutants.front().shortest->scenario, "scenario_2");
    EXPECT_THAT(to_text(report), HasSubstr("scenario_2"));
    EXPECT_THAT(to_text(report), Not(HasSubstr("NOT REPLAYED")));
    EXPECT_EQ(report.exit_code(), ExitCode::pass);
}

TEST(MutationReport, AScheduleThatCannotBeReplayedIsAFailure) {
    MutationReport report;
    report.mutants.push_back(report_of({{3, 2, 90, true}, {4, 2, 90, false}}));
    EXPECT_EQ(report.exit_code(), ExitCode::check_failed);
    EXPECT_THAT(to_text(report), HasSubstr("NOT REPLAYED: castaway:x: 1 of 2"));
}

TEST(MutationReport, AFindingInTheSoundSubjectIsAFailure) {
    MutationReport report;
    report.sound = report_of("castaway", {0, 0});
    report.mutants.push_back(report_of("castaway:x", {1, 0}));
    EXPECT_EQ(report.exit_code(), ExitCode::pass);
    EXPECT_THAT(to_text(report), Not(HasSubstr("SURVIVED")));
    EXPECT_THAT(report.idle_checks(), Not(Contains("errors")));
    report.sound = report_of("castaway", {0, 2});
    EXPECT_EQ(report.exit_code(), ExitCode::check_failed);
    EXPECT_THAT(to_text(report), HasSubstr("some_scenario: wrong"));
}

}  // namespace
}  // namespace castaway::harness::testing
