#include "harness/base/utf8.h"

#include <gtest/gtest.h>

namespace castaway::harness {
namespace {

constexpr const char* kBad = "\xEF\xBF\xBD";

TEST(Utf8, LeavesValidTextAlone) {
    for (const char* text : {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                             "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_EQ(valid_utf8(text), text);
    }
}

TEST(Utf8, ReplacesEachInvalidByte) {
    const std::string bad = kBad;
    EXPECT_EQ(valid_utf8("a\x80z"), "a" + bad + "z");
    EXPECT_EQ(valid_utf8("\xFF"), bad);
    EXPECT_EQ(valid_utf8("\xC3"), bad) << "cut off";
    EXPECT_EQ(valid_utf8("\xC3z"), bad + "z");
    EXPECT_EQ(valid_utf8("\xC0\x80"), bad + bad) << "overlong";
    EXPECT_EQ(valid_utf8("\xE0\x9F\xBF"), bad + bad + bad) << "overlong";
    EXPECT_EQ(valid_utf8("\xED\xA0\x80"), bad + bad + bad) << "surrogate";
    EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80"), bad + bad + bad + bad) << "beyond Unicode";
}

TEST(Utf8, TellsTheCode) {
    EXPECT_EQ(first_character("\xF0\x9F\x98\x80z").code, char32_t{0x1F600});
    EXPECT_EQ(first_character("\xF0\x9F\x98\x80z").length, 4U);
    EXPECT_FALSE(first_character("\x80").valid);
}

}  // namespace
}  // namespace castaway::harness
