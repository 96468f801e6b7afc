// The calls that make handles and end them. Each checks its arguments, then does one call of
// objects/lifetime.h.
#include <optional>

#include "primitives/api/win32_support.h"

using namespace castaway;  // NOLINT(google-build-using-namespace): the API is in the global
                           // namespace

namespace {

// The rights of each type, for MAXIMUM_ALLOWED and the generic ones (rule HND-08).
constexpr DWORD kReadControl = 0x00020000;
constexpr DWORD kQueryState = 0x1;
constexpr DWORD kModifyState = 0x2;

DWORD all_access(ObjectKind kind) {
    return kind == ObjectKind::mutex ? MUTEX_ALL_ACCESS : EVENT_ALL_ACCESS;
}

/// The rights that an Open call's mask asks for.
DWORD granted(ObjectKind kind, DWORD wanted) {
    DWORD access = wanted & HandleWord::kAccessMask;
    if ((wanted & (MAXIMUM_ALLOWED | GENERIC_ALL)) != 0) {
        access |= all_access(kind);
    }
    if ((wanted & GENERIC_READ) != 0) {
        access |= kReadControl | kQueryState;
    }
    if ((wanted & GENERIC_WRITE) != 0) {
        access |= kReadControl | (kind == ObjectKind::mutex ? 0 : kModifyState);
    }
    if ((wanted & GENERIC_EXECUTE) != 0) {
        access |= kReadControl | SYNCHRONIZE;
    }
    return access & all_access(kind);
}

HANDLE create(NewObject wanted, LPSECURITY_ATTRIBUTES attributes, LPCSTR name) {
    std::uint32_t error = ERROR_SUCCESS;
    const auto canonical = canonical_name(name, error);
    if (error != ERROR_SUCCESS) {
        return failed<HANDLE>(error);
    }
    ActiveThread* thread = current_thread(error);
    if (thread == nullptr) {
        return failed<HANDLE>(error);
    }
    wanted.access = all_access(wanted.kind);
    wanted.inherit = attributes != nullptr && attributes->bInheritHandle != FALSE;
    HANDLE handle = nullptr;
    bool existed = false;
    error = create_object(*thread, wanted, canonical ? &*canonical : nullptr, handle, existed);
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
    error = open_object(*thread, kind, *canonical, granted(kind, access), inherit != FALSE, handle);
    return error == ERROR_SUCCESS ? handle : failed<HANDLE>(error);
}

}  // namespace

HANDLE CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, BOOL initial_state,
                    LPCSTR name) {
    NewObject wanted;
    wanted.kind = manual_reset != FALSE ? ObjectKind::manual_event : ObjectKind::auto_event;
    wanted.value = initial_state != FALSE ? 1 : 0;
    return create(wanted, attributes, name);
}

HANDLE OpenEventA(DWORD access, BOOL inherit, LPCSTR name) {
    return open(ObjectKind::auto_event, access, inherit, name);
}

HANDLE CreateMutexA(LPSECURITY_ATTRIBUTES attributes, BOOL initial_owner, LPCSTR name) {
    NewObject wanted;
    wanted.kind = ObjectKind::mutex;
    if (initial_owner != FALSE) {
        std::uint32_t error = ERROR_SUCCESS;
        ActiveThread* thread = current_thread(error);
        if (thread == nullptr) {
            return failed<HANDLE>(error);
        }
        wanted.value = mutex_owner(thread->slot, thread->generation);
    }
    const HANDLE handle = create(wanted, attributes, name);
    if (wanted.value != 0 && handle != nullptr && GetLastError() == ERROR_SUCCESS) {
        std::uint32_t error = ERROR_SUCCESS;
        ++current_thread(error)->mutexes_owned;
    }
    return handle;
}

HANDLE OpenMutexA(DWORD access, BOOL inherit, LPCSTR name) {
    return open(ObjectKind::mutex, access, inherit, name);
}

HANDLE CreateSemaphoreA(LPSECURITY_ATTRIBUTES attributes, LONG initial_count, LONG maximum_count,
                        LPCSTR name) {
    if (maximum_count <= 0 || initial_count < 0 || initial_count > maximum_count) {
        return failed<HANDLE>(ERROR_INVALID_PARAMETER);
    }
    NewObject wanted;
    wanted.kind = ObjectKind::semaphore;
    wanted.value = static_cast<std::uint32_t>(initial_count);
    wanted.detail = static_cast<std::uint64_t>(maximum_count);
    return create(wanted, attributes, name);
}

HANDLE OpenSemaphoreA(DWORD access, BOOL inherit, LPCSTR name) {
    return open(ObjectKind::semaphore, access, inherit, name);
}

HANDLE CreateWaitableTimerA(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, LPCSTR name) {
    NewObject wanted;
    wanted.kind = manual_reset != FALSE ? ObjectKind::manual_timer : ObjectKind::auto_timer;
    return create(wanted, attributes, name);
}

HANDLE OpenWaitableTimerA(DWORD access, BOOL inherit, LPCSTR name) {
    return open(ObjectKind::auto_timer, access, inherit, name);
}

BOOL CloseHandle(HANDLE handle) {
    if (is_pseudo_handle(handle)) {
        return TRUE;
    }
    std::uint32_t error = ERROR_SUCCESS;
    ActiveThread* thread = current_thread(error);
    if (thread == nullptr) {
        return failed<BOOL>(error);
    }
    const auto index = handle_index(handle, thread->region.geometry());
    if (!index) {
        return failed<BOOL>(ERROR_INVALID_HANDLE);
    }
    return succeeded_or(close_handle(*thread, thread->process, *index));
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
    std::uint32_t error = ERROR_SUCCESS;
    ActiveThread* thread = current_thread(error);
    if (thread == nullptr) {
        return failed<BOOL>(error);
    }
    if (!only_closes) {
        if (target == nullptr) {
            return failed<BOOL>(ERROR_INVALID_PARAMETER);
        }
        std::optional<std::uint32_t> wanted;
        Target object;
        error = look_up(*thread, source, 0, object);
        if (error == ERROR_SUCCESS && (options & DUPLICATE_SAME_ACCESS) == 0) {
            wanted = granted(object.kind, access);
        }
        HANDLE made = nullptr;
        if (error == ERROR_SUCCESS) {
            error = duplicate_handle(*thread, source, wanted, inherit != FALSE, made);
        }
        if (error == ERROR_SUCCESS) {
            *target = made;
        }
    }
    // The source is closed whatever the outcome (rule DUP-03).
    if (closes) {
        const auto index = handle_index(source, thread->region.geometry());
        const std::uint32_t closing =
            index ? close_handle(*thread, thread->process, *index) : ERROR_INVALID_HANDLE;
        error = error == ERROR_SUCCESS ? closing : error;
    }
    return succeeded_or(error);
}

HANDLE GetCurrentProcess(void) {
    return INVALID_HANDLE_VALUE;
}

const char* castaway_attach_error(void) {
    thread_local std::string text;
    text = attach_error();
    return text.c_str();
}
