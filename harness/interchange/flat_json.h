// One line of JSON Lines: an object whose values are all scalars. Reads only this much of JSON, and
// that strictly.
//
// Why not nlohmann/json, which reads everything else here: a history is read twice, each operation
// has two records, and a value that is built for each field takes several times as long as this
// (bench/reading.cpp measures both), which leaves a fraction of the operations that the judge can
// take in a second. What is accepted and what it means is the same: the tests compare the two on
// lines of all kinds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castaway::harness {

enum class ScalarKind : std::uint8_t { text, number, word };

struct FlatField {
    std::string_view key;
    /// text: the characters, escapes undone; number, word (true, false, null): as written.
    std::string_view value;
    ScalarKind kind = ScalarKind::text;

    [[nodiscard]] std::optional<std::int64_t> integer() const;
    [[nodiscard]] std::optional<bool> boolean() const;
};

/// A line that is not what it should be, and where.
struct FlatProblem {
    std::size_t column = 0;  ///< bytes from the line's beginning
    std::string what;        ///< without a full stop
};

/// Reads lines one after the other; keeps its memory.
class FlatObject {
  public:
    /// What was read before is gone. The line must live as long as the fields are used.
    [[nodiscard]] std::optional<FlatProblem> read(std::string_view line);

    [[nodiscard]] const std::vector<FlatField>& fields() const { return fields_; }
    /// Null when there is none of that key.
    [[nodiscard]] const FlatField* find(std::string_view key) const;

  private:
    std::vector<FlatField> fields_;
    std::vector<std::string> unescaped_;  ///< texts with escapes, one for each that needs it
    std::size_t unescaped_count_ = 0;

    friend class FlatParser;
};

/// The text as a JSON string, with its quotes.
std::string quoted_json(std::string_view text);

}  // namespace castaway::harness
