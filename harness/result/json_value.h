// Takes values out of a result file's JSON. What is not as it should be is thrown as the value it
// is about; the reader of the file finds its place in the document only then, so that reading a
// long history builds no places.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "harness/scenario/json_text.h"

namespace castaway::harness {

struct Misread {
    const Json* at;
    std::string problem;  ///< without a full stop
};

/// Requires an object with exactly these keys.
void require_keys(const Json& value, std::initializer_list<std::string_view> keys);
/// The member of an object that has it.
const Json& field(const Json& object, std::string_view key);

/// The items; requires an array.
const Json& array(const Json& value);
std::string text(const Json& value);
bool boolean(const Json& value);

[[noreturn]] void throw_no_integer(const Json& value, std::int64_t low, std::uint64_t high);

template <std::integral T>
T integer(const Json& value) {
    if (value.is_number_unsigned() && std::in_range<T>(value.get<std::uint64_t>())) {
        return static_cast<T>(value.get<std::uint64_t>());
    }
    if (value.is_number_integer() && !value.is_number_unsigned() &&
        std::in_range<T>(value.get<std::int64_t>())) {
        return static_cast<T>(value.get<std::int64_t>());
    }
    throw_no_integer(value, static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                     static_cast<std::uint64_t>(std::numeric_limits<T>::max()));
}

template <std::integral T>
std::optional<T> optional_integer(const Json& value) {
    return value.is_null() ? std::nullopt : std::optional<T>(integer<T>(value));
}

/// The index of one of `count` things, of which there are so many.
std::uint32_t index_of(const Json& value, std::size_t count, std::string_view things);

[[noreturn]] void throw_no_word(const Json& value, std::string_view kind);

/// The enumerator whose to_string is the text.
template <typename Enumerator>
Enumerator word(const Json& value, std::span<const Enumerator> all, std::string_view kind) {
    if (value.is_string()) {
        for (const Enumerator each : all) {
            if (value.get_ref<const std::string&>() == to_string(each)) {
                return each;
            }
        }
    }
    throw_no_word(value, kind);
}

/// Where in the document the value stands, as a JSON pointer (RFC 6901). Requires that it is there.
std::string pointer_to(const Json& document, const Json& value);

}  // namespace castaway::harness
