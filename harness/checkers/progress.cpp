// Every living thread comes to the end of its program (CONC-02, and all rules that let a wait end).
//
// A thread that stands still when nothing can move any more, or at the run's limit, is a failure
// whatever the reason: lost_wakeup says more where the object that it waits for is signaled. A
// scenario that means some threads to sleep on leaves this check out.
//
// Assumes that the run's limit is generous, which is the scenario's business.
#include <fmt/format.h>

#include <algorithm>

#include "harness/checkers/checks.h"
#include "harness/checkers/lives.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

constexpr std::size_t kThreadsTold = 4;

const Operation* find_operation(const History& history, const StuckThread& stuck) {
    const auto found = std::find_if(
        history.operations.begin(), history.operations.end(), [&stuck](const Operation& operation) {
            return operation.process == stuck.process && operation.thread == stuck.thread &&
                   operation.sequence == stuck.sequence;
        });
    return found == history.operations.end() ? nullptr : &*found;
}

/// Looking at a thread that sleeps can wake it, so a call that returned after the run's state was
/// looked at had not returned by then.
bool stood_still_in(const History& history, const Operation* operation) {
    const Snapshot* snapshot = find_snapshot(history, SnapshotMoment::quiescence);
    return operation != nullptr &&
           (operation->pending() ||
            (snapshot != nullptr && operation->invoked_ns < snapshot->at_ns &&
             operation->returned_ns >= snapshot->at_ns));
}

std::string describe(const History& history, const StuckThread& stuck, const Operation* operation) {
    const std::string thread = history.processes.at(stuck.process).threads.at(stuck.thread).name;
    if (stood_still_in(history, operation)) {
        return fmt::format("{} was in a {} since {}", thread, call_of(history, *operation),
                           in_ms(operation->invoked_ns));
    }
    if (!stuck.waits_on.empty()) {
        return fmt::format("{} awaited {}", thread, stuck.waits_on);
    }
    return thread + " was on its way";
}

}  // namespace

Verdict judge_progress(const History& history) {
    std::size_t living = 0;
    std::size_t stuck_processes = 0;
    for (const HistoryProcess& process : history.processes) {
        living += process.end == ProcessEnd::finished ? 1U : 0U;
        stuck_processes += process.end == ProcessEnd::stuck ? 1U : 0U;
    }
    if (stuck_processes == 0 && !history.hit_limit) {
        return living == 0 ? not_applicable("no process lived to the end of its program")
                           : passed(fmt::format("all threads of the {} living process{} came to "
                                                "their end",
                                                living, living == 1 ? "" : "es"));
    }
    std::vector<const Operation*> witness;
    std::string told;
    for (std::size_t i = 0; i < history.stuck.size() && i < kThreadsTold; ++i) {
        const Operation* operation = find_operation(history, history.stuck[i]);
        if (stood_still_in(history, operation)) {
            witness.push_back(operation);
        }
        told += (told.empty() ? ": " : "; ") + describe(history, history.stuck[i], operation);
    }
    if (history.stuck.size() > kThreadsTold) {
        told += fmt::format("; and {} more", history.stuck.size() - kThreadsTold);
    }
    const std::string who =
        history.stuck.empty()
            ? (stuck_processes == 1 ? "1 process" : fmt::format("{} processes", stuck_processes))
            : counted(history.stuck.size(), "thread");
    return failed(fmt::format("{} had not come to an end {}{}", who,
                              history.went_quiet ? "when nothing could move any more"
                                                 : "at the run's time limit",
                              told),
                  std::move(witness));
}

}  // namespace castaway::harness
