// The check that a run's history is linearizable (CONC-01).
#pragma once

#include <string_view>

#include "harness/checkers/verdict.h"
#include "harness/history/history.h"

namespace castaway::harness {

inline constexpr std::string_view kLinearizableCheck = "linearizable";

/// Inconclusive where the search is cut off. Requires a history as normalise() leaves it.
Verdict judge_linearizable(const History& history);

}  // namespace castaway::harness
