// How one execution of a simulated world ended.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace castaway::harness::sim {

enum class Outcome : std::uint8_t {
    finished,      ///< every program is through, and whatever is left sleeps
    deadlock,      ///< nobody can move, and some program is not through
    lost_wakeup,   ///< the same, and somebody sleeps on a word that has changed meanwhile
    livelock,      ///< the bound on steps was reached
    stray_access,  ///< an address outside the process's own mapping was used as a shared cell
    crash,         ///< the code under test raised a signal or an exception
    abandoned,     ///< the strategy lost interest
};

std::string_view to_string(Outcome outcome);

struct Execution {
    Outcome outcome = Outcome::finished;
    std::uint64_t steps = 0;
    std::uint64_t choices = 0;
    /// Over every step: who, what, where, what was found and what was left.
    std::uint64_t trace_hash = 0;
    /// What the strategy's generator would have drawn next; 0 for strategies that draw nothing.
    std::uint64_t generator_end = 0;
    std::uint32_t deaths = 0;  ///< processes killed
    std::string detail;        ///< in words, when the outcome is not `finished`

    bool operator==(const Execution&) const = default;
};

}  // namespace castaway::harness::sim
