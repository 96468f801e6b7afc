// Running a part of a test in namespaces of its own, as a container would.
#pragma once

#include <functional>
#include <string>

namespace castaway::testing {

/// Which the body is to have of its own, besides a pid namespace.
struct Namespaces {
    bool own_proc = true;             ///< /proc is that of the new pid namespace
    long long boottime_offset_s = 0;  ///< not 0: a time namespace with that offset
};

/// Why this machine does not permit that; empty when it does. Tried in a child.
std::string namespaces_refused(const Namespaces& wanted = {});

/// Runs the body as the first process, of number 1, of a new pid namespace, and returns its exit
/// status when it has ended; it ends with the calling process. The caller must have no threads, and
/// no part in a region; it can have no further children afterwards.
int in_new_pid_namespace(const std::function<int()>& body, const Namespaces& wanted = {});

/// In the first process of a new pid namespace: gives it a /proc of that, which others do not see.
bool mount_own_proc();

}  // namespace castaway::testing
