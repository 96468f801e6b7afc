// System calls refused to the calling thread and whatever it starts, as containers do it: by a
// seccomp filter.
#pragma once

#include <initializer_list>

namespace castaway::testing {

/// From now on these calls fail with that error. There is no way back. False where the system
/// permits no filter.
[[nodiscard]] bool refuse_system_calls(std::initializer_list<long> numbers, int error);

}  // namespace castaway::testing
