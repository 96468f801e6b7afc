// castaway check as a user meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/cli/testing/program.h"

namespace castaway::harness::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Bob gets a mutex that Alice owns; or does not, where he times out.
std::string mutex_history(const std::string& bobs_result) {
    return R"({"castaway_history":1,"model":"mutex"}
{"type":"invoke","process":"alice","op":"acquire"}
{"type":"return","process":"alice"}
{"type":"invoke","process":"bob","op":"acquire"}
{"type":"return","process":"bob","result":")" +
           bobs_result + R"("}
{"type":"end","records":4}
)";
}

TEST(Check, TellsAnOrderOrWhatCannotBe) {
    const Workplace place;
    place.write("good.jsonl", mutex_history("timeout"));
    place.write("bad.jsonl", mutex_history("ok"));
    const Ended good = place.castaway({"check", "good.jsonl"});
    EXPECT_EQ(good.exit_code, 0) << good.output;
    EXPECT_THAT(good.output, HasSubstr("good.jsonl: linearizable"));
    EXPECT_THAT(good.output, HasSubstr("alice acquire -> ok; bob acquire -> timeout"));
    const Ended bad = place.castaway({"check", "good.jsonl", "bad.jsonl"});
    EXPECT_EQ(bad.exit_code, 1) << bad.output;
    EXPECT_THAT(bad.output, HasSubstr("bad.jsonl: NOT linearizable"));
    EXPECT_THAT(bad.output, HasSubstr("owned by alice"));
    const Ended json = place.castaway({"check", "bad.jsonl", "--json"});
    EXPECT_EQ(json.exit_code, 1) << json.output;
    EXPECT_THAT(json.output, HasSubstr(R"("verdict": "not linearizable")"));
    EXPECT_THAT(json.output, HasSubstr(R"("where": "lines 4 to 5")"));
}

TEST(Check, AModelCanBeGiven) {
    const Workplace place;
    place.write("waits.jsonl", R"({"castaway_history":1}
{"type":"invoke","process":1,"op":"set"}
{"type":"return","process":1}
{"type":"invoke","process":2,"op":"wait"}
{"type":"return","process":2}
{"type":"invoke","process":2,"op":"wait"}
{"type":"return","process":2}
{"type":"end","records":6}
)");
    EXPECT_EQ(place.castaway({"check", "waits.jsonl"}).exit_code, 2);
    EXPECT_EQ(place.castaway({"check", "waits.jsonl", "--model", "event"}).exit_code, 1);
    EXPECT_EQ(place.castaway({"check", "waits.jsonl", "--model", "event:reset=manual"}).exit_code,
              0);
    EXPECT_EQ(place.castaway({"check", "waits.jsonl", "--model", "mutex"}).exit_code, 2);
}

TEST(Check, BadHistoriesAreToldInOneLineAndNeverJudged) {
    const Workplace place;
    // All of them have two owners at once, before what is wrong with them.
    const std::string sound = mutex_history("ok");
    place.write("cut.jsonl", sound.substr(0, sound.size() - 40));
    place.write("cut_at_line.jsonl", sound.substr(0, sound.find("{\"type\":\"end\"")));
    place.write("corrupt.jsonl", sound.substr(0, sound.size() - 10) + "\x01\x02\x03");
    place.write("lost.jsonl", R"({"castaway_history":1,"model":"mutex"}
{"type":"invoke","process":"alice","op":"acquire"}
{"type":"end","records":2}
)");
    place.write("reordered.jsonl", R"({"castaway_history":1,"model":"mutex"}
{"type":"return","process":"alice"}
{"type":"invoke","process":"alice","op":"acquire"}
{"type":"end","records":2}
)");
    place.write("foreign.jsonl", "{\"index\":0,\"type\":\"invoke\",\"f\":\"read\"}\n");
    place.write("foreign.edn", "{:process 0, :type :invoke, :f :read}\n");
    place.write("sound.jsonl", sound);
    for (const char* file : {"cut.jsonl", "cut_at_line.jsonl", "corrupt.jsonl", "lost.jsonl",
                             "reordered.jsonl", "foreign.jsonl", "foreign.edn"}) {
        const Ended check = place.castaway({"check", "sound.jsonl", file});
        EXPECT_EQ(check.exit_code, 2) << file << check.output;
        EXPECT_THAT(check.output, HasSubstr(std::string("castaway: ") + file + ": line "));
        EXPECT_THAT(check.output, HasSubstr("(byte "));
        EXPECT_THAT(check.output, Not(HasSubstr("linearizable"))) << file;
        EXPECT_EQ(std::count(check.output.begin(), check.output.end(), '\n'), 1) << check.output;
    }
    EXPECT_EQ(place.castaway({"check", "missing.jsonl"}).exit_code, 2);
    EXPECT_EQ(place.castaway({"check"}).exit_code, 2);
}

TEST(Check, ASpentBudgetIsInconclusive) {
    const Workplace place;
    std::string text = "{\"castaway_history\":1,\"model\":\"key-value\"}\n";
    constexpr int kAppends = 12;
    const auto record = [&text](const char* type, int process, const std::string& rest) {
        text += std::string("{\"type\":\"") + type + "\",\"process\":" + std::to_string(process) +
                rest + "}\n";
    };
    // Until this one takes effect, nothing tells that the read cannot be answered so.
    record("invoke", kAppends, R"(,"op":"put","value":"none")");
    for (int i = 0; i < kAppends; ++i) {
        record("invoke", i,
               R"(,"op":"append","value":")" + std::string(1, static_cast<char>('a' + i)) + '"');
    }
    for (int i = 0; i < kAppends; ++i) {
        record("return", i, "");
    }
    record("invoke", 0, R"(,"op":"get")");
    record("return", 0, R"(,"value":"none of them")");
    record("return", kAppends, "");
    text += "{\"type\":\"end\",\"records\":" + std::to_string(2 * kAppends + 4) + "}\n";
    place.write("appends.jsonl", text);
    const Ended check = place.castaway({"check", "appends.jsonl", "--budget", "1000"});
    EXPECT_EQ(check.exit_code, 4) << check.output;
    EXPECT_THAT(check.output, HasSubstr("inconclusive"));
    EXPECT_THAT(check.output, HasSubstr("cut off"));
}

TEST(Check, JudgesWhatARunKept) {
    const Workplace place;
    place.write("small.json", R"({
      "version": 1, "name": "small", "description": "Two processes take one mutex.",
      "objects": {"m": {"type": "mutex"}},
      "processes": {"p": {"count": 2, "program": [
        {"repeat": 5, "do": [{"hold": "m", "do": [{"work_us": 10}]}]}]}}
    })");
    ASSERT_EQ(place.castaway({"run", "small.json", "--out", "results"}).exit_code, 0);
    const Ended check = place.castaway({"check", "results"});
    EXPECT_EQ(check.exit_code, 0) << check.output;
    EXPECT_THAT(check.output, HasSubstr("small (seed 1): linearizable"));
    EXPECT_THAT(check.output, HasSubstr("24 operations of 2 processes on 1 object"));
    EXPECT_EQ(place.castaway({"check", "results/result.json", "--model", "mutex"}).exit_code, 2);
}

}  // namespace
}  // namespace castaway::harness::testing
