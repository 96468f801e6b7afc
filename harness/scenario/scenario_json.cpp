#include "harness/scenario/scenario_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>

#include "harness/base/error.h"
#include "harness/scenario/json_reader.h"
#include "harness/scenario/json_text.h"
#include "harness/scenario/scenario_check.h"
#include "harness/scenario/scenario_form.h"

namespace castaway::harness {
namespace {

/// A megabyte is a thousand pages of steps: what is larger is something else.
constexpr std::size_t kLargestScenario = std::size_t{1} << 20;

/// Throws InputError when the text is no JSON; gathers everything else.
Scenario read_and_check(std::string_view text, const std::string& file,
                        const Vocabulary& vocabulary, Problems& problems) {
    const Json document = parse_json(text, file);
    Scenario scenario = read_scenario_form(document, problems);
    scenario.file = file;
    if (problems.empty()) {
        check_scenario(scenario, document, vocabulary, problems);
    }
    return scenario;
}

/// The scenario's name as far as it can be told; a broken file is complained of when it is read.
std::string peek_name(const std::filesystem::path& file) {
    try {
        const Json document = Json::parse(read_text(file, kLargestScenario));
        const auto name = document.is_object() ? document.find("name") : document.end();
        return name != document.end() && name->is_string() ? name->get<std::string>() : "";
    } catch (const InputError&) {
        return "";
    } catch (const Json::exception&) {
        return "";
    }
}

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    std::filesystem::recursive_directory_iterator each(folder, error);
    while (!error && each != std::filesystem::recursive_directory_iterator()) {
        const std::filesystem::path& path = each->path();
        // A link that leads nowhere is taken, too: reading it tells the person so.
        std::error_code ignored;
        if (path.extension() == ".json" && path.filename() != "schema.json" &&
            path.stem().extension() != ".plan" && !each->is_directory(ignored)) {
            files.push_back(path);
        }
        each.increment(error);
    }
    if (error) {
        throw InputError(one_line(folder.string()), "cannot be searched (" + error.message() + ")",
                         "check the permissions");
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

Scenario read_scenario(const std::filesystem::path& file, const Vocabulary& vocabulary) {
    return parse_scenario(read_text(file, kLargestScenario), file.string(), vocabulary);
}

Scenario parse_scenario(std::string_view text, const std::string& file,
                        const Vocabulary& vocabulary) {
    Problems problems;
    Scenario scenario = read_and_check(text, file, vocabulary, problems);
    problems.throw_first(file);
    return scenario;
}

std::optional<Scenario> read_scenario(const std::filesystem::path& file,
                                      const Vocabulary& vocabulary,
                                      std::vector<std::string>& errors) {
    try {
        Problems problems;
        Scenario scenario =
            read_and_check(read_text(file, kLargestScenario), file.string(), vocabulary, problems);
        for (const Problem& problem : problems.all()) {
            errors.push_back(to_line(file.string(), problem));
        }
        if (problems.all().empty()) {
            return scenario;
        }
    } catch (const InputError& error) {
        errors.emplace_back(error.what());
    }
    return std::nullopt;
}

std::vector<std::string> scenario_errors(const std::filesystem::path& file,
                                         const Vocabulary& vocabulary) {
    std::vector<std::string> errors;
    read_scenario(file, vocabulary, errors);
    return errors;
}

std::vector<std::filesystem::path> find_scenarios(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
        throw InputError(one_line(path.string()), "there is no such file or folder",
                         "check the path");
    }
    if (!std::filesystem::is_directory(path, error)) {
        return {path};
    }
    std::vector<std::filesystem::path> files = files_in(path);
    if (files.empty()) {
        throw InputError(one_line(path.string()), "this folder has no scenario (*.json)",
                         "name a folder that has one");
    }
    std::map<std::string, std::filesystem::path> by_name;
    for (const std::filesystem::path& file : files) {
        const std::string name = peek_name(file);
        if (name.empty()) {
            continue;
        }
        const auto [first, is_new] = by_name.emplace(name, file);
        if (!is_new) {
            throw InputError(one_line(file.string()) + ": /name",
                             fmt::format("\"{}\" is the name of {}, too", one_line(name),
                                         one_line(first->second.string())),
                             "give one of the two another name");
        }
    }
    return files;
}

}  // namespace castaway::harness
