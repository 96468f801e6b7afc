// Programs that judge what the reports are worth, where they are installed.
#pragma once

#include <string>
#include <vector>

#include "harness/result/testing/temporary_folder.h"

namespace castaway::harness {

struct ProgramEnd {
    int exit_code = -1;  ///< 124: it took longer than a minute and was ended
    std::string output;  ///< what it wrote to stdout
    std::string errors;  ///< what it wrote to stderr
};

/// Whether there is a program of that name in PATH.
bool is_installed(const std::string& program);

/// Runs a program of PATH with these arguments to its end, a minute at most. What it writes passes
/// through the folder.
ProgramEnd run_program(const std::string& program, const std::vector<std::string>& arguments,
                       const TemporaryFolder& folder);

}  // namespace castaway::harness
