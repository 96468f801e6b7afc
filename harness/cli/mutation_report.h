// What the hunts of a mutation analysis come to: kill matrix, executions to detection, score.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/mutation.h"
#include "harness/result/mutation_json.h"

namespace castaway::harness {

/// \param hunts, results of one subject
SubjectReport report_subject(const std::string& subject, const std::string& description,
                             const std::vector<Hunt>& hunts,
                             const std::vector<HuntResult>& results);

/// For people.
std::string to_text(const MutationReport& report);

}  // namespace castaway::harness
