// Plain facts about the subject's shared state at one moment, gathered by its adapter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/history/operation.h"

namespace castaway::harness {

struct ObjectState {
    std::string name;  ///< as the scenario calls it; empty for an object that no scenario named
    ObjectType type = ObjectType::event;
    bool signaled = false;
    std::int64_t value = 0;  ///< semaphore: the count; mutex: recursion depth, 0 when free
    std::optional<std::uint32_t> owner;  ///< mutex: index in History::processes, where known
    bool abandoned = false;              ///< mutex: abandoned and not yet told
    std::uint32_t waiters = 0;           ///< threads in its queue
    std::uint32_t handles = 0;           ///< handles in all processes

    bool operator==(const ObjectState&) const = default;
};

/// When the picture was taken.
enum class SnapshotMoment : std::uint8_t {
    quiescence,  ///< no operation is running; the living processes still hold their handles
    end,         ///< every process of the run is gone
};

struct Snapshot {
    SnapshotMoment moment = SnapshotMoment::end;
    std::int64_t at_ns = 0;
    std::vector<ObjectState> objects;
    /// Handles by owning process (index in History::processes), for those that have any.
    struct ProcessHandles {
        std::uint32_t process = 0;
        std::uint32_t handles = 0;
        bool operator==(const ProcessHandles&) const = default;
    };
    std::vector<ProcessHandles> handles;
    std::uint32_t processes_attached = 0;  ///< process slots in use, the observer's own not counted
    std::uint32_t names = 0;
    /// Procedure calls that are queued, and armed timers with routines.
    std::uint32_t calls = 0;
    /// Structural invariants that do not hold, one line each.
    std::vector<std::string> damage;

    bool operator==(const Snapshot&) const = default;
};

}  // namespace castaway::harness
