// The program that the orchestrator starts: it reads the plan, forks one worker per process of the
// plan, and tells how they end. See fork_messages.h for what it says, worker_group.h for who ends
// whom.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "harness/subject/subject.h"

namespace castaway::harness {

/// Makes the adapter of the subject with that name. Throws InputError when there is none.
using SubjectFinder = std::function<std::unique_ptr<SubjectAdapter>(std::string_view name)>;

/// The whole of a worker program's main(). The arguments are those of WorkerGroup: the
/// orchestrator's pid, and the numbers of the control block's, the bell's and the socket's
/// descriptors; the plan is in plan.json in the current folder. Returns the exit code, in the fork
/// server and in every worker.
int fork_server_main(std::span<char*> arguments, const SubjectFinder& find);

/// The plan's file in the run's folder.
inline constexpr const char* kPlanFile = "plan.json";

}  // namespace castaway::harness
