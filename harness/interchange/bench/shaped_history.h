// Histories of the shapes that public judges are measured by, in the JSON Lines form: a register
// under clients that time out, a register under many clients at once, and a key-value store whose
// texts grow.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace castaway::harness {

struct HistoryShape {
    std::string name;
    bool key_value = false;  ///< else a register
    std::uint32_t clients = 5;
    std::uint32_t operations = 1000;
    std::uint32_t keys = 1;
    std::uint32_t values = 5;  ///< different ones that a register's writes draw from
    /// Of a hundred calls: those that read, and those that compare and set or append.
    std::uint32_t reads = 33;
    std::uint32_t changes = 33;
    /// The mean pause between two calls, in hundredths of a call's mean time.
    std::uint32_t pause = 0;
    /// Of a thousand calls, those whose answer never comes.
    std::uint32_t lost_answers = 0;
    /// Of a thousand reads, those that tell what is not there: the history is not linearizable.
    std::uint32_t wrong_reads = 0;
};

/// The same file for the same shape and seed. Throws std::ios_base::failure.
void write_history(const std::filesystem::path& file, const HistoryShape& shape,
                   std::uint64_t seed);

}  // namespace castaway::harness
