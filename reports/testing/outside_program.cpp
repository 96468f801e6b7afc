#include "reports/testing/outside_program.h"

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

namespace castaway::harness {
namespace {

std::string quoted(const std::string& word) {
    std::string safe = "'";
    for (const char letter : word) {
        if (letter == '\'') {
            safe += "'\\''";
        } else {
            safe += letter;
        }
    }
    return safe + "'";
}

}  // namespace

bool is_installed(const std::string& program) {
    return std::system(("command -v " + quoted(program) + " >/dev/null 2>&1").c_str()) == 0;
}

ProgramEnd run_program(const std::string& program, const std::vector<std::string>& arguments,
                       const TemporaryFolder& folder) {
    const std::filesystem::path output = folder.path() / "stdout.txt";
    const std::filesystem::path errors = folder.path() / "stderr.txt";
    std::string line = "timeout -k 5 60 " + quoted(program);
    for (const std::string& argument : arguments) {
        line += ' ' + quoted(argument);
    }
    line += " </dev/null >" + quoted(output.string()) + " 2>" + quoted(errors.string());
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(output), content_of(errors)};
}

}  // namespace castaway::harness
