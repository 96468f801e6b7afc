// By what a foreign history is to be judged: a model and its parameters, from a history's first
// line or from the command line. README.md lists them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/interchange/flat_json.h"
#include "harness/model/event.h"
#include "harness/model/mutex.h"

namespace castaway::harness {

enum class ModelKind : std::uint8_t { register_cell, key_value, mutex, semaphore, event };

struct HistoryModel {
    ModelKind kind = ModelKind::register_cell;
    std::string initial_value;  ///< register: canonical text of the value; key-value: the text
    MutexRules mutex;
    std::int32_t initial_count = 0;  ///< semaphore
    std::int32_t maximum_count = INT32_MAX;
    ResetKind reset = ResetKind::automatic;  ///< event
    bool signaled = false;
};

std::string_view to_string(ModelKind kind);

/// What a value is known by: a text in quotes, anything else as it is written.
std::string canonical_value(const FlatField& field);

/// \param where   for errors
/// \param fields  name and value of each parameter
/// Throws InputError for an unknown model or parameter, or a value that it cannot have.
HistoryModel model_from(const std::string& where, std::string_view name,
                        const std::vector<FlatField>& fields);

/// From "NAME" or "NAME:parameter=value,...", as the command line has it.
HistoryModel model_from_option(const std::string& option);

}  // namespace castaway::harness
