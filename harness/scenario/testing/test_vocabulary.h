// The names that scenarios of tests may use, and the folder of the scenarios that are shipped.
#pragma once

#include <array>
#include <filesystem>
#include <string_view>

#include "harness/scenario/scenario_json.h"

namespace castaway::harness::testing {

/// What other parts of the program define is not known here: these are the names in use.
inline Vocabulary test_vocabulary() {
    static constexpr std::array<std::string_view, 7> kChecks{
        "mutual_exclusion", "abandonment", "semaphore", "auto_reset",
        "lost_wakeup",      "leaks",       "timers"};
    static constexpr std::array<std::string_view, 16> kCrashPoints{
        "wait.before_publish", "call.queued",           "wait.enqueued",
        "wait.before_sleep",   "handoff.before_commit", "handoff.committed",
        "mutex.acquired",      "mutex.before_release",  "signal.state_set",
        "lock.acquired",       "create.before_commit",  "create.committed",
        "close.before_commit", "close.committed",       "recover.before_abandon",
        "recover.rolled_back"};
    return {kChecks, kCrashPoints};
}

inline std::filesystem::path shipped_scenarios() {
    return CASTAWAY_SCENARIOS_DIR;
}

}  // namespace castaway::harness::testing
