// What the timeline of one run is drawn from.
#pragma once

#include <cstddef>
#include <string>

#include "harness/result/run_result.h"
#include "reports/view/thread_index.h"

namespace castaway::harness {

/// A page holds so many operations of one run, and of all runs; what is beyond is left out, and
/// the page says so.
inline constexpr std::size_t kRunOperationsMax = 200'000;
inline constexpr std::size_t kPageOperationsMax = 1'000'000;

/// Half-open: the operations of a history that the page shows.
struct OperationWindow {
    std::size_t begin = 0;
    std::size_t end = 0;
    [[nodiscard]] std::size_t size() const { return end - begin; }
};

/// As many operations as the budget allows, those around what is wrong before others: they end a
/// little after the first witness, or with the history's end when threads are stuck; else they are
/// the first.
OperationWindow operation_window(const RunResult& run, const ThreadIndex& index,
                                 std::size_t budget);

/// The run as JSON, its operations packed; "<" is escaped, so that it can stand in a script
/// element. README.md tells its form.
std::string timeline_json(const RunResult& run, const ThreadIndex& index,
                          const OperationWindow& window);

/// The words of operations, responses and errors that the page's script speaks in.
std::string word_table_json();

/// The first failed check; null when none failed.
const Verdict* first_failed_check(const RunResult& run);

}  // namespace castaway::harness
