// The default suite passes on the primitives and fails on each of their seeded defects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/cli/testing/program.h"
#include "harness/subject/subject.h"

namespace castaway::harness::testing {
namespace {

using ::testing::HasSubstr;

TEST(DefaultSuite, PassesOnThePrimitives) {
    const Workplace place;
    const Ended run = place.castaway({"run", scenarios_folder().string(), "--out", "results"});
    EXPECT_EQ(run.exit_code, 0) << run.output;
}

class Mutant : public ::testing::TestWithParam<std::string> {};

TEST_P(Mutant, FailsWithAWitness) {
    const Workplace place;
    const Ended run = place.castaway(
        {"run", scenarios_folder().string(), "--out", "results", "-q", "--subject", GetParam()});
    EXPECT_EQ(run.exit_code, 1) << run.output;
    EXPECT_THAT(run.output, HasSubstr("replay"));
}

std::vector<std::string> mutants() {
    std::vector<std::string> names;
    for (const auto& subject : all_subjects()) {
        if (subject->name().starts_with("castaway:")) {
            names.push_back(subject->name());
        }
    }
    return names;
}

INSTANTIATE_TEST_SUITE_P(All, Mutant, ::testing::ValuesIn(mutants()), [](const auto& info) {
    return info.param.substr(info.param.find(':') + 1);
});

}  // namespace
}  // namespace castaway::harness::testing
