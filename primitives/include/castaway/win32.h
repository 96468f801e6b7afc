/// Win32 synchronization objects for Linux, with the names, signatures and type sizes of 64-bit
/// Windows. State lives in a shared-memory region, one for each user, or that which the environment
/// variable CASTAWAY_REGION names; every process that calls any of these functions takes part in
/// it.
///
/// A handle is its process's alone. fork() gives none to the child: what the child's memory still
/// holds of its parent's handles are no handles of its own (ERROR_INVALID_HANDLE, or such that the
/// child has made itself since); see castaway_forks() and castaway_prepare_child().
///
/// Each function documents what differs from, or adds to, the Win32 page of its name. All functions
/// are safe to call from any thread; none may be called from a signal handler. A call that fails
/// changes nothing but the calling thread's last error.
#pragma once

#include <stddef.h>
#include <stdint.h>
#ifndef __cplusplus
#include <uchar.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// A C header with the names that are given.
// NOLINTBEGIN(modernize-use-using,readability-identifier-naming)

typedef void* HANDLE;
typedef int32_t BOOL;
typedef uint32_t DWORD;
typedef int32_t LONG;
typedef uint32_t ULONG;
typedef int64_t LONGLONG;
typedef void* LPVOID;
typedef const char* LPCSTR;
/// UTF-16: u"" literals. With -fshort-wchar L"" ones, too; else the units of those have 32 bits. (C
/// has one type of 16 bits for both, C++ two; see castaway/short_wchar.hpp.)
#if defined(__cplusplus) && __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#else
typedef char16_t WCHAR;
#endif
typedef const WCHAR* LPCWSTR;
typedef HANDLE* LPHANDLE;
typedef LONG* LPLONG;
typedef DWORD* LPDWORD;
typedef void* PVOID;
typedef uintptr_t ULONG_PTR;

typedef union _LARGE_INTEGER {
    __extension__ struct {
        DWORD LowPart;
        LONG HighPart;
    };
    struct {
        DWORD LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER;

typedef struct _SECURITY_ATTRIBUTES {
    DWORD nLength;
    LPVOID lpSecurityDescriptor;
    BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

/// Why a timer may wake the machine. Only whether it is given matters.
typedef struct _REASON_CONTEXT {
    ULONG Version;
    DWORD Flags;
} REASON_CONTEXT, *PREASON_CONTEXT;

/// A timer's completion routine: its argument, and the low and high half of the moment at which the
/// timer was signaled, a FILETIME.
typedef void (*PTIMERAPCROUTINE)(LPVOID, DWORD, DWORD);
/// An asynchronous procedure call.
typedef void (*PAPCFUNC)(ULONG_PTR);

#define TRUE 1
#define FALSE 0
#define INFINITE 0xFFFFFFFFu
#ifdef __cplusplus
#define INVALID_HANDLE_VALUE (reinterpret_cast<HANDLE>(intptr_t{-1}))
#else
#define INVALID_HANDLE_VALUE ((HANDLE)(intptr_t)-1)
#endif
#define MAXIMUM_WAIT_OBJECTS 64

#define WAIT_OBJECT_0 0x00000000u
#define WAIT_ABANDONED 0x00000080u
#define WAIT_ABANDONED_0 0x00000080u
#define WAIT_IO_COMPLETION 0x000000C0u
#define WAIT_TIMEOUT 0x00000102u
#define WAIT_FAILED 0xFFFFFFFFu

#define SYNCHRONIZE 0x00100000u
#define EVENT_MODIFY_STATE 0x0002u
#define EVENT_ALL_ACCESS 0x001F0003u
#define MUTEX_MODIFY_STATE 0x0001u
#define MUTEX_ALL_ACCESS 0x001F0001u
#define SEMAPHORE_MODIFY_STATE 0x0002u
#define SEMAPHORE_ALL_ACCESS 0x001F0003u
#define TIMER_QUERY_STATE 0x0001u
#define TIMER_MODIFY_STATE 0x0002u
#define TIMER_ALL_ACCESS 0x001F0003u
#define ACCESS_SYSTEM_SECURITY 0x01000000u
#define MAXIMUM_ALLOWED 0x02000000u
#define GENERIC_ALL 0x10000000u
#define GENERIC_EXECUTE 0x20000000u
#define GENERIC_WRITE 0x40000000u
#define GENERIC_READ 0x80000000u

#define CREATE_EVENT_MANUAL_RESET 0x1u
#define CREATE_EVENT_INITIAL_SET 0x2u
#define CREATE_MUTEX_INITIAL_OWNER 0x1u
#define CREATE_WAITABLE_TIMER_MANUAL_RESET 0x1u
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 0x2u

#define HANDLE_FLAG_INHERIT 0x1u
#define HANDLE_FLAG_PROTECT_FROM_CLOSE 0x2u
#define PROCESS_DUP_HANDLE 0x0040u
#define PROCESS_QUERY_INFORMATION 0x0400u
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000u
#define PROCESS_ALL_ACCESS 0x001FFFFFu

#define THREAD_TERMINATE 0x0001u
#define THREAD_SUSPEND_RESUME 0x0002u
#define THREAD_GET_CONTEXT 0x0008u
#define THREAD_SET_CONTEXT 0x0010u
#define THREAD_SET_INFORMATION 0x0020u
#define THREAD_QUERY_INFORMATION 0x0040u
#define THREAD_SET_LIMITED_INFORMATION 0x0400u
#define THREAD_QUERY_LIMITED_INFORMATION 0x0800u
#define THREAD_ALL_ACCESS 0x001FFFFFu

#define DUPLICATE_CLOSE_SOURCE 0x1u
#define DUPLICATE_SAME_ACCESS 0x2u

#define ERROR_SUCCESS 0u
#define ERROR_FILE_NOT_FOUND 2u
#define ERROR_PATH_NOT_FOUND 3u
#define ERROR_TOO_MANY_OPEN_FILES 4u
#define ERROR_ACCESS_DENIED 5u
#define ERROR_INVALID_HANDLE 6u
#define ERROR_NOT_ENOUGH_MEMORY 8u
#define ERROR_INVALID_DATA 13u
#define ERROR_GEN_FAILURE 31u
#define ERROR_NOT_SUPPORTED 50u
#define ERROR_INVALID_PARAMETER 87u
#define ERROR_DISK_FULL 112u
#define ERROR_CALL_NOT_IMPLEMENTED 120u
#define ERROR_INVALID_NAME 123u
#define ERROR_BAD_PATHNAME 161u
#define ERROR_ALREADY_EXISTS 183u
#define ERROR_FILENAME_EXCED_RANGE 206u
#define ERROR_FILE_TOO_LARGE 223u
#define ERROR_NOT_OWNER 288u
#define ERROR_TOO_MANY_POSTS 298u
#define ERROR_MUTANT_LIMIT_EXCEEDED 587u
#define ERROR_NOACCESS 998u
#define ERROR_FILE_INVALID 1006u
#define ERROR_NO_UNICODE_TRANSLATION 1113u
#define ERROR_ALREADY_INITIALIZED 1247u
#define ERROR_REVISION_MISMATCH 1306u
#define ERROR_PRIVILEGE_NOT_HELD 1314u
#define ERROR_NO_SYSTEM_RESOURCES 1450u
#define ERROR_NOT_SAME_OBJECT 1656u

// Handles are multiples of 4. Every call ignores the two low bits of a handle that it is given, so
// that they are the caller's own; but for the pseudo handles -1 and -2, which are whole values.
//
// The names of objects are UTF-8 in the A forms and UTF-16 in the W forms, and both name the same
// objects. In an A form what is no UTF-8 is ERROR_NO_UNICODE_TRANSLATION (Windows' UTF-8 code page
// makes U+FFFD of it, so that different names would be one object's). In a W form half a surrogate
// pair is ERROR_INVALID_NAME (Windows takes it as a character of its own). An A form takes at most
// 259 characters, counted in UTF-16 units and with the prefix, a W form 32,766; longer names are
// ERROR_FILENAME_EXCED_RANGE. Names that find no room in the region are ERROR_NO_SYSTEM_RESOURCES,
// or ERROR_DISK_FULL when there is no memory for them.
//
// A name that begins with a backslash is ERROR_BAD_PATHNAME, a prefix or alias without a name
// behind it ERROR_INVALID_NAME, any other backslash ERROR_PATH_NOT_FOUND. To create under an empty
// name is to create without a name; to open it is ERROR_INVALID_HANDLE.
//
// To open an object with no rights at all, or with rights that its type does not have (that are not
// in its ..._ALL_ACCESS, once generic ones are mapped), is ERROR_ACCESS_DENIED; with
// ACCESS_SYSTEM_SECURITY it is ERROR_PRIVILEGE_NOT_HELD, also for whoever may do everything else.
//
// The Ex forms grant exactly the desired access. What they find under its name they open, as above;
// of a new object they grant those of the rights that its type has, and perhaps none. Flags that
// the page does not name are ERROR_INVALID_PARAMETER.

/// \name Events
/// @{
HANDLE CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, BOOL initial_state,
                    LPCSTR name);
HANDLE OpenEventA(DWORD access, BOOL inherit, LPCSTR name);
HANDLE CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, BOOL initial_state,
                    LPCWSTR name);
HANDLE CreateEventExA(LPSECURITY_ATTRIBUTES attributes, LPCSTR name, DWORD flags, DWORD access);
HANDLE CreateEventExW(LPSECURITY_ATTRIBUTES attributes, LPCWSTR name, DWORD flags, DWORD access);
HANDLE OpenEventW(DWORD access, BOOL inherit, LPCWSTR name);
BOOL SetEvent(HANDLE event);
BOOL ResetEvent(HANDLE event);
/// Releases who waits at that moment. Whoever is between two waits is not waiting.
BOOL PulseEvent(HANDLE event);
/// @}

/// \name Mutexes
/// @{
HANDLE CreateMutexA(LPSECURITY_ATTRIBUTES attributes, BOOL initial_owner, LPCSTR name);
HANDLE OpenMutexA(DWORD access, BOOL inherit, LPCSTR name);
HANDLE CreateMutexW(LPSECURITY_ATTRIBUTES attributes, BOOL initial_owner, LPCWSTR name);
HANDLE CreateMutexExA(LPSECURITY_ATTRIBUTES attributes, LPCSTR name, DWORD flags, DWORD access);
HANDLE CreateMutexExW(LPSECURITY_ATTRIBUTES attributes, LPCWSTR name, DWORD flags, DWORD access);
HANDLE OpenMutexW(DWORD access, BOOL inherit, LPCWSTR name);
BOOL ReleaseMutex(HANDLE mutex);
/// @}

/// \name Semaphores
/// @{
HANDLE CreateSemaphoreA(LPSECURITY_ATTRIBUTES attributes, LONG initial_count, LONG maximum_count,
                        LPCSTR name);
HANDLE OpenSemaphoreA(DWORD access, BOOL inherit, LPCSTR name);
HANDLE CreateSemaphoreW(LPSECURITY_ATTRIBUTES attributes, LONG initial_count, LONG maximum_count,
                        LPCWSTR name);
HANDLE CreateSemaphoreExA(LPSECURITY_ATTRIBUTES attributes, LONG initial_count, LONG maximum_count,
                          LPCSTR name, DWORD flags, DWORD access);
HANDLE CreateSemaphoreExW(LPSECURITY_ATTRIBUTES attributes, LONG initial_count, LONG maximum_count,
                          LPCWSTR name, DWORD flags, DWORD access);
HANDLE OpenSemaphoreW(DWORD access, BOOL inherit, LPCWSTR name);
BOOL ReleaseSemaphore(HANDLE semaphore, LONG release_count, LPLONG previous_count);
/// @}

/// \name Waitable timers
/// @{
HANDLE CreateWaitableTimerA(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, LPCSTR name);
HANDLE OpenWaitableTimerA(DWORD access, BOOL inherit, LPCSTR name);
HANDLE CreateWaitableTimerW(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, LPCWSTR name);
/// CREATE_WAITABLE_TIMER_HIGH_RESOLUTION changes nothing: every timer has the clock's resolution.
HANDLE CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES attributes, LPCSTR name, DWORD flags,
                              DWORD access);
HANDLE CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES attributes, LPCWSTR name, DWORD flags,
                              DWORD access);
HANDLE OpenWaitableTimerW(DWORD access, BOOL inherit, LPCWSTR name);
/// A completion routine is run by the calling thread, in its alertable waits and nowhere else. A
/// periodic timer's runs once for all periods that have passed since it last ran. Setting the timer
/// anew, by any process, drops one that has not begun; and when the thread that set the timer ends,
/// in whatever way, the timer is cancelled, and signaled or not as it is then.
BOOL SetWaitableTimer(HANDLE timer, const LARGE_INTEGER* due_time, LONG period_ms,
                      PTIMERAPCROUTINE routine, LPVOID argument, BOOL resume);
/// The tolerable delay is not made use of: no timer is later for it. A wake context is answered as
/// SetWaitableTimer answers `resume`.
BOOL SetWaitableTimerEx(HANDLE timer, const LARGE_INTEGER* due_time, LONG period_ms,
                        PTIMERAPCROUTINE routine, LPVOID argument, PREASON_CONTEXT wake_context,
                        ULONG tolerable_delay);
/// Drops a completion routine that has not begun, too.
BOOL CancelWaitableTimer(HANDLE timer);
/// @}

/// \name Waiting
/// @{
/// The pseudo handles stand for the caller's process and thread, and INVALID_HANDLE_VALUE is that
/// of the process: a wait for it is one for the caller's own end. So in SignalObjectAndWait, of
/// what is waited for; to the calls for several objects they are ERROR_INVALID_HANDLE, as on
/// Windows.
DWORD WaitForSingleObject(HANDLE handle, DWORD milliseconds);
/// With wait_all, one object named twice, through one handle or two, is ERROR_INVALID_PARAMETER, as
/// on Windows; an abandoned mutex among the objects gives WAIT_ABANDONED_0 + the lowest index of
/// such, else the result is WAIT_OBJECT_0.
DWORD WaitForMultipleObjects(DWORD count, const HANDLE* handles, BOOL wait_all, DWORD milliseconds);
/// With `alertable`, asynchronous procedure calls that are queued for the thread are run, all of
/// them and in order, and the result is WAIT_IO_COMPLETION: nothing is taken then, even if an
/// object is signaled. So in SignalObjectAndWait and SleepEx.
DWORD WaitForSingleObjectEx(HANDLE handle, DWORD milliseconds, BOOL alertable);
DWORD WaitForMultipleObjectsEx(DWORD count, const HANDLE* handles, BOOL wait_all,
                               DWORD milliseconds, BOOL alertable);
/// Signals first, then begins to wait; not one step, so a PulseEvent in between goes by. Both
/// handles are judged before anything is done.
DWORD SignalObjectAndWait(HANDLE signaled, HANDLE waited, DWORD milliseconds, BOOL alertable);
/// 0 when the time is over.
DWORD SleepEx(DWORD milliseconds, BOOL alertable);
void Sleep(DWORD milliseconds);
/// @}

/// \name Handles
/// @{

/// A handle that is protected (HANDLE_FLAG_PROTECT_FROM_CLOSE) is ERROR_INVALID_HANDLE and stays
/// open; it is closed when its process ends.
BOOL CloseHandle(HANDLE handle);
/// Source and target process are the caller's own (GetCurrentProcess) or handles of OpenProcess
/// with PROCESS_DUP_HANDLE. All processes of a region are one user's or group's, so the access that
/// is asked for is granted even where it is more than the source's. A process that has ended, or is
/// about to, is ERROR_ACCESS_DENIED. With DUPLICATE_CLOSE_SOURCE the source is closed whatever the
/// outcome, but not when it is protected; without a target process nothing else is done. The pseudo
/// handles of the caller's process and of the calling thread are duplicated to real ones. Rights
/// that the type does not have are refused as in the Open calls; no right at all may be asked for.
/// `target` may be NULL: the duplicate is made, and its value not told. If no duplicate is made,
/// NULL is written there.
BOOL DuplicateHandle(HANDLE source_process, HANDLE source, HANDLE target_process, LPHANDLE target,
                     DWORD access, BOOL inherit, DWORD options);
BOOL GetHandleInformation(HANDLE handle, LPDWORD flags);
/// Bits other than the two flags are ERROR_INVALID_PARAMETER.
BOOL SetHandleInformation(HANDLE handle, DWORD mask, DWORD flags);
/// FALSE with ERROR_NOT_SAME_OBJECT when they stand for two objects. Pseudo handles are taken.
BOOL CompareObjectHandles(HANDLE first, HANDLE second);
/// @}

/// \name Processes
/// Processes are known by their Linux pids, from their first call of any of these functions on;
/// those that CreateProcess has started, at once. (Starting and ending: castaway/process.h.) A
/// process handle is signaled when the process has ended and all that it held was given back.
/// @{
HANDLE GetCurrentProcess(void);
DWORD GetCurrentProcessId(void);
/// A process that takes no part in the region, or no longer, is ERROR_INVALID_PARAMETER.
HANDLE OpenProcess(DWORD access, BOOL inherit, DWORD process_id);
/// Needs one of the two query rights. 0 with the last error when it fails.
DWORD GetProcessId(HANDLE process);
/// @}

/// \name Threads
/// Threads are known by their Linux thread ids, from their first call of any of these functions
/// on, but for SetLastError, GetLastError and Sleep; the first thread of a process that
/// CreateProcess has started, at once. A thread handle is signaled when the thread
/// has ended, in order or with its process, and all that it held was given back. (One that ends by
/// the bare system call, without running destructors, has ended when its process has.)
/// @{
/// A pseudo handle: for DuplicateHandle, QueueUserAPC and GetThreadId.
HANDLE GetCurrentThread(void);
DWORD GetCurrentThreadId(void);
/// A thread that takes no part in the region, or no longer, is ERROR_INVALID_PARAMETER.
HANDLE OpenThread(DWORD access, BOOL inherit, DWORD thread_id);
/// Needs one of the two query rights. 0 with the last error when it fails. Also after the end.
DWORD GetThreadId(HANDLE thread);
/// Lets a thread of CreateThread, or the first of a process, begin that was started with
/// CREATE_SUSPENDED, whoever started
/// it. Needs THREAD_SUSPEND_RESUME. Returns the suspend count before: 1, or 0 when the thread was
/// not suspended (or has ended); (DWORD)-1 with the last error when it fails. (There is no
/// SuspendThread.)
DWORD ResumeThread(HANDLE thread);
/// Needs THREAD_SET_CONTEXT. A thread that has ended is ERROR_GEN_FAILURE. The thread may be one of
/// another process: the routine's address is taken in that process. More calls than the region has
/// room for (65,536 in all, timers with routines included) are ERROR_NO_SYSTEM_RESOURCES.
DWORD QueueUserAPC(PAPCFUNC routine, HANDLE thread, ULONG_PTR data);
/// @}

/// \name Inheritance
/// What CreateProcess with bInheritHandles does to handles, for programs that start processes by
/// fork or posix_spawn. (Without these calls a child inherits none.) The child finds the handles
/// under their values when it makes its first call; the values themselves it must be told.
/// @{

/// Long enough for every token.
#define CASTAWAY_TOKEN_SIZE 32

/// Before the start: duplicates the caller's inheritable handles for one child, or of these the
/// listed ones (PROC_THREAD_ATTRIBUTE_HANDLE_LIST), each of which must be inheritable, else
/// ERROR_INVALID_PARAMETER. The token is to be the child's environment variable CASTAWAY_INHERIT.
BOOL castaway_prepare_child(const HANDLE* listed, DWORD count, char token[CASTAWAY_TOKEN_SIZE]);
/// After it. A child that ends without a call holds nothing from then on. When there is no child,
/// its pid is 0.
BOOL castaway_child_started(const char* token, DWORD process_id);
/// @}

/// \name The calling thread's last error
/// @{
DWORD GetLastError(void);
void SetLastError(DWORD error);
/// What the code means, in English and without a full stop; NULL when it is none of those above.
const char* castaway_error_text(DWORD error);
/// @}

/// How many forks lead to this process of processes that had used the library: 0, unless it was
/// forked after the first use. A call that fails with ERROR_INVALID_HANDLE may then have been given
/// a handle from before the fork, which this process does not have. It opens objects by their
/// names, or inherits handles (castaway_prepare_child).
DWORD castaway_forks(void);

/// Why the last call of this process could not take part in the region (error codes 5, 8, 13, 50,
/// 112, 123, 1006, 1247, 1306, 1450 of a Create or Open call may mean that): one line, empty when
/// it could. 1006 of a call with a name: the region's file has been removed while this process used
/// it; the calls without a name go on. The text is valid until the calling thread asks again.
const char* castaway_attach_error(void);

// NOLINTEND(modernize-use-using,readability-identifier-naming)

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#include "castaway/namespaces.h"
#include "castaway/process.h"
#include "castaway/thread.h"
