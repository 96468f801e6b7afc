#include "harness/scenario/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string_view>

namespace castaway::harness {
namespace {

constexpr std::array<std::string_view, 4> kWords{"wait", "wait_any", "release", "reset"};

TEST(Nearest, FindsTheWordThatWasMeant) {
    EXPECT_EQ(nearest("wiat", kWords), "wait");
    EXPECT_EQ(nearest("waitany", kWords), "wait_any");
    EXPECT_EQ(nearest("relese", kWords), "release");
    EXPECT_EQ(nearest("rset", kWords), "reset");
    EXPECT_EQ(nearest("wait", kWords), "wait");
    EXPECT_EQ(nearest("rel", kWords), "release");
}

TEST(Nearest, IsEmptyWhenNoneIsNear) {
    EXPECT_EQ(nearest("signal", kWords), std::nullopt);
    EXPECT_EQ(nearest("", kWords), std::nullopt);
    EXPECT_EQ(nearest("wait", {}), std::nullopt);
}

TEST(MendWord, SuggestsOrLists) {
    EXPECT_EQ(mend_word("wiat", kWords), "did you mean \"wait\"?");
    EXPECT_EQ(mend_word("signal", kWords), "write one of wait, wait_any, release, reset");
    EXPECT_EQ(mend_word("signal", std::span(kWords).first(1)), "write \"wait\"");
    EXPECT_EQ(mend_word("signal", {}), "there is none to name");
}

}  // namespace
}  // namespace castaway::harness
