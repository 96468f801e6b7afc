// The pid namespaces whose processes take part in a region, or did: the region gives each a number.
//
// A pid means something in its own namespace alone: containers that share a region have processes
// of equal pids, and the kernel answers a question about a pid by the asker's namespace. So the
// identity of a process has its namespace in it, and only processes of one namespace are asked
// about by pid. What tells of a death everywhere is the mark in a liveness word: the kernel
// compares the word with the dying thread's number in that thread's own namespace.
//
// A namespace is known by its inode number, which no other has while a process of it is left. The
// kernel gives the number to another one later. That one then has the former one's number in the
// region, and rightly asks about its processes: by then all of them are gone.
#pragma once

#include <optional>

#include "primitives/region/view.h"

namespace castaway {

/// The number of the pid namespace that has this inode number. Empty when the region has not seen
/// it.
template <class P>
std::optional<std::uint8_t> find_pid_namespace(const P& platform, const RegionView& region,
                                               std::uint64_t inode) {
    for (std::size_t i = 0; i < kPidNamespacesMax; ++i) {
        if (platform.load(region.header().pid_namespaces[i]) == inode) {
            return static_cast<std::uint8_t>(i);
        }
    }
    return std::nullopt;
}

/// The same, and gives it one. Empty when all numbers are given.
template <class P>
std::optional<std::uint8_t> number_pid_namespace(const P& platform, const RegionView& region,
                                                 std::uint64_t inode) {
    for (std::size_t i = 0; i < kPidNamespacesMax; ++i) {
        Cell64& entry = region.header().pid_namespaces[i];
        std::uint64_t found = platform.load(entry);
        if ((found == 0 && platform.cas(entry, found, inode)) || found == inode) {
            return static_cast<std::uint8_t>(i);
        }
    }
    return std::nullopt;
}

}  // namespace castaway
