// The parts of the check `calls` that have files of their own.
#pragma once

#include <optional>

#include "harness/checkers/call_ledger.h"
#include "harness/checkers/verdict.h"
#include "harness/history/history.h"

namespace castaway::harness {

/// Nobody sleeps through a procedure call when all is quiet (WAIT-14, WAIT-21).
std::optional<Verdict> find_call_slept_through(const History& history, const CallLedger& ledger);

/// The routines of timers run as often as they may, and not later than they must (TMR-09, TMR-14).
std::optional<Verdict> find_wrong_routine(const History& history, const CallLedger& ledger);

/// Of the calls that armed the timer anew or cancelled it, other than `setting` itself: one that
/// may have come after that and by `by_ns`; null when there surely is none.
const Operation* possible_undoing(const std::vector<const Operation*>& of_timer,
                                  const Operation& setting, std::int64_t by_ns);

}  // namespace castaway::harness
