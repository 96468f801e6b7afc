// The calls about handles as such and about processes, for the calling thread.
#include <unistd.h>

#include <optional>
#include <span>
#include <string>

#include "primitives/api/handle_calls.h"
#include "primitives/api/inheritance.h"
#include "primitives/api/win32_support.h"
#include "primitives/platform/host.h"

using namespace castaway;  // NOLINT(google-build-using-namespace): the API is in the global
                           // namespace

namespace {

/// What DuplicateHandle does besides closing the source.
std::uint32_t duplicate_to(ActiveThread& thread, calls::Duplication wanted, HANDLE source_process,
                           HANDLE target_process, LPHANDLE target) {
    if (const auto error =
            calls::process_by(thread, target_process, PROCESS_DUP_HANDLE, wanted.to)) {
        return error;
    }
    HANDLE made = nullptr;
    std::uint32_t error = ERROR_SUCCESS;
    if (!calls::is_pseudo_handle(wanted.source)) {
        error = calls::duplicate(thread, wanted, made);
    } else if (source_process == GetCurrentProcess()) {
        error = calls::duplicate_pseudo_handle(thread, wanted, made);
    } else {
        error = ERROR_CALL_NOT_IMPLEMENTED;
    }
    if (error == ERROR_SUCCESS && target != nullptr) {
        *target = made;
    }
    return error;
}

}  // namespace

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
    // Without a process that the duplicate is for there is none (rule DUP-04).
    const bool only_closes = closes && target_process == nullptr;
    if (target != nullptr) {
        *target = nullptr;  // what is told when no duplicate is made (rule DUP-11)
    }
    return succeeded_or(with_thread([&](ActiveThread& thread) -> std::uint32_t {
        calls::Duplication wanted;
        if (const auto error =
                calls::process_by(thread, source_process, PROCESS_DUP_HANDLE, wanted.from)) {
            return error;
        }
        wanted.source = source;
        wanted.inherit = inherit != FALSE;
        if ((options & DUPLICATE_SAME_ACCESS) == 0) {
            wanted.access = access;
        }
        if (only_closes) {
            return close_handle_of(thread, wanted.from, source);
        }
        const std::uint32_t error =
            duplicate_to(thread, wanted, source_process, target_process, target);
        if (closes && !(error != ERROR_SUCCESS &&
                        thread.platform.mutated(Mutant::source_closed_on_success_only))) {
            // Whatever the outcome (rule DUP-03).
            close_handle_of(thread, wanted.from, source);
        }
        return error;
    }));
}

BOOL GetHandleInformation(HANDLE handle, LPDWORD flags) {
    if (flags == nullptr) {
        return failed<BOOL>(ERROR_NOACCESS);
    }
    HandleFlags found;
    const BOOL done = succeeded_or(with_thread(
        [&](ActiveThread& thread) { return calls::get_handle_flags(thread, handle, found); }));
    if (done != FALSE) {
        *flags = (found.inherit ? HANDLE_FLAG_INHERIT : 0) |
                 (found.protect ? HANDLE_FLAG_PROTECT_FROM_CLOSE : 0);
    }
    return done;
}

BOOL SetHandleInformation(HANDLE handle, DWORD mask, DWORD flags) {
    return succeeded_or(with_thread([&](ActiveThread& thread) {
        return calls::set_handle_flags(thread, handle, mask, flags);
    }));
}

BOOL CompareObjectHandles(HANDLE first, HANDLE second) {
    return succeeded_or(with_thread(
        [&](ActiveThread& thread) { return calls::compare_handles(thread, first, second); }));
}

HANDLE GetCurrentProcess(void) {
    return INVALID_HANDLE_VALUE;
}

DWORD GetCurrentProcessId(void) {
    return static_cast<DWORD>(getpid());
}

HANDLE OpenProcess(DWORD access, BOOL inherit, DWORD process_id) {
    HANDLE handle = nullptr;
    const std::uint32_t error = with_thread([&](ActiveThread& thread) {
        return calls::open_process(thread, process_id, access, inherit != FALSE, handle);
    });
    return error == ERROR_SUCCESS ? handle : failed<HANDLE>(error);
}

DWORD GetProcessId(HANDLE process) {
    ProcessRef found;
    const std::uint32_t error = with_thread([&](ActiveThread& thread) {
        return calls::with_either_right(PROCESS_QUERY_LIMITED_INFORMATION,
                                        PROCESS_QUERY_INFORMATION, [&](std::uint32_t access) {
                                            return calls::process_by(thread, process, access,
                                                                     found);
                                        });
    });
    return error == ERROR_SUCCESS ? ProcessEntry::unpack(found.entry).identity.pid
                                  : failed<DWORD>(error);
}

BOOL castaway_prepare_child(const HANDLE* listed, DWORD count, char token[CASTAWAY_TOKEN_SIZE]) {
    return succeeded_or(with_thread([&](ActiveThread& thread) {
        ProcessRef child;
        const std::uint32_t error =
            current_membership().prepare_child(thread, std::span(listed, count), child);
        if (error == ERROR_SUCCESS) {
            const std::string text = inheritance_text(child);
            token[text.copy(token, CASTAWAY_TOKEN_SIZE - 1)] = 0;
        }
        return error;
    }));
}

BOOL castaway_child_started(const char* token, DWORD process_id) {
    return succeeded_or(with_thread([&](ActiveThread& thread) -> std::uint32_t {
        const auto child = parse_inheritance(token);
        if (!child) {
            return ERROR_INVALID_PARAMETER;
        }
        if (process_id == 0) {
            current_membership().free_child(thread, *child);
            return ERROR_SUCCESS;
        }
        // One in another pid namespace has other numbers there: it names itself at its first call.
        const auto its_namespace = pid_namespace_inode_of(process_id);
        if (!its_namespace || *its_namespace == pid_namespace_inode()) {
            current_membership().name_child(
                *child, {process_id, start_time_of(process_id), thread.platform.pid_namespace()});
        }
        return ERROR_SUCCESS;
    }));
}

DWORD castaway_forks(void) {
    return forks();
}

const char* castaway_attach_error(void) {
    return attach_error();
}
