// What a caller's name means.
#include "primitives/region/names.h"

#include <gtest/gtest.h>

#include <string>

#include <rapidcheck/gtest.h>

#include "castaway/win32.h"

namespace castaway {
namespace {

/// The canonical bytes, or "error N", or "none".
std::string canonical(const std::string& name) {
    std::uint32_t error = 0;
    const auto result = canonical_name(name.c_str(), error);
    if (error != ERROR_SUCCESS) {
        EXPECT_FALSE(result);
        return "error " + std::to_string(error);
    }
    return result ? std::string(result->bytes.data(), result->size) : "none";
}

std::string repeated(const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

TEST(CanonicalName, OfNullAndEmptyIsNone) {  // NAME-09
    std::uint32_t error = 1;
    EXPECT_FALSE(canonical_name(static_cast<const char*>(nullptr), error));
    EXPECT_EQ(error, 0U);
    EXPECT_EQ(canonical(""), "none");
}

TEST(CanonicalName, IsTheSameWithAndWithoutLocal) {  // NAME-11
    EXPECT_EQ(canonical("x"), "L\\x");
    EXPECT_EQ(canonical("Local\\x"), "L\\x");
    EXPECT_EQ(canonical("Session\\1\\x"), "L\\x");
}

TEST(CanonicalName, KeepsNamespacesApart) {  // NAME-12
    EXPECT_EQ(canonical("Global\\x"), "G\\x");
    EXPECT_EQ(canonical("Session\\2\\x"), "S2\\x");
    EXPECT_EQ(canonical("Session\\4294967295\\x"), "S4294967295\\x");
}

TEST(CanonicalName, IsCaseSensitive) {  // NAME-01, NAME-12
    EXPECT_NE(canonical("a"), canonical("A"));
    for (const char* name : {"local\\x", "GLOBAL\\x", "session\\1\\x"}) {
        EXPECT_EQ(canonical(name), "error 3") << name;
    }
}

TEST(CanonicalName, HoldsNoBackslashAfterItsPrefix) {  // NAME-08
    for (const char* name : {"a\\b", "Local\\a\\b", "Global\\a\\b", "\\", "Session\\x\\a",
                             "Session\\1", "Session\\4294967296\\x", "Local\\Global\\x"}) {
        EXPECT_EQ(canonical(name), "error 3") << name;
    }
    EXPECT_EQ(canonical("Local"), "L\\Local");
    EXPECT_EQ(canonical("a/b"), "L\\a/b");
}

TEST(CanonicalName, HasAtMost259Characters) {  // NAME-07
    EXPECT_EQ(canonical(std::string(259, 'x')), "L\\" + std::string(259, 'x'));
    EXPECT_EQ(canonical(std::string(260, 'x')), "error 206");
    EXPECT_EQ(canonical(std::string(5000, 'x')), "error 206");
    EXPECT_EQ(canonical("Local\\" + std::string(253, 'x')), "L\\" + std::string(253, 'x'));
    EXPECT_EQ(canonical("Local\\" + std::string(254, 'x')), "error 206");
}

TEST(CanonicalName, CountsCharactersAsUtf16Does) {
    const std::string three_bytes = "\xe2\x82\xac";     // one unit
    const std::string four_bytes = "\xf0\x9f\x98\x80";  // two units
    EXPECT_EQ(canonical(repeated(three_bytes, 259)), "L\\" + repeated(three_bytes, 259));
    EXPECT_EQ(canonical(repeated(three_bytes, 260)), "error 206");
    EXPECT_EQ(canonical(repeated(four_bytes, 129)), "L\\" + repeated(four_bytes, 129));
    EXPECT_EQ(canonical(repeated(four_bytes, 130)), "error 206");
}

TEST(CanonicalName, CountsEachByteThatIsNoUtf8) {
    for (const char* byte : {"\x80", "\xbf", "\xc0", "\xe2", "\xf0", "\xff"}) {
        EXPECT_EQ(canonical(repeated(byte, 259)), "L\\" + repeated(byte, 259));
        EXPECT_EQ(canonical(repeated(byte, 260)), "error 206");
        EXPECT_EQ(canonical(repeated(byte, 799)), "error 206");
    }
}

RC_GTEST_PROP(CanonicalName, NeverOutgrowsItsBuffer, ()) {
    const auto bytes = *rc::gen::container<std::string>(
        *rc::gen::inRange<std::size_t>(0, 900),
        rc::gen::map(rc::gen::inRange(1, 256), [](int i) { return static_cast<char>(i); }));
    std::uint32_t error = 0;
    if (const auto name = canonical_name(bytes.c_str(), error)) {
        RC_ASSERT(name->size <= kNameBytesMax);
        RC_ASSERT(error == 0U);
    }
}

TEST(NameWords, PadWithZeros) {
    std::uint32_t error = 0;
    const auto name = canonical_name("abcdefg", error);  // "L\abcdefg": nine bytes
    ASSERT_TRUE(name);
    EXPECT_EQ(name_word(*name, 1), std::uint64_t{'g'});
    EXPECT_EQ(name_cells_for(1), 1U);
    EXPECT_EQ(name_cells_for(56), 1U);
    EXPECT_EQ(name_cells_for(57), 2U);
}

}  // namespace
}  // namespace castaway
