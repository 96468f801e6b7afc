// What CreateProcess makes of a command line.
#include "primitives/api/command_line.h"

#include <gtest/gtest.h>

namespace castaway {
namespace {

using Words = std::vector<std::string>;

TEST(CommandLine, IsCutAtBlanksAndQuoted) {
    EXPECT_EQ(words_of("a b\tc"), (Words{"a", "b", "c"}));
    EXPECT_EQ(words_of("  a"), (Words{"", "a"}));
    EXPECT_EQ(words_of("\"a b\"c d"), (Words{"a b", "c", "d"}));
    EXPECT_EQ(words_of("a \"b c\" \"\" d"), (Words{"a", "b c", "", "d"}));
    EXPECT_EQ(words_of("a \"b c"), (Words{"a", "b c"}));
    EXPECT_EQ(words_of("a b\"c d\"e  "), (Words{"a", "bc de"}));
}

TEST(CommandLine, BackslashesCountBeforeQuotesOnly) {
    EXPECT_EQ(words_of(R"(a b\c \\d)"), (Words{"a", R"(b\c)", R"(\\d)"}));
    EXPECT_EQ(words_of(R"(a \"b\" c)"), (Words{"a", "\"b\"", "c"}));
    EXPECT_EQ(words_of(R"(a "b \" c" d)"), (Words{"a", "b \" c", "d"}));
    EXPECT_EQ(words_of(R"(a "b\\" c)"), (Words{"a", R"(b\)", "c"}));
    EXPECT_EQ(words_of(R"(a "b\\\" c")"), (Words{"a", R"(b\" c)"}));
    EXPECT_EQ(words_of(R"(a\"b c)"), (Words{R"(a\"b)", "c"})) << "a program's name has no escapes";
    EXPECT_EQ(words_of(R"(a b\)"), (Words{"a", R"(b\)"}));
}

TEST(CommandLine, TwoQuotesWithinQuotesAreOneAndTheEnd) {
    EXPECT_EQ(words_of(R"(a "b""c d")"), (Words{"a", R"(b"c)", "d"}));
    EXPECT_EQ(words_of(R"(a "b"" c")"), (Words{"a", R"(b")", "c"}));
    EXPECT_EQ(words_of(R"(a """b""")"), (Words{"a", R"("b")"}));
}

TEST(EnvironmentBlock, EndsWithAnEmptyString) {
    EXPECT_EQ(strings_of_block("A=1\0B=2\0"), (Words{"A=1", "B=2"}));
    EXPECT_EQ(strings_of_block(u"A=\u00fc\0"), (Words{"A=\xc3\xbc"}));
    EXPECT_EQ(strings_of_block(u"A=\xd800\0"), std::nullopt);
    EXPECT_EQ(strings_of_block(""), Words{});
}

}  // namespace
}  // namespace castaway
