#include "harness/model/value_table.h"

#include <utility>

namespace castaway::harness {
namespace {

constexpr std::uint64_t kBase = 0x9e3779b97f4a7c15U;

}  // namespace

ValueTable::ValueTable() {
    of("");
}

ValueId ValueTable::of(std::string_view text) {
    Node node;
    for (const char each : text) {
        node.hash = node.hash * kBase + static_cast<unsigned char>(each) + 1U;
        node.power *= kBase;
    }
    node.length = text.size();
    node.text = text;
    return unify(std::move(node));
}

ValueId ValueTable::append(ValueId front, ValueId back) {
    if (back == kEmpty) {
        return front;
    }
    if (front == kEmpty) {
        return back;
    }
    const std::uint64_t key = (std::uint64_t{front} << 32) | back;
    if (const auto found = joined_.find(key); found != joined_.end()) {
        return found->second;
    }
    Node node;
    node.front = front;
    node.back = back;
    node.length = nodes_[front].length + nodes_[back].length;
    node.hash = nodes_[front].hash * nodes_[back].power + nodes_[back].hash;
    node.power = nodes_[front].power * nodes_[back].power;
    const ValueId value = unify(std::move(node));
    joined_.emplace(key, value);
    return value;
}

std::string ValueTable::text(ValueId value) const {
    // From the last piece to the first, without recursion: values grow by thousands of pieces.
    std::vector<std::string_view> pieces;
    std::vector<ValueId> left{value};
    while (!left.empty()) {
        const Node& node = nodes_.at(left.back());
        left.pop_back();
        if (node.front == kNone) {
            pieces.push_back(node.text);
        } else {
            left.push_back(node.front);
            left.push_back(node.back);
        }
    }
    std::string joined;
    joined.reserve(nodes_.at(value).length);
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
        joined += *piece;
    }
    return joined;
}

ValueId ValueTable::unify(Node node) {
    const auto [first, last] = by_hash_.equal_range(node.hash);
    if (first != last) {
        // An equal hash is nearly always an equal value, but only the texts decide.
        const std::string wanted =
            node.front == kNone ? node.text : text(node.front) + text(node.back);
        for (auto each = first; each != last; ++each) {
            if (nodes_[each->second].length == node.length && text(each->second) == wanted) {
                return each->second;
            }
        }
    }
    const auto value = static_cast<ValueId>(nodes_.size());
    by_hash_.emplace(node.hash, value);
    nodes_.push_back(std::move(node));
    return value;
}

}  // namespace castaway::harness
