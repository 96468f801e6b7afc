// Operations in a result file: one array each, on one line, its columns in a fixed order.
#pragma once

#include <array>
#include <string_view>

#include "harness/history/history.h"
#include "harness/result/json_value.h"
#include "harness/result/json_writer.h"

namespace castaway::harness {

/// The columns in their order. `kind` and `status` are words, `objects` an array of indices;
/// `timeout_ms` and `slept` may be null; the rest are integers.
inline constexpr std::array<std::string_view, 16> kOperationColumns{
    "process",      "thread", "sequence",       "kind",       "objects",     "timeout_ms",
    "count",        "due_ns", "period_ms",      "invoked_ns", "returned_ns", "status",
    "satisfied_by", "error",  "previous_count", "slept"};

/// Further columns, only of operations that have to do with procedure calls: booleans, null or
/// [process, thread], and an array of [process, thread, sequence].
inline constexpr std::array<std::string_view, 4> kCallColumns{"alertable", "with_routine", "target",
                                                              "ran"};

void write_row(const Operation& operation, JsonWriter& json);

/// Reads what write_row wrote. Throws Misread, also for indices that the history, whose objects and
/// processes are there, does not have.
Operation read_row(const Json& row, const History& history);

}  // namespace castaway::harness
