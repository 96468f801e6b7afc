// What surely happens in every seed, so that nothing waits for more, and no fault strikes later
// than its process is through. Counts are those of a run in which nobody dies early and every wait
// without a time limit is satisfied.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/scenario/names.h"
#include "harness/scenario/scenario.h"

namespace castaway::harness {

/// How often the point is announced at least.
std::int64_t least_reaches(const Scenario& scenario, std::string_view point);
/// How many calls the thread makes at least.
std::int64_t least_calls(const ThreadSpec& thread);
/// How many threads the process or group has at least.
std::int64_t least_threads(const Scenario& scenario, const ProcessReference& reference);
/// How many processes of it are surely struck by a deadly fault.
std::int64_t least_deaths(const Scenario& scenario, const ProcessReference& reference);

}  // namespace castaway::harness
