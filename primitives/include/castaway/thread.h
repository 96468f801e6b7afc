/// Starting threads, ending them, and their exit codes. Included by castaway/win32.h.
#pragma once

#include "castaway/win32.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// NOLINTBEGIN(modernize-use-using,readability-identifier-naming)

/// What a thread runs; the result is its exit code.
typedef DWORD (*PTHREAD_START_ROUTINE)(LPVOID);
typedef PTHREAD_START_ROUTINE LPTHREAD_START_ROUTINE;

#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x00010000u

/// \name Starting threads, and their ends
/// Threads of all kinds can be opened and waited for (OpenThread, DuplicateHandle); these are made
/// with a handle, and end with a code. When a thread handle is signaled, the thread's thread_local
/// objects are destroyed, its mutexes abandoned and its timers with routines cancelled; its stack
/// may not be free yet. (There is no TerminateThread: a thread that is stopped anywhere would leave
/// its process's own locks, those of malloc say, held for ever. End the process.)
/// @{

/// Starts a detached pthread that takes part in the region. The handle has all access and is
/// inheritable as `attributes` says; `thread_id` may be NULL. The thread can be opened by its id,
/// and be sent procedure calls, when the call returns.
///
/// `stack_size`: in bytes, rounded up to 64 KiB; the system's default where that is more, but with
/// STACK_SIZE_PARAM_IS_A_RESERVATION just so much. CREATE_SUSPENDED: the routine does not begin
/// before ResumeThread is called for the thread, by whichever process. Procedure calls that have
/// been queued by then run first. Other flags, and no routine, are ERROR_INVALID_PARAMETER; no room
/// for the stack or one more thread: ERROR_NOT_ENOUGH_MEMORY; for its slot or handle: as a Create
/// call says it.
HANDLE CreateThread(LPSECURITY_ATTRIBUTES attributes, size_t stack_size,
                    LPTHREAD_START_ROUTINE routine, LPVOID argument, DWORD flags,
                    LPDWORD thread_id);
/// Ends the calling thread with that code. In a thread of CreateThread it returns to what has
/// called the routine, past all automatic objects: these are not destroyed, as on Windows; those of
/// the thread are. In a thread that was made otherwise it is pthread_exit().
///
/// The first thread of a process ends as others see it, and then waits: when the last thread that
/// CreateThread has made ends, or has ended already, it calls exit() with that thread's code. (For
/// threads that were made otherwise it does not wait.) In a child that a thread of CreateThread
/// forks, that thread is the first: its end is the process's.
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void ExitThread(DWORD exit_code);
/// Needs one of the two query rights. STILL_ACTIVE until the handle is signaled. Then what the
/// routine has returned, or ExitThread was given; 0 for a thread that ended in another way. For one
/// that has ended with its process: what that has given to exit() or ExitProcess, and
/// CASTAWAY_EXIT_CODE_UNKNOWN if it was killed. Known as long as there is a handle, to all
/// processes.
BOOL GetExitCodeThread(HANDLE thread, LPDWORD exit_code);
/// @}

// NOLINTEND(modernize-use-using,readability-identifier-naming)

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
