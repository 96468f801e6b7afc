/// For programs that come from Windows, in place of their <windows.h>: the names without A and W,
/// the types and the macros that such programs use around the calls of castaway/win32.h. Optional,
/// and for sources only: its macros have common names (DELETE, TEXT), so no other header includes
/// it. What it has not, and what to use instead: primitives/porting.md.
///
/// With UNICODE the names without suffix are the W forms, and TEXT("x") is UTF-16, else the A
/// forms, which take UTF-8. L"x" is UTF-16 with -fshort-wchar only, u"x" always.
#pragma once

#include <string.h>

#include "castaway/system.h"
#include "castaway/win32.h"

// NOLINTBEGIN(modernize-use-using,readability-identifier-naming)

typedef char CHAR;
typedef char CCHAR;
typedef unsigned char UCHAR;
typedef int16_t SHORT;
typedef uint16_t USHORT;
typedef int32_t INT;
typedef int32_t LONG32;
typedef uint32_t ULONG32;
typedef uint32_t DWORD32;
typedef int64_t LONG64;
typedef uint64_t ULONG64;
typedef uint64_t DWORD64;
typedef uint64_t DWORDLONG;
typedef intptr_t INT_PTR;
typedef uintptr_t UINT_PTR;
typedef intptr_t LONG_PTR;
typedef ptrdiff_t SSIZE_T;
typedef float FLOAT;

typedef BOOL* PBOOL;
typedef BOOL* LPBOOL;
typedef BYTE* PBYTE;
typedef CHAR* PCHAR;
typedef CHAR* PSTR;
typedef CHAR* LPCH;
typedef LPCSTR PCSTR;
typedef WCHAR* PWCHAR;
typedef WCHAR* PWSTR;
typedef LPCWSTR PCWSTR;
typedef UCHAR* PUCHAR;
typedef SHORT* PSHORT;
typedef USHORT* PUSHORT;
typedef WORD* PWORD;
typedef WORD* LPWORD;
typedef INT* PINT;
typedef INT* LPINT;
typedef UINT* PUINT;
typedef LONG* PLONG;
typedef ULONG* PULONG;
typedef DWORD* PDWORD;
typedef DWORD_PTR* PDWORD_PTR;
typedef ULONG_PTR* PULONG_PTR;
typedef LONGLONG* PLONGLONG;
typedef ULONGLONG* PULONGLONG;
typedef HANDLE* PHANDLE;
typedef LARGE_INTEGER* PLARGE_INTEGER;
typedef ULARGE_INTEGER* PULARGE_INTEGER;
typedef SECURITY_ATTRIBUTES* PSECURITY_ATTRIBUTES;
typedef PROCESS_INFORMATION* PPROCESS_INFORMATION;

// On Windows these are ways of calling, of which x86-64 has one.
#define WINAPI
#define WINAPIV
#define APIENTRY
#define CALLBACK
#define NTAPI
#define __stdcall
#define __cdecl

#define __int64 long long
#define VOID void
#define CONST const
#define MAX_PATH 260
#define NO_ERROR 0u
#define STATUS_WAIT_0 0x00000000u
#define STATUS_TIMEOUT 0x00000102u
#define STATUS_PENDING 0x00000103u

// Rights that objects of all types have.
#define DELETE 0x00010000u
#define READ_CONTROL 0x00020000u
#define WRITE_DAC 0x00040000u
#define WRITE_OWNER 0x00080000u
#define STANDARD_RIGHTS_REQUIRED 0x000F0000u
#define STANDARD_RIGHTS_READ READ_CONTROL
#define STANDARD_RIGHTS_WRITE READ_CONTROL
#define STANDARD_RIGHTS_EXECUTE READ_CONTROL
#define STANDARD_RIGHTS_ALL 0x001F0000u
#define SPECIFIC_RIGHTS_ALL 0x0000FFFFu

#define LANG_NEUTRAL 0x00
#define LANG_ENGLISH 0x09
#define SUBLANG_NEUTRAL 0x00
#define SUBLANG_DEFAULT 0x01
#define SUBLANG_ENGLISH_US 0x01
#define MAKELANGID(primary, sub) ((sub) << 10 | (primary))

#define LOWORD(value) ((WORD)((DWORD_PTR)(value)&0xffff))
#define HIWORD(value) ((WORD)((DWORD_PTR)(value) >> 16 & 0xffff))
#define ZeroMemory(destination, length) memset((destination), 0, (length))
#define CopyMemory(destination, source, length) memcpy((destination), (source), (length))
#define FillMemory(destination, length, value) memset((destination), (value), (length))
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))

#ifdef UNICODE
typedef WCHAR TCHAR;
#if __SIZEOF_WCHAR_T__ == 2
#define CASTAWAY_TEXT(quoted) L##quoted
#else
#define CASTAWAY_TEXT(quoted) u##quoted
#endif
typedef STARTUPINFOW STARTUPINFO;
typedef STARTUPINFOEXW STARTUPINFOEX;
#define CreateEvent CreateEventW
#define CreateEventEx CreateEventExW
#define OpenEvent OpenEventW
#define CreateMutex CreateMutexW
#define CreateMutexEx CreateMutexExW
#define OpenMutex OpenMutexW
#define CreateSemaphore CreateSemaphoreW
#define CreateSemaphoreEx CreateSemaphoreExW
#define OpenSemaphore OpenSemaphoreW
#define CreateWaitableTimer CreateWaitableTimerW
#define CreateWaitableTimerEx CreateWaitableTimerExW
#define OpenWaitableTimer OpenWaitableTimerW
#define CreateBoundaryDescriptor CreateBoundaryDescriptorW
#define CreatePrivateNamespace CreatePrivateNamespaceW
#define OpenPrivateNamespace OpenPrivateNamespaceW
#define CreateProcess CreateProcessW
#define FormatMessage FormatMessageW
#else
typedef CHAR TCHAR;
#define CASTAWAY_TEXT(quoted) quoted
typedef STARTUPINFOA STARTUPINFO;
typedef STARTUPINFOEXA STARTUPINFOEX;
#define CreateEvent CreateEventA
#define CreateEventEx CreateEventExA
#define OpenEvent OpenEventA
#define CreateMutex CreateMutexA
#define CreateMutexEx CreateMutexExA
#define OpenMutex OpenMutexA
#define CreateSemaphore CreateSemaphoreA
#define CreateSemaphoreEx CreateSemaphoreExA
#define OpenSemaphore OpenSemaphoreA
#define CreateWaitableTimer CreateWaitableTimerA
#define CreateWaitableTimerEx CreateWaitableTimerExA
#define OpenWaitableTimer OpenWaitableTimerA
#define CreateBoundaryDescriptor CreateBoundaryDescriptorA
#define CreatePrivateNamespace CreatePrivateNamespaceA
#define OpenPrivateNamespace OpenPrivateNamespaceA
#define CreateProcess CreateProcessA
#define FormatMessage FormatMessageA
#endif

typedef TCHAR* PTCHAR;
typedef TCHAR* PTSTR;
typedef TCHAR* LPTSTR;
typedef const TCHAR* PCTSTR;
typedef const TCHAR* LPCTSTR;
typedef STARTUPINFO* LPSTARTUPINFO;
typedef STARTUPINFOEX* LPSTARTUPINFOEX;

// In two steps, so that an argument that is a macro is replaced first.
#define TEXT(quoted) CASTAWAY_TEXT(quoted)
#ifndef _T
#define _T(quoted) CASTAWAY_TEXT(quoted)
#endif
#ifndef _TEXT
#define _TEXT(quoted) CASTAWAY_TEXT(quoted)
#endif

// NOLINTEND(modernize-use-using,readability-identifier-naming)
