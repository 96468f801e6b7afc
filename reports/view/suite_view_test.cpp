#include "reports/view/suite_view.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace castaway::harness {
namespace {

using enum Outcome;

SuiteResult suite_with(std::initializer_list<Outcome> outcomes) {
    SuiteResult suite;
    for (const Outcome outcome : outcomes) {
        suite.runs.emplace_back().outcome = outcome;
    }
    return suite;
}

TEST(SuiteView, PutsWhatNeedsAPersonFirst) {
    EXPECT_EQ(runs_by_need(suite_with({pass, skipped, fail, inconclusive, harness_error, fail})),
              (std::vector<std::size_t>{2, 5, 4, 3, 1, 0}));
}

TEST(SuiteView, HeadlineNeverPraisesTooMuch) {
    EXPECT_EQ(headline(suite_with({})), "Nothing ran");
    EXPECT_EQ(headline(suite_with({pass})), "The scenario passed");
    EXPECT_EQ(headline(suite_with({pass, pass})), "All 2 scenarios passed");
    EXPECT_EQ(headline(suite_with({pass, skipped})), "1 of 2 scenarios passed, 1 skipped");
    EXPECT_EQ(headline(suite_with({skipped})), "The only scenario was skipped");
    EXPECT_EQ(headline(suite_with({skipped, skipped})), "All 2 scenarios were skipped");
    EXPECT_EQ(headline(suite_with({pass, inconclusive})), "1 of 2 scenarios is inconclusive");
    EXPECT_EQ(headline(suite_with({inconclusive, harness_error})),
              "1 of 2 scenarios could not be run");
    EXPECT_EQ(headline(suite_with({harness_error, fail, fail})), "2 of 3 scenarios failed");
}

TEST(SuiteView, CountsByNeed) {
    EXPECT_EQ(count_words(suite_with({pass, harness_error, harness_error, pass})),
              "2 harness errors, 2 passed");
}

TEST(SuiteView, PutsDemandsInWords) {
    EXPECT_EQ(demand_words({"x", 0}), "");
    EXPECT_EQ(demand_words({"x", 0, 2}), "at least 2");
    EXPECT_EQ(demand_words({"x", 0, 2, 2}), "exactly 2");
    EXPECT_EQ(demand_words({"x", 0, 0, 0}), "exactly 0");
    EXPECT_EQ(demand_words({"x", 0, 0, 5}), "at most 5");
    EXPECT_EQ(demand_words({"x", 0, 2, 5}), "2 to 5");
}

TEST(SuiteView, SaysSoWhenAWitnessWasNotRecorded) {
    History history;
    history.processes = {{"a/0", 1, {{"a/0.main", {}}}, {}, {}, {}}};
    const ThreadIndex index(history);
    const Verdict verdict{"c", VerdictKind::fail, "", {{0, 0, 7}}};
    const std::vector<WitnessLine> lines = witness_lines(history, index, verdict);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_FALSE(lines[0].operation);
    EXPECT_EQ(lines[0].words, "main of a/0: operation 7, which was not recorded");
}

/// The line for a thread that is stuck at its only operation, which returned at that time.
std::string line_of_stuck(std::optional<std::int64_t> returned_ns,
                          std::optional<std::int64_t> quiet_ns) {
    History history;
    history.objects = {{"e", ObjectType::event}};
    history.processes = {{"a/0", 1, {{"a/0.main", {}}}, {}, {}, {}}};
    Operation operation;
    operation.objects = {0};
    operation.invoked_ns = 1'000'000;
    operation.returned_ns = returned_ns.value_or(0);
    operation.status = returned_ns ? ResponseStatus::ok : ResponseStatus::pending;
    history.operations = {operation};
    if (quiet_ns) {
        history.snapshots.emplace_back().moment = SnapshotMoment::quiescence;
        history.snapshots.back().at_ns = *quiet_ns;
    }
    return stuck_line(history, ThreadIndex(history), {0, 0, 0, {}, {}, {}});
}

TEST(SuiteView, SaysWhereAThreadIsStuck) {
    EXPECT_EQ(line_of_stuck({}, {}), "main of a/0, in wait event \"e\" since 1.000000 ms");
    EXPECT_EQ(line_of_stuck(2'000'000, 3'000'000),
              "main of a/0, after wait event \"e\" since 2.000000 ms");
    EXPECT_EQ(line_of_stuck(4'000'000, 3'000'000),
              "main of a/0, in wait event \"e\" since 1.000000 ms");
}

TEST(SuiteView, TotalDurationDoesNotOverflow) {
    SuiteResult suite = suite_with({pass, pass, pass});
    suite.runs[0].duration_ns = INT64_MAX;
    suite.runs[1].duration_ns = 5;
    suite.runs[2].duration_ns = -5;
    EXPECT_EQ(total_duration_ns(suite), INT64_MAX);
}

}  // namespace
}  // namespace castaway::harness
