#include "harness/checkers/lives.h"

#include <algorithm>

namespace castaway::harness {
namespace {

std::int64_t last_event(const Operation& operation) {
    return operation.pending() ? operation.invoked_ns : operation.returned_ns;
}

/// The moment of the first fault that struck the process; kLongAgo when none did.
std::int64_t first_fault(const History& history, std::uint32_t process) {
    std::int64_t first = kForever;
    for (const FaultEvent& fault : history.faults) {
        if (fault.process == process) {
            first = std::min(first, fault.at_ns);
        }
    }
    return first == kForever ? kLongAgo : first;
}

}  // namespace

bool died_in_the_run(const HistoryProcess& process) {
    return process.end == ProcessEnd::killed || process.end == ProcessEnd::exited ||
           process.end == ProcessEnd::crashed;
}

const Snapshot* find_snapshot(const History& history, SnapshotMoment moment) {
    const Snapshot* found = nullptr;
    for (const Snapshot& snapshot : history.snapshots) {
        if (snapshot.moment == moment) {
            found = &snapshot;
        }
    }
    return found;
}

const Snapshot* find_quiescence(const History& history) {
    const Snapshot* snapshot = find_snapshot(history, SnapshotMoment::quiescence);
    const bool somebody_lived =
        snapshot != nullptr &&
        std::any_of(history.processes.begin(), history.processes.end(),
                    [snapshot](const HistoryProcess& process) {
                        return process.known_dead_ns.value_or(kForever) >= snapshot->at_ns;
                    });
    return somebody_lived ? snapshot : nullptr;
}

const ObjectState* find_final_state(const History& history, const HistoryObject& object) {
    const Snapshot* snapshot = find_quiescence(history);
    if (snapshot == nullptr) {
        return nullptr;
    }
    const auto found = std::find_if(
        snapshot->objects.begin(), snapshot->objects.end(), [&object](const ObjectState& state) {
            return state.name == object.name && state.type == object.type;
        });
    return found == snapshot->objects.end() ? nullptr : &*found;
}

Lives::Lives(const History& history) : history_(history) {
    for (const HistoryProcess& process : history.processes) {
        processes_.emplace_back().threads.assign(process.threads.size(), kLongAgo);
    }
    for (const Operation& operation : history.operations) {
        Process& process = processes_.at(operation.process);
        std::int64_t& thread = process.threads.at(operation.thread);
        thread = std::max(thread, last_event(operation));
        process.lived_at = std::max(process.lived_at, last_event(operation));
    }
    const Snapshot* quiescence = find_quiescence(history);
    for (std::uint32_t i = 0; i < processes_.size(); ++i) {
        const HistoryProcess& told = history.processes[i];
        Process& process = processes_[i];
        std::int64_t all_lived_at =
            told.end == ProcessEnd::crashed ? kLongAgo : first_fault(history, i);
        if (told.end == ProcessEnd::finished) {
            // Its threads stay until the last of its handles is closed.
            all_lived_at = std::max(all_lived_at, process.lived_at);
        }
        if (!died_in_the_run(told) && quiescence != nullptr) {
            all_lived_at = std::max(all_lived_at, quiescence->at_ns);
        }
        for (std::uint32_t thread = 0; thread < process.threads.size(); ++thread) {
            const std::optional<std::int64_t> ended = told.threads[thread].ended_ns;
            process.threads[thread] =
                std::max(process.threads[thread], ended ? *ended : all_lived_at);
            process.lived_at = std::max(process.lived_at, process.threads[thread]);
        }
    }
}

std::int64_t Lives::thread_lived_at(std::uint32_t process, std::uint32_t thread) const {
    return processes_.at(process).threads.at(thread);
}

std::int64_t Lives::process_lived_at(std::uint32_t process) const {
    return processes_.at(process).lived_at;
}

std::int64_t Lives::dead_by(std::uint32_t process) const {
    return history_.processes.at(process).known_dead_ns.value_or(kForever);
}

bool Lives::died(std::uint32_t process, std::uint32_t thread) const {
    const HistoryProcess& told = history_.processes.at(process);
    return died_in_the_run(told) || told.threads.at(thread).ended_ns.has_value();
}

std::int64_t Lives::latest_effect(const Operation& operation) const {
    if (!operation.pending()) {
        return operation.returned_ns;
    }
    const std::int64_t dead = dead_by(operation.process);
    return operation.is_wait() || dead == kForever ? dead : dead + kDeathNoticeNs;
}

}  // namespace castaway::harness
