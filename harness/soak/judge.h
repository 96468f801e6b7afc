// What can be said of a board at any moment, and what can be said when everybody has ended.
#pragma once

#include <string>
#include <vector>

#include "harness/soak/board.h"

namespace castaway::harness::soak {

/// True at every moment, deaths or not: nothing is taken that was not given. Empty when it holds.
std::vector<std::string> judge_at_any_moment(Board& board);

/// After the keeper has taken stock: what is left is what was given less what was taken, within
/// what the dead may have done; nobody was lost between the guarded counters; each abandoned notice
/// has its death. Requires that all deaths are accounted for.
std::vector<std::string> judge_stock(Board& board);

}  // namespace castaway::harness::soak
