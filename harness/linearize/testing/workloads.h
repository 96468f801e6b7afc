// Long histories as sensible programs make them, for measuring: each client does the same over and
// over, with pauses; calls take their time before and after they take effect.
#pragma once

#include <cstdint>

#include "harness/linearize/testing/trace.h"
#include "harness/model/event.h"
#include "harness/model/mutex.h"
#include "harness/model/semaphore.h"

namespace castaway::harness {

struct Workload {
    std::uint32_t clients = 32;
    std::uint32_t operations = 10'000;
    /// The mean pause between two calls, in units of a call's mean time to take effect or to
    /// return.
    std::uint32_t pause = 8;
    /// Of a hundred waits, those with a time limit, which may run out.
    std::uint32_t limited = 10;
    std::uint64_t seed = 1;
};

/// Acquire and release.
Trace<MutexModel> mutex_workload(const Workload& workload);
/// Acquire and release of a semaphore that begins full.
Trace<SemaphoreModel> semaphore_workload(const Workload& workload, std::int32_t maximum,
                                         bool tells_previous);
/// Half of the clients set, half wait; one in a hundred calls of the first half resets.
Trace<EventModel> event_workload(const Workload& workload, ResetKind reset);

}  // namespace castaway::harness
