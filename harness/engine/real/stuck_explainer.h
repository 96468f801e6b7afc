// Says of a thread that does not go on where it stands: in which system call, on whose futex word,
// and by which functions it came there.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/engine/real/control_block.h"
#include "harness/engine/real/worker_group.h"
#include "harness/history/history.h"
#include "harness/plan/plan.h"
#include "harness/subject/subject.h"

namespace castaway::harness {

/// Explains every thread of these living processes that has not come to its program's end. Takes a
/// bounded time, and tells what it could find out by then.
std::vector<StuckThread> explain_stuck(std::span<const std::uint32_t> processes, const Plan& plan,
                                       const ControlBlock& control, const WorkerGroup& workers,
                                       SubjectSpace& space);

}  // namespace castaway::harness
