#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <system_error>

#include "harness/checkers/checkers.h"
#include "harness/cli/commands.h"
#include "harness/scenario/fault_words.h"
#include "harness/scenario/seen.h"
#include "harness/subject/subject.h"

namespace castaway::harness {
namespace {

struct Entry {
    std::string name;
    std::string description;
};

struct Section {
    const char* title;
    std::vector<Entry> entries;
};

/// A description may be a paragraph; a list shows its first sentence.
std::string first_sentence(const std::string& text) {
    const std::size_t end = text.find(". ");
    return end == std::string::npos ? text : text.substr(0, end + 1);
}

std::vector<Entry> list_scenarios(std::vector<std::filesystem::path> paths) {
    std::error_code error;
    if (paths.empty() && std::filesystem::is_directory("scenarios", error)) {
        paths.emplace_back("scenarios");
    }
    std::vector<Entry> entries;
    for (const std::filesystem::path& path : paths) {
        for (const std::filesystem::path& file : find_scenarios(path)) {
            const Scenario scenario = read_scenario(file, scenario_vocabulary());
            entries.push_back({scenario.name, first_sentence(scenario.description)});
        }
    }
    return entries;
}

std::vector<Entry> list_subjects() {
    std::vector<Entry> entries;
    for (const auto& subject : all_subjects()) {
        entries.push_back({subject->name(), subject->description()});
    }
    return entries;
}

std::vector<Entry> list_checks() {
    std::vector<Entry> entries;
    for (const Check& check : all_checks()) {
        entries.push_back(
            {std::string(check.name), fmt::format("{} ({})", check.description, check.rules)});
    }
    return entries;
}

std::vector<Entry> list_faults() {
    std::vector<Entry> entries;
    for (const FaultWord& fault : kFaultWords) {
        entries.push_back({std::string(fault.word), std::string(fault.description)});
    }
    return entries;
}

template <class Table>
std::vector<Entry> list_table(const Table& table) {
    std::vector<Entry> entries;
    for (const auto& row : table) {
        entries.push_back({std::string(row.name), std::string(row.description)});
    }
    return entries;
}

void print_text(const std::vector<Section>& sections) {
    const char* gap = "";
    for (const Section& section : sections) {
        fmt::print("{}{}\n", gap, section.title);
        gap = "\n";
        std::size_t width = 0;
        for (const Entry& entry : section.entries) {
            width = std::max(width, entry.name.size());
        }
        for (const Entry& entry : section.entries) {
            fmt::print("  {:<{}}  {}\n", entry.name, width, entry.description);
        }
    }
}

void print_json(const std::vector<Section>& sections) {
    nlohmann::ordered_json document;
    for (const Section& section : sections) {
        auto& list = document[section.title] = nlohmann::ordered_json::array();
        for (const Entry& entry : section.entries) {
            list.push_back({{"name", entry.name}, {"description", entry.description}});
        }
    }
    fmt::print("{}\n", document.dump(2));
}

}  // namespace

ExitCode list_command(const ListOptions& options) {
    const std::vector<Section> sections{
        {"scenarios", list_scenarios(options.paths)},
        {"subjects", list_subjects()},
        {"checks", list_checks()},
        {"faults", list_faults()},
        {"crash_points", list_table(crash_points())},
        {"seen", list_table(kSeenKeys)},
    };
    options.json ? print_json(sections) : print_text(sections);
    return ExitCode::pass;
}

}  // namespace castaway::harness
