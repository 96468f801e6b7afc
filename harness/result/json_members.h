// Members of JSON objects, for the writers of this folder.
#pragma once

#include <concepts>
#include <optional>
#include <string_view>

#include "harness/result/json_writer.h"

namespace castaway::harness {

using Layout = JsonWriter::Layout;

inline void member(JsonWriter& json, std::string_view key, std::string_view value) {
    json.key(key);
    json.text(value);
}

template <std::integral Number>
void member(JsonWriter& json, std::string_view key, Number value) {
    json.key(key);
    if constexpr (std::same_as<Number, bool>) {
        json.boolean(value);
    } else {
        json.number(value);
    }
}

template <std::integral Number>
void member(JsonWriter& json, std::string_view key, const std::optional<Number>& value) {
    if (value) {
        member(json, key, *value);
    } else {
        json.key(key);
        json.null();
    }
}

/// An array of whatever `write_item` writes of each.
template <typename Items, typename WriteItem>
void list(JsonWriter& json, std::string_view key, const Items& items, WriteItem write_item,
          Layout layout = Layout::lines) {
    json.key(key);
    json.begin_array(layout);
    for (const auto& item : items) {
        write_item(json, item);
    }
    json.end_array();
}

}  // namespace castaway::harness
