// The default suite passes on the primitives and fails on each of their seeded defects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

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

/// A seeded defect, and the part of the suite that is about what it breaks.
struct Defect {
    const char* mutant;
    const char* folder;
};

const std::vector<Defect> kDefects{
    {"lost_wakeup", "event"},
    {"second_abandoned_notice", "mutex"},
    {"handles_outlive_death", "handles"},
    {"dead_waiter_eats_signal", "event"},
    {"auto_reset_releases_two", "event"},
    {"semaphore_count_not_taken", "semaphore"},
    {"mutex_not_abandoned", "mutex"},
    {"name_outlives_object", "names"},
    {"timer_early", "timer"},
};

class Mutant : public ::testing::TestWithParam<Defect> {};

TEST_P(Mutant, FailsWithAWitness) {
    const Workplace place;
    const Ended run =
        place.castaway({"run", scenarios_folder() / GetParam().folder, "--out", "results", "-q",
                        "--subject", std::string("castaway:") + GetParam().mutant});
    EXPECT_EQ(run.exit_code, 1) << run.output;
    EXPECT_THAT(run.output, HasSubstr("replay"));
}

INSTANTIATE_TEST_SUITE_P(All, Mutant, ::testing::ValuesIn(kDefects),
                         [](const auto& defect) { return std::string(defect.param.mutant); });

TEST(Mutants, AreAllTried) {
    std::set<std::string> subjects;
    for (const auto& subject : all_subjects()) {
        if (subject->name().starts_with("castaway:")) {
            subjects.insert(subject->name());
        }
    }
    std::set<std::string> tried;
    for (const Defect& defect : kDefects) {
        tried.insert(std::string("castaway:") + defect.mutant);
    }
    EXPECT_EQ(tried, subjects);
}

}  // namespace
}  // namespace castaway::harness::testing
