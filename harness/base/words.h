// Words for numbers.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

namespace castaway::harness {

/// "3 deaths", "1 death".
template <std::integral Number>
std::string counted(Number count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace castaway::harness
