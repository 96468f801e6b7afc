// Processes by descriptor. A pidfd names one process for ever: a signal through it can neither hit
// a successor of the same number nor, with a wrong number, everybody.
#pragma once

#include <cstdint>

#include "harness/engine/real/system.h"

namespace castaway::harness {

/// Requires that the process is the caller, or a child of it that was not reaped.
Descriptor open_pidfd(int pid);

/// False when the process is gone. Throws HarnessError on any other failure.
bool send_signal(const Descriptor& pidfd, int signal);

/// Waits until the process has ended. False when the deadline came first.
bool await_end(const Descriptor& pidfd, std::int64_t deadline_ns);

}  // namespace castaway::harness
