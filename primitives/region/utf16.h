// UTF-16, as the W forms have it, to UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace castaway {

/// Empty when half a surrogate pair stands alone.
std::optional<std::string> to_utf8(std::u16string_view text);

}  // namespace castaway
