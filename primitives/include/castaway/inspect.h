/// A look at a live region from outside: who is attached, what objects there are, who waits and who
/// owns, and whether the structures hold together. Takes no lock and changes nothing; while others
/// work in the region, a look can catch a change half-done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castaway {

enum class InspectedType : std::uint8_t {
    event,
    mutex,
    semaphore,
    timer,
    process,
    private_namespace,
};

struct InspectedObject {
    std::uint32_t slot = 0;
    InspectedType type = InspectedType::event;
    bool manual_reset = false;  ///< event, timer
    /// With its namespace, "Local\\x"; empty when it has none. A process's is "Process\\" and its
    /// pid, a private namespace's "Boundary\\" and its boundary's, and "Namespace\\<id>\\x" that of
    /// an object in one.
    std::string name;
    bool signaled = false;
    std::uint32_t count = 0;    ///< semaphore
    std::uint64_t maximum = 0;  ///< semaphore
    std::uint64_t depth = 0;    ///< mutex: how often its owner has it
    std::optional<std::uint32_t> owner_pid;
    bool abandoned = false;
    std::uint64_t handles = 0;  ///< in all processes
    std::uint32_t waiters = 0;  ///< in its queue
};

struct InspectedProcess {
    std::uint32_t slot = 0;
    std::uint32_t pid = 0;
    std::uint32_t threads = 0;  ///< its helper thread included
    std::uint64_t handles = 0;
};

struct RegionPicture {
    std::vector<InspectedProcess> processes;
    std::vector<InspectedObject> objects;
    std::uint32_t names = 0;
    /// Structural invariants that do not hold, one line each. While others work in the region, an
    /// entry may only mean that they do.
    std::vector<std::string> damage;
};

/// The region of that name (see CASTAWAY_REGION; "fd:N" too). Empty, with the reason, when there is
/// none or it cannot be read; none is made.
std::optional<RegionPicture> inspect_region(std::string_view region, std::string& problem);

/// What lies at that offset of the region's file, in words ("the wait word of thread 3 of process
/// 4711"); empty when nothing does.
std::string describe_region_offset(std::string_view region, std::uint64_t offset);

/// Fills an empty file, such as a memfd's, with a new region. False with the reason.
bool initialise_region(int fd, std::string& problem);

/// Attaches for a moment, as any process would, so that what dead processes left is given back, and
/// leaves again. False with the reason.
bool sweep_region(std::string_view region, std::string& problem);

}  // namespace castaway
