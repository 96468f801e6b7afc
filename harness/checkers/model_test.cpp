// All checks against histories that model objects made: none fails what a right model did, and what
// a model with one defect did is caught as soon as the defect has shown.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "harness/base/prng.h"
#include "harness/checkers/checkers.h"
#include "harness/checkers/testing/model_run.h"
#include "harness/checkers/testing/verdict_matchers.h"
#include "harness/linearize/linearizable_check.h"

namespace castaway::harness::testing {
namespace {

std::vector<std::uint32_t> draw_choices(std::uint64_t seed, std::size_t count) {
    Prng prng(seed);
    std::vector<std::uint32_t> choices(count);
    for (std::uint32_t& choice : choices) {
        choice = static_cast<std::uint32_t>(prng.below(1U << 16));
    }
    return choices;
}

/// What is wrong with the verdicts on a right run; empty when nothing is.
std::string complaint(const History& history) {
    for (const Verdict& verdict : judge(history, {})) {
        // Threads that wait for what nobody will signal are rightly said to stand still.
        const bool foreseen = verdict.check == "progress" && history.went_quiet;
        const bool open =
            verdict.kind == VerdictKind::fail || verdict.kind == VerdictKind::inconclusive;
        if (open && !foreseen) {
            return verdict.check + ": " + verdict.message;
        }
    }
    return {};
}

/// The names of the checks that fail, each with a space behind it.
std::string failures(const History& history) {
    std::string names;
    for (const Verdict& verdict : judge(history, {})) {
        names += verdict.kind == VerdictKind::fail ? verdict.check + " " : "";
    }
    return names;
}

bool some_of(const std::string& checks, const std::string& failed) {
    std::istringstream each(checks);
    for (std::string check; each >> check;) {
        if (failed.find(check + " ") != std::string::npos) {
            return true;
        }
    }
    return false;
}

RC_GTEST_PROP(RightModel, IsNeverFailed, ()) {
    const auto choices =
        *rc::gen::scale(8.0, rc::gen::container<std::vector<std::uint32_t>>(rc::gen::resize(
                                 100, rc::gen::inRange<std::uint32_t>(0, 1U << 16))));
    const ModelRun run = run_model(choices, {});
    RC_ASSERT(!run.defect_showed);
    RC_ASSERT(complaint(run.history) == "");
}

TEST(RightModel, IsNeverFailedInManyRuns) {
    for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
        for (const bool apart : {false, true}) {
            const ModelRun run =
                run_model(draw_choices(seed, 100 + seed % 1'500), {Defect::none, apart});
            ASSERT_FALSE(run.defect_showed) << "seed " << seed;
            ASSERT_EQ(complaint(run.history), "") << "seed " << seed << " apart " << apart;
        }
    }
}

/// A right run has an order, and the search for it is not cut off.
TEST(RightModel, IsLinearizableInManyRuns) {
    for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
        for (const bool apart : {false, true}) {
            const ModelRun run =
                run_model(draw_choices(seed, 100 + seed % 1'500), {Defect::none, apart});
            const Verdict verdict = judge_linearizable(run.history);
            ASSERT_EQ(verdict.kind, VerdictKind::pass)
                << "seed " << seed << " apart " << apart << ": " << verdict.message;
        }
    }
}

TEST(RightModel, GivesEveryCheckSomethingToPass) {
    const std::span<const Check> checks = all_checks();
    std::vector<std::size_t> passed(checks.size());
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const ModelRun run = run_model(draw_choices(seed, 1'500), {});
        const std::vector<Verdict> verdicts = judge(run.history, {});
        for (std::size_t i = 0; i < checks.size(); ++i) {
            passed[i] += verdicts[i].kind == VerdictKind::pass ? 1U : 0U;
        }
    }
    for (std::size_t i = 0; i < checks.size(); ++i) {
        // The model's threads queue no procedure calls: see calls_test.cpp.
        if (checks[i].name != "calls") {
            EXPECT_GT(passed[i], 0U) << checks[i].name;
        }
    }
}

struct DefectCase {
    Defect defect;
    const char* name;
    const char* caught_by;  ///< one check, or several, of which one must fail
    bool apart = true;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name.
void PrintTo(const DefectCase& defect, std::ostream* out) {
    *out << defect.name;
}

class WrongModel : public ::testing::TestWithParam<DefectCase> {};

TEST_P(WrongModel, IsCaughtWheneverItsDefectShows) {
    std::uint64_t shown = 0;
    for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
        const ModelRun run =
            run_model(draw_choices(seed, 200 + seed % 800), {GetParam().defect, GetParam().apart});
        if (!run.defect_showed) {
            continue;
        }
        ++shown;
        const std::string failed = failures(run.history);
        ASSERT_TRUE(some_of(GetParam().caught_by, failed)) << "seed " << seed << ": " << failed;
    }
    EXPECT_GT(shown, 20U);
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongModel,
    ::testing::Values(DefectCase{Defect::two_owners, "two_owners", "mutual_exclusion"},
                      DefectCase{Defect::death_not_told, "death_not_told", "abandonment"},
                      DefectCase{Defect::death_told_twice, "death_told_twice", "abandonment"},
                      DefectCase{Defect::anyone_releases, "anyone_releases", "mutex_release"},
                      DefectCase{Defect::count_not_taken, "count_not_taken", "semaphore"},
                      DefectCase{Defect::signal_not_taken, "signal_not_taken", "auto_reset"},
                      DefectCase{Defect::reset_ignored, "reset_ignored", "manual_reset auto_reset"},
                      DefectCase{Defect::timer_early, "timer_early", "timers"},
                      DefectCase{Defect::waiter_not_woken, "waiter_not_woken", "lost_wakeup",
                                 false},
                      DefectCase{Defect::highest_taken, "highest_taken", "wait_any_lowest"},
                      DefectCase{Defect::timeout_though_signaled, "timeout_though_signaled",
                                 "timeouts manual_reset"},
                      DefectCase{Defect::name_outlives_object, "name_outlives_object", "names"},
                      DefectCase{Defect::made_twice, "made_twice", "names"}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace castaway::harness::testing
