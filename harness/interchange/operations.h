// Calls and answers of a foreign history as the models' operations.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/interchange/history_reader.h"
#include "harness/model/acts.h"
#include "harness/model/key_value.h"
#include "harness/model/register.h"

namespace castaway::harness {

// \param answer  empty where there is none, as if it were AnswerKind::unknown
RegisterOperation register_operation(const Call& call, const std::optional<Answer>& answer);
KeyValueOperation key_value_operation(const Call& call, const std::optional<Answer>& answer);
ObjectOperation object_operation(ModelKind model, std::uint32_t process, const Call& call,
                                 const std::optional<Answer>& answer);

/// A failure of these tells something of the state; another one only that nothing was done.
bool failure_tells(ModelKind model, Verb verb);

}  // namespace castaway::harness
