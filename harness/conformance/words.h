// Calls and their answers as a person reads them.
#pragma once

#include <string>

#include "harness/model/win32/call.h"

namespace castaway::harness::conformance {

/// "OpenEventA(0x100000, FALSE, "a")". Handles are values where they are known, else "#3": what
/// call 3 makes.
std::string describe(const win32::Call& call, bool values);

/// "0x8, last error 183"
std::string describe(const win32::Call& call, const win32::Response& response);

/// "process 1, thread 0"
std::string describe_caller(const win32::Call& call);

}  // namespace castaway::harness::conformance
