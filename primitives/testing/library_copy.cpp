// A plug-in with a copy of the library of its own, of which nobody else sees anything.
#include "castaway/win32.h"

extern "C" {

/// The first and later calls of this copy: 0, or the Win32 error.
[[gnu::visibility("default")]] DWORD use_copy() {
    HANDLE const made = CreateEventA(nullptr, FALSE, FALSE, nullptr);
    const DWORD error = made == nullptr ? GetLastError() : ERROR_SUCCESS;
    CloseHandle(made);
    return error;
}

[[gnu::visibility("default")]] const char* reason_of_copy() {
    return castaway_attach_error();
}
}
