// The words in which every report speaks of outcomes, times and operations.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/checkers/verdict.h"
#include "harness/history/history.h"
#include "harness/result/run_result.h"

namespace castaway::harness {

/// "passed", "failed", "inconclusive", "skipped", "harness error".
std::string_view outcome_words(Outcome outcome);
/// "pass", "fail", "inconclusive", "not applicable".
std::string_view verdict_words(VerdictKind kind);

/// "340 ns", "12.3 µs", "4.56 ms", "1.02 s".
std::string duration_words(std::int64_t ns);
/// A moment of a run, in milliseconds to the nanosecond ("12.345678 ms"), so that moments under
/// each other compare at a glance.
std::string moment_words(std::int64_t ns);

/// "main of owner/0".
std::string thread_words(const History& history, std::uint32_t process, std::uint32_t thread);

/// What was asked: `wait mutex "m"`, `wait any of event "a", timer "t" for at most 100 ms`,
/// `queue a call for main of owner/0`, `sleep for 10 ms, alertable`.
std::string call_words(const History& history, const Operation& operation);
/// What came back: `ok`, `abandoned`, `failed with 288 (ERROR_NOT_OWNER)`, `no response`,
/// `ended by 2 procedure calls (from main of owner/0)`.
std::string response_words(const History& history, const Operation& operation);
/// `main of owner/0: wait mutex "m" -> abandoned`.
std::string operation_words(const History& history, const Operation& operation);

/// "killed by a fault", "crashed: SIGSEGV", ...
std::string end_words(const HistoryProcess& process);

/// The score of a mutation analysis, if it had mutants, and what was found in the subject that
/// nobody broke.
std::vector<std::string> mutation_lines(const MutationReport& report);

/// What a call of that kind is said to do with its object: "wait any of", "release", "create".
std::string_view verb(OperationKind kind);

inline constexpr std::array kAllOperationKinds{
    OperationKind::create,
    OperationKind::open,
    OperationKind::close,
    OperationKind::duplicate,
    OperationKind::wait,
    OperationKind::wait_any,
    OperationKind::release_mutex,
    OperationKind::release_semaphore,
    OperationKind::set_event,
    OperationKind::reset_event,
    OperationKind::set_timer,
    OperationKind::cancel_timer,
    OperationKind::wait_all,
    OperationKind::pulse_event,
    OperationKind::signal_and_wait,
    OperationKind::queue_call,
    OperationKind::sleep,
};

struct ErrorName {
    std::uint32_t code;
    std::string_view name;
};

/// The Win32 names of the errors that the synchronization calls give.
inline constexpr std::array kErrorNames{
    ErrorName{2, "ERROR_FILE_NOT_FOUND"},
    ErrorName{5, "ERROR_ACCESS_DENIED"},
    ErrorName{6, "ERROR_INVALID_HANDLE"},
    ErrorName{8, "ERROR_NOT_ENOUGH_MEMORY"},
    ErrorName{31, "ERROR_GEN_FAILURE"},
    ErrorName{50, "ERROR_NOT_SUPPORTED"},
    ErrorName{87, "ERROR_INVALID_PARAMETER"},
    ErrorName{123, "ERROR_INVALID_NAME"},
    ErrorName{183, "ERROR_ALREADY_EXISTS"},
    ErrorName{206, "ERROR_FILENAME_EXCED_RANGE"},
    ErrorName{288, "ERROR_NOT_OWNER"},
    ErrorName{298, "ERROR_TOO_MANY_POSTS"},
    ErrorName{1450, "ERROR_NO_SYSTEM_RESOURCES"},
};

}  // namespace castaway::harness
