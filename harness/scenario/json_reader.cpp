#include "harness/scenario/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "harness/base/error.h"
#include "harness/scenario/nearest.h"

namespace castaway::harness {
namespace {

std::string_view kind_of(const Json& value) {
    switch (value.type()) {
        case Json::value_t::null:
            return "null";
        case Json::value_t::object:
            return "an object";
        case Json::value_t::array:
            return "an array";
        case Json::value_t::string:
            return "a string";
        case Json::value_t::boolean:
            return "true or false";
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned:
            return "an integer";
        case Json::value_t::number_float:
            return "no integer";
        default:
            return "no JSON";
    }
}

InputError to_error(const std::string& file, const Problem& problem) {
    return {one_line(place(file, problem.pointer)), one_line(problem.what), one_line(problem.mend)};
}

}  // namespace

std::string to_line(const std::string& file, const Problem& problem) {
    return to_error(file, problem).what();
}

void Problems::add(std::string pointer, std::string what, std::string mend) {
    if (all_.size() < kMost) {
        all_.push_back({std::move(pointer), std::move(what), std::move(mend)});
    } else if (all_.size() == kMost) {
        all_.push_back(
            {"", fmt::format("there are more than {} mistakes", kMost), "mend those above first"});
    }
}

void Problems::throw_first(const std::string& file) const {
    if (!all_.empty()) {
        throw to_error(file, all_.front());
    }
}

void JsonNode::problem(std::string what, std::string mend) const {
    problems_->add(pointer_, std::move(what), std::move(mend));
}

void JsonNode::wrong_type(std::string_view expected) const {
    problem(fmt::format("this is {}", kind_of(*value_)), fmt::format("write {}", expected));
}

std::string JsonNode::text() const {
    if (!value_->is_string()) {
        wrong_type("a string");
        return {};
    }
    return value_->get<std::string>();
}

bool JsonNode::boolean() const {
    if (!value_->is_boolean()) {
        wrong_type("true or false");
        return false;
    }
    return value_->get<bool>();
}

std::int64_t JsonNode::integer(Bounds bounds) const {
    if (!value_->is_number_integer()) {
        wrong_type("an integer");
        return bounds.low;
    }
    const bool above = value_->is_number_unsigned() &&
                       value_->get<std::uint64_t>() >
                           static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const std::int64_t number = above ? 0 : value_->get<std::int64_t>();
    if (above || number < bounds.low || number > bounds.high) {
        problem(fmt::format("{} is out of range", value_->dump()),
                fmt::format("write a number from {} to {}", bounds.low, bounds.high));
        return bounds.low;
    }
    return number;
}

std::size_t JsonNode::word(std::span<const std::string_view> known) const {
    if (!value_->is_string()) {
        wrong_type("a string");
        return 0;
    }
    const std::string& word = value_->get_ref<const std::string&>();
    const auto found = std::find(known.begin(), known.end(), word);
    if (found == known.end()) {
        problem(fmt::format("\"{}\" is not known here", word), mend_word(word, known));
        return 0;
    }
    return static_cast<std::size_t>(found - known.begin());
}

std::vector<JsonNode> JsonNode::items(std::size_t least, std::size_t most) const {
    std::vector<JsonNode> items;
    if (!value_->is_array()) {
        wrong_type("an array");
        return items;
    }
    if (value_->size() < least) {
        problem("this array is too short", fmt::format("write at least {} in it", least));
    } else if (value_->size() > most) {
        problem("this array is too long", fmt::format("write at most {} in it", most));
    }
    const std::size_t size = std::min(value_->size(), most);
    items.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
        items.emplace_back((*value_)[i], item_pointer(pointer_, i), *problems_);
    }
    return items;
}

JsonNode JsonNode::member(std::string_view key) const {
    return {value_->at(std::string(key)), member_pointer(pointer_, key), *problems_};
}

JsonObject::JsonObject(JsonNode node)
    : node_(std::move(node)), is_object_(node_.value().is_object()) {
    if (!is_object_) {
        node_.wrong_type("an object");
    }
}

std::optional<JsonNode> JsonObject::find(std::string_view key) {
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) {
        asked_.push_back(key);
    }
    if (!is_object_ || !node_.value().contains(std::string(key))) {
        return std::nullopt;
    }
    return node_.member(key);
}

std::optional<JsonNode> JsonObject::require(std::string_view key) {
    std::optional<JsonNode> found = find(key);
    if (!found && is_object_) {
        node_.problem(fmt::format("\"{}\" is missing", key), fmt::format("add \"{}\"", key));
    }
    return found;
}

void JsonObject::finish() const {
    if (!is_object_) {
        return;
    }
    for (const auto& [key, value] : node_.value().items()) {
        if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) {
            node_.problem(fmt::format("unknown key \"{}\"", key), mend_word(key, asked_));
        }
    }
}

}  // namespace castaway::harness
