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

/// Reads the character at the start of a text that is not empty. Overlong forms, surrogates and
/// what lies beyond U+10FFFF are invalid (RFC 3629).
Utf8Character first_character(std::string_view text);

/// The text with every invalid byte replaced by U+FFFD; a valid text stays as it is.
std::string valid_utf8(std::string_view text);

}  // namespace castaway::harness
