// Reading scenarios. scenarios/schema.json describes the same form for editors and other tools; a
// test holds the two together.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/scenario.h"

namespace castaway::harness {

/// Names that scenarios may use but that other parts of the program define.
struct Vocabulary {
    std::span<const std::string_view> checks;
    std::span<const std::string_view> crash_points;
};

/// The text of scenarios/schema.json, which is part of the program.
std::string_view scenario_schema();

/// Reads one file. Throws InputError with file, JSON pointer and mend: no such file, no JSON,
/// against the schema, unknown object, process, thread, check, point, a fault that names nobody, an
/// operation that does not fit its object's type, a name given twice, ...
Scenario read_scenario(const std::filesystem::path& file, const Vocabulary& vocabulary);

/// As read_scenario, from text. `file` only names the place in errors.
Scenario parse_scenario(std::string_view text, const std::string& file,
                        const Vocabulary& vocabulary);

/// As read_scenario, but adds every error of the file to `errors`, one line each, in the order of
/// the document, and is then empty. Meaning is judged only where the form is right.
std::optional<Scenario> read_scenario(const std::filesystem::path& file,
                                      const Vocabulary& vocabulary,
                                      std::vector<std::string>& errors);

/// Those errors alone; empty when the file is sound.
std::vector<std::string> scenario_errors(const std::filesystem::path& file,
                                         const Vocabulary& vocabulary);

/// All scenarios of a file or, sorted by path, of a folder and the folders in it (*.json but for
/// schema.json and for saved plans, *.plan.json). Throws InputError when there is none, or when two have one name.
std::vector<std::filesystem::path> find_scenarios(const std::filesystem::path& path);

}  // namespace castaway::harness
