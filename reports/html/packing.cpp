#include "reports/html/packing.h"

#include <zlib.h>

#include <cstddef>

#include "harness/base/error.h"

namespace castaway::harness {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string deflated(std::string_view bytes) {
    uLongf size = compressBound(static_cast<uLong>(bytes.size()));
    std::string packed(size, '\0');
    // zlib takes bytes as unsigned char; any object may be looked at as such.
    const int result = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                                 reinterpret_cast<const Bytef*>(bytes.data()),
                                 static_cast<uLong>(bytes.size()), Z_DEFAULT_COMPRESSION);
    if (result != Z_OK) {
        throw HarnessError("no memory to pack the report's operations");
    }
    packed.resize(size);
    return packed;
}

}  // namespace

void append_unsigned(std::string& bytes, std::uint64_t value) {
    while (value > 0x7F) {
        bytes += static_cast<char>((value & 0x7FU) | 0x80U);
        value >>= 7U;
    }
    bytes += static_cast<char>(value);
}

void append_signed(std::string& bytes, std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    append_unsigned(bytes, value < 0 ? ~(bits << 1U) : bits << 1U);
}

std::string deflated_base64(std::string_view bytes) {
    const std::string packed = deflated(bytes);
    std::string text;
    text.reserve((packed.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < packed.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = i; j < i + 3; ++j) {
            group =
                (group << 8U) | (j < packed.size() ? static_cast<unsigned char>(packed[j]) : 0U);
        }
        for (const std::uint32_t shift : {18U, 12U, 6U, 0U}) {
            text += kAlphabet[(group >> shift) & 0x3FU];
        }
        for (std::size_t padding = packed.size() - i; padding < 3; ++padding) {
            text[text.size() - (3 - padding)] = '=';
        }
    }
    return text;
}

}  // namespace castaway::harness
