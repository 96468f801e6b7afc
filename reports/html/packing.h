// Many integers in little text: what the page's unpack.js takes apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace castaway::harness {

/// Little-endian base 128: seven bits a byte, the eighth says that more follow.
void append_unsigned(std::string& bytes, std::uint64_t value);
/// The sign goes into the lowest bit (zigzag), so that small negative numbers stay short.
void append_signed(std::string& bytes, std::int64_t value);

/// zlib (RFC 1950), then base64 (RFC 4648). Throws HarnessError when there is no memory.
std::string deflated_base64(std::string_view bytes);

}  // namespace castaway::harness
