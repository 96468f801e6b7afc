// Writes all reports of the sample suites into a folder, to be looked at.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "harness/result/result_json.h"
#include "reports/reports.h"
#include "reports/testing/sample_suites.h"

namespace {

using namespace castaway::harness;

void render(const std::filesystem::path& folder, const SuiteResult& suite) {
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "report.html") << html_page(suite);
    std::ofstream(folder / "junit.xml") << junit_xml(suite);
    std::ofstream(folder / "summary.txt") << summary_text(suite);
    std::ofstream(folder / "result.json") << to_json_text(suite);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr, "usage: castaway-report-samples FOLDER\n");
        return 2;
    }
    const std::filesystem::path folder = argv[1];
    render(folder / "sample", sample_suite());
    render(folder / "pass", suite_of({passing_run(), skipped_run()}));
    render(folder / "hostile", hostile_suite());
    render(folder / "long", suite_of({long_run(50'000)}));
    render(folder / "huge", suite_of({long_run(400'000)}));
    render(folder / "empty", suite_of({}));
    return 0;
}
