// Strategies as people ask for them on a command line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/engine/sim/strategies/misfortune.h"
#include "harness/engine/sim/strategies/share.h"
#include "harness/engine/sim/strategy.h"

namespace castaway::harness::sim {

/// The strategy that mutates schedules which reached something new (strategies/coverage_guided.h).
/// A campaign makes it; strategy_by_name() does not know it.
inline constexpr std::string_view kCoverageGuided = "coverage";

/// How the executions of a strategy can be shared out.
enum class Divisible : std::uint8_t {
    freely,     ///< it draws: other seeds are other executions
    by_rounds,  ///< it draws, and learns from what others of its kind have found
    no,         ///< what it tries next depends on everything before
};

/// Requires a name that strategy_by_name() takes.
Divisible divisibility_of(std::string_view name);

/// The strategy of that name:
///   portfolio        several in turn, the default (strategies/portfolio.h)
///   random           the random walk
///   uniform          the uniform walk
///   pct:D            PCT of depth D, from 1 to 10
///   preemptions:N    every schedule of at most N preemptions; takes no luck
///   exhaustive       every execution that differs; of luck, takes deaths
/// Throws InputError (option `--strategy`) for any other, and for luck that one does not take: it
/// would look for less than was asked.
/// \param share of what there is; a strategy that draws has none, and a portfolio leaves out its
///     orderly member where there is no part of that number
std::unique_ptr<Strategy> strategy_by_name(std::string_view name, std::uint64_t seed,
                                           const Luck& luck, Share share = {});

/// "pct:3" gives 3; 0 for every other strategy.
std::uint32_t pct_depth_of(std::string_view name);

}  // namespace castaway::harness::sim
