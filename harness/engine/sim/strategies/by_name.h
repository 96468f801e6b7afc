// Strategies as people ask for them on a command line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/engine/sim/strategies/misfortune.h"
#include "harness/engine/sim/strategy.h"

namespace castaway::harness::sim {

/// The strategy of that name:
///   portfolio        several in turn, the default (strategies/portfolio.h)
///   random           the random walk
///   uniform          the uniform walk
///   pct:D            PCT of depth D, from 1 to 10
///   preemptions:N    every schedule of at most N preemptions; takes no luck
///   exhaustive       every execution that differs; of luck, takes deaths
/// Throws InputError (option `--strategy`) for any other, and for luck that one does not take: it
/// would look for less than was asked.
std::unique_ptr<Strategy> strategy_by_name(std::string_view name, std::uint64_t seed,
                                           const Luck& luck);

/// "pct:3" gives 3; 0 for every other strategy.
std::uint32_t pct_depth_of(std::string_view name);

}  // namespace castaway::harness::sim
