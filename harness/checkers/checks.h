// The judges behind all_checks(), one file each; its head says which rules it enforces, what it
// assumes and why it raises no false alarm.
//
// What all of them hold to:
//
// * An operation takes effect at one moment of its closed interval [invoked, returned]. Two moments
//   at equal times come in either order.
// * A pending operation of a thread that died took effect before its death, or not at all. One of a
//   thread that lives on at the run's end may have taken effect and not have returned.
// * A failure is told only when no choice of moments and of pending operations obeys the rules.
// * An object with whole_run = false can vanish with its last handle and be made anew, so nothing
//   can be said of its state over time. Such an object is followed by `names`, and, where it is a
//   mutex, while its holders surely have a handle; the other checks leave it out.
#pragma once

#include "harness/checkers/verdict.h"
#include "harness/history/history.h"

namespace castaway::harness {

Verdict judge_mutual_exclusion(const History& history);
Verdict judge_abandonment(const History& history);
Verdict judge_mutex_release(const History& history);
Verdict judge_semaphore(const History& history);
Verdict judge_auto_reset(const History& history);
Verdict judge_manual_reset(const History& history);
Verdict judge_timers(const History& history);
Verdict judge_timeouts(const History& history);
Verdict judge_wait_any_lowest(const History& history);
Verdict judge_calls(const History& history);
Verdict judge_lost_wakeup(const History& history);
Verdict judge_progress(const History& history);
Verdict judge_names(const History& history);
Verdict judge_leaks(const History& history);
Verdict judge_integrity(const History& history);
Verdict judge_unexpected_death(const History& history);
Verdict judge_errors(const History& history);

}  // namespace castaway::harness
