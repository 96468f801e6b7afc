#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cstddef>
#include <string>

#include "harness/result/testing/arbitrary_result.h"
#include "reports/html/markup.h"
#include "reports/reports.h"
#include "reports/testing/sample_suites.h"

namespace castaway::harness {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t occurrences(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++count;
    }
    return count;
}

TEST(Markup, EscapesWhatHasAMeaning) {
    EXPECT_EQ(escaped("<a b=\"c\" d='e'>&\x01"),
              "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\xEF\xBF\xBD");
    EXPECT_EQ(element("td", "n", "<"), "<td class=\"n\">&lt;</td>");
    EXPECT_EQ(element("td", "", "x"), "<td>x</td>");
}

TEST(Markup, FillsAFrameOnce) {
    EXPECT_EQ(filled("<{{a}}|{{b}}|{{a}}>", {{"a", "{{b}}"}, {"b", "2"}}), "<{{b}}|2|{{b}}>");
}

TEST(HtmlPage, IsSelfContained) {
    const std::string page = html_page(sample_suite());
    EXPECT_THAT(page, HasSubstr("Content-Security-Policy\" content=\"default-src 'none';"));
    for (const char* outside : {"http:", "https:", " src=", "<link", "@import", "url("}) {
        EXPECT_THAT(page, Not(HasSubstr(outside)));
    }
}

TEST(HtmlPage, ShowsWhoSawWhichMutant) {
    SuiteResult suite = sample_suite();
    EXPECT_THAT(html_page(suite), Not(HasSubstr("class=\"mutation\"")));
    MutationReport report;
    report.engine = "sim";
    report.seeds = 3;
    report.scenarios = 7;
    report.executions_of_each = 16;
    report.sound = {"castaway", "what nobody broke", 420, 0, {{"random", 3, 0, {}, {}}}, {}, {}};
    report.mutants.push_back({"castaway:one",
                              "it <breaks> one",
                              9,
                              3,
                              {{"random", 3, 3, 2, 4}},
                              {{"mutual_exclusion", 3}},
                              Kill{"a", "b", {}, {}, {}}});
    report.mutants.push_back(
        {"castaway:two", "it breaks two", 99, 0, {{"random", 3, 0, {}, {}}}, {}, {}});
    suite.mutations = {report};
    const std::string page = html_page(suite);
    EXPECT_THAT(page, HasSubstr("1 of 2 mutants killed in the simulator, by 7 scenarios; 3 seeds"));
    EXPECT_THAT(page, HasSubstr("False alarms in what nobody broke: 0 in 420 executions"));
    EXPECT_THAT(page, HasSubstr("it &lt;breaks&gt; one"));
    EXPECT_THAT(page, HasSubstr("<td class=\"n\">2 / 4</td>"));
    EXPECT_THAT(page, HasSubstr("survived: it breaks two"));
    EXPECT_THAT(summary_text(suite), HasSubstr("1 of 2 mutants killed"));
    suite.mutations[0].sound.found = 1;
    EXPECT_THAT(html_page(suite), HasSubstr("FALSE ALARMS OR REAL DEFECTS"));
}

TEST(HtmlPage, TellsAllWithoutScripts) {
    const std::string page = html_page(sample_suite());
    EXPECT_THAT(page, HasSubstr("<h1>3 of 8 scenarios failed</h1>"));
    EXPECT_THAT(page, HasSubstr("<noscript>"));
    EXPECT_THAT(page, HasSubstr("main of worker/2: wait mutex &quot;turn&quot; -&gt; ok"));
    EXPECT_THAT(page, HasSubstr("cannot start worker 812"));
    EXPECT_THAT(page, HasSubstr("<td>kill setter/0 at crash point set_timer_armed</td><td "
                                "class=\"k\">never fired</td>"));
    EXPECT_THAT(page,
                HasSubstr("<td>abandoned</td><td class=\"n\">1</td><td class=\"n\">exactly 1"));
}

TEST(HtmlPage, ShowsFailuresFirstAndInFull) {
    const std::string page = html_page(sample_suite());
    EXPECT_LT(page.find("id=\"run-2\" open"), page.find("id=\"run-1\""));
    EXPECT_EQ(occurrences(page, "\" open>"), 3U);
}

TEST(HtmlPage, ReplayCommandStandsInFull) {
    EXPECT_THAT(html_page(suite_of({passing_run()})),
                HasSubstr("<code>" + passing_run().replay_command + "</code><button"));
}

/// A script element for each run with a timeline, one for the words and one that runs.
std::size_t scripts_of(const SuiteResult& suite) {
    std::size_t count = 2;
    for (const RunResult& run : suite.runs) {
        count += run.history.processes.empty() ? 0U : 1U;
    }
    return count;
}

TEST(HtmlPage, LetsNoTextBreakOut) {
    const std::string page = html_page(hostile_suite());
    EXPECT_THAT(page, Not(HasSubstr("<img")));
    EXPECT_EQ(occurrences(page, "<script"), scripts_of(hostile_suite()));
    EXPECT_EQ(occurrences(page, "</script"), scripts_of(hostile_suite()));
}

RC_GTEST_PROP(HtmlPage, LetsNoTextBreakOutEver, ()) {
    const SuiteResult suite = *arbitrary_suite();
    const std::string page = html_page(suite);
    RC_ASSERT(occurrences(page, "<script") == scripts_of(suite));
    RC_ASSERT(occurrences(page, "</script") == scripts_of(suite));
    RC_ASSERT(page.find('\x1b') == std::string::npos);
    RC_ASSERT(page.find('\0') == std::string::npos);
}

TEST(HtmlPage, SaysWhatItLeavesOut) {
    EXPECT_THAT(html_page(suite_of({long_run(250'000)})),
                HasSubstr("The timeline shows operations 1 to 200000 of 250000; all are in "
                          "result.json."));
    EXPECT_THAT(html_page(suite_of({long_run(1'000)})), Not(HasSubstr("The timeline shows")));
}

}  // namespace
}  // namespace castaway::harness
