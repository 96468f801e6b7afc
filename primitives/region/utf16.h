// UTF-16, as the W forms have it, to UTF-8; and what is UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace castaway {

/// Empty when half a surrogate pair stands alone.
std::optional<std::string> to_utf8(std::u16string_view text);

/// Each sequence is the shortest of its character, and none is half a surrogate pair: so exactly
/// what to_utf8() makes.
bool is_utf8(std::string_view text);

/// UTF-16 units of a text that is UTF-8, as Windows counts names.
std::size_t utf16_length(std::string_view text);

}  // namespace castaway
