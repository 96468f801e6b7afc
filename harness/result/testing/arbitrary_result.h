// Made-up suite results with everything in them that the type allows and the file can hold, for
// tests of properties.
#pragma once

#include <rapidcheck.h>

#include "harness/result/run_result.h"

namespace castaway::harness {

/// Sound in what files are checked for: indices are in range, each operation has an object. The
/// times are any.
rc::Gen<SuiteResult> arbitrary_suite();

}  // namespace castaway::harness
