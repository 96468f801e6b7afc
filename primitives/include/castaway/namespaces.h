/// Private namespaces: names that only those find who know a boundary. Included by
/// castaway/win32.h.
#pragma once

#include "castaway/win32.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// NOLINTBEGIN(modernize-use-using,readability-identifier-naming,modernize-avoid-c-arrays)

typedef uint8_t BOOLEAN;
typedef void* PSID;

typedef struct _SID_IDENTIFIER_AUTHORITY {
    uint8_t Value[6];
} SID_IDENTIFIER_AUTHORITY, *PSID_IDENTIFIER_AUTHORITY;

/// A security identifier. Linux has none: they are taken as bytes that are equal or not, and nobody
/// is asked whether a process has them.
typedef struct _SID {
    uint8_t Revision;           ///< SID_REVISION
    uint8_t SubAuthorityCount;  ///< at most SID_MAX_SUB_AUTHORITIES
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
    DWORD SubAuthority[1];  ///< as many as SubAuthorityCount says
} SID, *PISID;

#define SID_REVISION 1
#define SID_MAX_SUB_AUTHORITIES 15
#define PRIVATE_NAMESPACE_FLAG_DESTROY 0x00000001u
#define ERROR_INVALID_SID 1337u

/// \name Private namespaces
/// A namespace is known by its boundary: a name and any number of SIDs, in any order. It lives as
/// long as a handle to it does, in whatever process. Objects in it are named "ALIAS\X", where the
/// alias is what the process has called the namespace when it made or opened it; they live as long
/// as handles to them do, whether the namespace does or not.
/// @{

/// `flags` must be 0. An empty name is ERROR_INVALID_PARAMETER, one of more than 259 characters, in
/// either form, ERROR_FILENAME_EXCED_RANGE. The result is no kernel object: give it to
/// DeleteBoundaryDescriptor.
HANDLE CreateBoundaryDescriptorA(LPCSTR name, ULONG flags);
HANDLE CreateBoundaryDescriptorW(LPCWSTR name, ULONG flags);
/// Adds the SID, once. One that is none is ERROR_INVALID_SID. Name and SIDs together have about 790
/// bytes, else ERROR_FILENAME_EXCED_RANGE.
BOOL AddSIDToBoundaryDescriptor(HANDLE* boundary, PSID sid);
void DeleteBoundaryDescriptor(HANDLE boundary);

/// ERROR_ALREADY_EXISTS, and no handle, when there is a namespace of that boundary, or the process
/// uses the alias for another one. An alias is one to 259 characters without a backslash, and not
/// Global, Local or Session, else ERROR_INVALID_PARAMETER.
HANDLE CreatePrivateNamespaceA(LPSECURITY_ATTRIBUTES attributes, LPVOID boundary, LPCSTR alias);
HANDLE CreatePrivateNamespaceW(LPSECURITY_ATTRIBUTES attributes, LPVOID boundary, LPCWSTR alias);
/// ERROR_PATH_NOT_FOUND when there is none of that boundary; ERROR_ALREADY_EXISTS as above.
HANDLE OpenPrivateNamespaceA(LPVOID boundary, LPCSTR alias);
HANDLE OpenPrivateNamespaceW(LPVOID boundary, LPCWSTR alias);
/// Closes the handle; the process knows its alias no longer. With PRIVATE_NAMESPACE_FLAG_DESTROY
/// nobody finds the namespace by its boundary from then on, which can be used for a new one. Who
/// has a handle can still use it.
BOOLEAN ClosePrivateNamespace(HANDLE handle, ULONG flags);
/// @}

// NOLINTEND(modernize-use-using,readability-identifier-naming,modernize-avoid-c-arrays)

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#if defined(__cplusplus) && __SIZEOF_WCHAR_T__ == 2
#include "castaway/short_wchar.hpp"
#endif
