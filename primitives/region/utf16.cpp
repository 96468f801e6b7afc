#include "primitives/region/utf16.h"

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

constexpr bool leads_a_pair(char16_t unit) {
    return unit >= 0xd800 && unit < 0xdc00;
}
constexpr bool ends_a_pair(char16_t unit) {
    return unit >= 0xdc00 && unit < 0xe000;
}

}  // namespace

std::optional<std::string> to_utf8(std::u16string_view name) {
    std::string text;
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

}  // namespace castaway
