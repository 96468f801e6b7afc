// What the Win32 calls share: from a Win32 error code to the caller's result.
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

/// The handles of the calling process and thread that are no table entries (rule HND-02).
inline bool is_pseudo_handle(HANDLE handle) {
    const auto value = reinterpret_cast<std::intptr_t>(handle);
    return value == -1 || value == -2;
}

}  // namespace castaway
