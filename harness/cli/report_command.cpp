#include <fmt/format.h>

#include "harness/cli/commands.h"
#include "harness/cli/output_folder.h"
#include "harness/result/mutation_json.h"
#include "harness/result/result_json.h"
#include "reports/reports.h"

namespace castaway::harness {

ExitCode report_command(const ReportOptions& options) {
    SuiteResult result = read_result(options.folder / "result.json");
    if (!options.mutants.empty()) {
        result.mutations.clear();
        for (const std::filesystem::path& file : options.mutants) {
            result.mutations.push_back(read_mutation_report(file));
        }
        write_file(options.folder / "result.json", to_json_text(result));
    }
    write_file(options.folder / "junit.xml", junit_xml(result));
    write_file(options.folder / "report.html", html_page(result));
    fmt::print("{}", summary_text(result, {.folder = options.folder.string()}));
    return ExitCode::pass;
}

}  // namespace castaway::harness
