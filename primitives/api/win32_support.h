// What the Win32 calls share: the calling thread, and from a Win32 error code to the caller's
// result.
#pragma once

#include "castaway/win32.h"
#include "primitives/api/attachment.h"

namespace castaway {

/// Sets the last error and is the result that says so: NULL or FALSE.
template <class Result>
Result failed(std::uint32_t error) {
    SetLastError(error);
    return Result{};
}

/// TRUE without touching the last error, or FALSE with it.
inline BOOL succeeded_or(std::uint32_t error) {
    return error == ERROR_SUCCESS ? TRUE : failed<BOOL>(error);
}

/// What `call` returns for the calling thread, or why it has no part in the region.
template <class Call>
std::uint32_t with_thread(Call call) {
    std::uint32_t error = ERROR_SUCCESS;
    ActiveThread* thread = current_thread(error);
    return thread == nullptr ? error : call(*thread);
}

}  // namespace castaway
