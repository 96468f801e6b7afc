// The program as a user meets it: commands, files, exit codes, and what is left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "harness/cli/testing/program.h"
#include "harness/engine/real/pidfd.h"
#include "harness/engine/real/system.h"
#include "harness/result/mutation_json.h"

namespace castaway::harness::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::set<std::string> shared_memory_files() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator("/dev/shm")) {
        names.insert(entry.path().filename());
    }
    return names;
}

std::size_t lines_in(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// A sound scenario of two processes that meet at one mutex.
const char* const kSmall = R"({
  "version": 1, "name": "small", "description": "Two processes take one mutex.",
  "objects": {"m": {"type": "mutex"}},
  "processes": {"p": {"count": 2, "program": [
    {"repeat": 5, "do": [{"hold": "m", "do": [{"work_us": 10}]}]}]}},
  "seen": {"satisfied_waits": {"min": 10}}
})";

/// A waiter whose event nobody sets.
const char* const kHangs = R"({
  "version": 1, "name": "hangs", "description": "Nobody sets the event.",
  "objects": {"never": {"type": "event"}},
  "processes": {"waiter": {"program": [{"wait": "never"}]}},
  "limits": {"run_ms": 5000, "quiet_ms": 200}
})";

/// A fault at a crash point that nobody comes to.
const char* const kVacuous = R"({
  "version": 1, "name": "vacuous", "description": "Nobody waits, so nothing is handed over.",
  "objects": {"m": {"type": "mutex"}},
  "processes": {"p": {"program": [{"hold": "m", "do": [{"work_us": 1}]}]}},
  "faults": [{"kill": "p", "at": {"crash_point": "handoff.committed"}}],
  "seen": {"satisfied_waits": {"min": 1}}
})";

/// Works for seconds, so that it can be ended in between.
const char* const kLong = R"({
  "version": 1, "name": "long", "description": "Four processes contend for long.",
  "objects": {"m": {"type": "mutex"}},
  "processes": {"p": {"count": 4, "program": [
    {"repeat": 2000, "do": [{"hold": "m", "do": [{"work_us": 5000}]}]}]}},
  "limits": {"run_ms": 60000}
})";

TEST(Run, PassesAndWritesAllReports) {
    const Workplace place;
    place.write("small.json", kSmall);
    const Ended run = place.castaway({"run", "small.json", "--out", "results"});
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(run.output, HasSubstr("castaway1:small:1:castaway:"));
    EXPECT_THAT(run.output, HasSubstr(" replay castaway1:small:1:castaway:"));
    for (const char* file : {"result.json", "junit.xml", "report.html", "runs/small/plan.json"}) {
        EXPECT_GT(std::filesystem::file_size(place.path() / "results" / file), 100U) << file;
        EXPECT_THAT(text_of(place.path() / "results" / file), HasSubstr("small")) << file;
    }
}

TEST(Run, ReportsAreMadeAgainFromTheResultAlone) {
    const Workplace place;
    place.write("small.json", kSmall);
    ASSERT_EQ(place.castaway({"run", "small.json", "--out", "results"}).exit_code, 0);
    const std::filesystem::path page = place.path() / "results" / "report.html";
    const std::filesystem::path junit = place.path() / "results" / "junit.xml";
    const std::string page_before = text_of(page);
    const std::string junit_before = text_of(junit);
    std::filesystem::remove(page);
    std::filesystem::remove(junit);
    const Ended report = place.castaway({"report", "results"});
    EXPECT_EQ(report.exit_code, 0) << report.output;
    EXPECT_EQ(text_of(page), page_before);
    EXPECT_EQ(text_of(junit), junit_before);
    EXPECT_EQ(place.castaway({"report", "elsewhere"}).exit_code, 2);
    MutationReport mutants;
    mutants.engine = "sim";
    mutants.sound.executions = 12'345;
    std::ofstream(place.path() / "mutants.json") << to_json_text(mutants);
    const Ended with = place.castaway({"report", "results", "--mutants", "mutants.json"});
    EXPECT_EQ(with.exit_code, 0) << with.output;
    EXPECT_THAT(with.output, HasSubstr("0 in 12345 executions"));
    // They are a part of the result from now on.
    EXPECT_EQ(place.castaway({"report", "results"}).output, with.output);
    std::ofstream(place.path() / "mutants.json") << "{}";
    EXPECT_EQ(place.castaway({"report", "results", "--mutants", "mutants.json"}).exit_code, 2);
}

TEST(Run, NeverOverwrites) {
    const Workplace place;
    place.write("small.json", kSmall);
    place.write("mine.xml", "precious");
    EXPECT_EQ(place.castaway({"run", "small.json", "--junit", "mine.xml"}).exit_code, 2);
    EXPECT_EQ(place.castaway({"run", "small.json", "--out", "."}).exit_code, 2);
    EXPECT_EQ(text_of(place.path() / "mine.xml"), "precious");
    EXPECT_FALSE(std::filesystem::exists(place.path() / "out"));
}

TEST(Run, AHangIsAFailureThatIsExplained) {
    const Workplace place;
    place.write("hangs.json", kHangs);
    const Ended run = place.castaway({"run", "hangs.json", "--out", "results"});
    EXPECT_EQ(run.exit_code, 1) << run.output;
    EXPECT_THAT(run.output, HasSubstr("never"));
    EXPECT_THAT(run.output, HasSubstr("waiter"));
    EXPECT_EQ(place.processes(), std::vector<std::int64_t>());
}

TEST(Run, AFaultThatNeverFiredIsInconclusive) {
    const Workplace place;
    place.write("vacuous.json", kVacuous);
    const Ended run = place.castaway({"run", "vacuous.json", "--out", "results"});
    EXPECT_EQ(run.exit_code, 4) << run.output;
    EXPECT_THAT(run.output, HasSubstr("inconclusive"));
}

TEST(Run, TheExampleOfTheReadmePasses) {
    const std::string readme = text_of(scenarios_folder().parent_path() / "README.md");
    const std::string fence = "```json\n";
    const std::size_t begin = readme.find(fence);
    ASSERT_NE(begin, std::string::npos);
    const std::size_t end = readme.find("```", begin + fence.size());
    const Workplace place;
    place.write("example.json", readme.substr(begin + fence.size(), end - begin - fence.size()));
    const Ended run = place.castaway({"run", "example.json", "--repeat", "10", "-q"});
    EXPECT_EQ(run.exit_code, 0) << run.output;
}

TEST(Run, BadInputIsToldInOneLine) {
    const Workplace place;
    place.write("typo.json", R"({"version": 1, "name": "x", "description": "d",
        "objects": {"e": {"type": "event"}}, "proceses": {},
        "processes": {"p": {"program": [{"set": "e"}]}}})");
    place.write("cut.json", R"({"version": 1, "name": )");
    place.write("small.json", kSmall);
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"run", "cut.json"},
             {"run", "missing.json"},
             {"run", "small.json", "--subject", "castawy"},
             {"run", "small.json", "--engine", "imaginary"},
             {"run", "small.json", "--seed", "many"},
             {"replay", "castaway9:small:1:castaway:0000000000000000"},
             {"replay", "castaway1:small:1:castaway:0000000000000000", "--scenarios", "small.json"},
             {"replay", "small.json"}}) {
        const Ended run = place.castaway(arguments);
        EXPECT_EQ(run.exit_code, 2) << run.output;
        EXPECT_EQ(lines_in(run.output), 1U) << run.output;
        EXPECT_THAT(run.output, HasSubstr("; ")) << "no mend: " << run.output;
    }
    const Ended typo = place.castaway({"run", "typo.json"});
    EXPECT_EQ(typo.exit_code, 2);
    EXPECT_THAT(typo.output,
                HasSubstr("typo.json: unknown key \"proceses\"; did you mean \"processes\"?"));
    EXPECT_FALSE(std::filesystem::exists(place.path() / "out"));
}

TEST(Run, ResultsThatCannotBeWrittenAreAHarnessFailure) {
    const Workplace place;
    place.write("small.json", kSmall);
    const Ended run = place.castaway({"run", "small.json", "--out", "/proc/nowhere"});
    EXPECT_EQ(run.exit_code, 3) << run.output;
    EXPECT_EQ(lines_in(run.output), 1U) << run.output;
}

TEST(Run, KilledInMidRunLeavesNothingBehind) {
    const Workplace place;
    place.write("long.json", kLong);
    const std::set<std::string> before = shared_memory_files();
    {
        const auto child = place.start({"run", "long.json", "--out", "results"});
        // The program, its fork server and four workers.
        ASSERT_TRUE(comes_true([&] { return place.processes().size() >= 6; }));
        child->kill_now();
    }
    EXPECT_TRUE(comes_true([&] { return place.processes().empty(); }));
    EXPECT_EQ(shared_memory_files(), before);
}

TEST(Run, ASignalToEndKeepsWhatThereIs) {
    const Workplace place;
    place.write("a_long.json", kLong);
    place.write("b_small.json", kSmall);
    const auto child =
        place.start({"run", "a_long.json", "b_small.json", "--out", "results", "--timeout", "3s"});
    ASSERT_TRUE(comes_true([&] { return place.processes().size() >= 6; }));
    send_signal(child->pidfd(), SIGTERM);
    const Ended run = place.finish(*child);
    EXPECT_EQ(run.exit_code, 1) << run.output;  // The first did not end within its limit.
    EXPECT_THAT(run.output, HasSubstr("not run"));
    EXPECT_TRUE(std::filesystem::exists(place.path() / "results" / "result.json"));
}

TEST(Replay, TokenAndSavedPlanMakeTheSamePlanAgain) {
    const Workplace place;
    place.write("small.json", kSmall);
    const Ended run = place.castaway({"run", "small.json", "--seed", "7", "--out", "results"});
    ASSERT_EQ(run.exit_code, 0) << run.output;
    const std::size_t at = run.output.find("castaway1:");
    const std::string token = run.output.substr(at, run.output.find('\n', at) - at);
    const std::string plan = text_of(place.path() / "results/runs/small/plan.json");

    const Ended by_token =
        place.castaway({"replay", token, "--scenarios", "small.json", "--out", "by_token"});
    EXPECT_EQ(by_token.exit_code, 0) << by_token.output;
    EXPECT_EQ(text_of(place.path() / "by_token/runs/small/plan.json"), plan);

    const Ended by_file =
        place.castaway({"replay", "results/runs/small/plan.json", "--out", "by_file"});
    EXPECT_EQ(by_file.exit_code, 0) << by_file.output;
    EXPECT_EQ(text_of(place.path() / "by_file/runs/small/plan.json"), plan);
    EXPECT_THAT(by_file.output, HasSubstr(token));
}

TEST(Validate, SaysFilePointerAndMend) {
    const Workplace place;
    place.write("small.json", kSmall);
    place.write(
        "typo.json",
        R"({"version": 1, "name": "x", "description": "d", "objects": {"e": {"typ": "event"}},
                    "processes": {"p": {"program": []}}})");
    EXPECT_EQ(place.castaway({"validate", "small.json"}).exit_code, 0);
    const Ended wrong = place.castaway({"validate", "."});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_THAT(wrong.output, HasSubstr("typo.json: /objects/e"));
    EXPECT_THAT(wrong.output, HasSubstr("small.json: sound"));
    EXPECT_THAT(place.castaway({"validate", "--print-schema"}).output, HasSubstr("draft-07"));
}

TEST(List, ShowsEverythingThereIs) {
    const Workplace place;
    place.write("small.json", kSmall);
    const Ended list = place.castaway({"list", "small.json"});
    EXPECT_EQ(list.exit_code, 0);
    for (const char* expected :
         {"scenarios\n  small  Two processes", "\nsubjects\n  castaway ", "castaway:lost_wakeup",
          "\nchecks\n", "mutual_exclusion", "\nfaults\n  kill ", "\ncrash_points\n", "\nseen\n"}) {
        EXPECT_THAT(list.output, HasSubstr(expected));
    }
    EXPECT_THAT(place.castaway({"list", "--json"}).output, HasSubstr("\"name\": \"kill\""));
}

}  // namespace
}  // namespace castaway::harness::testing
