// How well the checks themselves were checked, on the page.
#pragma once

#include <string>
#include <vector>

#include "harness/result/mutation_result.h"

namespace castaway::harness {

/// For each analysis the score, what was found in the subject that nobody broke, the kill matrix
/// and the executions to detection. Empty without one.
std::string mutation_markup(const std::vector<MutationReport>& reports);

}  // namespace castaway::harness
