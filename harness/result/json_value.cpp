#include "harness/result/json_value.h"

#include <fmt/format.h>

#include <algorithm>

namespace castaway::harness {
namespace {

/// Extends the pointer to the value when it stands in this part of the document.
bool find_value(const Json& part, const Json& value, std::string& pointer) {
    if (&part == &value) {
        return true;
    }
    const std::string here = pointer;
    if (part.is_object()) {
        for (const auto& [key, member] : part.items()) {
            pointer = member_pointer(here, key);
            if (find_value(member, value, pointer)) {
                return true;
            }
        }
    } else if (part.is_array()) {
        for (std::size_t i = 0; i < part.size(); ++i) {
            pointer = item_pointer(here, i);
            if (find_value(part[i], value, pointer)) {
                return true;
            }
        }
    }
    pointer = here;
    return false;
}

}  // namespace

void require_keys(const Json& value, std::initializer_list<std::string_view> keys) {
    if (!value.is_object()) {
        throw Misread{&value, "this must be an object"};
    }
    for (const std::string_view key : keys) {
        if (!value.contains(key)) {
            throw Misread{&value, fmt::format("\"{}\" is missing", key)};
        }
    }
    for (const auto& [key, member] : value.items()) {
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
            throw Misread{&member, fmt::format("the key \"{}\" is not known", key)};
        }
    }
}

const Json& field(const Json& object, std::string_view key) {
    return *object.find(key);
}

const Json& array(const Json& value) {
    if (!value.is_array()) {
        throw Misread{&value, "this must be an array"};
    }
    return value;
}

std::string text(const Json& value) {
    if (!value.is_string()) {
        throw Misread{&value, "this must be a string"};
    }
    return value.get<std::string>();
}

bool boolean(const Json& value) {
    if (!value.is_boolean()) {
        throw Misread{&value, "this must be true or false"};
    }
    return value.get<bool>();
}

void throw_no_integer(const Json& value, std::int64_t low, std::uint64_t high) {
    throw Misread{&value, fmt::format("this must be an integer from {} to {}", low, high)};
}

std::uint32_t index_of(const Json& value, std::size_t count, std::string_view things) {
    const auto index = integer<std::uint32_t>(value);
    if (index >= count) {
        throw Misread{&value, fmt::format("there is no {} {}, there are {}", things, index, count)};
    }
    return index;
}

void throw_no_word(const Json& value, std::string_view kind) {
    throw Misread{&value, fmt::format("this must be {}", kind)};
}

std::string pointer_to(const Json& document, const Json& value) {
    std::string pointer;
    find_value(document, value, pointer);
    return pointer;
}

}  // namespace castaway::harness
