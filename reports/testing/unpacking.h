// Takes apart what the page's operations are packed into.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace castaway::harness {

/// The integers, signed ones still in their zigzag form. Throws std::runtime_error when the text is
/// not what deflated_base64 makes of such.
std::vector<std::uint64_t> unpacked(std::string_view base64);

}  // namespace castaway::harness
