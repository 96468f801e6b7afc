/// In C++ with -fshort-wchar: the W forms that take a name take u"" literals, too, besides L""
/// ones. Included by castaway/namespaces.h there.
#pragma once

#include <type_traits>

#include "castaway/namespaces.h"
#include "castaway/win32.h"

namespace castaway {
namespace detail {

/// The same bytes as the W forms take.
inline LPCWSTR wide(const char16_t* text) noexcept {
    return reinterpret_cast<LPCWSTR>(text);
}

/// `Result` where `Char` is char16_t. NULL has no such type, so it stays the W form's own.
template <class Char, class Result>
using if_utf16 = typename std::enable_if<std::is_same<Char, char16_t>::value, Result>::type;

}  // namespace detail
}  // namespace castaway

template <class Char>
castaway::detail::if_utf16<Char, HANDLE> CreateEventW(LPSECURITY_ATTRIBUTES attributes,
                                                      BOOL manual_reset, BOOL initial_state,
                                                      const Char* name) {
    return CreateEventW(attributes, manual_reset, initial_state, castaway::detail::wide(name));
}
template <class Char>
castaway::detail::if_utf16<Char, HANDLE> CreateEventExW(LPSECURITY_ATTRIBUTES attributes,
                                                        const Char* name, DWORD flags,
                                                        DWORD access) {
    return CreateEventExW(attributes, castaway::detail::wide(name), flags, access);
}
template <class Char>
castaway::detail::if_utf16<Char, HANDLE> OpenEventW(DWORD access, BOOL inherit, const Char* name) {
    return OpenEventW(access, inherit, castaway::detail::wide(name));
}

template <class Char>
castaway::detail::if_utf16<Char, HANDLE> CreateMutexW(LPSECURITY_ATTRIBUTES attributes,
                                                      BOOL initial_owner, const Char* name) {
    return CreateMutexW(attributes, initial_owner, castaway::detail::wide(name));
}
template <class Char>
castaway::detail::if_utf16<Char, HANDLE> CreateMutexExW(LPSECURITY_ATTRIBUTES attributes,
                                                        const Char* name, DWORD flags,
                                                        DWORD access) {
    return CreateMutexExW(attributes, castaway::detail::wide(name), flags, access);
}
template <class Char>
castaway::detail::if_utf16<Char, HANDLE> OpenMutexW(DWORD access, BOOL inherit, const Char* name) {
    return OpenMutexW(access, inherit, castaway::detail::wide(name));
}

template <class Char>
castaway::detail::if_utf16<Char, HANDLE> CreateSemaphoreW(LPSECURITY_ATTRIBUTES attributes,
                                                          LONG initial_count, LONG maximum_count,
                                                          const Char* name) {
    return CreateSemaphoreW(attributes, initial_count, maximum_count, castaway::detail::wide(name));
}
template <class Char>
castaway::detail::if_utf16<Char, HANDLE> CreateSemaphoreExW(LPSECURITY_ATTRIBUTES attributes,
                                                            LONG initial_count, LONG maximum_count,
                                                            const Char* name, DWORD flags,
                                                            DWORD access) {
    return CreateSemaphoreExW(attributes, initial_count, maximum_count,
                              castaway::detail::wide(name), flags, access);
}
template <class Char>
castaway::detail::if_utf16<Char, HANDLE> OpenSemaphoreW(DWORD access, BOOL inherit,
                                                        const Char* name) {
    return OpenSemaphoreW(access, inherit, castaway::detail::wide(name));
}

template <class Char>
castaway::detail::if_utf16<Char, HANDLE> CreateWaitableTimerW(LPSECURITY_ATTRIBUTES attributes,
                                                              BOOL manual_reset, const Char* name) {
    return CreateWaitableTimerW(attributes, manual_reset, castaway::detail::wide(name));
}
template <class Char>
castaway::detail::if_utf16<Char, HANDLE> CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES attributes,
                                                                const Char* name, DWORD flags,
                                                                DWORD access) {
    return CreateWaitableTimerExW(attributes, castaway::detail::wide(name), flags, access);
}
template <class Char>
castaway::detail::if_utf16<Char, HANDLE> OpenWaitableTimerW(DWORD access, BOOL inherit,
                                                            const Char* name) {
    return OpenWaitableTimerW(access, inherit, castaway::detail::wide(name));
}

template <class Char>
castaway::detail::if_utf16<Char, HANDLE> CreateBoundaryDescriptorW(const Char* name, ULONG flags) {
    return CreateBoundaryDescriptorW(castaway::detail::wide(name), flags);
}
template <class Char>
castaway::detail::if_utf16<Char, HANDLE> CreatePrivateNamespaceW(LPSECURITY_ATTRIBUTES attributes,
                                                                 LPVOID boundary,
                                                                 const Char* alias) {
    return CreatePrivateNamespaceW(attributes, boundary, castaway::detail::wide(alias));
}
template <class Char>
castaway::detail::if_utf16<Char, HANDLE> OpenPrivateNamespaceW(LPVOID boundary, const Char* alias) {
    return OpenPrivateNamespaceW(boundary, castaway::detail::wide(alias));
}
