// The two ways in which the harness gives up, told apart because they end in different exit codes.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace castaway::harness {

/// What a person gave us is wrong (exit code 2). The message is one line: what, where, how to mend
/// it.
class InputError : public std::runtime_error {
  public:
    /// The whole line, made elsewhere in the same form.
    explicit InputError(const std::string& line) : std::runtime_error(line) {}
    /// \param where    file, or file and JSON pointer ("a.json: /faults/0/process"), or an option
    /// \param problem  what is wrong there, without a full stop
    /// \param mend     what to write instead, without a full stop; may be empty
    InputError(const std::string& where, const std::string& problem, const std::string& mend = {})
        : std::runtime_error(where + ": " + problem + (mend.empty() ? "" : "; " + mend)) {}
};

/// The harness itself could not do its work (exit code 3): no memory, no permission, no worker, ...
class HarnessError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Exit codes of the `castaway` program.
enum class ExitCode : int {
    pass = 0,
    check_failed = 1,
    bad_input = 2,
    harness_failed = 3,
    inconclusive = 4,
};

}  // namespace castaway::harness
