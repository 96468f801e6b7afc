// Histories of other systems: what is judged, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/base/error.h"
#include "harness/base/prng.h"
#include "harness/interchange/flat_json.h"
#include "harness/interchange/judge_file.h"

namespace castaway::harness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Histories : public ::testing::Test {
  protected:
    Histories() {
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        file_ = std::filesystem::path(::testing::TempDir()) /
                ("castaway_interchange_" + std::to_string(std::hash<std::string>{}(test->name())) +
                 ".jsonl");
    }
    ~Histories() override { std::filesystem::remove(file_); }

    void write(const std::string& text) const { std::ofstream(file_, std::ios::binary) << text; }

    /// The lines, with the end record that they need.
    void write_lines(const std::vector<std::string>& lines) const {
        std::string text;
        for (const std::string& line : lines) {
            text += line + "\n";
        }
        write(text + R"({"type":"end","records":)" + std::to_string(lines.size() - 1) + "}\n");
    }

    [[nodiscard]] ToldHistory judged(const std::optional<HistoryModel>& model = {},
                                     std::uint64_t linearization_max = 100) const {
        SearchLimits limits;
        limits.linearization_max = linearization_max;
        return judge_file(file_, model, limits);
    }
    [[nodiscard]] Finding finding() const {
        const Finding with_order = overall(judged());
        // Without an order to tell, another checker may be at work.
        EXPECT_EQ(overall(judged({}, 0)), with_order);
        return with_order;
    }

    /// What is said of the file; empty when nothing is.
    [[nodiscard]] std::string complaint() const {
        try {
            (void)judged();
            return "";
        } catch (const InputError& error) {
            return error.what();
        }
    }

    std::filesystem::path file_;
};

std::string invoke(const std::string& process, const std::string& op,
                   const std::string& rest = "") {
    return R"({"type":"invoke","process":")" + process + R"(","op":")" + op + '"' + rest + "}";
}
std::string returns(const std::string& process, const std::string& rest = "") {
    return R"({"type":"return","process":")" + process + '"' + rest + "}";
}
std::string result(const std::string& word) {
    return R"(,"result":")" + word + '"';
}
std::string death(const std::string& process) {
    return R"({"type":"death","process":")" + process + "\"}";
}
std::string header(const std::string& model, const std::string& rest = "") {
    return R"({"castaway_history":1,"model":")" + model + '"' + rest + "}";
}

TEST_F(Histories, ARegisterIsJudged) {
    for (const char* seen : {"1", "null"}) {
        write_lines({header("register"), invoke("a", "write", R"(,"value":1)"), returns("a"),
                     invoke("b", "read"), returns("b", std::string(R"(,"value":)") + seen)});
        EXPECT_EQ(finding(),
                  seen == std::string("1") ? Finding::linearizable : Finding::not_linearizable);
    }
    const ToldHistory told = judged();
    const auto& witness = told.parts.at(0).judgement.witness;
    ASSERT_TRUE(witness);
    EXPECT_THAT(witness->core, ElementsAre(1U));
    EXPECT_EQ(told.told.at(1).answer, "null");
    EXPECT_THAT(in_words(told), HasSubstr("read -> null"));
    EXPECT_THAT(in_words(told), HasSubstr("lines 4 to 5"));
    EXPECT_THAT(in_words(told), HasSubstr("the state can only have been value 1"));
}

TEST_F(Histories, ObjectsAreJudgedOneByOneAndTheOrderIsTold) {
    write_lines(
        {header("register", R"(,"initial":0)"), invoke("a", "write", R"(,"object":"x","value":1)"),
         invoke("b", "read", R"(,"object":"y")"), returns("b", R"(,"value":0)"),
         invoke("b", "read", R"(,"object":"x")"), returns("b", R"(,"value":1)"), returns("a")});
    const ToldHistory told = judged();
    EXPECT_EQ(overall(told), Finding::linearizable);
    ASSERT_EQ(told.parts.size(), 2U);
    EXPECT_EQ(told.parts[0].objects, "register \"x\"");
    EXPECT_EQ(told.parts[0].judgement.linearization, (std::vector<OperationId>{0, 2}));
}

TEST_F(Histories, KeysHoldTexts) {
    for (const char* seen : {"one two", "two one", "two"}) {
        write_lines({header("key-value"), invoke("a", "put", R"(,"key":"k","value":"one")"),
                     returns("a"), invoke("a", "append", R"(,"key":"k","value":" two")"),
                     returns("a"), invoke("b", "get", R"(,"key":"k")"),
                     returns("b", std::string(R"(,"value":")") + seen + '"')});
        EXPECT_EQ(finding(), seen == std::string("one two") ? Finding::linearizable
                                                            : Finding::not_linearizable);
    }
}

TEST_F(Histories, AMutexHasOneOwner) {
    write_lines({header("mutex"), invoke("a", "acquire"), returns("a"), invoke("b", "acquire"),
                 returns("b", result("timeout")), invoke("a", "release"), returns("a"),
                 invoke("b", "acquire"), returns("b")});
    EXPECT_EQ(finding(), Finding::linearizable);
    write_lines({header("mutex"), invoke("a", "acquire"), returns("a"), invoke("b", "acquire"),
                 returns("b")});
    EXPECT_EQ(finding(), Finding::not_linearizable);
    EXPECT_THAT(in_words(judged()), HasSubstr("owned by a"));
}

TEST_F(Histories, ADeadOwnersMutexIsToldAbandonedWhereTheModelSaysSo) {
    for (const char* on_death : {"abandon", "free", "keep"}) {
        for (const char* answer : {"ok", "abandoned"}) {
            write_lines({header("mutex", std::string(R"(,"on_death":")") + on_death + '"'),
                         invoke("a", "acquire"), returns("a"), invoke("b", "acquire"), death("a"),
                         returns("b", result(answer))});
            const bool right = (on_death == std::string("abandon") && answer[0] == 'a') ||
                               (on_death == std::string("free") && answer[0] == 'o');
            EXPECT_EQ(finding(), right ? Finding::linearizable : Finding::not_linearizable)
                << on_death << " " << answer;
        }
    }
}

TEST_F(Histories, ADeadCallerMayHaveBecomeTheOwnerFirst) {
    write_lines({header("mutex"), invoke("a", "acquire"), death("a"), invoke("b", "acquire"),
                 returns("b", result("abandoned"))});
    EXPECT_EQ(finding(), Finding::linearizable);
    write_lines({header("mutex"), invoke("a", "acquire"), death("a"), invoke("b", "acquire"),
                 returns("b", result("abandoned")), invoke("b", "release"), returns("b"),
                 invoke("b", "acquire"), returns("b", result("abandoned"))});
    EXPECT_EQ(finding(), Finding::not_linearizable);
}

TEST_F(Histories, ASemaphoreCounts) {
    for (const int previous : {0, 1}) {
        write_lines({header("semaphore", R"(,"initial":1,"maximum":2)"), invoke("a", "acquire"),
                     returns("a"), invoke("b", "acquire"), returns("b", result("timeout")),
                     invoke("a", "release", R"(,"count":2)"),
                     returns("a", R"(,"previous":)" + std::to_string(previous)),
                     invoke("a", "release"), returns("a", result("failed"))});
        EXPECT_EQ(finding(), previous == 0 ? Finding::linearizable : Finding::not_linearizable);
    }
}

TEST_F(Histories, AnAutoResetEventWakesOne) {
    for (const char* reset : {"auto", "manual"}) {
        write_lines({header("event", std::string(R"(,"reset":")") + reset + '"'),
                     invoke("a", "set"), returns("a"), invoke("b", "wait"), returns("b"),
                     invoke("c", "wait"), returns("c")});
        EXPECT_EQ(finding(), reset == std::string("manual") ? Finding::linearizable
                                                            : Finding::not_linearizable);
    }
}

TEST_F(Histories, ATimeOutNeedsAMomentWithoutASignal) {
    write_lines({header("event", R"(,"reset":"manual")"), invoke("b", "wait"), invoke("a", "set"),
                 returns("a"), returns("b", result("timeout"))});
    EXPECT_EQ(finding(), Finding::linearizable);
    write_lines({header("event", R"(,"reset":"manual","signaled":true)"), invoke("b", "wait"),
                 invoke("a", "set"), returns("a"), returns("b", result("timeout"))});
    EXPECT_EQ(finding(), Finding::not_linearizable);
}

TEST_F(Histories, WhatIsUnknownMayHaveHappenedOrNot) {
    for (const int seen : {0, 1}) {
        write_lines({header("register", R"(,"initial":0)"), invoke("a", "write", R"(,"value":1)"),
                     returns("a", result("unknown")), invoke("b", "read"),
                     returns("b", R"(,"value":0)"), invoke("b", "read"),
                     returns("b", R"(,"value":)" + std::to_string(seen)), invoke("c", "read")});
        EXPECT_EQ(finding(), Finding::linearizable);
    }
    write_lines({header("register", R"(,"initial":0)"), invoke("a", "write", R"(,"value":1)"),
                 death("a"), invoke("b", "read"), returns("b", R"(,"value":0)"),
                 invoke("b", "read"), returns("b", R"(,"value":1)")});
    EXPECT_EQ(finding(), Finding::not_linearizable) << "after the death it no longer can";
}

TEST_F(Histories, RecordsOfOneTimeAreConcurrent) {
    const auto history = [this](int second) {
        const std::string later = R"(,"time":)" + std::to_string(second);
        write_lines({header("register", R"(,"initial":0,"order":"time")"),
                     invoke("a", "write", R"(,"value":1,"time":1)"), returns("a", R"(,"time":5)"),
                     invoke("b", "read", later), returns("b", R"(,"value":0,"time":9)")});
    };
    history(5);
    EXPECT_EQ(finding(), Finding::linearizable);
    history(6);
    EXPECT_EQ(finding(), Finding::not_linearizable);
}

TEST_F(Histories, NothingToJudgeIsNoPass) {
    write_lines({header("mutex")});
    EXPECT_EQ(finding(), Finding::inconclusive);
}

TEST_F(Histories, ASpentBudgetIsNoPass) {
    std::vector<std::string> lines{header("key-value")};
    for (char name = 'a'; name < 'a' + 14; ++name) {
        lines.push_back(
            invoke(std::string(1, name), "append", std::string(R"(,"value":")") + name + '"'));
    }
    for (char name = 'a'; name < 'a' + 14; ++name) {
        lines.push_back(returns(std::string(1, name)));
    }
    // Until this one takes effect, nothing tells that the read cannot be answered so.
    lines.insert(lines.begin() + 1, invoke("y", "put", R"(,"value":"none")"));
    lines.push_back(invoke("z", "get"));
    lines.push_back(returns("z", R"(,"value":"none of these")"));
    lines.push_back(returns("y"));
    write_lines(lines);
    SearchLimits limits;
    limits.steps_max = 5000;
    const ToldHistory told = judge_file(file_, {}, limits);
    EXPECT_EQ(overall(told), Finding::inconclusive);
    EXPECT_THAT(in_words(told), HasSubstr("cut off"));
}

TEST_F(Histories, TheModelOfTheCommandLineGoesFirst) {
    write_lines({header("event"), invoke("a", "set"), returns("a"), invoke("b", "wait"),
                 returns("b"), invoke("b", "wait"), returns("b")});
    EXPECT_EQ(overall(judged()), Finding::not_linearizable);
    EXPECT_EQ(overall(judged(model_from_option("event:reset=manual"))), Finding::linearizable);
    EXPECT_THROW(model_from_option("event:reset=sometimes"), InputError);
    EXPECT_THROW(model_from_option("evnt"), InputError);
    EXPECT_THROW(model_from_option("semaphore"), InputError);
}

struct Bad {
    std::string text;
    const char* complaint;
};

const std::string header_line = "{\"castaway_history\":1,\"model\":\"mutex\"}\n";
const std::string acquire_line = "{\"type\":\"invoke\",\"process\":\"a\",\"op\":\"acquire\"}\n";
const std::string return_line = "{\"type\":\"return\",\"process\":\"a\"}\n";

std::vector<Bad> bad_histories() {
    return {
        Bad{"", "line 0 (byte 0): the file is empty"},
        Bad{"hello\n", "line 1 (byte 0): a JSON object was expected"},
        Bad{"{\"model\":\"mutex\"}\n", "line 1 (byte 0): this is no castaway history"},
        Bad{"{\"castaway_history\":2}\n", "format version 2 is not known"},
        Bad{"{\"castaway_history\":1}\n", "names no model"},
        Bad{"{\"castaway_history\":1,\"model\":\"queue\"}\n", "no model is called \"queue\""},
        Bad{"{\"castaway_history\":1,\"model\":\"mutex\",\"maximum\":1}\n", "has no \"maximum\""},
        Bad{header_line, "line 1 (byte 0): the history is cut off"},
        Bad{header_line + acquire_line + return_line, "line 3 (byte 86): the history is cut off"},
        Bad{header_line + acquire_line + "{\"type\":\"retu",
            "line 3 (byte 99): the line is cut off"},
        Bad{header_line + acquire_line + "\x01\x02\x03\n",
            "line 3 (byte 86): a JSON object was expected"},
        Bad{header_line + acquire_line + "{\"type\":\"return\",\"process\":[\"a\"]}\n",
            "(byte 113)"},
        Bad{header_line + "{\"type\":\"return\",\"process\":\"a\\n\\u001b[1m\"}\n",
            "\"a\\x0a\\x1b[1m\" returns from"},
        Bad{header_line + "{\"type\":\"return\",\"process\":\"\xff\"}\n",
            "line 2 (byte 67): this is no UTF-8"},
        Bad{header_line + return_line,
            "line 2 (byte 39): \"a\" returns from a call that it did not make"},
        Bad{header_line + acquire_line + acquire_line, "its call of line 2 has not returned"},
        Bad{header_line + "{\"type\":\"death\",\"process\":\"a\"}\n" + acquire_line,
            "after its death"},
        Bad{header_line + "{\"type\":\"invoke\",\"process\":\"a\",\"op\":\"read\"}\n",
            "a mutex has no operation \"read\""},
        Bad{header_line + "{\"type\":\"invoke\",\"process\":\"a\",\"op\":\"acquire\",\"x\":1}\n",
            "\"x\" has no place"},
        Bad{header_line + "{\"type\":\"invoke\",\"type\":\"invoke\"}\n", "\"type\" is there twice"},
        Bad{header_line + "{\"type\":\"call\"}\n", "no record is of type \"call\""},
        Bad{header_line + acquire_line +
                "{\"type\":\"return\",\"process\":\"a\",\"result\":\"fine\"}\n",
            "\"fine\" is no result of acquire"},
        Bad{header_line + acquire_line + return_line + "{\"type\":\"end\",\"records\":3}\n",
            "has 2 records"},
        Bad{header_line + acquire_line + return_line + "{\"type\":\"end\",\"records\":2}\n" +
                return_line,
            "after the end record"},
        Bad{"{\"castaway_history\":1,\"model\":\"mutex\",\"order\":\"time\"}\n" + acquire_line,
            "has no \"time\""},
        Bad{header_line + "{\"type\":\"invoke\",\"process\":\"a\",\"op\":\"acquire\",\"time\":7}\n"
                          "{\"type\":\"return\",\"process\":\"a\",\"time\":6}\n",
            "line 3 (byte 95): time goes back from 7 to 6"}};
}

TEST_F(Histories, BadOnesAreRefusedWithLineAndByte) {
    for (const Bad& bad : bad_histories()) {
        write(bad.text);
        EXPECT_THAT(complaint(), HasSubstr(bad.complaint)) << bad.text;
        EXPECT_THAT(complaint(), HasSubstr("line ")) << bad.text;
        EXPECT_THAT(complaint(), ::testing::Not(HasSubstr("\n"))) << bad.text;
    }
}

TEST_F(Histories, WhatIsWrongAtTheEndLeavesNoVerdict) {
    // Two owners at once, and then half a record.
    write(header_line + acquire_line + return_line +
          "{\"type\":\"invoke\",\"process\":\"b\",\"op\":\"acquire\"}\n"
          "{\"type\":\"return\",\"process\":\"b\"}\n{\"type\":\"inv");
    EXPECT_THAT(complaint(), HasSubstr("line 6"));
}

TEST(FlatJson, ReadsWhatJsonAllows) {
    FlatObject object;
    ASSERT_FALSE(object.read(R"( { "a\n" : "b\u00e9\ud83d\ude00" , "c":-1.5e+3,"d":null } )"));
    EXPECT_EQ(object.fields().at(0).key, "a\n");
    EXPECT_EQ(object.fields().at(0).value, "b\u00e9\U0001F600");
    EXPECT_EQ(object.fields().at(1).value, "-1.5e+3");
    EXPECT_FALSE(object.fields().at(1).integer());
    EXPECT_EQ(object.fields().at(2).kind, ScalarKind::word);
    for (const char* bad :
         {"", "{", "{}}", "{\"a\"}", "{\"a\":}", "{\"a\":01}", "{\"a\":1,}", "{\"a\":\"\\x\"}",
          "{\"a\":\"\\ud800\"}", "{\"a\":tru}", "{\"a\":-}", "{\"a\":1.}", "[1]", "{a:1}"}) {
        EXPECT_TRUE(object.read(bad)) << bad;
    }
}

/// What nlohmann/json makes of a line, if that is an object of scalars whose keys differ.
std::optional<nlohmann::json> flat_by_nlohmann(const std::string& line) {
    std::set<std::string> keys;
    bool flat = true;
    const auto look = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
        using Event = nlohmann::json::parse_event_t;
        if (event == Event::key) {
            flat = flat && keys.insert(parsed.get<std::string>()).second;
        } else if (event == Event::object_start || event == Event::array_start) {
            flat = flat && depth == 0 && event == Event::object_start;
        }
        return true;
    };
    const nlohmann::json parsed = nlohmann::json::parse(line, look, false);
    return flat && parsed.is_object() ? std::optional(parsed) : std::nullopt;
}

/// A line of a history, or something else, with a few bytes changed, dropped or put in.
std::string any_line(Prng& random) {
    static const std::vector<std::string> kLines{
        R"({"type": "invoke", "process": "a", "op": "write", "value": 12})",
        R"({"type":"return","process":7,"value":null,"time":-3})",
        R"( {"a\n\u00e9" : "\ud83d\ude00/\\\"", "b":true , "c":-1.5e+3, "d":0.25}  )",
        R"({"a":[1,{"b":2}],"c":{}})",
        "{\"text\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}",
        R"({})",
        R"([1,2])",
    };
    static constexpr std::string_view kBytes = "{}[]:,\"\\ 0123456789-+.eEuntfalse/\t\x01\x80\xc3";
    std::string line = kLines[random.below(kLines.size())];
    for (std::uint64_t changes = random.below(4); changes > 0 && !line.empty(); --changes) {
        const std::size_t at = random.below(line.size());
        const char byte = kBytes[random.below(kBytes.size())];
        switch (random.below(4)) {
            case 0:
                line[at] = byte;
                break;
            case 1:
                line.insert(at, 1, byte);
                break;
            case 2:
                line.erase(at, 1);
                break;
            default:
                line.resize(at);
                break;
        }
    }
    return line;
}

TEST(FlatJson, AgreesWithNlohmannOnLinesOfAllKinds) {
    constexpr int kLines = 20'000;
    Prng random(1);
    FlatObject object;
    int accepted = 0;
    for (int i = 0; i < kLines; ++i) {
        const std::string line = any_line(random);
        const std::optional<nlohmann::json> expected = flat_by_nlohmann(line);
        const std::optional<FlatProblem> problem = object.read(line);
        ASSERT_EQ(problem.has_value(), !expected.has_value())
            << line << (problem ? problem->what : "");
        if (!expected) {
            continue;
        }
        ++accepted;
        ASSERT_EQ(object.fields().size(), expected->size()) << line;
        for (const FlatField& field : object.fields()) {
            const nlohmann::json& value = expected->at(std::string(field.key));
            if (field.kind == ScalarKind::text) {
                EXPECT_EQ(value, std::string(field.value)) << line;
            } else {
                EXPECT_FALSE(value.is_string()) << line;
                EXPECT_EQ(value, nlohmann::json::parse(std::string(field.value))) << line;
            }
        }
    }
    EXPECT_GT(accepted, kLines / 20);
    EXPECT_LT(accepted, kLines - kLines / 20);
}

TEST_F(Histories, LogsOfJepsenAreTurnedIntoThem) {
    const std::filesystem::path log = file_.string() + ".log";
    const auto turned = [&](const std::string& text) {
        std::ofstream(log, std::ios::binary) << text;
        const std::string command = std::string("awk -f '") + CASTAWAY_JEPSEN_AWK + "' '" +
                                    log.string() + "' > '" + file_.string() + "' 2>/dev/null";
        const int status = std::system(command.c_str());
        std::filesystem::remove(log);
        return status;
    };
    const std::string up_to_the_read =
        "INFO  jepsen.util - 0\t:invoke\t:write\t4\n"
        "INFO  jepsen.util - 0\t:ok\t:write\t4\n"
        "INFO  jepsen.util - 1\t:invoke\t:cas\t[4 1]\n"
        "INFO  jepsen.util - 2\t:invoke\t:cas\t[3 2]\n"
        "INFO  jepsen.util - 1\t:info\t:cas\t:timed-out\n"
        "INFO  jepsen.util - 2\t:fail\t:cas\t[3 2]\n"
        "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n"
        "INFO  jepsen.util - 0\t:ok\t:read\t";
    ASSERT_EQ(turned(up_to_the_read + "1\n"), 0);
    EXPECT_EQ(finding(), Finding::linearizable);
    EXPECT_EQ(judged().operations, 4U);
    ASSERT_EQ(turned(up_to_the_read + "2\n"), 0);
    EXPECT_EQ(finding(), Finding::not_linearizable);

    const std::string up_to_the_get =
        R"({:process 0, :type :invoke, :f :put, :key "k", :value "a b"})"
        "\n"
        R"({:process 0, :type :ok, :f :put, :key "k", :value "a b"})"
        "\n"
        R"({:process 1, :type :invoke, :f :append, :key "k", :value "c"})"
        "\n"
        R"({:process 0, :type :invoke, :f :get, :key "k", :value nil})"
        "\n";
    ASSERT_EQ(
        turned(up_to_the_get + R"({:process 0, :type :ok, :f :get, :key "k", :value "a bc"})"), 0);
    EXPECT_EQ(finding(), Finding::linearizable);
    EXPECT_EQ(judged().operations, 3U);
    ASSERT_EQ(turned(up_to_the_get + R"({:process 0, :type :ok, :f :get, :key "k", :value "c"})"),
              0);
    EXPECT_EQ(finding(), Finding::not_linearizable);

    EXPECT_NE(turned("nothing of the kind\n"), 0);
}

}  // namespace
}  // namespace castaway::harness
