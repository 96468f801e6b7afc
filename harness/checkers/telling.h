// How verdicts are put into words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/checkers/verdict.h"
#include "harness/history/history.h"

namespace castaway::harness {

Verdict passed(std::string message);
Verdict inconclusive(std::string message);
Verdict not_applicable(std::string message);
/// \param witness in any order; null pointers and repetitions are left out
Verdict failed(std::string message, std::vector<const Operation*> witness);

/// "12.345 ms", as a time since the run's start or a duration.
std::string in_ms(std::int64_t ns);
/// "mutex \"m\"".
std::string named(const History& history, ObjectIndex object);
/// "owner/0.main".
std::string thread_of(const History& history, const Operation& operation);
/// What was called, and on what: "wait of mutex \"m\"", "queue_call for owner/0.main", "sleep".
std::string call_of(const History& history, const Operation& operation);
/// "1 wait", "2 waits".
std::string counted(std::uint64_t count, const std::string& noun);

}  // namespace castaway::harness
