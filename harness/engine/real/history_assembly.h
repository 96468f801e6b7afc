// Puts a run's history together from the plan, the workers' files and what the orchestrator saw.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "harness/engine/real/control_block.h"
#include "harness/engine/real/worker_group.h"
#include "harness/history/history.h"
#include "harness/plan/plan.h"

namespace castaway::harness {

/// By process: when the harness, of the run's time, took it in hand to explain and end it; empty
/// for those that came to an end without it. Looking at a sleeping thread makes it look at its word
/// again, so what a process does from then on is the harness's doing and no part of the history.
using CutOff = std::vector<std::optional<std::int64_t>>;

/// Objects, processes and threads, as the plan names them.
History begin_history(const Plan& plan);

/// Adds ends, faults and operations. Requires that all workers are dead and their exit statuses
/// known. Throws HarnessError when the history is not sound.
void finish_history(const Plan& plan, const ControlBlock& control, const WorkerGroup& workers,
                    const CutOff& cut_off, const std::filesystem::path& folder, bool sleep_is_told,
                    History& history);

}  // namespace castaway::harness
