// Small plans for the simulator's tests, and short ways to write them.
#pragma once

#include "harness/engine/testing/plan_builder.h"

namespace castaway::harness::sim::testing {

using namespace castaway::harness::testing;  // NOLINT(google-build-using-namespace): extended here

/// Adds a kill of a process's first thread.
void add_kill(Plan& plan, std::uint32_t process, PlanTrigger trigger);

/// So many processes that each take and release one mutex so many times.
Plan contenders(std::size_t processes, std::size_t times);
/// So many processes that each do something while they own the mutex: who dies then is known to
/// have been its owner.
Plan holders(std::size_t processes);
/// Each of so many processes uses a mutex, an auto-reset event, a semaphore and any of them. Nobody
/// waits without a time limit, so everybody comes to its end, whoever dies.
Plan everything(std::size_t processes);
/// Three threads that each take and release one mutex twice, with one auto-reset event and one
/// semaphore signaled and waited for among them.
Plan peers_plan();

/// Two threads wait for one auto-reset event; one sets it, looks, and sets it again.
Plan two_sets_two_waiters();
/// One waits for a semaphore, without a time limit, that is released once; then looks whether it
/// has a count left.
Plan one_release_one_waiter();
/// A timer's due time, waited for.
Plan one_timer();
/// An object of the programs' own is made, closed, and opened by name again.
Plan name_after_close();

}  // namespace castaway::harness::sim::testing
