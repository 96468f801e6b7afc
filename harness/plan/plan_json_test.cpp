#include "harness/plan/plan_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "harness/base/error.h"
#include "harness/plan/testing/sample_scenarios.h"

namespace castaway::harness {
namespace {

using ::testing::HasSubstr;
using testing::rich_scenario;
using testing::scenario_from;
using testing::scenario_of_calls;
using ::testing::StartsWith;

/// A file that is there as long as the object.
class TemporaryFile {
  public:
    explicit TemporaryFile(std::string_view text) {
        std::string name = (std::filesystem::temp_directory_path() / "plan_XXXXXX").string();
        const int descriptor = mkstemp(name.data());
        if (descriptor < 0) {
            throw HarnessError("cannot make a temporary file");
        }
        close(descriptor);
        path_ = name;
        std::ofstream(path_, std::ios::binary) << text;
    }
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

SavedPlan round_trip(const Plan& plan, std::string_view subject) {
    return read_plan(TemporaryFile(plan_to_json_text(plan, subject)).path());
}

/// What read_plan says of the text, without the file's name.
std::string error_of(std::string_view text) {
    const TemporaryFile file(text);
    try {
        read_plan(file.path());
    } catch (const InputError& error) {
        const std::string line = error.what();
        EXPECT_THAT(line, StartsWith(file.path().string()));
        return line.substr(file.path().string().size());
    }
    return "no error";
}

std::string replaced(std::string text, std::string_view before, std::string_view after) {
    const std::size_t found = text.find(before);
    if (found == std::string::npos) {
        throw HarnessError("the text to replace is not there: " + std::string(before));
    }
    return text.replace(found, before.size(), after);
}

std::string rich_text() {
    return plan_to_json_text(make_plan(rich_scenario(), 5), "castaway");
}

RC_GTEST_PROP(PlanJson, ReadsBackWhatItWrote, (std::uint64_t seed)) {
    const Plan plan = make_plan(rich_scenario(), seed);
    const SavedPlan saved = round_trip(plan, "castaway:lost_wakeup");
    RC_ASSERT(saved.plan == plan);
    RC_ASSERT(saved.subject == "castaway:lost_wakeup");
    RC_ASSERT(plan_digest(saved.plan) == plan_digest(plan));
}

TEST(PlanJson, ReadsBackStepsOfProcedureCalls) {
    const Plan plan = make_plan(scenario_of_calls(), 3);
    EXPECT_EQ(round_trip(plan, "castaway").plan, plan);
}

TEST(PlanJson, RefusesCallsForNobody) {
    const std::string text = plan_to_json_text(make_plan(scenario_of_calls(), 3), "castaway");
    EXPECT_EQ(error_of(replaced(text, R"("target":[1,1])", R"("target":[1,2])")),
              ": a call is for a thread that there is not; restore the file as it was");
    EXPECT_EQ(
        error_of(replaced(text, R"("do":"queue_call","target":[1,1])", R"("do":"queue_call")")),
        ": /processes/2/threads/0/steps/0: this call is for nobody; restore the file as it "
        "was");
    EXPECT_EQ(error_of(replaced(text, R"("target":[1,1])", R"("target":[3,0])")),
              ": /processes/2/threads/0/steps/0/target/0: 3 is out of range; write a number from 0 "
              "to 2");
    EXPECT_EQ(error_of(replaced(text, R"({"do":"signal_and_wait","handles":[0,2]})",
                                R"({"do":"signal_and_wait","handles":[0]})")),
              ": /processes/2/threads/0/steps/4: this step has not the handles that it needs; "
              "restore the file as it was");
}

TEST(PlanJson, PutsOneStepOnOneLine) {
    const Plan plan = make_plan(scenario_from(R"json({
        "version": 1, "name": "small", "description": "says \"it\"",
        "objects": {"m": {"type": "mutex"}},
        "processes": {"p": {"program": [
            {"hold": "m", "timeout_ms": 9, "do": [{"reach": "here"}]}]}},
        "faults": [{"kill": "p", "at": {"operation": 1}}],
        "seen": {"deaths": {"min": 1}}
    })json"),
                                1);
    EXPECT_EQ(plan_to_json_text(plan, "castaway"), R"({
 "format": "castaway plan",
 "version": 1,
 "subject": "castaway",
 "scenario": "small",
 "description": "says \"it\"",
 "file": "sample.json",
 "rules": [],
 "seed": 1,
 "objects": [
  {"name":"m","type":"mutex","sharing":"name","manual_reset":false,"initially_signaled":false,"initial_count":0,"maximum_count":0,"whole_run":true}
 ],
 "handles": [
  {"name":"m","object":0}
 ],
 "points": ["here"],
 "processes": [
  {
   "name": "p/0",
   "opens": [0],
   "leaks": false,
   "threads": [
    {
     "name": "main",
     "steps": [
      {"do":"wait","handles":[0],"timeout_ms":9,"skip_unless_satisfied":2},
      {"do":"reach"},
      {"do":"release_mutex","handles":[0]}
     ]
    }
   ]
  }
 ],
 "faults": [
  {"kind":"kill","process":0,"thread":0,"trigger":{"at":"operation","operation":1,"after":false},"resume":null,"what":"kill p/0 before operation 1"}
 ],
 "checks": [],
 "seen": [
  {"what":"deaths","minimum":1,"maximum":9223372036854775807}
 ],
 "run_limit_ms": 10000,
 "quiet_ms": 1000
}
)");
}

TEST(PlanJson, KeepsALargeSeed) {
    EXPECT_EQ(round_trip(make_plan(rich_scenario(), UINT64_MAX), "x").plan.seed, UINT64_MAX);
}

TEST(PlanJson, DigestForgetsTheFileOnly) {
    Plan plan = make_plan(rich_scenario(), 5);
    const std::uint64_t digest = plan_digest(plan);
    plan.file = "elsewhere.json";
    EXPECT_EQ(plan_digest(plan), digest);
    plan.processes[0].threads[0].steps[0].timeout_ms = 12345;
    EXPECT_NE(plan_digest(plan), digest);
}

TEST(PlanJson, WritesAPathThatIsNoUtf8) {
    Plan plan = make_plan(rich_scenario(), 5);
    plan.file = "caf\xe9.json";
    EXPECT_EQ(round_trip(plan, "x").plan.file, "caf\xef\xbf\xbd.json");
}

TEST(PlanJson, RefusesWhatIsNoPlan) {
    EXPECT_EQ(error_of("{}"), ": this is no plan; name a file that a run has saved");
    EXPECT_EQ(error_of("[]"), ": this is an array; write an object");
    EXPECT_EQ(error_of(R"({"format": "another"})"),
              ": this is no plan; name a file that a run has saved");
    EXPECT_THAT(error_of(""), StartsWith(": line 1, column 1: this is not JSON"));
    EXPECT_THAT(error_of(R"({"format": )"), StartsWith(": line 1, column 12: this is not JSON"));
}

TEST(PlanJson, RefusesAFileThatIsNotThere) {
    EXPECT_THROW(read_plan("/there/is/no/such/plan.json"), InputError);
}

TEST(PlanJson, RefusesAnotherVersion) {
    EXPECT_EQ(error_of(replaced(rich_text(), "\"version\": 1", "\"version\": 2")),
              ": /version: this version of the format is not known; use the castaway that saved "
              "the plan, or make it again");
}

TEST(PlanJson, RefusesAPlanWithAMissingOrUnknownKey) {
    EXPECT_EQ(error_of(replaced(rich_text(), " \"quiet_ms\": 700\n", " \"quite_ms\": 700\n")),
              ": \"quiet_ms\" is missing; add \"quiet_ms\"");
    EXPECT_EQ(
        error_of(replaced(rich_text(), "\"quiet_ms\": 700\n", "\"quiet_ms\": 700, \"more\": 1\n")),
        ": unknown key \"more\"; write one of format, version, subject, scenario, "
        "description, file, rules, seed, objects, handles, points, processes, faults, "
        "checks, seen, run_limit_ms, quiet_ms, schedule");
}

TEST(PlanJson, KeepsTheScheduleOfASimulatedExecution) {
    const SavedPlan plain = read_plan(TemporaryFile(rich_text()).path());
    EXPECT_FALSE(plain.schedule.has_value());
    const SavedSchedule schedule{"access", "tso", "r0*5 k1 r2", "0123456789abcdef",
                                 "deadlock: \"x\""};
    const std::string text = plan_to_json_text(plain.plan, plain.subject, schedule);
    const SavedPlan again = read_plan(TemporaryFile(text).path());
    EXPECT_EQ(again.schedule, schedule);
    EXPECT_EQ(again.plan, plain.plan);
    EXPECT_THAT(error_of(replaced(text, "\"trace_hash\"", "\"trash\"")), HasSubstr("/schedule"));
}

TEST(PlanJson, RefusesAnIndexThatIsNone) {
    const std::string text = rich_text();
    EXPECT_EQ(error_of(replaced(text, R"("opens": [0,1,2,3])", R"("opens": [0,1,2,5])")),
              ": /processes/0/opens/3: 5 is out of range; write a number from 0 to 4");
    EXPECT_EQ(
        error_of(replaced(text, R"({"do":"wait","handles":[0])", R"({"do":"wait","handles":[-1])")),
        ": /processes/0/threads/0/steps/0/handles/0: -1 is out of range; write a number from "
        "0 to 5");
    EXPECT_EQ(
        error_of(replaced(text, R"({"do":"reach"})", R"({"do":"reach","point":1})")).substr(0, 35),
        ": /processes/0/threads/0/steps/6/po");
    EXPECT_EQ(error_of(replaced(text, R"({"name":"m","object":0})", R"({"name":"m","object":1})")),
              ": the first handles are not those of the objects, in their order; restore the file "
              "as the run saved it");
}

TEST(PlanJson, RefusesUnknownWords) {
    const std::string text = rich_text();
    EXPECT_THAT(error_of(replaced(text, R"({"do":"work")", R"({"do":"wrok")")),
                HasSubstr("\"wrok\" is not known here; did you mean \"work\"?"));
    EXPECT_THAT(error_of(replaced(text, R"("kind":"kill")", R"("kind":"klil")")),
                HasSubstr("/faults/0/kind: \"klil\" is not known here; did you mean \"kill\"?"));
    EXPECT_THAT(error_of(replaced(text, R"("at":"crash_point")", R"("at":"crash")")),
                HasSubstr("/faults/4/trigger/at: \"crash\" is not known here"));
    EXPECT_THAT(error_of(replaced(text, R"("type":"mutex")", R"("type":"mutant")")),
                HasSubstr("/objects/0/type: \"mutant\" is not known here"));
}

/// Whatever one changes in a saved plan, the reader takes it or says what is wrong.
RC_GTEST_PROP(PlanJson, NeverFailsOtherwiseThanByAnInputError,
              (std::uint32_t at, std::uint8_t with)) {
    std::string text = rich_text();
    text[at % text.size()] = static_cast<char>(with);
    const TemporaryFile file(text);
    try {
        const SavedPlan saved = read_plan(file.path());
        RC_ASSERT(saved.plan.handles.size() >= saved.plan.objects.size());
    } catch (const InputError& error) {
        RC_ASSERT(std::string_view(error.what()).find('\n') == std::string_view::npos);
    }
}

}  // namespace
}  // namespace castaway::harness
