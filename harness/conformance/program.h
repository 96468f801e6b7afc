// A program of single Win32 calls: what a conformance run makes, call after call.
//
// A program is drawn from a seed alone. It names handles by the calls that make them, so it is the
// same for every subject, whatever values that subject gives.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/model/win32/call.h"

namespace castaway::harness::conformance {

struct Program {
    std::uint64_t seed = 0;
    std::vector<win32::Call>
        calls;  ///< numbered in this order; numbers stay when some are left out
    bool operator==(const Program&) const = default;
};

inline constexpr std::uint32_t kProcessesMax = 5;

/// So many calls by threads of some processes: of all functions, mostly with handles that fit, now
/// and then with such as do not.
/// \param processes how many there are at most. Of two or more there are two from the start; one
///                  alone neither starts any nor ends.
Program draw_program(std::uint64_t seed, std::uint32_t calls,
                     std::uint32_t processes = kProcessesMax);

/// Throws InputError, with the file's name and a JSON pointer.
Program read_program(const std::filesystem::path& file);
std::string to_json_text(const Program& program);

}  // namespace castaway::harness::conformance
