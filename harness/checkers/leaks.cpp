// Nothing is left of processes that are dead (HND-07, NAME-14, CONC-03).
//
// At the end, when every process is gone: no process is attached, no object, no handle, no name,
// and no procedure call of a thread that has ended. Before, while no operation runs and some
// process lives: no handle of a process that is dead, and no mutex that a dead process still owns.
//
// Assumes that the snapshots were taken after the subject had time to notice the deaths. Sound: a
// process counts as dead only when the harness knew of its death before the snapshot.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/checkers/checks.h"
#include "harness/checkers/lives.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

std::string process_label(const History& history, std::uint32_t process) {
    if (process >= history.processes.size()) {
        return "an unknown process";
    }
    const HistoryProcess& told = history.processes[process];
    return fmt::format("{} ({})", told.name, to_string(told.end));
}

/// The last calls of a process: what it was doing when it died.
std::vector<const Operation*> last_calls_of(const History& history, std::uint32_t process) {
    std::vector<const Operation*> last(
        process < history.processes.size() ? history.processes[process].threads.size() : 0);
    for (const Operation& operation : history.operations) {
        if (operation.process == process) {
            last.at(operation.thread) = &operation;
        }
    }
    return last;
}

Verdict leftover(const History& history, const Snapshot& end) {
    std::vector<std::string> parts;
    if (end.processes_attached != 0) {
        parts.push_back(end.processes_attached == 1
                            ? "1 process entry"
                            : fmt::format("{} process entries", end.processes_attached));
    }
    std::vector<const Operation*> witness;
    std::uint64_t handles = 0;
    std::string owners;
    for (const Snapshot::ProcessHandles& each : end.handles) {
        if (each.handles != 0) {
            handles += each.handles;
            owners += fmt::format("{}{} of {}", owners.empty() ? "" : ", ", each.handles,
                                  process_label(history, each.process));
            if (witness.empty()) {
                witness = last_calls_of(history, each.process);
            }
        }
    }
    if (handles != 0) {
        parts.push_back(fmt::format("{} ({})", counted(handles, "handle"), owners));
    }
    if (!end.objects.empty()) {
        std::string names;
        for (const ObjectState& object : end.objects) {
            names += fmt::format("{}{}{}", names.empty() ? "" : ", ", to_string(object.type),
                                 object.name.empty() ? "" : " \"" + object.name + "\"");
        }
        parts.push_back(fmt::format("{} ({})", counted(end.objects.size(), "object"), names));
    }
    if (end.names != 0) {
        parts.push_back(counted(end.names, "name"));
    }
    if (end.calls != 0) {
        parts.push_back(counted(end.calls, "procedure call") + " of threads that have ended");
    }
    std::string all;
    for (const std::string& part : parts) {
        all += (all.empty() ? "" : ", ") + part;
    }
    return failed(fmt::format("all processes had ended, and this was left: {}", all),
                  std::move(witness));
}

/// What is wrong while the living still hold their handles; a pass when nothing is.
Verdict judge_quiescence(const History& history, const Lives& lives, const Snapshot& snapshot) {
    const auto dead = [&](std::uint32_t process) {
        return process < history.processes.size() && lives.dead_by(process) < snapshot.at_ns;
    };
    for (const Snapshot::ProcessHandles& each : snapshot.handles) {
        if (each.handles != 0 && dead(each.process)) {
            return failed(fmt::format("{} was known to be dead at {}, and at {} it still had {}",
                                      process_label(history, each.process),
                                      in_ms(lives.dead_by(each.process)), in_ms(snapshot.at_ns),
                                      counted(each.handles, "handle")),
                          last_calls_of(history, each.process));
        }
    }
    for (const ObjectState& object : snapshot.objects) {
        if (object.owner && dead(*object.owner)) {
            return failed(
                fmt::format("{} was known to be dead at {}, and at {} it still owned mutex \"{}\"",
                            process_label(history, *object.owner),
                            in_ms(lives.dead_by(*object.owner)), in_ms(snapshot.at_ns),
                            object.name),
                last_calls_of(history, *object.owner));
        }
    }
    return passed({});
}

}  // namespace

Verdict judge_leaks(const History& history) {
    if (history.processes.empty()) {
        return not_applicable("no process was started");
    }
    const Lives lives(history);
    const Snapshot* quiescence = find_quiescence(history);
    if (quiescence != nullptr) {
        Verdict verdict = judge_quiescence(history, lives, *quiescence);
        if (verdict.kind == VerdictKind::fail) {
            return verdict;
        }
    }
    const Snapshot* end = find_snapshot(history, SnapshotMoment::end);
    if (end == nullptr) {
        return inconclusive("no snapshot was taken after the processes had ended");
    }
    if (end->processes_attached != 0 || !end->objects.empty() || !end->handles.empty() ||
        end->names != 0 || end->calls != 0) {
        return leftover(history, *end);
    }
    const auto deaths = static_cast<std::size_t>(
        std::count_if(history.processes.begin(), history.processes.end(), died_in_the_run));
    if (quiescence == nullptr && deaths != 0 && deaths != history.processes.size()) {
        return inconclusive(
            fmt::format("nothing was left at the end, but no snapshot tells whether the handles of "
                        "the {} that died were closed while others lived",
                        deaths == 1 ? "process" : "processes"));
    }
    return passed(fmt::format("nothing was left of {} processes, {} of which died in the run",
                              history.processes.size(), deaths));
}

}  // namespace castaway::harness
