// castaway soak: a short one passes and says what it did, and a seeded defect is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>

#include "harness/cli/testing/program.h"

namespace castaway::harness::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// MTX-08, MTX-10, CONC-03, NAME-14, SEM-06, WAIT-20: with whatever interleaving there is.
TEST(Soak, OfAFewSecondsPasses) {
    const Workplace place;
    const Ended run = place.castaway({"soak", "--seconds", "4", "--json"});
    ASSERT_EQ(run.exit_code, 0) << run.output;
    const auto json = nlohmann::json::parse(run.output);
    EXPECT_EQ(json.at("verdict"), "pass");
    EXPECT_THAT(json.at("findings"), IsEmpty());
    EXPECT_EQ(json.at("rounds"), 1);
    for (const char* kind : {"wait_one", "wait_any", "wait_all", "set", "release_mutex",
                             "release_semaphore", "create", "duplicate", "open_process"}) {
        EXPECT_GT(json.at("operations_by_kind").at(kind), 0) << kind;
    }
    EXPECT_GT(json.at("kills"), 0);
    EXPECT_GT(json.at("deaths_recovered"), 0);
    EXPECT_THAT(place.processes(), IsEmpty());
}

TEST(Soak, OfARegionWithANameRemovesItAtTheEnd) {
    const Workplace place;
    const std::string region = "soak-test-" + std::to_string(getpid());
    const Ended run = place.castaway({"soak", "--seconds", "2", "--region", region, "--json"});
    EXPECT_EQ(run.exit_code, 0) << run.output;
    const Ended look = place.castaway({"inspect", "--region", region});
    EXPECT_EQ(look.exit_code, 2) << look.output;
    EXPECT_THAT(look.output, HasSubstr("No such file"));
    const Ended unnamed = place.castaway({"soak", "--seconds", "1", "--region", "group:/x"});
    EXPECT_EQ(unnamed.exit_code, 2) << unnamed.output;
    EXPECT_THAT(place.processes(), IsEmpty());
}

TEST(Soak, FindsADefect) {
    const Workplace place;
    for (const char* mutant : {"mutex_not_abandoned", "semaphore_count_not_taken"}) {
        const Ended run = place.castaway(
            {"soak", "--seconds", "20", "--subject", std::string("castaway:") + mutant});
        EXPECT_EQ(run.exit_code, 1) << run.output;
        EXPECT_THAT(run.output, HasSubstr("FOUND: "));
    }
    EXPECT_THAT(place.processes(), IsEmpty());
}

TEST(Soak, OfAnUnknownSubjectIsBadInput) {
    const Workplace place;
    const Ended run = place.castaway({"soak", "--subject", "castaway:none_such"});
    EXPECT_EQ(run.exit_code, 2) << run.output;
    EXPECT_THAT(run.output, HasSubstr("none_such"));
}

}  // namespace
}  // namespace castaway::harness::testing
