// From a procedure call that is due to a call of its routine.
#pragma once

#include "primitives/api/calls.h"

namespace castaway {

/// What the calling thread does with a call that is due.
inline void run_call(const DueApc& call) {
    // NOLINTBEGIN(performance-no-int-to-ptr): addresses of this process, kept as numbers
    if (!call.of_timer) {
        reinterpret_cast<PAPCFUNC>(call.routine.address)(call.routine.argument);
        return;
    }
    const auto expired = static_cast<std::uint64_t>(call.expired_ns / calls::kNsPerFileTimeUnit +
                                                    calls::kFileTimeOfUnixEpoch);
    reinterpret_cast<PTIMERAPCROUTINE>(call.routine.address)(
        reinterpret_cast<LPVOID>(call.routine.argument), static_cast<DWORD>(expired),
        static_cast<DWORD>(expired >> 32));
    // NOLINTEND(performance-no-int-to-ptr)
}

}  // namespace castaway
