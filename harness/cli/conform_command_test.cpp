// castaway conform: the sound subject passes, and a seeded defect is found, told and made again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "harness/cli/testing/program.h"

namespace castaway::harness::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Conform, PassesAndTellsWhatItMade) {
    const Workplace place;
    const Ended run = place.castaway({"conform", "--programs", "20", "--json"});
    ASSERT_EQ(run.exit_code, 0) << run.output;
    const auto json = nlohmann::json::parse(run.output);
    EXPECT_EQ(json.at("verdict"), "pass");
    EXPECT_EQ(json.at("programs"), 20);
    EXPECT_GT(json.at("functions").at("wait").at("judged"), 0);
    EXPECT_THAT(place.processes(), IsEmpty());
}

TEST(Conform, SavesTheProgramThatFailsAndMakesItAgain) {
    const Workplace place;
    const std::string subject = "castaway:protected_handle_closed";
    const Ended run =
        place.castaway({"conform", "--programs", "200", "--out", "found", "--subject", subject});
    ASSERT_EQ(run.exit_code, 1) << run.output;
    EXPECT_THAT(run.output, HasSubstr("wrong: it must fail with error 6"));
    for (const char* file : {"found/program.json", "found/drawn.json"}) {
        EXPECT_EQ(place.castaway({"conform", file, "--subject", subject}).exit_code, 1) << file;
        EXPECT_EQ(place.castaway({"conform", file}).exit_code, 0) << file;
    }
    const Ended again = place.castaway({"conform", "--out", "found"});
    EXPECT_EQ(again.exit_code, 2) << again.output;
    EXPECT_THAT(place.processes(), IsEmpty());
}

TEST(Conform, JudgesWhoeverMakesTheCalls) {
    const Workplace place;
    const std::string caller = program_beside_us("castaway-caller").string() + " --stdin castaway";
    const Ended right = place.castaway({"conform", "--programs", "10", "--caller", caller});
    EXPECT_EQ(right.exit_code, 0) << right.output;
    const Ended wrong =
        place.castaway({"conform", "--programs", "20", "--seed", "3", "--keep-going", "--json",
                        "--out", "found", "--caller", caller + ":rights_not_checked"});
    ASSERT_EQ(wrong.exit_code, 1) << wrong.output;
    const auto found = nlohmann::json::parse(wrong.output).at("found");
    ASSERT_GT(found.size(), 1U);
    EXPECT_NE(found[0].at("kind"), found[1].at("kind"));
    const Ended again = place.castaway(
        {"conform", "found/program-2.json", "--caller", caller + ":rights_not_checked"});
    EXPECT_EQ(again.exit_code, 1) << again.output;
    EXPECT_THAT(again.output, HasSubstr(found[1].at("wrong").get<std::string>()));
    const Ended none = place.castaway({"conform", "--caller", "true"});
    EXPECT_EQ(none.exit_code, 3) << none.output;
    EXPECT_THAT(place.processes(), IsEmpty());
}

TEST(Conform, OfWhatIsNoProgramOrNoSubjectIsBadInput) {
    const Workplace place;
    const Ended missing = place.castaway({"conform", "none.json"});
    EXPECT_EQ(missing.exit_code, 2) << missing.output;
    EXPECT_THAT(missing.output, HasSubstr("none.json"));
    const Ended subject = place.castaway({"conform", "--subject", "castaway:none_such"});
    EXPECT_EQ(subject.exit_code, 2) << subject.output;
    EXPECT_THAT(subject.output, HasSubstr("none_such"));
}

}  // namespace
}  // namespace castaway::harness::testing
