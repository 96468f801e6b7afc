// From what was planned and what happened to the run's result. A run passes only when something was
// judged, all that was judged is right, and all that the scenario wanted to see was seen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/checkers/verdict.h"
#include "harness/history/history.h"
#include "harness/plan/plan.h"
#include "harness/result/run_result.h"

namespace castaway::harness {

/// What a plan does not know of its run.
struct RunIdentity {
    std::string subject;  ///< "castaway", "castaway:lost_wakeup"
    std::string engine;   ///< "real"
    std::string token;    ///< the replay token
    std::string replay_command;
};

/// Joins what was planned with what happened, and decides. Pure.
///
/// The result's `seen` holds every key of kSeenKeys in that order, the undemanded with no bounds;
/// its `faults` are those of the plan in the plan's order.
///
/// fail: a check failed, a process crashed, or the run hit its time limit.
/// inconclusive, when nothing failed: a fault of the plan did not fire, a "seen" demand is not met,
/// a check could not decide, a check that the scenario names found nothing to judge or was not
/// made, nothing was judged or done at all, or threads slept on at the end without the scenario
/// foreseeing it (a demand on "pending" whose minimum is at least the number of such operations).
/// `note` names every reason that no failed check tells. Requires that the keys in plan.seen are
/// among kSeenKeys and that the fault events name faults of the plan; throws HarnessError
/// otherwise.
RunResult assess(const Plan& plan, History history, std::vector<Verdict> verdicts,
                 const RunIdentity& identity, std::int64_t duration_ns);

/// The result of a run that was not made because the subject cannot do what the plan needs.
RunResult skipped_run(const Plan& plan, const RunIdentity& identity, std::string why);

/// The result of a run that the harness could not carry out.
RunResult harness_error_run(const Plan& plan, const RunIdentity& identity, std::string why,
                            std::int64_t duration_ns);

}  // namespace castaway::harness
