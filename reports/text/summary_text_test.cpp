#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "harness/result/testing/arbitrary_result.h"
#include "reports/reports.h"
#include "reports/testing/sample_suites.h"

namespace castaway::harness {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SummaryText, TellsWhatIsWrongAndHowToReplayIt) {
    const std::string text = summary_text(sample_suite());
    EXPECT_THAT(text, HasSubstr("\nFAILED mutex-handed-over-in-turn\n"));
    EXPECT_THAT(text, HasSubstr("main of worker/2: wait mutex \"turn\" -> ok (9.830000 ms to"));
    EXPECT_THAT(text, HasSubstr("stuck: second of waiter/0, in wait event \"ready\" since"));
    EXPECT_THAT(text, HasSubstr("    at WaitForSingleObject\n"));
    EXPECT_THAT(text,
                HasSubstr("  replay: castaway replay castaway1:mutex-handed-over-in-turn:7:"));
    EXPECT_THAT(text, HasSubstr("\n8 scenarios: 3 failed, 1 harness error, 1 inconclusive, 1 "
                                "skipped, 2 passed in 3.60 s\n"));
}

TEST(SummaryText, SaysNothingOfAPassBesidesItsLine) {
    EXPECT_EQ(
        summary_text(suite_of({passing_run()})),
        "  passed        mutex-abandoned-by-killed-owner  48.30 ms  79 operations, 39 blocked "
        "waits, 1 death, 1 abandoned\n\n1 scenario: 1 passed in 48.30 ms\n");
}

TEST(SummaryText, StopsTellingAfterAWhile) {
    const std::string text =
        summary_text(suite_of(std::vector<RunResult>(13, harness_error_run())));
    EXPECT_THAT(text, HasSubstr("\nHARNESS ERROR thousand-waiters #10\n"));
    EXPECT_THAT(text, Not(HasSubstr("\nHARNESS ERROR thousand-waiters #11\n")));
    EXPECT_THAT(text, HasSubstr("\n... and 3 more, told in the reports\n"));
}

TEST(SummaryText, TellsAFewOfManyStuckThreads) {
    RunResult run = stuck_run();
    run.history.stuck.resize(6, run.history.stuck.front());
    EXPECT_THAT(summary_text(suite_of({run})), HasSubstr("\n  stuck: 2 more\n"));
}

TEST(SummaryText, TellsWhereTheReportsAre) {
    EXPECT_THAT(summary_text(suite_of({}), {.folder = "out/x"}),
                HasSubstr("Reports: out/x/report.html out/x/junit.xml out/x/result.json\n"));
    EXPECT_THAT(summary_text(suite_of({})), HasSubstr("0 scenarios: nothing ran"));
}

TEST(SummaryText, IsColouredOnlyOnRequest) {
    EXPECT_THAT(summary_text(hostile_suite()), Not(HasSubstr("\x1b")));
    EXPECT_THAT(summary_text(sample_suite(), {.folder = "", .color = true}),
                HasSubstr("\x1b[1;31mFAILED"));
}

RC_GTEST_PROP(SummaryText, LetsNoEscapeSequenceThrough, ()) {
    const std::string text = summary_text(*arbitrary_suite(), {.folder = "\x1b[2J"});
    RC_ASSERT(text.find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace castaway::harness
