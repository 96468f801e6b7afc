// Between UTF-16, which is what names are in Win32, and UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "harness/base/utf8.h"

namespace castaway::harness {

/// One character at the start of a text.
struct Utf16Character {
    char32_t code = 0;       ///< of half a surrogate pair: that half
    std::size_t length = 1;  ///< in units
    bool valid = false;      ///< false: half a surrogate pair
};

/// Reads the character at the start of a text that is not empty.
constexpr Utf16Character first_character(std::u16string_view text) {
    const char32_t first = text.front();
    if (first < 0xD800 || first > 0xDFFF) {
        return {first, 1, true};
    }
    const char32_t second = text.size() > 1 ? text[1] : 0;
    if (first > 0xDBFF || second < 0xDC00 || second > 0xDFFF) {
        return {first, 1, false};
    }
    return {0x10000 + ((first - 0xD800) << 10U) + (second - 0xDC00), 2, true};
}

constexpr bool is_valid_utf16(std::u16string_view text) {
    while (!text.empty()) {
        const Utf16Character character = first_character(text);
        if (!character.valid) {
            return false;
        }
        text.remove_prefix(character.length);
    }
    return true;
}

/// UTF-8 where the text is valid UTF-16; half a surrogate pair becomes the three bytes of its
/// number, which is not valid UTF-8.
inline std::string to_utf8(std::u16string_view text) {
    std::string bytes;
    const auto add = [&](char32_t value) { bytes.push_back(static_cast<char>(value)); };
    const auto add_rest = [&](char32_t code, unsigned shift) {
        add(0x80U | ((code >> shift) & 0x3FU));
    };
    while (!text.empty()) {
        const Utf16Character character = first_character(text);
        text.remove_prefix(character.length);
        const char32_t code = character.code;
        if (code < 0x80) {
            add(code);
            continue;
        }
        if (code < 0x800) {
            add(0xC0U | (code >> 6U));
        } else if (code < 0x10000) {
            add(0xE0U | (code >> 12U));
            add_rest(code, 6);
        } else {
            add(0xF0U | (code >> 18U));
            add_rest(code, 12);
            add_rest(code, 6);
        }
        add_rest(code, 0);
    }
    return bytes;
}

/// Every invalid byte becomes U+FFFD.
inline std::u16string to_utf16(std::string_view text) {
    std::u16string units;
    while (!text.empty()) {
        const Utf8Character character = first_character(text);
        text.remove_prefix(character.length);
        const char32_t code = character.valid ? character.code : 0xFFFD;
        if (code < 0x10000) {
            units.push_back(static_cast<char16_t>(code));
        } else {
            units.push_back(static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10U)));
            units.push_back(static_cast<char16_t>(0xDC00 + ((code - 0x10000) & 0x3FFU)));
        }
    }
    return units;
}

}  // namespace castaway::harness
