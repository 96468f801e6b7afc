/// Clocks, dates and the texts of error codes. Included by castaway/windows.h.
#pragma once

#include <stdarg.h>

#include "castaway/win32.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// NOLINTBEGIN(modernize-use-using,readability-identifier-naming)

typedef uint64_t ULONGLONG;
typedef const void* LPCVOID;
typedef HANDLE HLOCAL;

typedef union _ULARGE_INTEGER {
    __extension__ struct {
        DWORD LowPart;
        DWORD HighPart;
    };
    struct {
        DWORD LowPart;
        DWORD HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER;

/// 100 ns since the beginning of 1601, UTC.
typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

typedef struct _SYSTEMTIME {
    WORD wYear;
    WORD wMonth;
    WORD wDayOfWeek;
    WORD wDay;
    WORD wHour;
    WORD wMinute;
    WORD wSecond;
    WORD wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100u
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x00000200u
#define FORMAT_MESSAGE_FROM_STRING 0x00000400u
#define FORMAT_MESSAGE_FROM_HMODULE 0x00000800u
#define FORMAT_MESSAGE_FROM_SYSTEM 0x00001000u
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x00002000u
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0x000000FFu
#define ERROR_MR_MID_NOT_FOUND 317u

/// \name Clocks
/// @{
/// Milliseconds since the machine was started, sleep included; the first one begins anew after 49.7
/// days.
DWORD GetTickCount(void);
ULONGLONG GetTickCount64(void);
/// Nanoseconds since then: the frequency is 1,000,000,000.
BOOL QueryPerformanceCounter(LARGE_INTEGER* count);
BOOL QueryPerformanceFrequency(LARGE_INTEGER* frequency);
/// With all the resolution that the clock has.
void GetSystemTimeAsFileTime(LPFILETIME time);
/// UTC.
void GetSystemTime(LPSYSTEMTIME time);
/// The day of the week counts for nothing. ERROR_INVALID_PARAMETER for a date that there is not, or
/// one before 1601 or after 30827.
BOOL SystemTimeToFileTime(const SYSTEMTIME* date, LPFILETIME time);
/// ERROR_INVALID_PARAMETER when the highest bit is set.
BOOL FileTimeToSystemTime(const FILETIME* time, LPSYSTEMTIME date);
/// @}

/// \name Texts
/// @{
/// Needs FORMAT_MESSAGE_FROM_SYSTEM. The text is castaway_error_text(), a full stop and a line
/// break
/// ("\r\n"), or without the last with FORMAT_MESSAGE_MAX_WIDTH_MASK; ERROR_MR_MID_NOT_FOUND when
/// there is none. It is English whatever `language` says, and nothing is inserted into it. With
/// FORMAT_MESSAGE_ALLOCATE_BUFFER `buffer` is that of a pointer, and the text is to be given to
/// LocalFree. Returns its length without the zero; 0 when it fails, with ERROR_INSUFFICIENT_BUFFER
/// if it is longer than `size` units. Texts of a module or of the caller's: ERROR_NOT_SUPPORTED.
DWORD FormatMessageA(DWORD flags, LPCVOID source, DWORD code, DWORD language, LPSTR buffer,
                     DWORD size, va_list* arguments);
DWORD FormatMessageW(DWORD flags, LPCVOID source, DWORD code, DWORD language, LPWSTR buffer,
                     DWORD size, va_list* arguments);
/// Of what FormatMessage has allocated, or NULL. Returns NULL.
HLOCAL LocalFree(HLOCAL memory);
/// @}

// NOLINTEND(modernize-use-using,readability-identifier-naming)

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
