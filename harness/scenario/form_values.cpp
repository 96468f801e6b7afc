#include "harness/scenario/form_values.h"

#include <fmt/format.h>

#include <algorithm>

namespace castaway::harness {
namespace {

constexpr const char* kNameMend = "write a letter, then at most 63 letters, digits and underscores";

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kLongestName && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

std::string read_name(const JsonNode& node) {
    std::string name = node.text();
    if (node.value().is_string() && !is_name(name)) {
        node.problem(fmt::format("\"{}\" is no name", name), kNameMend);
    }
    return name;
}

void require_name(const JsonNode& node, std::string_view key) {
    if (!is_name(key)) {
        node.problem(fmt::format("\"{}\" is no name", key), kNameMend);
    }
}

std::string read_process_reference(const JsonNode& node) {
    std::string text = node.text();
    if (!node.value().is_string()) {
        return text;
    }
    const std::size_t slash = text.find('/');
    const std::string_view group = std::string_view(text).substr(0, slash);
    const std::string_view index =
        slash == std::string::npos ? "0" : std::string_view(text).substr(slash + 1);
    const bool is_index = !index.empty() && index.size() <= 4 &&
                          std::all_of(index.begin(), index.end(), is_digit) &&
                          (index == "0" || index.front() != '0');
    if (!is_name(group) || !is_index) {
        node.problem(fmt::format("\"{}\" names no process", text),
                     "write a group (\"owner\") or one process of it (\"owner/0\")");
    }
    return text;
}

Range read_range(const JsonNode& node, Bounds bounds) {
    if (node.value().is_number_integer()) {
        const std::int64_t number = node.integer(bounds);
        return {number, number};
    }
    if (!node.value().is_array()) {
        node.wrong_type("an integer or [low, high]");
        return {bounds.low, bounds.low};
    }
    const std::vector<JsonNode> ends = node.items(2, 2);
    if (ends.size() != 2) {
        return {bounds.low, bounds.low};
    }
    const Range range{ends[0].integer(bounds), ends[1].integer(bounds)};
    if (range.low > range.high) {
        node.problem(fmt::format("the range [{}, {}] is empty", range.low, range.high),
                     "write the lower number first");
    }
    return range;
}

Range read_range_or(const std::optional<JsonNode>& node, Bounds bounds, Range fallback) {
    return node ? read_range(*node, bounds) : fallback;
}

}  // namespace castaway::harness
