// The enumerators' names as they stand in traces and reports.
#include <array>

#include "harness/engine/sim/execution.h"
#include "harness/engine/sim/step.h"
#include "harness/engine/sim/store_buffer.h"

namespace castaway::harness::sim {

std::string_view to_string(StepKind kind) {
    constexpr std::array<std::string_view, kStepKinds> kWords{
        "start",      "load",         "store",      "cas",   "exchange",     "fetch_add",
        "futex_wait", "futex_return", "futex_wake", "clock", "process_gone", "pause",
        "spawn",      "operation",    "mark_dead",  "exit",  "buffer",       "drain"};
    return kWords.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(MemoryModel model) {
    return model == MemoryModel::sc ? "sc" : "tso";
}

std::optional<MemoryModel> memory_model_from(std::string_view name) {
    for (const MemoryModel each : {MemoryModel::sc, MemoryModel::tso}) {
        if (name == to_string(each)) {
            return each;
        }
    }
    return std::nullopt;
}

std::string_view to_string(Outcome outcome) {
    constexpr std::array<std::string_view, 7> kWords{
        "finished", "deadlock", "lost wake-up", "livelock", "stray access", "crash", "abandoned"};
    return kWords.at(static_cast<std::size_t>(outcome));
}

}  // namespace castaway::harness::sim
