// Every reader takes another subset of JUnit XML. What is written here is what all of them take:
// no attribute outside the usual schema, times with three decimals, and each message once more as
// the first line of its body, because some readers show only one of the two.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "reports/junit/xml_writer.h"
#include "reports/reports.h"
#include "reports/view/details.h"
#include "reports/view/suite_view.h"

namespace castaway::harness {
namespace {

/// How a run is told to readers that know these only.
enum class CaseKind : std::uint8_t { pass, failure, error, skipped };

struct Told {
    CaseKind kind = CaseKind::pass;
    std::string type;  ///< failure, error: what of; a failed check's name
};

bool has_failed_check(const RunResult& run) {
    return std::any_of(run.verdicts.begin(), run.verdicts.end(),
                       [](const Verdict& verdict) { return verdict.kind == VerdictKind::fail; });
}

bool has_crash(const RunResult& run) {
    return std::any_of(
        run.history.processes.begin(), run.history.processes.end(),
        [](const HistoryProcess& process) { return process.end == ProcessEnd::crashed; });
}

Told told_of(const RunResult& run) {
    switch (run.outcome) {
        case Outcome::pass:
            return {};
        case Outcome::skipped:
            return {CaseKind::skipped, {}};
        case Outcome::fail:
            break;
        default:
            return {CaseKind::error, std::string(to_string(run.outcome))};
    }
    if (!has_failed_check(run)) {
        return {CaseKind::error, has_crash(run) ? "crash" : "hang"};
    }
    const auto failed =
        std::find_if(run.verdicts.begin(), run.verdicts.end(),
                     [](const Verdict& verdict) { return verdict.kind == VerdictKind::fail; });
    return {CaseKind::failure, failed->check};
}

std::string seconds(std::int64_t ns) {
    return fmt::format("{:.3f}", static_cast<double>(std::max<std::int64_t>(ns, 0)) / 1e9);
}

/// Readers make a tree of the name's parts between full stops; a subject is one part.
std::string class_name(const RunResult& run) {
    std::string subject = run.subject;
    std::replace_if(
        subject.begin(), subject.end(), [](char letter) { return letter == '.' || letter == ':'; },
        '-');
    return "castaway." + subject;
}

/// The schema wants exactly this form; a time in any other is left out.
bool is_timestamp(std::string_view text) {
    constexpr std::string_view kForm = "0000-00-00T00:00:00";
    return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(),
                      [](char letter, char form) {
                          return form == '0' ? letter >= '0' && letter <= '9' : letter == form;
                      });
}

/// What is wrong; the message comes first.
std::string problem_text(const RunResult& run, const std::string& message) {
    const std::vector<DetailLine> lines = problem_lines(run);
    const bool begins_with_it = !lines.empty() && lines.front().text == message;
    return (begins_with_it || message.empty() ? std::string() : message + '\n') +
           joined_lines(lines);
}

void write_case(XmlWriter& xml, const RunResult& run, const std::string& title) {
    const Told told = told_of(run);
    const std::string message = reason_line(run);
    xml.open("testcase",
             {{"classname", class_name(run)}, {"name", title}, {"time", seconds(run.duration_ns)}});
    if (told.kind == CaseKind::skipped) {
        xml.element("skipped", {{"message", message}});
    } else if (told.kind != CaseKind::pass) {
        xml.element(told.kind == CaseKind::failure ? "failure" : "error",
                    {{"type", told.type}, {"message", message}}, problem_text(run, message));
    }
    xml.element("system-out", {}, joined_lines(fact_lines(run)));
    xml.close();
}

std::string count_told(const SuiteResult& suite, CaseKind kind) {
    return std::to_string(
        std::count_if(suite.runs.begin(), suite.runs.end(),
                      [kind](const RunResult& run) { return told_of(run).kind == kind; }));
}

void open_suite(XmlWriter& xml, const SuiteResult& suite) {
    const std::string tests = std::to_string(suite.runs.size());
    const std::string failures = count_told(suite, CaseKind::failure);
    const std::string errors = count_told(suite, CaseKind::error);
    const std::string skipped = count_told(suite, CaseKind::skipped);
    const std::string time = seconds(total_duration_ns(suite));
    xml.open("testsuites", {{"name", "castaway"},
                            {"tests", tests},
                            {"failures", failures},
                            {"errors", errors},
                            {"time", time}});
    if (is_timestamp(suite.started_utc)) {
        xml.open("testsuite", {{"name", "castaway"},
                               {"tests", tests},
                               {"failures", failures},
                               {"errors", errors},
                               {"skipped", skipped},
                               {"time", time},
                               {"timestamp", suite.started_utc},
                               {"id", "0"}});
    } else {
        xml.open("testsuite", {{"name", "castaway"},
                               {"tests", tests},
                               {"failures", failures},
                               {"errors", errors},
                               {"skipped", skipped},
                               {"time", time},
                               {"id", "0"}});
    }
}

}  // namespace

std::string junit_xml(const SuiteResult& suite) {
    XmlWriter xml;
    open_suite(xml, suite);
    xml.open("properties");
    const auto property = [&](std::string_view name, std::string value) {
        xml.element("property", {{"name", std::string(name)}, {"value", std::move(value)}});
    };
    property("castaway.version", suite.tool_version);
    property("castaway.command", suite.command);
    property("machine.kernel", suite.machine.kernel);
    property("machine.cores", std::to_string(suite.machine.cores));
    xml.close();
    const std::vector<std::string> titles = run_titles(suite);
    for (std::size_t i = 0; i < suite.runs.size(); ++i) {
        write_case(xml, suite.runs[i], titles[i]);
    }
    xml.close();
    xml.close();
    return xml.take();
}

}  // namespace castaway::harness
