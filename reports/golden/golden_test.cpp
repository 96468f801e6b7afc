// The reports of the sample suite, byte for byte as they were approved. README.md tells how to
// approve what has changed on purpose.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "harness/result/result_json.h"
#include "harness/result/testing/temporary_folder.h"
#include "reports/reports.h"
#include "reports/testing/sample_suites.h"
#include "reports/testing/unpacking.h"

namespace castaway::harness {
namespace {

void expect_golden(const std::string& name, const std::string& text) {
    const std::filesystem::path file = std::filesystem::path(CASTAWAY_GOLDEN_FOLDER) / name;
    if (std::getenv("CASTAWAY_APPROVE_GOLDEN") != nullptr) {
        std::ofstream(file, std::ios::binary) << text;
    }
    const std::string approved = content_of(file);
    if (text != approved) {
        const std::string actual = testing::TempDir() + name;
        std::ofstream(actual, std::ios::binary) << text;
        ADD_FAILURE() << "differs from what was approved: diff " << file.string() << " " << actual;
    }
}

/// Replaces what stands between two texts by what `change` makes of it.
template <typename Change>
std::string between(std::string text, const std::string& begin, const std::string& end,
                    Change change) {
    std::size_t at = 0;
    while ((at = text.find(begin, at)) != std::string::npos) {
        at += begin.size();
        const std::string changed = change(text.substr(at, text.find(end, at) - at));
        text.replace(at, text.find(end, at) - at, changed);
        at += changed.size();
    }
    return text;
}

/// The page without its style and script, which have files of their own, and with its operations as
/// numbers: how well they are compressed depends on the machine's zlib.
std::string comparable(std::string page) {
    const auto nothing = [](const std::string&) { return std::string("..."); };
    page = between(page, "<style>", "</style>", nothing);
    page = between(page, "<script>", "</script>", nothing);
    return between(page, "\"operations\": \"", "\"", [](const std::string& packed) {
        return fmt::format("{}", fmt::join(unpacked(packed), " "));
    });
}

TEST(Golden, JunitXml) {
    expect_golden("sample.junit.xml", junit_xml(sample_suite()));
}

TEST(Golden, SummaryText) {
    expect_golden("sample.summary.txt", summary_text(sample_suite(), {.folder = "out"}));
}

TEST(Golden, ResultJson) {
    expect_golden("sample.result.json", to_json_text(sample_suite()));
}

TEST(Golden, HtmlPage) {
    expect_golden("sample.report.html", comparable(html_page(sample_suite())));
}

}  // namespace
}  // namespace castaway::harness
