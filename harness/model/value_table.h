// Values of foreign histories, told apart by number: a text, or a value with a text appended.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
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
    [[nodiscard]] std::string text(ValueId value) const;
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }

  private:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    struct Node {
        std::uint32_t front = kNone;
        std::uint32_t back = kNone;
        std::uint64_t length = 0;
        std::uint64_t hash = 0;
        std::uint64_t power = 1;  ///< what a hash before this value is multiplied by
        std::string text;         ///< where front is none
    };

    /// The number of that value: an equal one's, or a new one.
    ValueId unify(Node node);

    std::vector<Node> nodes_;
    std::unordered_multimap<std::uint64_t, ValueId> by_hash_;
    std::unordered_map<std::uint64_t, ValueId> joined_;
};

}  // namespace castaway::harness
