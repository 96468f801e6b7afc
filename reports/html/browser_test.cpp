// The page in a real browser, used by a script as a person would use it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstddef>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "reports/reports.h"
#include "reports/testing/outside_program.h"
#include "reports/testing/sample_suites.h"
#include "reports/view/words.h"

namespace castaway::harness {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// So many lines that begin with "ok" the driver writes.
constexpr std::size_t kThingsChecked = 28;

/// The document after its scripts have run, as text.
std::string browsed(const std::string& page) {
    const TemporaryFolder folder;
    const std::string file = folder.write("report.html", page).string();
    const ProgramEnd end = run_program(
        "chromium",
        {"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--user-data-dir=" + (folder.path() / "profile").string(), "--window-size=1280,900",
         "--virtual-time-budget=60000", "--dump-dom", "file://" + file},
        folder);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    return end.output;
}

std::string with_driver(std::string page) {
    const std::string script =
        "<script>\n" + content_of(CASTAWAY_PAGE_DRIVER) + "</script>\n</body>";
    return page.replace(page.find("</body>"), std::string("</body>").size(), script);
}

std::string unescaped(std::string text) {
    for (const auto& [escape, letter] :
         {std::pair{"&lt;", "<"}, std::pair{"&gt;", ">"}, std::pair{"&amp;", "&"}}) {
        for (std::size_t at = text.find(escape); at != std::string::npos;
             at = text.find(escape, at + 1)) {
            text.replace(at, std::string(escape).size(), letter);
        }
    }
    return text;
}

/// The lines that the driver wrote.
std::vector<std::string> driven(const std::string& page) {
    std::string document = browsed(with_driver(page));
    const std::string begin = "<pre id=\"driven\">";
    const std::size_t at = document.find(begin);
    if (at == std::string::npos) {
        ADD_FAILURE() << "the driver did not come to its end";
        return {};
    }
    std::istringstream text(unescaped(document.substr(at + begin.size())));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line) && !line.starts_with("</pre>");) {
        lines.push_back(line);
    }
    return lines;
}

/// What the page must say of each operation of the suite.
std::vector<std::string> operations_in_words(const SuiteResult& suite) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < suite.runs.size(); ++i) {
        const History& history = suite.runs[i].history;
        for (const Operation& each : history.operations) {
            all.push_back(fmt::format("operation run-{}: {}, operation {}: {} → {}", i + 1,
                                      thread_words(history, each.process, each.thread),
                                      each.sequence, call_words(history, each),
                                      response_words(history, each)));
        }
    }
    return all;
}

TEST(Browser, PageCanBeUsed) {
    if (!is_installed("chromium")) {
        GTEST_SKIP() << "chromium is not installed";
    }
    std::size_t held = 0;
    std::multiset<std::string> operations;
    for (const std::string& line : driven(html_page(sample_suite()))) {
        EXPECT_FALSE(line.starts_with("FAILED")) << line;
        if (line.starts_with("ok ")) {
            ++held;
        } else if (line.starts_with("operation ")) {
            operations.insert(line);
        }
    }
    EXPECT_EQ(held, kThingsChecked);
    for (const std::string& line : operations_in_words(sample_suite())) {
        EXPECT_EQ(operations.erase(line), 1U) << line;
    }
    EXPECT_THAT(operations, IsEmpty());
}

TEST(Browser, LetsNoTextBreakOut) {
    if (!is_installed("chromium")) {
        GTEST_SKIP() << "chromium is not installed";
    }
    const std::string document = browsed(html_page(hostile_suite()));
    EXPECT_THAT(document, Not(HasSubstr("<title>broken")));
    EXPECT_THAT(document, Not(HasSubstr("<img")));
    EXPECT_THAT(document, HasSubstr("data-ready=\"yes\"")) << "the timeline is not drawn";
}

}  // namespace
}  // namespace castaway::harness
