#include "reports/view/plain_text.h"

#include <algorithm>
#include <cstddef>

#include "harness/base/utf8.h"

namespace castaway::harness {
namespace {

bool between(char letter, char low, char high) {
    return letter >= low && letter <= high;
}

/// The length of the escape sequence that the text begins with (ECMA-48: ESC [, parameters,
/// intermediates, a final byte); 0 when it begins with none.
std::size_t escape_sequence_length(std::string_view text) {
    if (!text.starts_with("\x1b[")) {
        return 0;
    }
    std::size_t end = 2;
    while (end < text.size() && between(text[end], '0', '?')) {
        ++end;
    }
    while (end < text.size() && between(text[end], ' ', '/')) {
        ++end;
    }
    return end < text.size() && between(text[end], '@', '~') ? end + 1 : 0;
}

/// The production Char of XML 1.0.
bool is_xml_character(char32_t code) {
    return code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code < 0xD800) ||
           (code >= 0xE000 && code <= 0xFFFD) || code >= 0x10000;
}

}  // namespace

std::string plain_text(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    while (!text.empty()) {
        if (const std::size_t escape = escape_sequence_length(text); escape != 0) {
            text.remove_prefix(escape);
            continue;
        }
        const Utf8Character character = first_character(text);
        plain += character.valid && is_xml_character(character.code)
                     ? text.substr(0, character.length)
                     : kReplacementCharacter;
        text.remove_prefix(character.length);
    }
    return plain;
}

std::string plain_line(std::string_view text) {
    std::string line = plain_text(text);
    std::replace_if(
        line.begin(), line.end(),
        [](char letter) { return letter == '\n' || letter == '\r' || letter == '\t'; }, ' ');
    return line;
}

}  // namespace castaway::harness
