// Lists of attributes for CreateProcess, of which there is one: the handles to inherit.
#include <new>
#include <span>

#include "primitives/api/attribute_list.h"
#include "primitives/api/win32_support.h"

using namespace castaway;  // NOLINT(google-build-using-namespace): the API is in the global
                           // namespace

BOOL InitializeProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD count, DWORD flags,
                                       PSIZE_T size) {
    // More attributes than there are kinds of them cannot be put into a list.
    constexpr DWORD kAttributesMax = 64;
    if (flags != 0 || size == nullptr || count > kAttributesMax) {
        return failed<BOOL>(ERROR_INVALID_PARAMETER);
    }
    const SIZE_T given = *size;
    *size = sizeof(*list);
    if (list == nullptr || given < sizeof(*list)) {
        return failed<BOOL>(ERROR_INSUFFICIENT_BUFFER);
    }
    new (list) _PROC_THREAD_ATTRIBUTE_LIST{count, {}};
    return TRUE;
}

BOOL UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD flags, DWORD_PTR attribute,
                               PVOID value, SIZE_T size, PVOID previous, PSIZE_T returned) {
    if (list == nullptr || flags != 0 || previous != nullptr || returned != nullptr) {
        return failed<BOOL>(ERROR_INVALID_PARAMETER);
    }
    if (attribute != PROC_THREAD_ATTRIBUTE_HANDLE_LIST) {
        return failed<BOOL>(ERROR_NOT_SUPPORTED);
    }
    if (size == 0 || size % sizeof(HANDLE) != 0 || value == nullptr) {
        return failed<BOOL>(ERROR_BAD_LENGTH);
    }
    if (!list->handles.empty()) {
        return failed<BOOL>(ERROR_OBJECT_NAME_EXISTS);
    }
    if (list->room == 0) {
        return failed<BOOL>(ERROR_GEN_FAILURE);
    }
    list->handles = std::span(static_cast<const HANDLE*>(value), size / sizeof(HANDLE));
    return TRUE;
}

void DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST list) {
    if (list != nullptr) {
        *list = {};
    }
}
