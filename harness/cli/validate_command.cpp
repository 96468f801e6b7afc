#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.h"

namespace castaway::harness {

ExitCode validate_command(const ValidateOptions& options) {
    if (options.print_schema) {
        fmt::print("{}", scenario_schema());
        return ExitCode::pass;
    }
    bool sound = true;
    nlohmann::ordered_json findings = nlohmann::ordered_json::array();
    for (const std::filesystem::path& path : options.paths) {
        for (const std::filesystem::path& file : find_scenarios(path)) {
            const std::vector<std::string> errors = scenario_errors(file, scenario_vocabulary());
            sound = sound && errors.empty();
            findings.push_back({{"file", file.string()}, {"errors", errors}});
            if (options.json) {
                continue;
            }
            if (errors.empty()) {
                fmt::print("{}: sound\n", file.string());
            }
            for (const std::string& error : errors) {
                fmt::print(stderr, "castaway: {}\n", error);
            }
        }
    }
    if (options.json) {
        fmt::print("{}\n", findings.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    }
    return sound ? ExitCode::pass : ExitCode::bad_input;
}

}  // namespace castaway::harness
