// The calls that make handles and end them, for the calling thread.
#include <optional>

#include "primitives/api/calls.h"
#include "primitives/api/win32_support.h"

using namespace castaway;  // NOLINT(google-build-using-namespace): the API is in the global
                           // namespace

namespace {

HANDLE create(const calls::Creation& wanted, LPSECURITY_ATTRIBUTES attributes, LPCSTR name) {
    std::uint32_t error = ERROR_SUCCESS;
    const auto canonical = canonical_name(name, error);
    if (error != ERROR_SUCCESS) {
        return failed<HANDLE>(error);
    }
    ActiveThread* thread = current_thread(error);
    if (thread == nullptr) {
        return failed<HANDLE>(error);
    }
    const bool inherit = attributes != nullptr && attributes->bInheritHandle != FALSE;
    HANDLE handle = nullptr;
    bool existed = false;
    error =
        calls::create(*thread, wanted, inherit, canonical ? &*canonical : nullptr, handle, existed);
    if (error != ERROR_SUCCESS) {
        return failed<HANDLE>(error);
    }
    SetLastError(existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle;
}

HANDLE open(ObjectKind kind, DWORD access, BOOL inherit, LPCSTR name) {
    if (name == nullptr) {
        return failed<HANDLE>(ERROR_INVALID_PARAMETER);
    }
    std::uint32_t error = ERROR_SUCCESS;
    const auto canonical = canonical_name(name, error);
    if (error != ERROR_SUCCESS) {
        return failed<HANDLE>(error);
    }
    if (!canonical) {
        return failed<HANDLE>(ERROR_INVALID_NAME);
    }
    ActiveThread* thread = current_thread(error);
    if (thread == nullptr) {
        return failed<HANDLE>(error);
    }
    HANDLE handle = nullptr;
    error = calls::open(*thread, kind, *canonical, access, inherit != FALSE, handle);
    return error == ERROR_SUCCESS ? handle : failed<HANDLE>(error);
}

}  // namespace

HANDLE CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, BOOL initial_state,
                    LPCSTR name) {
    return create(calls::new_event(manual_reset != FALSE, initial_state != FALSE), attributes,
                  name);
}

HANDLE OpenEventA(DWORD access, BOOL inherit, LPCSTR name) {
    return open(ObjectKind::auto_event, access, inherit, name);
}

HANDLE CreateMutexA(LPSECURITY_ATTRIBUTES attributes, BOOL initial_owner, LPCSTR name) {
    return create(calls::new_mutex(initial_owner != FALSE), attributes, name);
}

HANDLE OpenMutexA(DWORD access, BOOL inherit, LPCSTR name) {
    return open(ObjectKind::mutex, access, inherit, name);
}

HANDLE CreateSemaphoreA(LPSECURITY_ATTRIBUTES attributes, LONG initial_count, LONG maximum_count,
                        LPCSTR name) {
    const auto wanted = calls::new_semaphore(initial_count, maximum_count);
    return wanted ? create(*wanted, attributes, name) : failed<HANDLE>(ERROR_INVALID_PARAMETER);
}

HANDLE OpenSemaphoreA(DWORD access, BOOL inherit, LPCSTR name) {
    return open(ObjectKind::semaphore, access, inherit, name);
}

HANDLE CreateWaitableTimerA(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, LPCSTR name) {
    return create(calls::new_timer(manual_reset != FALSE), attributes, name);
}

HANDLE OpenWaitableTimerA(DWORD access, BOOL inherit, LPCSTR name) {
    return open(ObjectKind::auto_timer, access, inherit, name);
}

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
