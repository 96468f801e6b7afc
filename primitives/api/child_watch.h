// Watching processes that the library of this process has to learn the end of: the children that
// CreateProcess has started, of whom it also tells the exit codes and whom it waits for; and
// processes of parents that have ended, as long as they have not attached (recovery/membership.h).
// Nobody else can notice the end of a process that never makes a call.
//
// One thread does it, which sleeps on their pidfds. It waits for these children alone.
#pragma once

#include "primitives/objects/process_object.h"

namespace castaway {

/// Makes sure that watch_child() will not fail. False: no thread, no descriptor or no memory.
bool prepare_child_watch();

/// The caller has called prepare_child_watch() before, and started the child.
/// \param pidfd is closed by the watch
void watch_child(const ProcessRef& child, int pidfd);

/// As far as possible: there may be no descriptor left.
void watch_orphan(const ProcessRef& orphan);

}  // namespace castaway
