// No process dies that no fault has struck.
//
// Assumes that the engine tells an injected end from any other (ProcessEnd). Sound: a process that
// crashed did so inside the subject or the harness, and neither may.
#include <fmt/format.h>

#include "harness/checkers/checks.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

const Operation* last_operation_of(const History& history, std::uint32_t process) {
    const Operation* last = nullptr;
    for (const Operation& operation : history.operations) {
        // A pending operation is where the process was.
        if (operation.process == process && (last == nullptr || !last->pending())) {
            last = &operation;
        }
    }
    return last;
}

}  // namespace

Verdict judge_unexpected_death(const History& history) {
    if (history.processes.empty()) {
        return not_applicable("no process was started");
    }
    for (std::uint32_t i = 0; i < history.processes.size(); ++i) {
        const HistoryProcess& process = history.processes[i];
        if (process.end != ProcessEnd::crashed) {
            continue;
        }
        const Operation* last = last_operation_of(history, i);
        return failed(
            fmt::format("{} died of {}, and no fault had struck it{}", process.name,
                        process.end_detail.empty() ? "an unknown cause" : process.end_detail,
                        last == nullptr
                            ? ""
                            : fmt::format("; the last that is known of it is a {} at {}",
                                          call_of(history, *last), in_ms(last->invoked_ns))),
            {last});
    }
    return passed(fmt::format("{}, none died by itself",
                              history.processes.size() == 1
                                  ? "1 process"
                                  : fmt::format("{} processes", history.processes.size())));
}

}  // namespace castaway::harness
