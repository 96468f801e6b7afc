// The calls that duplicate handles, describe them and end them, for the calling thread.
#include <optional>

#include "primitives/api/calls.h"
#include "primitives/api/win32_support.h"

using namespace castaway;  // NOLINT(google-build-using-namespace): the API is in the global
                           // namespace

BOOL CloseHandle(HANDLE handle) {
    if (calls::is_pseudo_handle(handle)) {
        return TRUE;
    }
    return succeeded_or(
        with_thread([&](ActiveThread& thread) { return calls::close(thread, handle); }));
}

BOOL DuplicateHandle(HANDLE source_process, HANDLE source, HANDLE target_process, LPHANDLE target,
                     DWORD access, BOOL inherit, DWORD options) {
    const bool closes = (options & DUPLICATE_CLOSE_SOURCE) != 0;
    // Without a place for the duplicate there is none (rule DUP-04).
    const bool only_closes = closes && (target == nullptr || target_process == nullptr);
    if (source_process != GetCurrentProcess() ||
        (!only_closes && target_process != GetCurrentProcess())) {
        return failed<BOOL>(ERROR_CALL_NOT_IMPLEMENTED);
    }
    return succeeded_or(with_thread([&](ActiveThread& thread) -> std::uint32_t {
        std::uint32_t error = ERROR_SUCCESS;
        if (!only_closes) {
            if (target == nullptr) {
                return ERROR_INVALID_PARAMETER;
            }
            const bool same = (options & DUPLICATE_SAME_ACCESS) != 0;
            HANDLE made = nullptr;
            error = calls::duplicate(thread, source, same ? std::nullopt : std::optional(access),
                                     inherit != FALSE, made);
            if (error == ERROR_SUCCESS) {
                *target = made;
            }
        }
        // The source is closed whatever the outcome (rule DUP-03).
        const std::uint32_t closing =
            closes ? calls::close(thread, source) : std::uint32_t{ERROR_SUCCESS};
        return error == ERROR_SUCCESS ? closing : error;
    }));
}

HANDLE GetCurrentProcess(void) {
    return INVALID_HANDLE_VALUE;
}

const char* castaway_attach_error(void) {
    thread_local std::string text;
    text = attach_error();
    return text.c_str();
}
