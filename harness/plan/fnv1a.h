// FNV-1a (Fowler, Noll, Vo), 64 bits: the same number on every machine.
#pragma once

#include <cstdint>
#include <string_view>

namespace castaway::harness {

constexpr std::uint64_t fnv1a(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char byte : bytes) {
        hash ^= static_cast<unsigned char>(byte);
        hash *= 0x100000001b3U;
    }
    return hash;
}

}  // namespace castaway::harness
