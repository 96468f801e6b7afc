// The default suite passes on the primitives and fails on each of their seeded defects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "harness/cli/commands.h"
#include "harness/cli/mutation.h"
#include "harness/cli/testing/program.h"
#include "harness/engine/sim/sim_engine.h"
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

/// A seeded defect, the part of the suite (a folder or a file) that is about what it breaks, and
/// the check that must see it: a failure for any other reason proves nothing.
struct Defect {
    const char* mutant;
    const char* suite;
    const char* check;
};

void PrintTo(const Defect& defect, std::ostream* out) {  // NOLINT(readability-identifier-naming)
    *out << defect.mutant;
}

// NOLINTNEXTLINE(readability-identifier-naming): a constant
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
    {"robustness_left_out", "mutex", "lost_wakeup"},
    {"notice_eaten_by_probe", "mutex", "abandonment"},
    {"wait_any_misses_abandoned", "wait", "abandonment"},
    {"thread_end_keeps_mutex", "mutex", "lost_wakeup"},
    {"live_owner_taken_for_dead", "mutex", "mutual_exclusion"},
    {"dead_owner_taken_for_live", "handles", "leaks"},
    {"recursion_not_counted", "wait", "mutex_release"},
    {"recursion_outlives_owner", "mutex", "mutex_release"},
    {"release_by_anybody", "mutex", "mutex_release"},
    {"take_not_atomic", "mutex", "mutual_exclusion"},
    {"owner_queues_for_its_own", "wait", "mutual_exclusion"},
    {"reset_lost", "event", "manual_reset"},
    {"manual_reset_releases_one", "event", "progress"},
    {"no_look_after_enqueue", "event", "lost_wakeup"},
    {"flag_after_last_look", "event", "lost_wakeup"},
    {"wake_without_recheck", "timer", "timeouts"},
    {"timeout_keeps_signal", "wait", "lost_wakeup"},
    {"timeout_early", "wait", "timeouts"},
    {"timeout_ignored", "wait", "progress"},
    {"wait_any_takes_highest", "wait", "wait_any_lowest"},
    {"queue_cut_behind_leaver", "event", "lost_wakeup"},
    {"semaphore_over_maximum", "semaphore", "semaphore"},
    {"refused_release_counts", "semaphore", "semaphore"},
    {"previous_count_wrong", "semaphore", "semaphore"},
    {"release_serves_one", "semaphore", "lost_wakeup"},
    {"timer_fires_once", "timer", "progress"},
    {"timer_not_cancelled", "timer", "timers"},
    {"new_due_time_not_told", "timer", "lost_wakeup"},
    {"old_due_time_stays", "timer", "timers"},
    {"timer_dies_with_setter", "timer", "progress"},
    {"timer_stays_signaled", "timer", "timers"},
    {"name_freed_too_early", "handles", "names"},
    {"create_looks_before_lock", "names", "names"},
    {"duplicate_not_counted", "handles", "progress"},
    {"close_not_counted", "names", "leaks"},
    {"handle_closed_twice", "mixed", "integrity"},
    {"rollback_left_out", "mutex", "lost_wakeup"},
    {"announced_taken_for_done", "mutex", "lost_wakeup"},
    {"done_taken_for_announced", "mutex", "mutual_exclusion"},
    {"journaled_after_write", "mutex", "lost_wakeup"},
    {"locks_of_dead_kept", "mutex", "progress"},
    {"dead_signaler_not_finished", "event", "lost_wakeup"},
    {"owed_wake_not_given", "event", "progress"},
    {"dead_threads_keep_slots", "handles", "integrity"},
    {"second_set_refused", "event", "errors"},
    {"call_lost_to_signal", "explorations", "calls"},
    {"call_run_twice", "calls", "calls"},
    {"calls_run_last_first", "calls", "calls"},
    {"call_of_cancelled_timer_runs", "calls", "calls"},
    {"routine_run_by_onlooker", "calls", "calls"},
    {"call_goes_to_its_queuer", "calls", "calls"},
    {"call_ends_no_wait", "calls", "calls"},
    {"call_ends_every_wait", "calls", "calls"},
    {"no_look_for_calls_before_sleep", "explorations", "calls"},
    {"calls_of_dead_kept", "calls", "integrity"},
    {"dead_queuer_not_finished", "calls", "calls"},
    {"wait_all_takes_part", "wait", "linearizable"},
    {"wait_all_misses_abandoned", "wait", "linearizable"},
    {"pulse_reaches_nobody", "event", "progress"},
    {"pulse_leaves_signal", "event", "linearizable"},
    {"signal_and_wait_signals_nothing", "wait", "progress"},
    {"look_overtakes_call", "calls", "calls"},
    {"empty_entry_followed", "event", "unexpected_death"},
    {"liveness_not_robust", "names/name_is_free_after_its_holders_died.json", "leaks"},
};

class Mutant : public ::testing::TestWithParam<Defect> {};

TEST_P(Mutant, IsKilledByTheCheckThatIsAboutIt) {
    constexpr std::uint64_t kHunts = 20;
    const std::vector<Scenario> scenarios = read_scenarios({scenarios_folder() / GetParam().suite});
    const std::string subject = std::string("castaway:") + GetParam().mutant;
    const Workplace place;
    const HuntLimits limits{.executions = 32, .raw_folder = place.path() / "raw"};
    std::set<std::string> seen_by;
    for (std::uint64_t seed = 0; seed < kHunts && !seen_by.contains(GetParam().check); ++seed) {
        const HuntResult made =
            hunt({subject, sim::can_show(subject) ? "portfolio" : kRealProcesses, seed}, scenarios,
                 limits);
        if (made.kill) {
            EXPECT_THAT(made.kill->plan, HasSubstr(subject));
            seen_by.insert(made.kill->checks.begin(), made.kill->checks.end());
        }
    }
    EXPECT_THAT(seen_by, Contains(GetParam().check));
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
        // Those of single calls are found by programs: conformance/conform_test.cpp.
        if (subject->name().starts_with("castaway:") && !sim::needs_single_calls(subject->name())) {
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
