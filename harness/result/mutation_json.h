// mutants.json: a mutation analysis as a file; and as a part of result.json.
#pragma once

#include <filesystem>
#include <string>

#include "harness/result/json_writer.h"
#include "harness/result/mutation_result.h"
#include "harness/scenario/json_text.h"

namespace castaway::harness {

/// The whole file as text, ending in a newline. The plans of kills are not in it.
std::string to_json_text(const MutationReport& report);
/// Reads a file that to_json_text wrote. Throws InputError.
MutationReport read_mutation_report(const std::filesystem::path& file);

// As a value amid others. Throws Misread.
void write_mutation(JsonWriter& json, const MutationReport& report);
MutationReport read_mutation(const Json& value);

}  // namespace castaway::harness
