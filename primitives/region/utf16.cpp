#include "primitives/region/utf16.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace castaway {

namespace {

/// Appends a code point as UTF-8.
void append_utf8(std::string& text, char32_t point) {
    const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (point >> shift & 0x3f)); };
    if (point < 0x80) {
        text += static_cast<char>(point);
        return;
    }
    if (point < 0x800) {
        text += static_cast<char>(0xc0 | point >> 6);
    } else {
        if (point < 0x10000) {
            text += static_cast<char>(0xe0 | point >> 12);
        } else {
            text += static_cast<char>(0xf0 | point >> 18);
            tail(12);
        }
        tail(6);
    }
    tail(0);
}

/// How much of the text is ASCII, which most names are: eight bytes at a time.
std::size_t ascii_prefix(std::string_view text) {
    constexpr std::uint64_t kHighBits = 0x8080808080808080;
    std::size_t size = 0;
    for (std::uint64_t word = 0; size + sizeof(word) <= text.size(); size += sizeof(word)) {
        std::memcpy(&word, text.data() + size, sizeof(word));
        if ((word & kHighBits) != 0) {
            break;
        }
    }
    while (size < text.size() && static_cast<unsigned char>(text[size]) < 0x80) {
        ++size;
    }
    return size;
}

/// The length of the sequence that the text begins with; 0: it begins with none.
std::size_t utf8_sequence(std::string_view text) {
    const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = at(0);
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const auto is_tail = [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
    };
    if (text.size() < length || !std::all_of(text.begin() + 1, text.begin() + length, is_tail)) {
        return 0;
    }
    // What is too long for its character, half a pair, or beyond the last character.
    const unsigned second = at(1);
    const bool wrong = (first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
                       (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
    return wrong ? 0 : length;
}

constexpr bool leads_a_pair(char16_t unit) {
    return unit >= 0xd800 && unit < 0xdc00;
}
constexpr bool ends_a_pair(char16_t unit) {
    return unit >= 0xdc00 && unit < 0xe000;
}

}  // namespace

std::optional<std::string> to_utf8(std::u16string_view name) {
    std::string text;
    text.reserve(name.size());
    for (std::size_t i = 0; i < name.size(); ++i) {
        char32_t point = name[i];
        if (leads_a_pair(name[i]) && i + 1 < name.size() && ends_a_pair(name[i + 1])) {
            point = 0x10000 + ((point - 0xd800) << 10) + (char32_t{name[++i]} - 0xdc00);
        } else if (leads_a_pair(name[i]) || ends_a_pair(name[i])) {
            return std::nullopt;
        }
        append_utf8(text, point);
    }
    return text;
}

std::size_t utf16_length(std::string_view text) {
    std::size_t units = ascii_prefix(text);
    text.remove_prefix(units);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        units += (byte & 0xc0) == 0x80 ? 0 : byte < 0xf0 ? 1 : 2;
    }
    return units;
}

bool is_utf8(std::string_view text) {
    for (;;) {
        text.remove_prefix(ascii_prefix(text));
        if (text.empty()) {
            return true;
        }
        const std::size_t length = utf8_sequence(text);
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
}

}  // namespace castaway
