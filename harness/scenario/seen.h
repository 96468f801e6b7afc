// What a scenario can demand to have seen: the keys of its "seen" section. A fixed list, because
// each is counted in its own way.
#pragma once

#include <array>
#include <string_view>

namespace castaway::harness {

struct SeenKey {
    std::string_view name;
    std::string_view description;  ///< one line
};

inline constexpr std::array<SeenKey, 12> kSeenKeys{{
    {"abandoned", "waits that were told that the mutex's owner had died"},
    {"satisfied_waits", "waits that took an object, abandoned mutexes included"},
    {"timeouts", "waits that ran out of time"},
    {"alerted", "waits and sleeps that procedure calls ended"},
    {"calls", "procedure calls that ran, each time that a timer's routine did included"},
    {"blocked_waits", "operations in which the thread went to sleep"},
    {"deaths", "processes that died by a fault"},
    {"faults_fired", "faults that took place"},
    {"operations", "operations that were begun"},
    {"pending", "operations without a response"},
    {"failed", "operations that answered with an error"},
    {"already_existed", "creates that found the object there (183)"},
}};

}  // namespace castaway::harness
