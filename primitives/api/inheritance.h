// What a parent tells its child in the environment variable CASTAWAY_INHERIT: "<slot>.<entry>", the
// entry in hexadecimal digits.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "primitives/objects/process_object.h"

namespace castaway {

inline std::string inheritance_text(const ProcessRef& child) {
    char digits[17] = {};
    std::to_chars(std::begin(digits), std::end(digits) - 1, child.entry, 16);
    return std::to_string(child.slot) + "." + digits;
}

inline std::optional<ProcessRef> parse_inheritance(std::string_view text) {
    ProcessRef child;
    const char* const end = text.data() + text.size();
    const auto slot = std::from_chars(text.data(), end, child.slot);
    if (slot.ec != std::errc{} || slot.ptr == end || *slot.ptr != '.') {
        return std::nullopt;
    }
    const auto entry = std::from_chars(slot.ptr + 1, end, child.entry, 16);
    return entry.ec == std::errc{} && entry.ptr == end ? std::optional(child) : std::nullopt;
}

}  // namespace castaway
