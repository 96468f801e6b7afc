// Where a process is: on which start of which machine, and in which of the kernel's namespaces.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace castaway {

/// One start of a machine, as seen from a time namespace: start times of processes and moments on
/// the monotonic clock are comparable where all of it is the same.
struct HostIdentity {
    std::array<std::uint64_t, 2> boot_id;  ///< zeros: cannot be read
    std::uint64_t time_namespace;          ///< its inode number; 0: the kernel has none
    bool operator==(const HostIdentity&) const = default;
    [[nodiscard]] bool is_known() const { return boot_id != decltype(boot_id){}; }
};

/// The calling process's.
HostIdentity host_identity();

/// The inode number of the calling process's pid namespace. As long as a process of the namespace
/// is left no other has that number. 1 where the kernel has no namespaces.
std::uint64_t pid_namespace_inode();

/// The same of the process of that pid; empty where it cannot be read.
std::optional<std::uint64_t> pid_namespace_inode_of(std::uint32_t pid);

/// Whether /proc shows processes by the numbers of the caller's own pid namespace. False also where
/// none is mounted.
bool proc_is_own();

/// Whether the children of the calling thread are of its own pid namespace, which it may have
/// unshared for them.
bool children_share_pid_namespace();

}  // namespace castaway
