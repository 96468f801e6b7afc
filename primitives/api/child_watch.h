// Watching processes that the library of this process has to learn the end of: the children that
// CreateProcess has started, of whom it also tells the exit codes and whom it waits for; and
// processes of parents that have ended, as long as they have not attached (recovery/membership.h).
// Nobody else can notice the end of a process that never makes a call.
//
// Each has a thread that sleeps until it ends, and takes no part in the region. It then hands the
// end to the process's helper, which has all that it takes to record it, however full the region is
// by now, and waits for the child when that is done. A child's thread is there before the child.
//
//   waiting thread   waitid(child), without reaping; hands over; sleeps
//   helper           records the exit code; recovers what the child held; wakes the thread
//   waiting thread   reaps the child; ends
//
// No descriptor is kept: the host program may close any at any time and give its number to another
// file. Those that a waiting thread opens are in a table of its own. Nor are children known by a
// number alone: the host program may wait for any child, and then the kernel may use the number
// again.
#pragma once

#include "primitives/api/attachment.h"
#include "primitives/objects/process_object.h"

namespace castaway {

/// For one child, from before its start.
class ChildWatch {
  public:
    ChildWatch() = default;
    ChildWatch(const ChildWatch&) = delete;
    ChildWatch& operator=(const ChildWatch&) = delete;
    /// Unless it has begun, there is no child: the thread ends.
    ~ChildWatch();

    /// Gets the thread. False: there is none to be had, or no memory.
    bool prepare();

    /// Requires prepare(). The child has been started, and is waited for by nobody else from here
    /// on. Cannot fail.
    void begin(const ProcessRef& child);

  private:
    struct Start;
    Start* start_ = nullptr;  ///< the thread's, which frees it when it has been told
};

/// As far as possible: there may be no thread to be had.
void watch_orphan(const ProcessRef& orphan);

/// By the helper: what is due for those who have ended. Asks for another turn, by a ring of its own
/// bell, where it could not be done.
void finish_ended(ActiveThread& helper);

/// In a forked child: the watches are its parent's.
void forget_watches();

}  // namespace castaway
