#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>

#include "harness/base/error.h"
#include "harness/plan/plan_json.h"

namespace castaway::harness {
namespace {

using ::testing::HasSubstr;

std::string error_of(std::string_view text) {
    try {
        parse_token(text);
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

TEST(ReplayToken, IsOneLineThatBeginsWithTheVersion) {
    EXPECT_EQ(to_string(ReplayToken{"owner_killed", 42, "castaway:lost_wakeup", 0xabc}),
              "castaway1:owner_killed:42:castaway:lost_wakeup:0000000000000abc");
}

TEST(ReplayToken, IsReadBack) {
    const ReplayToken token{"a", UINT64_MAX, "posix", UINT64_MAX};
    EXPECT_EQ(parse_token(to_string(token)), token);
}

RC_GTEST_PROP(ReplayToken, IsReadBackWhateverItsNumbers,
              (std::uint64_t seed, std::uint64_t digest, bool mutant)) {
    const ReplayToken token{"scenario_9", seed, mutant ? "castaway:timer_early" : "castaway",
                            digest};
    RC_ASSERT(parse_token(to_string(token)) == token);
    RC_ASSERT(looks_like_token(to_string(token)));
}

TEST(ReplayToken, IsToldFromAFile) {
    EXPECT_TRUE(looks_like_token("castaway1:a:1:castaway:0000000000000000"));
    EXPECT_TRUE(looks_like_token("castaway9:whatever"));
    EXPECT_FALSE(looks_like_token("castaway.json"));
    EXPECT_FALSE(looks_like_token("castaway1.json"));
    EXPECT_FALSE(looks_like_token("./castaway1:a:1:castaway:0000000000000000"));
    EXPECT_FALSE(looks_like_token("castaway"));
    EXPECT_FALSE(looks_like_token(""));
}

TEST(ReplayToken, RefusesWhatIsCutOffOrSpoilt) {
    EXPECT_EQ(error_of("castaway1:a:1:castaway:00000000000000"),
              "token \"castaway1:a:1:castaway:00000000000000\": its digest is not 16 hex digits; "
              "copy the whole token that the run has printed");
    EXPECT_THAT(error_of("castaway1:a:1:castaway:00000000000000ag"), HasSubstr("its digest"));
    EXPECT_THAT(error_of("castaway1:a:1:castaway:00000000000000AB"), HasSubstr("its digest"));
    EXPECT_THAT(error_of("castaway1:a:1:castaway:+000000000000000"), HasSubstr("its digest"));
    EXPECT_THAT(error_of("castaway1:a:1:castaway:"), HasSubstr("its digest"));
    EXPECT_THAT(error_of("castaway1:a:1:castaway"), HasSubstr("it is cut off"));
    EXPECT_THAT(error_of("castaway1:a:1::0000000000000000"), HasSubstr("its subject is missing"));
    EXPECT_THAT(error_of("castaway1:a:x:castaway:0000000000000000"), HasSubstr("its seed"));
    EXPECT_THAT(error_of("castaway1:a::castaway:0000000000000000"), HasSubstr("its seed"));
    EXPECT_THAT(error_of("castaway1:a:-1:castaway:0000000000000000"), HasSubstr("its seed"));
    EXPECT_THAT(error_of("castaway1:a:18446744073709551616:castaway:0000000000000000"),
                HasSubstr("its seed"));
    EXPECT_THAT(error_of("castaway1::1:castaway:0000000000000000"),
                HasSubstr("its scenario is missing"));
    EXPECT_THAT(error_of("scenario.json"), HasSubstr("this is no token"));
}

TEST(ReplayToken, RefusesAnotherVersion) {
    EXPECT_EQ(error_of("castaway2:a:1:castaway:0000000000000000"),
              "token \"castaway2:a:1:castaway:0000000000000000\": this castaway does not know the "
              "token's version; use the castaway that has printed it");
    EXPECT_THAT(error_of("castaway12:a:1:castaway:0000000000000000"), HasSubstr("version"));
}

}  // namespace
}  // namespace castaway::harness
