// result.json: the run result as a file, complete, so that every report can be made again from it.
// The format is described in reports/README.md.
#pragma once

#include <filesystem>
#include <string>

#include "harness/result/run_result.h"

namespace castaway::harness {

/// The version that is written, and the only one that is read.
inline constexpr int kResultFormat = 1;

/// The whole file as text, ending in a newline. Equal values give equal bytes.
std::string to_json_text(const SuiteResult& suite);

/// Reads a file that to_json_text wrote. Throws InputError (file, JSON pointer, mend) when it
/// cannot be read, is no result, is cut off, or has another format version.
SuiteResult read_result(const std::filesystem::path& file);

}  // namespace castaway::harness
