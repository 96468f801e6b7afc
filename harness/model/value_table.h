// Values of foreign histories, told apart by number: a text, or a value with a text appended.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace castaway::harness {

/// The number of a value in a ValueTable. Equal numbers, equal values.
using ValueId = std::uint32_t;

/// Texts are not joined as they are appended, so a value that grows piece by piece takes memory in
/// proportion to its pieces.
class ValueTable {
  public:
    ValueTable();

    static constexpr ValueId kEmpty = 0;

    ValueId of(std::string_view text);
    /// The number of the value that is `front` followed by `back`.
    ValueId append(ValueId front, ValueId back);
    /// Whether the value `whole` is `front`, or that with something appended.
    bool begins_with(ValueId whole, ValueId front);
    [[nodiscard]] std::string text(ValueId value) const;
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }

  private:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    struct Node {
        std::uint32_t front = kNone;  ///< none where the text stands in `text`
        std::uint32_t back = kNone;
        std::uint64_t length = 0;
        std::uint64_t hash = 0;
        std::uint64_t power = 1;      ///< what a hash before this value is multiplied by
        std::uint32_t whole = kNone;  ///< a value with its text in one that begins with this one
        std::string text;
    };

    /// The value with its text in one piece.
    const std::string& in_one(ValueId value);
    /// The place in the index of the value that is equal to the node, or of none where there is no
    /// such value.
    std::size_t find(const Node& node, std::string_view text);
    ValueId add(std::size_t place, Node node);
    void grow_index();

    std::vector<Node> nodes_;
    std::vector<ValueId> index_;  ///< by hash, with open addressing
};

}  // namespace castaway::harness
