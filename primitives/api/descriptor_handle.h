// Handles that stand for file descriptors of the caller's process, for STARTUPINFO alone: no table
// has them, and no other call takes them. Beyond the value of any handle of an object.
#pragma once

#include <cstdint>
#include <optional>

#include "castaway/win32.h"

namespace castaway {

/// \param descriptor not negative
inline HANDLE handle_of_descriptor(int descriptor) {
    constexpr std::uint64_t kTag = std::uint64_t{0x4644} << 32;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a number in a pointer's clothes
    return reinterpret_cast<HANDLE>(kTag | static_cast<std::uint64_t>(descriptor) << 2);
}

/// Empty: it stands for none.
inline std::optional<int> descriptor_of(HANDLE handle) {
    const auto descriptor =
        static_cast<int>(static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(handle)) >> 2);
    // The two low bits are the caller's own, as of any handle.
    const auto same = [](HANDLE one, HANDLE other) {
        return reinterpret_cast<std::uintptr_t>(one) / 4 ==
               reinterpret_cast<std::uintptr_t>(other) / 4;
    };
    return same(handle_of_descriptor(descriptor), handle) ? std::optional(descriptor)
                                                          : std::nullopt;
}

}  // namespace castaway
