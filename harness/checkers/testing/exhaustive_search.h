// Whether a small history obeys the rules, by trying every order: slow, simple, and written apart
// from the checkers, which are compared with it.
#pragma once

#include "harness/history/history.h"

namespace castaway::harness::testing {

/// Whether there are moments for all operations and deaths, and a choice of pending operations that
/// took effect, that obey the rules of events, mutexes and semaphores, lead to the state that the
/// quiescence snapshot tells (if there is one), and leave no living waiter on a signaled object.
///
/// Requires one object, an event, mutex or semaphore that lives as long as the run; at most 20
/// operations and deaths; waits that time out are tests (time limit 0).
bool obeys_the_rules(const History& history);

}  // namespace castaway::harness::testing
