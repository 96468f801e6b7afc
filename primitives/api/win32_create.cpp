// The calls that make objects and open them, for the calling thread.
#include <optional>

#include "primitives/api/calls.h"
#include "primitives/api/private_names.h"
#include "primitives/api/win32_support.h"

using namespace castaway;  // NOLINT(google-build-using-namespace): the API is in the global
                           // namespace

namespace {

/// What every Create form comes to.
/// \param access empty: all rights of the type
template <class Char>
HANDLE create(const std::optional<calls::Creation>& wanted, LPSECURITY_ATTRIBUTES attributes,
              const Char* name, std::optional<DWORD> access = std::nullopt) {
    if (!wanted) {
        return failed<HANDLE>(ERROR_INVALID_PARAMETER);
    }
    std::uint32_t error = ERROR_SUCCESS;
    const auto canonical = resolve_name(name, error);
    if (error != ERROR_SUCCESS) {
        return failed<HANDLE>(error);
    }
    ActiveThread* thread = current_thread(error);
    if (thread == nullptr) {
        return failed<HANDLE>(error);
    }
    const bool inherit = attributes != nullptr && attributes->bInheritHandle != FALSE;
    if (canonical) {
        if (const auto removed = check_region_in_place()) {
            return failed<HANDLE>(removed);
        }
    }
    HANDLE handle = nullptr;
    bool existed = false;
    error = calls::create(*thread, *wanted, access, inherit, canonical ? &*canonical : nullptr,
                          handle, existed);
    if (error != ERROR_SUCCESS) {
        return failed<HANDLE>(error);
    }
    SetLastError(existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle;
}

template <class Char>
HANDLE open(ObjectKind kind, DWORD access, BOOL inherit, const Char* name) {
    if (name == nullptr) {
        return failed<HANDLE>(ERROR_INVALID_PARAMETER);
    }
    std::uint32_t error = ERROR_SUCCESS;
    const auto canonical = resolve_name(name, error);
    if (error != ERROR_SUCCESS) {
        return failed<HANDLE>(error);
    }
    if (!canonical) {
        return failed<HANDLE>(ERROR_INVALID_HANDLE);  // the empty name is the directory's own
    }
    ActiveThread* thread = current_thread(error);
    if (thread == nullptr) {
        return failed<HANDLE>(error);
    }
    if (const auto removed = check_region_in_place()) {
        return failed<HANDLE>(removed);
    }
    HANDLE handle = nullptr;
    error = calls::open(*thread, kind, *canonical, access, inherit != FALSE, handle);
    return error == ERROR_SUCCESS ? handle : failed<HANDLE>(error);
}

// What the flags of the Ex forms ask for; empty when there are others than these (rule EVT-12).

bool has_others(DWORD flags, DWORD known) {
    return (flags & ~known) != 0;
}
std::optional<calls::Creation> event_by(DWORD flags) {
    if (has_others(flags, CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET)) {
        return std::nullopt;
    }
    return calls::new_event((flags & CREATE_EVENT_MANUAL_RESET) != 0,
                            (flags & CREATE_EVENT_INITIAL_SET) != 0);
}
std::optional<calls::Creation> mutex_by(DWORD flags) {
    if (has_others(flags, CREATE_MUTEX_INITIAL_OWNER)) {
        return std::nullopt;
    }
    return calls::new_mutex((flags & CREATE_MUTEX_INITIAL_OWNER) != 0);
}
std::optional<calls::Creation> semaphore_by(DWORD flags, LONG initial, LONG maximum) {
    return flags != 0 ? std::nullopt : calls::new_semaphore(initial, maximum);
}
std::optional<calls::Creation> timer_by(DWORD flags) {
    if (has_others(flags,
                   CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION)) {
        return std::nullopt;
    }
    return calls::new_timer((flags & CREATE_WAITABLE_TIMER_MANUAL_RESET) != 0);
}

}  // namespace

HANDLE CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, BOOL initial_state,
                    LPCSTR name) {
    return create(calls::new_event(manual_reset != FALSE, initial_state != FALSE), attributes,
                  name);
}
HANDLE CreateEventExA(LPSECURITY_ATTRIBUTES attributes, LPCSTR name, DWORD flags, DWORD access) {
    return create(event_by(flags), attributes, name, access);
}
HANDLE OpenEventA(DWORD access, BOOL inherit, LPCSTR name) {
    return open(ObjectKind::auto_event, access, inherit, name);
}

HANDLE CreateMutexA(LPSECURITY_ATTRIBUTES attributes, BOOL initial_owner, LPCSTR name) {
    return create(calls::new_mutex(initial_owner != FALSE), attributes, name);
}
HANDLE CreateMutexExA(LPSECURITY_ATTRIBUTES attributes, LPCSTR name, DWORD flags, DWORD access) {
    return create(mutex_by(flags), attributes, name, access);
}
HANDLE OpenMutexA(DWORD access, BOOL inherit, LPCSTR name) {
    return open(ObjectKind::mutex, access, inherit, name);
}

HANDLE CreateSemaphoreA(LPSECURITY_ATTRIBUTES attributes, LONG initial_count, LONG maximum_count,
                        LPCSTR name) {
    return create(calls::new_semaphore(initial_count, maximum_count), attributes, name);
}
HANDLE CreateSemaphoreExA(LPSECURITY_ATTRIBUTES attributes, LONG initial_count, LONG maximum_count,
                          LPCSTR name, DWORD flags, DWORD access) {
    return create(semaphore_by(flags, initial_count, maximum_count), attributes, name, access);
}
HANDLE OpenSemaphoreA(DWORD access, BOOL inherit, LPCSTR name) {
    return open(ObjectKind::semaphore, access, inherit, name);
}

HANDLE CreateWaitableTimerA(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, LPCSTR name) {
    return create(calls::new_timer(manual_reset != FALSE), attributes, name);
}
HANDLE CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES attributes, LPCSTR name, DWORD flags,
                              DWORD access) {
    return create(timer_by(flags), attributes, name, access);
}
HANDLE OpenWaitableTimerA(DWORD access, BOOL inherit, LPCSTR name) {
    return open(ObjectKind::auto_timer, access, inherit, name);
}

HANDLE CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, BOOL initial_state,
                    LPCWSTR name) {
    return create(calls::new_event(manual_reset != FALSE, initial_state != FALSE), attributes,
                  name);
}
HANDLE CreateEventExW(LPSECURITY_ATTRIBUTES attributes, LPCWSTR name, DWORD flags, DWORD access) {
    return create(event_by(flags), attributes, name, access);
}
HANDLE OpenEventW(DWORD access, BOOL inherit, LPCWSTR name) {
    return open(ObjectKind::auto_event, access, inherit, name);
}

HANDLE CreateMutexW(LPSECURITY_ATTRIBUTES attributes, BOOL initial_owner, LPCWSTR name) {
    return create(calls::new_mutex(initial_owner != FALSE), attributes, name);
}
HANDLE CreateMutexExW(LPSECURITY_ATTRIBUTES attributes, LPCWSTR name, DWORD flags, DWORD access) {
    return create(mutex_by(flags), attributes, name, access);
}
HANDLE OpenMutexW(DWORD access, BOOL inherit, LPCWSTR name) {
    return open(ObjectKind::mutex, access, inherit, name);
}

HANDLE CreateSemaphoreW(LPSECURITY_ATTRIBUTES attributes, LONG initial_count, LONG maximum_count,
                        LPCWSTR name) {
    return create(calls::new_semaphore(initial_count, maximum_count), attributes, name);
}
HANDLE CreateSemaphoreExW(LPSECURITY_ATTRIBUTES attributes, LONG initial_count, LONG maximum_count,
                          LPCWSTR name, DWORD flags, DWORD access) {
    return create(semaphore_by(flags, initial_count, maximum_count), attributes, name, access);
}
HANDLE OpenSemaphoreW(DWORD access, BOOL inherit, LPCWSTR name) {
    return open(ObjectKind::semaphore, access, inherit, name);
}

HANDLE CreateWaitableTimerW(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, LPCWSTR name) {
    return create(calls::new_timer(manual_reset != FALSE), attributes, name);
}
HANDLE CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES attributes, LPCWSTR name, DWORD flags,
                              DWORD access) {
    return create(timer_by(flags), attributes, name, access);
}
HANDLE OpenWaitableTimerW(DWORD access, BOOL inherit, LPCWSTR name) {
    return open(ObjectKind::auto_timer, access, inherit, name);
}
