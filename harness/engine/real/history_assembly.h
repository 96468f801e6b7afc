// Puts a run's history together from the plan, the workers' files and what the orchestrator saw.
#pragma once

#include <filesystem>
#include <vector>

#include "harness/engine/real/control_block.h"
#include "harness/engine/real/worker_group.h"
#include "harness/history/history.h"
#include "harness/plan/plan.h"

namespace castaway::harness {

/// Objects, processes and threads, as the plan names them.
History begin_history(const Plan& plan);

/// Adds ends, faults and operations. Requires that all workers are dead and their exit statuses
/// known. `stuck` tells by process which the harness ended. Throws HarnessError when the history
/// is not sound.
void finish_history(const Plan& plan, const ControlBlock& control, const WorkerGroup& workers,
                    const std::vector<bool>& stuck, const std::filesystem::path& folder,
                    bool sleep_is_told, History& history);

}  // namespace castaway::harness
