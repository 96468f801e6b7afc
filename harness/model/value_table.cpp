#include "harness/model/value_table.h"

#include <utility>

namespace castaway::harness {
namespace {

constexpr std::uint64_t kBase = 0x9e3779b97f4a7c15U;

/// Where to look for that hash first; the low bits of a polynomial's hash are not well spread.
std::size_t first_place(std::uint64_t hash, std::size_t places) {
    return static_cast<std::size_t>((hash ^ (hash >> 32)) * kBase >> 32) & (places - 1);
}

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
    const std::size_t place = find(node, text);
    if (index_[place] != kNone) {
        in_one(index_[place]);  // It will be compared with others.
        return index_[place];
    }
    node.text = text;
    return add(place, std::move(node));
}

ValueId ValueTable::append(ValueId front, ValueId back) {
    if (back == kEmpty) {
        return front;
    }
    if (front == kEmpty) {
        return back;
    }
    in_one(back);
    Node node;
    node.front = front;
    node.back = back;
    node.length = nodes_[front].length + nodes_[back].length;
    node.hash = nodes_[front].hash * nodes_[back].power + nodes_[back].hash;
    node.power = nodes_[front].power * nodes_[back].power;
    const std::size_t place = find(node, {});
    return index_[place] != kNone ? index_[place] : add(place, std::move(node));
}

bool ValueTable::begins_with(ValueId whole, ValueId front) {
    if (whole == front) {
        return true;
    }
    if (nodes_[front].length > nodes_[whole].length) {
        return false;
    }
    const std::string_view text = in_one(whole);
    // From the last piece to the first, as far as it is not known.
    for (ValueId at = front; at != kEmpty && nodes_[at].whole != whole;) {
        const Node& node = nodes_[at];
        const bool ends_here = node.front == kNone || node.whole != kNone;
        const Node& piece = node.front == kNone   ? node
                            : node.whole != kNone ? nodes_[node.whole]
                                                  : nodes_[node.back];
        const std::size_t length = ends_here ? node.length : piece.length;
        const std::string_view wanted = std::string_view(piece.text).substr(0, length);
        if (text.substr(node.length - length, length) != wanted) {
            return false;
        }
        if (ends_here) {
            break;
        }
        at = node.front;
    }
    nodes_[front].whole = whole;
    return true;
}

std::string ValueTable::text(ValueId value) const {
    // From the last piece to the first, without recursion: values grow by thousands of pieces.
    std::string joined(nodes_.at(value).length, '\0');
    std::size_t end = joined.size();
    for (ValueId at = value;;) {
        const Node& node = nodes_[at];
        const std::string& piece = node.front == kNone ? node.text : nodes_[node.back].text;
        end -= piece.size();
        joined.replace(end, piece.size(), piece);
        if (node.front == kNone) {
            return joined;
        }
        at = node.front;
    }
}

const std::string& ValueTable::in_one(ValueId value) {
    if (nodes_[value].front != kNone) {
        std::string whole = text(value);
        Node& node = nodes_[value];
        node.text = std::move(whole);
        node.front = kNone;
        node.back = kNone;
    }
    return nodes_[value].text;
}

std::size_t ValueTable::find(const Node& node, std::string_view text) {
    if ((nodes_.size() + 1) * 2 > index_.size()) {
        grow_index();
    }
    // An equal hash is nearly always an equal value, but only the texts decide.
    const auto equal = [&](ValueId value) {
        const Node& other = nodes_[value];
        if (other.hash != node.hash || other.length != node.length) {
            return false;
        }
        if (node.front == kNone) {
            return text == in_one(value);
        }
        if (other.front == node.front && other.back == node.back) {
            return true;
        }
        const std::string& back = nodes_[node.back].text;
        const std::string_view whole = in_one(value);
        return whole.substr(whole.size() - back.size()) == back && begins_with(value, node.front);
    };
    std::size_t place = first_place(node.hash, index_.size());
    while (index_[place] != kNone && !equal(index_[place])) {
        place = (place + 1) & (index_.size() - 1);
    }
    return place;
}

ValueId ValueTable::add(std::size_t place, Node node) {
    const auto value = static_cast<ValueId>(nodes_.size());
    nodes_.push_back(std::move(node));
    index_[place] = value;
    return value;
}

void ValueTable::grow_index() {
    constexpr std::size_t kLeast = 64;
    index_.assign(index_.empty() ? kLeast : index_.size() * 2, kNone);
    for (ValueId value = 0; value < nodes_.size(); ++value) {
        std::size_t place = first_place(nodes_[value].hash, index_.size());
        while (index_[place] != kNone) {
            place = (place + 1) & (index_.size() - 1);
        }
        index_[place] = value;
    }
}

}  // namespace castaway::harness
