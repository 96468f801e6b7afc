// Runs the built castaway program as a user would, in a folder that goes away again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/engine/real/child_process.h"
#include "harness/engine/testing/engine_harness.h"

namespace castaway::harness::testing {

struct Ended {
    int exit_code = -1;  ///< 128 + n when signal n ended it; -1 when it had not ended in time
    std::string output;  ///< both streams
};

/// The scenarios of the source tree.
std::filesystem::path scenarios_folder();

/// A file's content; empty when it cannot be read.
std::string text_of(const std::filesystem::path& file);

/// Whether the condition comes true within a time that only a failure can exhaust.
bool comes_true(const std::function<bool()>& condition);

class Workplace {
  public:
    [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
    /// Writes a file in it and returns its path.
    std::filesystem::path write(const std::string& name, const std::string& text) const;
    /// Runs castaway in it to its end.
    Ended castaway(const std::vector<std::string>& arguments) const;
    /// Starts castaway in it.
    std::unique_ptr<ChildProcess> start(const std::vector<std::string>& arguments) const;
    /// Waits for the end of what start() began.
    Ended finish(const ChildProcess& child) const;

    /// The living processes that castaway and its children in this place are.
    [[nodiscard]] std::vector<std::int64_t> processes() const;

  private:
    TemporaryFolder folder_;
};

}  // namespace castaway::harness::testing
