// Whatever bytes a file holds, the reader ends soon and says what is wrong in one line of text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "harness/base/error.h"
#include "harness/scenario/json_text.h"
#include "harness/scenario/scenario_json.h"
#include "harness/scenario/testing/broken_documents.h"
#include "harness/scenario/testing/test_vocabulary.h"

namespace castaway::harness {
namespace {

using ::testing::HasSubstr;
using testing::sound_document;
using ::testing::StartsWith;
using testing::test_vocabulary;

std::string error_of(std::string_view text) {
    try {
        parse_scenario(text, "a.json", test_vocabulary());
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

bool is_one_printable_line(std::string_view line) {
    return one_line(line.substr(0, 500)) == line.substr(0, 500) && line.size() < 3000;
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

TEST(HostileInput, NoJson) {
    EXPECT_EQ(error_of(""),
              "a.json: line 1, column 1: this is not JSON: unexpected end of input; expected '[', "
              "'{', or a literal");
    EXPECT_THAT(error_of("{\n  \"a\": 1,\n  \"b\" 2\n}"),
                StartsWith("a.json: line 3, column 7: this is not JSON: "));
    EXPECT_THAT(error_of("{} {}"), StartsWith("a.json: line 1, column 4: this is not JSON: "));
    EXPECT_THAT(error_of("// comment\n{}"),
                StartsWith("a.json: line 1, column 1: this is not JSON: "));
    EXPECT_EQ(error_of("5"), "a.json: this is an integer; write an object");
    EXPECT_EQ(error_of("null"), "a.json: this is null; write an object");
}

TEST(HostileInput, DeepNesting) {
    EXPECT_THAT(error_of(std::string(500'000, '[')), HasSubstr("this is not JSON"));
    EXPECT_EQ(error_of(std::string(500'000, '[') + std::string(500'000, ']')),
              "a.json: this is an array; write an object");
    const std::string deep = repeated(R"({"a":)", 100'000) + "1" + std::string(100'000, '}');
    EXPECT_EQ(error_of(deep), R"(a.json: "version" is missing; add "version")");
    const std::string blocks =
        repeated(R"({"repeat": 1, "do": [)", 5'000) + R"({"work_us": 1})" + repeated("]}", 5'000);
    EXPECT_THAT(error_of(R"({"version": 1, "name": "d", "description": "", "objects": {"m": {"type":
                "mutex"}}, "processes": {"p": {"program": [)" +
                         blocks + "]}}}"),
                HasSubstr("blocks are nested more than 16 deep"));
}

TEST(HostileInput, HugeNumbers) {
    EXPECT_THAT(error_of(R"({"version": 1e999})"), HasSubstr("this is not JSON: "));
    EXPECT_THAT(error_of(R"({"version": 123456789012345678901234567890})"),
                HasSubstr("/version: this version of the format is not known"));
    EXPECT_THAT(error_of(R"({"version": -9223372036854775809})"),
                HasSubstr("/version: this version of the format is not known"));
}

TEST(HostileInput, BytesThatAreNoUtf8) {
    const std::string error = error_of("{\"name\": \"\xff\xfe\"}");
    EXPECT_THAT(error, StartsWith("a.json: line 1, column 11: this is not JSON: "));
    EXPECT_TRUE(is_one_printable_line(error)) << error;
    EXPECT_THAT(error_of(std::string_view("{\"a\0\": 1}", 9)),
                StartsWith("a.json: line 1, column 4: this is not JSON: "));
}

TEST(HostileInput, NamesThatWouldBreakALine) {
    EXPECT_EQ(error_of(R"({"version": 1, "name": "a\nb"})"),
              "a.json: /name: \"a\\u000ab\" is no name; write a letter, then at most 63 letters, "
              "digits and underscores");
    const std::string long_key(100'000, 'x');
    const std::string error = error_of("{\"" + long_key + "\": 1}");
    EXPECT_LT(error.size(), 3000U);
}

TEST(HostileInput, KeysThatComeTwice) {
    EXPECT_EQ(error_of(R"({"version": 1, "version": 2})"),
              "a.json: /version: \"version\" is given twice; keep one of the two");
    EXPECT_EQ(error_of(R"({"objects": {"m": {"type": "mutex"}, "m": {"type": "event"}}})"),
              "a.json: /objects/m: \"m\" is given twice; keep one of the two");
    EXPECT_EQ(error_of(R"({"faults": [{}, {"kill": "a", "kill": "b"}]})"),
              "a.json: /faults/1/kill: \"kill\" is given twice; keep one of the two");
}

TEST(HostileInput, ManyOfEverything) {
    std::string objects;
    for (int i = 0; i < 5000; ++i) {
        objects += (i == 0 ? "" : ",") + ("\"o" + std::to_string(i)) + R"(": {"type": "mutex"})";
    }
    EXPECT_THAT(error_of(R"({"version": 1, "name": "m", "description": "", "objects": {)" +
                         objects + R"(}, "processes": {"p": {"program": [{"wait": "o1"}]}}})"),
                HasSubstr("/objects: this object has too many members; write at most 4096"));
    EXPECT_EQ(error_of("[" + repeated("{},", 300'000) + "{}]"),
              "a.json: this is an array; write an object");
    std::string members;
    for (int i = 0; i < 100'000; ++i) {
        members += "\"" + std::to_string(i) + "\":1,";
    }
    EXPECT_EQ(error_of("{\"a\": [0, {" + members + "\"x\": 1}]}"),
              "a.json: /a/1: this object has more than 10000 members; write fewer");
    // A chain of duplicates, each made from the one below it.
    std::string chain;
    for (int i = 20'000; i > 0; --i) {
        chain += R"({"duplicate": "d)" + std::to_string(i - 1) + R"(", "as": "d)" +
                 std::to_string(i) + R"("},)";
    }
    EXPECT_EQ(error_of(R"({"version": 1, "name": "m", "description": "",
                  "objects": {"d0": {"type": "mutex"}},
                  "processes": {"p": {"program": [)" +
                       chain + R"({"wait": "d0"}]}}})"),
              "no error");
}

RC_GTEST_PROP(HostileInput, AnySpoiltDocumentIsReadOrRefusedInOneLine,
              (std::uint32_t at, const std::string& put, std::uint8_t cut)) {
    std::string text(sound_document());
    const std::size_t begin = at % text.size();
    text.replace(begin, std::min<std::size_t>(cut % 8, text.size() - begin), put);
    RC_ASSERT(is_one_printable_line(error_of(text)));
}

RC_GTEST_PROP(OneLine, IsTextOfOneLine, (const std::string& text)) {
    const std::string line = one_line(text);
    RC_ASSERT(std::none_of(line.begin(), line.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    }));
    RC_ASSERT(line == one_line(line));
}

TEST(OneLine, KeepsWellFormedText) {
    EXPECT_EQ(one_line("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
              "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    EXPECT_EQ(one_line("a\tb\xc3"), "a\\u0009b\\xc3");
    EXPECT_EQ(one_line("\xc0\x80"), "\\xc0\\x80");
    EXPECT_EQ(one_line("\xed\xa0\x80"), "\\xed\\xa0\\x80");
    EXPECT_EQ(one_line("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
    EXPECT_EQ(one_line(std::string(700, 'x')), std::string(600, 'x') + "...");
}

}  // namespace
}  // namespace castaway::harness
