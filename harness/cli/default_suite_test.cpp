// The default suite passes on the primitives and fails on each of their seeded defects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "harness/cli/testing/program.h"
#include "harness/result/result_json.h"
#include "harness/subject/subject.h"

namespace castaway::harness::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(DefaultSuite, PassesOnThePrimitives) {
    const Workplace place;
    const Ended run = place.castaway({"run", scenarios_folder().string(), "--out", "results"});
    EXPECT_EQ(run.exit_code, 0) << run.output;
}

TEST(DefaultSuite, PassesInTheSimulator) {
    const Workplace place;
    const Ended run = place.castaway({"run", scenarios_folder().string(), "--engine", "sim",
                                      "--repeat", "10", "--out", "results", "-q"});
    EXPECT_EQ(run.exit_code, 0) << run.output;
}

/// A seeded defect, the part of the suite that is about what it breaks, and the check that must see
/// it: a failure for any other reason proves nothing.
struct Defect {
    const char* mutant;
    const char* folder;
    const char* check;
};

void PrintTo(const Defect& defect, std::ostream* out) {
    *out << defect.mutant;
}

const std::vector<Defect> kDefects{
    {"lost_wakeup", "event", "lost_wakeup"},
    {"second_abandoned_notice", "mutex", "abandonment"},
    {"handles_outlive_death", "handles", "integrity"},
    {"dead_waiter_eats_signal", "event", "lost_wakeup"},
    {"auto_reset_releases_two", "event", "auto_reset"},
    {"semaphore_count_not_taken", "semaphore", "semaphore"},
    {"mutex_not_abandoned", "mutex", "abandonment"},
    {"name_outlives_object", "names", "leaks"},
    {"timer_early", "timer", "timers"},
};

/// The checks that failed, in any of the runs, and said why.
std::set<std::string> failed_checks(const SuiteResult& suite) {
    std::set<std::string> names;
    for (const RunResult& run : suite.runs) {
        for (const Verdict& verdict : run.verdicts) {
            if (verdict.kind == VerdictKind::fail && !verdict.message.empty()) {
                names.insert(verdict.check);
            }
        }
    }
    return names;
}

class Mutant : public ::testing::TestWithParam<Defect> {};

TEST_P(Mutant, FailsWithAWitness) {
    const Workplace place;
    const Ended run =
        place.castaway({"run", scenarios_folder() / GetParam().folder, "--out", "results", "-q",
                        "--subject", std::string("castaway:") + GetParam().mutant});
    EXPECT_EQ(run.exit_code, 1) << run.output;
    EXPECT_THAT(run.output, HasSubstr("replay"));
    EXPECT_THAT(failed_checks(read_result(place.path() / "results/result.json")),
                Contains(GetParam().check));
}

INSTANTIATE_TEST_SUITE_P(All, Mutant, ::testing::ValuesIn(kDefects),
                         [](const auto& defect) { return std::string(defect.param.mutant); });

// To explain a sleeping thread wakes it for a moment: a waiter whose wake-up was lost then finds
// its answer. That answer is no part of what happened.
TEST(Mutants, AWaitThatIsLookedIntoStaysWithoutAnswer) {
    const Workplace place;
    const Ended run =
        place.castaway({"run", scenarios_folder() / "event/manual_reset_releases_all.json", "--out",
                        "results", "-q", "--subject", "castaway:lost_wakeup"});
    ASSERT_EQ(run.exit_code, 1) << run.output;
    const SuiteResult suite = read_result(place.path() / "results/result.json");
    const History& history = suite.runs.at(0).history;
    ASSERT_EQ(history.stuck.size(), 5U);
    for (const StuckThread& stuck : history.stuck) {
        const auto is_it = [&](const Operation& operation) {
            return operation.process == stuck.process && operation.thread == stuck.thread &&
                   operation.sequence == stuck.sequence;
        };
        const auto found =
            std::find_if(history.operations.begin(), history.operations.end(), is_it);
        ASSERT_NE(found, history.operations.end());
        EXPECT_TRUE(found->pending());
    }
}

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
