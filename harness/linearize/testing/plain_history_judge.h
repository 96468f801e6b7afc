// The plainest judge of whole histories: it tries all orders of all moments.
#pragma once

#include "harness/history/history.h"

namespace castaway::harness {

/// Requires no more than 64 moments and ends, objects that live as long as the run and are no
/// timers, and that no two events are at one time. It knows the objects' rules by itself, and
/// nothing of the models.
bool has_an_order(const History& history);

}  // namespace castaway::harness
