// What lies behind LPPROC_THREAD_ATTRIBUTE_LIST, in the caller's memory.
#pragma once

#include <span>

#include "castaway/process.h"

// NOLINTNEXTLINE(readability-identifier-naming): named in the public header
struct _PROC_THREAD_ATTRIBUTE_LIST {
    DWORD room = 0;                        ///< for so many attributes
    std::span<const HANDLE> handles = {};  ///< the caller's; empty: not given
};
