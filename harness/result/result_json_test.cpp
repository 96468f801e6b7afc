#include "harness/result/result_json.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "harness/base/error.h"
#include "harness/result/testing/arbitrary_result.h"
#include "harness/result/testing/temporary_folder.h"

namespace castaway::harness {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// One run of one process and object, one operation, one verdict.
SuiteResult small_suite() {
    RunResult run;
    run.scenario = "one";
    run.outcome = Outcome::fail;
    run.faults = {{"kill a/0", true}};
    run.history.objects = {{"m", ObjectType::mutex}};
    run.history.processes = {{"a/0", 17, {{"a/0.main", {}}}, ProcessEnd::killed, {}, 900}};
    Operation operation;
    operation.objects = {0};
    operation.invoked_ns = 5;
    run.history.operations = {operation};
    run.history.faults = {{0, 0, 800, "kill a/0"}};
    run.verdicts = {{"progress", VerdictKind::fail, "no", {{0, 0, 0}}}};
    SuiteResult suite;
    suite.started_utc = "2026-01-31T12:00:00";
    suite.runs = {run};
    return suite;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), with);
}

/// The error that reading the text gives; empty when it can be read.
std::string error_of(const std::string& text) {
    const TemporaryFolder folder;
    try {
        read_result(folder.write("result.json", text));
        return {};
    } catch (const InputError& error) {
        return error.what();
    }
}

RC_GTEST_PROP(ResultJson, ComesBackAsItWas, ()) {
    const SuiteResult suite = *arbitrary_suite();
    const TemporaryFolder folder;
    const std::string text = to_json_text(suite);
    RC_ASSERT(read_result(folder.write("result.json", text)) == suite);
    RC_ASSERT(to_json_text(suite) == text);
}

RC_GTEST_PROP(ResultJson, IsRefusedWhenCutOffAnywhere, ()) {
    const std::string text = to_json_text(*arbitrary_suite());
    // The last byte but one closes the document.
    const auto length = *rc::gen::inRange<std::size_t>(0, text.size() - 1);
    RC_ASSERT(!error_of(text.substr(0, length)).empty());
}

TEST(ResultJson, HoldsAnOperationOnALine) {
    const std::string text = to_json_text(small_suite());
    EXPECT_THAT(text, HasSubstr("[0,0,0,\"wait\",[0],null,0,0,0,5,0,\"pending\",0,0,0,null]\n"));
    EXPECT_THAT(text, StartsWith("{\n \"castaway_result\": 1,\n"));
}

TEST(ResultJson, WritesInvalidUtf8AsReplacementCharacters) {
    SuiteResult suite = small_suite();
    suite.command = "a\xff\xc3";
    const TemporaryFolder folder;
    EXPECT_EQ(read_result(folder.write("result.json", to_json_text(suite))).command,
              "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(ResultJson, NamesFileAndPlaceOfAnError) {
    const std::string text = to_json_text(small_suite());
    EXPECT_THAT(error_of(replaced(text, "\"outcome\": \"fail\"", "\"outcome\": \"good\"")),
                HasSubstr("result.json: /runs/0/outcome: this must be an outcome; "));
}

TEST(ResultJson, RefusesAnotherVersion) {
    const std::string text = to_json_text(small_suite());
    EXPECT_THAT(error_of(replaced(text, "\"castaway_result\": 1", "\"castaway_result\": 2")),
                HasSubstr("/castaway_result: this format version is 2, and only 1 can be read"));
    EXPECT_THAT(error_of("{}"), HasSubstr("this is no result of castaway"));
    EXPECT_THAT(error_of("[]"), HasSubstr("this is no result of castaway"));
    EXPECT_THAT(error_of("junk"), HasSubstr("not JSON"));
    EXPECT_THAT(error_of(""), HasSubstr("not JSON"));
}

TEST(ResultJson, RefusesWhatIsNotThere) {
    EXPECT_THROW(read_result("/nonexistent/result.json"), InputError);
    EXPECT_THROW(read_result(testing::TempDir()), InputError);
}

struct Damage {
    const char* what;
    const char* with;
    const char* place;
};

class DamagedResult : public testing::TestWithParam<Damage> {};

TEST_P(DamagedResult, IsRefusedWithItsPlace) {
    const Damage& damage = GetParam();
    const std::string text = to_json_text(small_suite());
    EXPECT_THAT(error_of(replaced(text, damage.what, damage.with)), HasSubstr(damage.place));
}

INSTANTIATE_TEST_SUITE_P(
    OfEachKind, DamagedResult,
    testing::Values(
        Damage{"[0,0,0,\"wait\"", "[1,0,0,\"wait\"", ": /runs/0/history/operations/0/0: "},
        Damage{"[0,0,0,\"wait\"", "[0,1,0,\"wait\"", ": /runs/0/history/operations/0/1: "},
        Damage{"[0,0,0,\"wait\"", "[0,0,-1,\"wait\"", ": /runs/0/history/operations/0/2: "},
        Damage{"\"wait\",[0]", "\"snooze\",[0]", ": /runs/0/history/operations/0/3: "},
        Damage{"\"wait\",[0]", "\"wait\",[1]", ": /runs/0/history/operations/0/4/0: "},
        Damage{"\"wait\",[0]", "\"wait\",[]", ": /runs/0/history/operations/0/4: "},
        Damage{"\"pending\",0,", "\"pending\",1,", ": /runs/0/history/operations/0/12: "},
        Damage{"\"pending\",0,", "\"gone\",0,", ": /runs/0/history/operations/0/11: "},
        Damage{",null]\n", "]\n", ": /runs/0/history/operations/0: "},
        Damage{"\"fault\":0", "\"fault\":1", ": /runs/0/history/faults/0/fault: "},
        Damage{"\"process\":0", "\"process\":9", ": /runs/0/history/faults/0/process: "},
        Damage{"\"witness\": [[0,0,0]]", "\"witness\": [[0,0]]",
               ": /runs/0/verdicts/0/witness/0: "},
        Damage{"\"witness\": [[0,0,0]]", "\"witness\": [[7,0,0]]",
               ": /runs/0/verdicts/0/witness/0/0: "},
        Damage{"\"end\": \"killed\"", "\"end\": 3", ": /runs/0/history/processes/0/end: "},
        Damage{"\"seed\": 0", "\"seed\": -1", ": /runs/0/seed: "},
        Damage{"\"cores\": 0", "\"cores\": 0.5", ": /machine/cores: "},
        Damage{"\"note\"", "\"notes\"", ": /runs/0: \"note\" is missing"},
        Damage{"\"machine\"", "\"engine\": 1, \"machine\"", ": /engine: the key"},
        Damage{"\"thread\",\"sequence\"", "\"sequence\",\"thread\"", ": /operation_columns: "}),
    [](const auto& test) { return "No" + std::to_string(test.index); });

}  // namespace
}  // namespace castaway::harness
