// A folder for a test's files, gone after it.
#pragma once

#include <filesystem>
#include <string>

namespace castaway::harness {

class TemporaryFolder {
  public:
    /// Throws std::system_error when it cannot be made.
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// Makes a file of that text; returns its path.
    [[nodiscard]] std::filesystem::path write(const std::string& name,
                                              const std::string& text) const;

  private:
    std::filesystem::path path_;
};

/// The whole file; empty when it cannot be read.
std::string content_of(const std::filesystem::path& file);

}  // namespace castaway::harness
