// The calls about boundaries and private namespaces, for the calling thread.
#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "primitives/api/calls.h"
#include "primitives/api/private_names.h"
#include "primitives/objects/private_namespace.h"
#include "primitives/region/utf16.h"

using namespace castaway;  // NOLINT(google-build-using-namespace): the API is in the global
                           // namespace

namespace {

/// Behind the HANDLE of a boundary.
struct Boundary {
    std::string name;
    std::vector<std::string> sids;  ///< sorted, each once
};

/// As bytes; empty when it is none.
std::string bytes_of(PSID sid) {
    if (sid == nullptr) {
        return {};
    }
    const auto* const known = static_cast<const SID*>(sid);
    if (known->Revision != SID_REVISION || known->SubAuthorityCount > SID_MAX_SUB_AUTHORITIES) {
        return {};
    }
    const std::size_t size = offsetof(SID, SubAuthority) + known->SubAuthorityCount * sizeof(DWORD);
    return {static_cast<const char*>(sid), size};
}

std::optional<CanonicalName> name_of(const Boundary& boundary) {
    return name_of_boundary(boundary.name, boundary.sids);
}

std::optional<std::string> text_of(const char* text) {
    return text;
}
std::optional<std::string> text_of(const char16_t* text) {
    return to_utf8(text);
}

template <class Char>
HANDLE create_boundary(const Char* name, ULONG flags) {
    if (name == nullptr || *name == 0 || flags != 0) {
        return failed<HANDLE>(ERROR_INVALID_PARAMETER);
    }
    std::uint32_t error = ERROR_SUCCESS;
    // Any name of an object will do, and backslashes, too.
    canonical_name(name, error);
    const auto text = text_of(name);
    if (!text) {
        return failed<HANDLE>(ERROR_INVALID_NAME);
    }
    if (error == ERROR_FILENAME_EXCED_RANGE || error == ERROR_NO_UNICODE_TRANSLATION) {
        return failed<HANDLE>(error);
    }
    if (utf16_length(*text) > kNarrowNameUnitsMax) {
        return failed<HANDLE>(ERROR_FILENAME_EXCED_RANGE);
    }
    return std::make_unique<Boundary>(Boundary{*text, {}}).release();
}

/// Empty, with a Win32 error, when it cannot be one.
template <class Char>
std::optional<std::string> alias_of(const Char* alias, std::uint32_t& error) {
    error = ERROR_INVALID_PARAMETER;
    if (alias == nullptr || *alias == 0) {
        return std::nullopt;
    }
    std::uint32_t judged = ERROR_SUCCESS;
    canonical_name(alias, judged);
    auto text = judged == ERROR_SUCCESS ? text_of(alias) : std::nullopt;
    if (!text || utf16_length(*text) > kNarrowNameUnitsMax || *text == "Global" ||
        *text == "Local" || *text == "Session") {
        return std::nullopt;
    }
    error = ERROR_SUCCESS;
    return text;
}

/// What Create and Open have in common. \param make thread, boundary's name, handle -> Win32 error
template <class Char, class Make>
HANDLE join_namespace(LPVOID boundary, const Char* alias, Make make) {
    if (boundary == nullptr) {
        return failed<HANDLE>(ERROR_INVALID_PARAMETER);
    }
    std::uint32_t error = ERROR_SUCCESS;
    const auto called = alias_of(alias, error);
    const auto name = name_of(*static_cast<const Boundary*>(boundary));
    HANDLE handle = nullptr;
    if (called && name) {
        error = with_thread([&](ActiveThread& thread) -> std::uint32_t {
            if (!is_free_alias(thread, *called)) {
                return ERROR_ALREADY_EXISTS;
            }
            if (const auto removed = check_region_in_place()) {
                return removed;
            }
            const std::uint32_t refused = make(thread, *name, handle);
            if (refused == ERROR_SUCCESS) {
                add_alias(thread, *called, handle);
            }
            return refused;
        });
    } else if (!name) {
        error = ERROR_FILENAME_EXCED_RANGE;
    }
    return error == ERROR_SUCCESS ? handle : failed<HANDLE>(error);
}

template <class Char>
HANDLE create_namespace_as(LPSECURITY_ATTRIBUTES attributes, LPVOID boundary, const Char* alias) {
    const bool inherit = attributes != nullptr && attributes->bInheritHandle != FALSE;
    return join_namespace(boundary, alias,
                          [&](ActiveThread& thread, const CanonicalName& name, HANDLE& handle) {
                              return create_namespace(thread, name, inherit, handle);
                          });
}

template <class Char>
HANDLE open_namespace_as(LPVOID boundary, const Char* alias) {
    return join_namespace(
        boundary, alias, [&](ActiveThread& thread, const CanonicalName& name, HANDLE& handle) {
            const std::uint32_t error = open_object(thread, ObjectKind::private_namespace, name,
                                                    {kNamespaceAllAccess}, false, handle);
            return error == ERROR_FILE_NOT_FOUND ? std::uint32_t{ERROR_PATH_NOT_FOUND} : error;
        });
}

}  // namespace

HANDLE CreateBoundaryDescriptorA(LPCSTR name, ULONG flags) {
    return create_boundary(name, flags);
}
HANDLE CreateBoundaryDescriptorW(LPCWSTR name, ULONG flags) {
    return create_boundary(name, flags);
}

BOOL AddSIDToBoundaryDescriptor(HANDLE* boundary, PSID sid) {
    if (boundary == nullptr || *boundary == nullptr) {
        return failed<BOOL>(ERROR_INVALID_PARAMETER);
    }
    const std::string bytes = bytes_of(sid);
    if (bytes.empty()) {
        return failed<BOOL>(ERROR_INVALID_SID);
    }
    Boundary& known = *static_cast<Boundary*>(*boundary);
    Boundary wider = known;
    const auto place = std::lower_bound(wider.sids.begin(), wider.sids.end(), bytes);
    if (place == wider.sids.end() || *place != bytes) {
        wider.sids.insert(place, bytes);
    }
    if (!name_of(wider)) {
        return failed<BOOL>(ERROR_FILENAME_EXCED_RANGE);
    }
    known = std::move(wider);
    return TRUE;
}

void DeleteBoundaryDescriptor(HANDLE boundary) {
    const std::unique_ptr<Boundary> owned(static_cast<Boundary*>(boundary));
}

HANDLE CreatePrivateNamespaceA(LPSECURITY_ATTRIBUTES attributes, LPVOID boundary, LPCSTR alias) {
    return create_namespace_as(attributes, boundary, alias);
}
HANDLE CreatePrivateNamespaceW(LPSECURITY_ATTRIBUTES attributes, LPVOID boundary, LPCWSTR alias) {
    return create_namespace_as(attributes, boundary, alias);
}
HANDLE OpenPrivateNamespaceA(LPVOID boundary, LPCSTR alias) {
    return open_namespace_as(boundary, alias);
}
HANDLE OpenPrivateNamespaceW(LPVOID boundary, LPCWSTR alias) {
    return open_namespace_as(boundary, alias);
}

BOOLEAN ClosePrivateNamespace(HANDLE handle, ULONG flags) {
    if ((flags & ~PRIVATE_NAMESPACE_FLAG_DESTROY) != 0) {
        return failed<BOOLEAN>(ERROR_INVALID_PARAMETER);
    }
    const std::uint32_t error = with_thread([&](ActiveThread& thread) {
        Target target;
        if (const auto refused = look_up_namespace(thread, handle, target)) {
            return refused;
        }
        if ((flags & PRIVATE_NAMESPACE_FLAG_DESTROY) != 0) {
            forget_boundary(thread, target);
        }
        return calls::close(thread, handle);
    });
    if (error != ERROR_SUCCESS) {
        return failed<BOOLEAN>(error);
    }
    forget_alias(handle);
    return TRUE;
}
