#include "harness/cli/options.h"

#include <gtest/gtest.h>

#include "harness/base/error.h"

namespace castaway::harness {
namespace {

CommandLine parse(std::vector<const char*> words) {
    words.insert(words.begin(), "castaway");
    return parse_command_line(static_cast<int>(words.size()), words.data());
}

std::string error_of(const std::vector<const char*>& words) {
    try {
        parse(words);
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

TEST(CommandLine, RunTakesPathsSeedSubjectAndLimits) {
    const CommandLine line =
        parse({"run", "a.json", "b", "--seed", "18446744073709551615", "--subject",
               "castaway:lost_wakeup", "--timeout", "500ms", "--repeat", "3", "--out", "there"});
    const auto& run = std::get<RunOptions>(*line.command);
    EXPECT_EQ(run.paths, (std::vector<std::filesystem::path>{"a.json", "b"}));
    EXPECT_EQ(run.seed, 18446744073709551615U);
    EXPECT_EQ(run.subject, "castaway:lost_wakeup");
    EXPECT_EQ(run.output.timeout, std::chrono::milliseconds(500));
    EXPECT_EQ(run.repeat, 3U);
    EXPECT_EQ(run.output.out, "there");
}

TEST(CommandLine, TimeLimitsHaveUnits) {
    const auto limit_of = [](const char* text) {
        return std::get<RunOptions>(*parse({"run", "a", "--timeout", text}).command).output.timeout;
    };
    EXPECT_EQ(limit_of("2m"), std::chrono::minutes(2));
    EXPECT_EQ(limit_of("10s"), std::chrono::seconds(10));
    EXPECT_EQ(limit_of("10"), std::chrono::seconds(10));
}

TEST(CommandLine, RandomSeedsDiffer) {
    const auto seed = [] {
        return std::get<RunOptions>(*parse({"run", "a", "--seed", "random"}).command).seed;
    };
    EXPECT_NE(seed(), seed());
}

TEST(CommandLine, RejectsWhatItDoesNotUnderstandInOneLine) {
    for (const std::vector<const char*>& words :
         std::vector<std::vector<const char*>>{{},
                                               {"walk"},
                                               {"run"},
                                               {"run", "a", "--sead", "1"},
                                               {"run", "a", "--seed", "-1"},
                                               {"run", "a", "--seed", "1x"},
                                               {"run", "a", "--seed", "18446744073709551616"},
                                               {"run", "a", "--timeout", "0"},
                                               {"run", "a", "--timeout", "5h"},
                                               {"run", "a", "--timeout", "99999999999999999999s"},
                                               {"run", "a", "--repeat", "0"},
                                               {"replay"},
                                               {"validate"},
                                               {"report"}}) {
        const std::string error = error_of(words);
        EXPECT_NE(error, "") << ::testing::PrintToString(words);
        EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    }
}

TEST(CommandLine, HelpAndVersionAreNoCommands) {
    EXPECT_FALSE(parse({"--help"}).command);
    EXPECT_NE(parse({"--help"}).text.find("replay"), std::string::npos);
    EXPECT_NE(parse({"--version"}).text.find(tool_version), std::string::npos);
}

TEST(CommandLine, IsQuotedAsAShellTakesIt) {
    EXPECT_EQ(shell_quoted("a-b_c.json"), "a-b_c.json");
    EXPECT_EQ(shell_quoted("a b"), "'a b'");
    EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
    EXPECT_EQ(shell_quoted(""), "''");
    EXPECT_EQ(parse({"run", "my file.json"})
                  .as_typed.substr(parse({"run", "my file.json"}).as_typed.size() - 18),
              "run 'my file.json'");
}

}  // namespace
}  // namespace castaway::harness
