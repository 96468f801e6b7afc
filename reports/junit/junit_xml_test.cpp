#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "harness/result/testing/arbitrary_result.h"
#include "reports/junit/xml_writer.h"
#include "reports/reports.h"
#include "reports/testing/outside_program.h"
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

void expect_valid(const SuiteResult& suite) {
    const TemporaryFolder folder;
    const std::string file = folder.write("junit.xml", junit_xml(suite)).string();
    const ProgramEnd end =
        run_program("xmllint", {"--noout", "--relaxng", CASTAWAY_JUNIT_SCHEMA, file}, folder);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
}

TEST(JunitXml, IsValidByItsSchema) {
    expect_valid(sample_suite());
    expect_valid(hostile_suite());
    expect_valid(suite_of({}));
}

TEST(JunitXml, SchemaRefusesWhatReadersDoNotKnow) {
    const TemporaryFolder folder;
    std::string text = junit_xml(sample_suite());
    text.replace(text.find("<testcase "), 10, "<testcase file=\"a\" ");
    const std::string file = folder.write("junit.xml", text).string();
    EXPECT_NE(run_program("xmllint", {"--noout", "--relaxng", CASTAWAY_JUNIT_SCHEMA, file}, folder)
                  .exit_code,
              0);
}

TEST(JunitXml, TellsEachOutcomeApart) {
    const std::string xml = junit_xml(sample_suite());
    EXPECT_THAT(xml, HasSubstr("tests=\"8\" failures=\"2\" errors=\"3\" skipped=\"1\""));
    EXPECT_EQ(occurrences(xml, "<failure "), 2U);
    EXPECT_EQ(occurrences(xml, "<error "), 3U);
    EXPECT_EQ(occurrences(xml, "<skipped "), 1U);
    EXPECT_THAT(xml, HasSubstr("<failure type=\"mutual_exclusion\" message=\"mutual_exclusion: "));
    EXPECT_THAT(xml, HasSubstr("<error type=\"crash\""));
    EXPECT_THAT(xml, HasSubstr("<error type=\"inconclusive\""));
    EXPECT_THAT(xml, HasSubstr("<error type=\"harness_error\""));
}

TEST(JunitXml, TellsAHangWithoutAFailedCheck) {
    RunResult run = stuck_run();
    run.verdicts.clear();
    run.note = "the run hit its limit of 1000 ms";
    EXPECT_THAT(junit_xml(suite_of({run})),
                HasSubstr("<error type=\"hang\" message=\"the run hit"));
}

TEST(JunitXml, CountsARunWithoutMessageAsFailed) {
    RunResult run = passing_run();
    run.outcome = Outcome::inconclusive;
    EXPECT_THAT(junit_xml(suite_of({run})), HasSubstr("errors=\"1\""));
}

TEST(JunitXml, NamesAreUnique) {
    RunResult sly = passing_run();
    sly.scenario += " #2";
    const std::string xml = junit_xml(suite_of({passing_run(), sly, passing_run()}));
    const std::string name = "name=\"" + passing_run().scenario;
    EXPECT_EQ(occurrences(xml, name + "\""), 1U);
    EXPECT_EQ(occurrences(xml, name + " #2\""), 1U);
    EXPECT_EQ(occurrences(xml, name + " #3\""), 1U);
}

TEST(JunitXml, RepeatsTheMessageAsTheBodysFirstLine) {
    EXPECT_THAT(junit_xml(sample_suite()), HasSubstr("SIGSEGV\">worker/0 crashed: SIGSEGV\n"));
    EXPECT_THAT(junit_xml(sample_suite()),
                HasSubstr("held it\">mutual_exclusion: main of worker/2 took"));
}

TEST(JunitXml, LeavesOutATimeInAnotherForm) {
    SuiteResult suite = sample_suite();
    for (const char* other : {"", "2026-01-31", "2026-01-31T12:00:00Z", "2026-01-31 12:00:00"}) {
        suite.started_utc = other;
        EXPECT_THAT(junit_xml(suite), Not(HasSubstr("timestamp"))) << other;
    }
    EXPECT_THAT(junit_xml(sample_suite()), HasSubstr("timestamp=\"2026-01-31T12:00:00\""));
}

TEST(JunitXml, TimesAreNeverNegative) {
    RunResult run = passing_run();
    run.duration_ns = -5'000'000;
    EXPECT_THAT(junit_xml(suite_of({run})), Not(HasSubstr("time=\"-")));
}

/// All that XML forbids, and that is easily overlooked.
bool has_forbidden(const std::string& text) {
    return text.find("]]>") != std::string::npos ||
           std::any_of(text.begin(), text.end(), [](char letter) {
               return (letter >= '\0' && letter < '\t') || (letter > '\n' && letter < ' ');
           });
}

RC_GTEST_PROP(JunitXml, HoldsNothingThatXmlForbids, ()) {
    RC_ASSERT(!has_forbidden(junit_xml(*arbitrary_suite())));
}

TEST(XmlWriter, MakesAnyTextHarmless) {
    XmlWriter xml;
    xml.element("a", {{"b", "<\"&'\n\t\r>"}}, "]]>\x1b[1;31mred\x1b[0m \x1b[ \x02 \xff &lt;\r\n");
    const std::string bad = "\xEF\xBF\xBD";
    EXPECT_EQ(xml.take(),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<a b=\"&lt;&quot;&amp;'&#10;&#9;&#13;&gt;\">]]&gt;red " +
                  bad + "[ " + bad + " " + bad + " &amp;lt;&#13;\n</a>\n");
}

}  // namespace
}  // namespace castaway::harness
