// What a plan needs of its subject.
#pragma once

#include <string>
#include <vector>

#include "harness/plan/plan.h"
#include "harness/subject/subject.h"

namespace castaway::harness {

/// What the plan needs and the subject cannot do, in words ("sharing by inheritance"), each once;
/// empty when the plan can run.
std::vector<std::string> missing_capabilities(const Plan& plan, const Capabilities& can);

}  // namespace castaway::harness
