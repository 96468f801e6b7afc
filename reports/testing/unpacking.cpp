#include "reports/testing/unpacking.h"

#include <zlib.h>

#include <array>
#include <stdexcept>

namespace castaway::harness {
namespace {

std::string base64_decoded(std::string_view text) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t group = 0;
    std::uint32_t bits = 0;
    for (const char letter : text) {
        if (letter == '=') {
            break;
        }
        const std::size_t value = kAlphabet.find(letter);
        if (value == std::string_view::npos) {
            throw std::runtime_error("no base64");
        }
        group = (group << 6U) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>((group >> bits) & 0xFFU);
        }
    }
    return bytes;
}

std::string inflated(std::string packed) {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) {
        throw std::runtime_error("inflateInit");
    }
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string bytes;
    std::array<char, 4096> part{};
    int result = Z_OK;
    while (result == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(part.data());
        stream.avail_out = part.size();
        result = inflate(&stream, Z_NO_FLUSH);
        bytes.append(part.data(), part.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (result != Z_STREAM_END) {
        throw std::runtime_error("no zlib stream");
    }
    return bytes;
}

}  // namespace

std::vector<std::uint64_t> unpacked(std::string_view base64) {
    std::vector<std::uint64_t> numbers;
    std::uint64_t number = 0;
    std::uint32_t shift = 0;
    for (const char letter : inflated(base64_decoded(base64))) {
        const auto byte = static_cast<unsigned char>(letter);
        number |= (std::uint64_t{byte} & 0x7FU) << shift;
        shift += 7;
        if (byte < 0x80) {
            numbers.push_back(number);
            number = 0;
            shift = 0;
        }
    }
    if (shift != 0) {
        throw std::runtime_error("a number is cut off");
    }
    return numbers;
}

}  // namespace castaway::harness
