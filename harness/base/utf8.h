// Text that files may hold: whatever bytes came in, valid UTF-8 goes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace castaway::harness {

/// U+FFFD, in place of what is no character.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// One character at the start of a text.
struct Utf8Character {
    char32_t code = 0;
    std::size_t length = 1;  ///< in bytes; of an invalid one: the bytes to step over, at least 1
    bool valid = false;
};

/// What a character's first byte announces; length 0 when it cannot come first.
struct Utf8Lead {
    std::size_t length = 0;
    char32_t bits = 0;
    char32_t smallest = 0;  ///< smaller codes have a shorter form
};

constexpr Utf8Lead utf8_lead_of(unsigned char byte) {
    if (byte < 0x80U) {
        return {1, byte, 0};
    }
    if ((byte & 0xE0U) == 0xC0U) {
        return {2, byte & 0x1FU, 0x80};
    }
    if ((byte & 0xF0U) == 0xE0U) {
        return {3, byte & 0x0FU, 0x800};
    }
    if ((byte & 0xF8U) == 0xF0U) {
        return {4, byte & 0x07U, 0x10000};
    }
    return {};
}

/// Reads the character at the start of a text that is not empty. Overlong forms, surrogates and
/// what lies beyond U+10FFFF are invalid (RFC 3629).
inline Utf8Character first_character(std::string_view text) {
    const Utf8Lead lead = utf8_lead_of(static_cast<unsigned char>(text.front()));
    if (lead.length == 0 || lead.length > text.size()) {
        return {};
    }
    char32_t code = lead.bits;
    for (std::size_t i = 1; i < lead.length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0U) != 0x80U) {
            return {};
        }
        code = (code << 6U) | (byte & 0x3FU);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < lead.smallest || code > 0x10FFFF || surrogate) {
        return {};
    }
    return {code, lead.length, true};
}

/// The text with every invalid byte replaced by U+FFFD; a valid text stays as it is.
inline std::string valid_utf8(std::string_view text) {
    std::string valid;
    valid.reserve(text.size());
    while (!text.empty()) {
        const Utf8Character character = first_character(text);
        valid += character.valid ? text.substr(0, character.length) : kReplacementCharacter;
        text.remove_prefix(character.length);
    }
    return valid;
}

}  // namespace castaway::harness
