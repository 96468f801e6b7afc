// A text file line by line, with the place of each, in memory of a fixed size.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace castaway::harness {

class LineReader {
  public:
    /// Throws InputError when it cannot be read or is no regular file.
    explicit LineReader(const std::filesystem::path& file);

    /// False at the end. Throws InputError when the line is longer than kLongest.
    bool next();
    /// Without its line feed; until the next call of next().
    [[nodiscard]] std::string_view line() const { return line_; }
    [[nodiscard]] std::uint64_t number() const { return number_; }  ///< from 1
    [[nodiscard]] std::uint64_t offset() const { return offset_; }  ///< of its first byte, from 0

    /// "FILE: line 3 (byte 120)", for a byte within the line.
    [[nodiscard]] std::string place(std::size_t column = 0) const;

    static constexpr std::size_t kLongest = std::size_t{1} << 20;

  private:
    bool fill();

    std::filesystem::path file_;
    std::ifstream in_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;  ///< of what is not yet told
    std::size_t end_ = 0;
    std::uint64_t buffer_offset_ = 0;
    std::string_view line_;
    std::uint64_t number_ = 0;
    std::uint64_t offset_ = 0;
};

}  // namespace castaway::harness
