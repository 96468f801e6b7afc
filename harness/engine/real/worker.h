// A worker: one OS process that does what the plan says for one of its processes.
#pragma once

#include <cstdint>

#include "harness/engine/real/control_block.h"
#include "harness/plan/plan.h"
#include "harness/subject/subject.h"

namespace castaway::harness {

/// Does all of it and returns the exit code; or does not return, where a fault says so. The current
/// folder holds the history files.
int run_worker(const Plan& plan, std::uint32_t process, SubjectAdapter& adapter,
               ControlBlock& control);

}  // namespace castaway::harness
