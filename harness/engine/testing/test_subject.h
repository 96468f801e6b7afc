// A subject for the engine's own tests: events, mutexes and semaphores that surely work, and
// variants that misbehave as a test needs it.
//
//     test          behaves
//     test:crash    set_event aborts the process
//     test:late     detaching aborts the process
//     test:deaf     does not tell when a wait sleeps
//     test:refuse   cannot attach
//     test:lingers  a thread that has waited takes its time to end, and then sets the first event
//     test:unsound  the first pictures of its space show damage
//     test:helper   visits the crash point "test.helper" in a thread of its own at each set_event
//
// Every call visits the crash point "test.entered" and makes two accesses: the first before its
// effect, the second after it.
#pragma once

#include <memory>
#include <string_view>

#include "harness/subject/subject.h"

namespace castaway::harness::testing {

std::unique_ptr<SubjectAdapter> make_test_subject(std::string_view name);

}  // namespace castaway::harness::testing
