// What a caller's name means.
#include "primitives/region/names.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include <rapidcheck/gtest.h>

#include "castaway/win32.h"
#include "primitives/region/utf16.h"

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
    return result ? std::string(result->text()) : "none";
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
    for (const char* name :
         {"a\\b", "Local\\a\\b", "Global\\a\\b", "Session\\x\\a", "Session\\1",
          "Session\\4294967296\\x", "Local\\Global\\x", "a\\", "Local\\\\x", "Global\\\\"}) {
        EXPECT_EQ(canonical(name), "error 3") << name;
    }
    for (const char* name : {"\\", "\\x", "\\Local\\x"}) {
        EXPECT_EQ(canonical(name), "error 161") << name;
    }
    for (const char* name : {"Local\\", "Global\\", "Session\\1\\", "Session\\2\\"}) {
        EXPECT_EQ(canonical(name), "error 123") << name;
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

TEST(CanonicalName, OfAWideFormHasAtMost32766Units) {  // NAME-18
    const auto canonical_wide = [](const std::u16string& name) {
        std::uint32_t error = 0;
        const auto result = canonical_name(name.c_str(), error);
        return result ? std::string(result->text()) : "error " + std::to_string(error);
    };
    for (const std::size_t units : {260U, 276U, 810U, 1'032U, 32'766U}) {
        EXPECT_EQ(canonical_wide(std::u16string(units, u'x')), "L\\" + std::string(units, 'x'));
        EXPECT_EQ(canonical_wide(std::u16string(units, u'\u20ac')),
                  "L\\" + repeated("\xe2\x82\xac", units));
    }
    EXPECT_EQ(canonical_wide(std::u16string(32'767, u'x')), "error 206");
    EXPECT_EQ(canonical_wide(u"Global\\" + std::u16string(32'759, u'x')),
              "G\\" + std::string(32'759, 'x'));
    EXPECT_EQ(canonical_wide(u"Global\\" + std::u16string(32'760, u'x')), "error 206");
}

TEST(CanonicalName, CountsCharactersAsUtf16Does) {
    const std::string three_bytes = "\xe2\x82\xac";     // one unit
    const std::string four_bytes = "\xf0\x9f\x98\x80";  // two units
    EXPECT_EQ(canonical(repeated(three_bytes, 259)), "L\\" + repeated(three_bytes, 259));
    EXPECT_EQ(canonical(repeated(three_bytes, 260)), "error 206");
    EXPECT_EQ(canonical(repeated(four_bytes, 129)), "L\\" + repeated(four_bytes, 129));
    EXPECT_EQ(canonical(repeated(four_bytes, 130)), "error 206");
}

TEST(CanonicalName, IsUtf8) {  // NAME-07
    const std::array<std::string, 17> wrong{"\x80",
                                            "\xbf",
                                            "\xc0\x80",
                                            "\xc1\xbf",
                                            "\xc3",
                                            "\xe2\x82",
                                            "\xe0\x9f\xbf",
                                            "\xed\xa0\x80",
                                            "\xed\xbf\xbf",
                                            "\xf0\x8f\xbf\xbf",
                                            "\xf0\x9f\x98",
                                            "\xf4\x90\x80\x80",
                                            "\xf5\x80",
                                            "\xff",
                                            "\xe2\x82\xac\xac",
                                            "\xc3\xc3\xa4",
                                            "\xf0\x9f\x98x"};
    for (const std::string& bytes : wrong) {
        EXPECT_EQ(canonical(bytes), "error 1113") << bytes;
        EXPECT_EQ(canonical("x" + bytes + "x"), "error 1113") << bytes;
        EXPECT_EQ(canonical(repeated(bytes, 100)), "error 1113") << bytes;
    }
    for (const std::string bytes : {"\x7f", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                    "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_EQ(canonical(bytes), "L\\" + bytes);
    }
}

/// What to_utf8() makes of any text is UTF-8.
RC_GTEST_PROP(CanonicalName, OfWideTextIsThatOfItsUtf8, ()) {
    const auto units = *rc::gen::container<std::u16string>(
        rc::gen::map(rc::gen::inRange(1, 0x10000), [](int i) { return static_cast<char16_t>(i); }));
    if (const auto text = to_utf8(units)) {
        RC_ASSERT(is_utf8(*text));
        std::uint32_t wide_error = 0;
        std::uint32_t narrow_error = 0;
        const auto wide = canonical_name(units.c_str(), wide_error);
        const auto narrow = canonical_name(text->c_str(), narrow_error);
        if (units.size() <= kNarrowNameUnitsMax) {
            RC_ASSERT(wide_error == narrow_error);
            RC_ASSERT(wide.has_value() == narrow.has_value());
            RC_ASSERT(!wide || wide->text() == narrow->text());
        }
        RC_ASSERT(!wide || wide->size() <= kNameBytesMax);
    }
}

RC_GTEST_PROP(CanonicalName, NeverOutgrowsItsBuffer, ()) {
    const auto bytes = *rc::gen::container<std::string>(
        *rc::gen::inRange<std::size_t>(0, 900),
        rc::gen::map(rc::gen::inRange(1, 256), [](int i) { return static_cast<char>(i); }));
    std::uint32_t error = 0;
    if (const auto name = canonical_name(bytes.c_str(), error)) {
        RC_ASSERT(name->size() <= kNarrowNameBytesMax);
        RC_ASSERT(error == 0U);
    }
}

TEST(NameWords, PadWithZeros) {
    std::uint32_t error = 0;
    const auto name = canonical_name("abcdefg", error);  // "L\abcdefg": nine bytes
    ASSERT_TRUE(name);
    EXPECT_EQ(name_word(name->text(), 1), std::uint64_t{'g'});
    EXPECT_EQ(name_cells_for(1), 1U);
    EXPECT_EQ(name_cells_for(56), 1U);
    EXPECT_EQ(name_cells_for(57), 2U);
}

}  // namespace
}  // namespace castaway
