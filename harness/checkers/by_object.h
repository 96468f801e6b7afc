// A history sorted by object.
#pragma once

#include <vector>

#include "harness/history/history.h"

namespace castaway::harness {

/// For each object the operations that name it, in order of invocation; each once.
std::vector<std::vector<const Operation*>> operations_by_object(const History& history);

/// The operation took, or may have taken, that object: it is a wait that the object satisfied, or a
/// pending one that names it.
bool took(const Operation& operation, ObjectIndex object);
bool may_have_taken(const Operation& operation, ObjectIndex object);

}  // namespace castaway::harness
