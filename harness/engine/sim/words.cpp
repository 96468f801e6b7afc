// The enumerators' names as they stand in traces and reports.
#include <array>

#include "harness/engine/sim/execution.h"
#include "harness/engine/sim/step.h"

namespace castaway::harness::sim {

std::string_view to_string(StepKind kind) {
    constexpr std::array<std::string_view, 16> kWords{
        "start",      "load",         "store",      "cas",   "exchange",     "fetch_add",
        "futex_wait", "futex_return", "futex_wake", "clock", "process_gone", "pause",
        "spawn",      "operation",    "mark_dead",  "exit"};
    return kWords.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(Outcome outcome) {
    constexpr std::array<std::string_view, 7> kWords{
        "finished", "deadlock", "lost wake-up", "livelock", "stray access", "crash", "abandoned"};
    return kWords.at(static_cast<std::size_t>(outcome));
}

}  // namespace castaway::harness::sim
