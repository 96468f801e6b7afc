/// Starting processes, ending them, and their exit codes. Included by castaway/win32.h.
#pragma once

#include "castaway/win32.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// NOLINTBEGIN(modernize-use-using,readability-identifier-naming)

typedef uint16_t WORD;
typedef uint8_t BYTE;
typedef uint32_t UINT;
typedef BYTE* LPBYTE;
typedef char* LPSTR;
typedef WCHAR* LPWSTR;
typedef size_t SIZE_T;
typedef size_t* PSIZE_T;
typedef uintptr_t DWORD_PTR;

typedef struct _STARTUPINFOA {
    DWORD cb;
    LPSTR lpReserved;
    LPSTR lpDesktop;
    LPSTR lpTitle;
    DWORD dwX;
    DWORD dwY;
    DWORD dwXSize;
    DWORD dwYSize;
    DWORD dwXCountChars;
    DWORD dwYCountChars;
    DWORD dwFillAttribute;
    DWORD dwFlags;
    WORD wShowWindow;
    WORD cbReserved2;
    LPBYTE lpReserved2;
    HANDLE hStdInput;
    HANDLE hStdOutput;
    HANDLE hStdError;
} STARTUPINFOA, *LPSTARTUPINFOA;

typedef struct _STARTUPINFOW {
    DWORD cb;
    LPWSTR lpReserved;
    LPWSTR lpDesktop;
    LPWSTR lpTitle;
    DWORD dwX;
    DWORD dwY;
    DWORD dwXSize;
    DWORD dwYSize;
    DWORD dwXCountChars;
    DWORD dwYCountChars;
    DWORD dwFillAttribute;
    DWORD dwFlags;
    WORD wShowWindow;
    WORD cbReserved2;
    LPBYTE lpReserved2;
    HANDLE hStdInput;
    HANDLE hStdOutput;
    HANDLE hStdError;
} STARTUPINFOW, *LPSTARTUPINFOW;

typedef struct _PROC_THREAD_ATTRIBUTE_LIST* LPPROC_THREAD_ATTRIBUTE_LIST;

typedef struct _STARTUPINFOEXA {
    STARTUPINFOA StartupInfo;
    LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList;
} STARTUPINFOEXA, *LPSTARTUPINFOEXA;

typedef struct _STARTUPINFOEXW {
    STARTUPINFOW StartupInfo;
    LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList;
} STARTUPINFOEXW, *LPSTARTUPINFOEXW;

typedef struct _PROCESS_INFORMATION {
    HANDLE hProcess;
    HANDLE hThread;
    DWORD dwProcessId;
    DWORD dwThreadId;
} PROCESS_INFORMATION, *LPPROCESS_INFORMATION;

#define CREATE_SUSPENDED 0x00000004u
#define DETACHED_PROCESS 0x00000008u
#define CREATE_NEW_CONSOLE 0x00000010u
#define NORMAL_PRIORITY_CLASS 0x00000020u
#define CREATE_NEW_PROCESS_GROUP 0x00000200u
#define CREATE_UNICODE_ENVIRONMENT 0x00000400u
#define EXTENDED_STARTUPINFO_PRESENT 0x00080000u
#define CREATE_DEFAULT_ERROR_MODE 0x04000000u
#define CREATE_NO_WINDOW 0x08000000u
#define STARTF_USESTDHANDLES 0x00000100u
#define STD_INPUT_HANDLE 0xFFFFFFF6u
#define STD_OUTPUT_HANDLE 0xFFFFFFF5u
#define STD_ERROR_HANDLE 0xFFFFFFF4u
#define PROC_THREAD_ATTRIBUTE_HANDLE_LIST 0x00020002u

#define PROCESS_TERMINATE 0x0001u
#define STILL_ACTIVE 259u
/// The exit code of a process of which nobody knows how it ended (STATUS_UNSUCCESSFUL).
#define CASTAWAY_EXIT_CODE_UNKNOWN 0xC0000001u

#define ERROR_BAD_LENGTH 24u
#define ERROR_SHARING_VIOLATION 32u
#define ERROR_INSUFFICIENT_BUFFER 122u
#define ERROR_BAD_EXE_FORMAT 193u
#define ERROR_DIRECTORY 267u
#define ERROR_OBJECT_NAME_EXISTS 698u
#define ERROR_TIMEOUT 1460u

/// \name Starting processes
/// @{

/// Starts a program. `process` gets handles of the new process and of its first thread, with all
/// access, and its pid as process and thread id. The thread can be sent procedure calls at once
/// (QueueUserAPC): it runs them in its first alertable wait. Its handle is signaled when it has
/// ended, at the latest with its process.
///
/// What is started: `application` is a path, relative to the caller's current directory, and is
/// not searched for. When it is NULL, it is the first word of `command_line`: a path if it has a
/// slash, else looked for in the directory of the caller's own program, then along PATH. Nothing is
/// appended to it, and backslashes are not slashes. Not there: ERROR_FILE_NOT_FOUND or
/// ERROR_PATH_NOT_FOUND; not executable: ERROR_ACCESS_DENIED; of no known format:
/// ERROR_BAD_EXE_FORMAT; `directory` cannot be entered: ERROR_DIRECTORY.
///
/// Arguments: `command_line` (when NULL: `application`) is cut into words as CommandLineToArgvW
/// does. The A form takes it as it is, the W form as UTF-8. It is not changed.
///
/// `environment`: a block of "name=value" strings, each ended by a zero, and one more zero; of
/// UTF-16 with CREATE_UNICODE_ENVIRONMENT, which is told by the flag alone in both forms. NULL: the
/// caller's. A block that does not name CASTAWAY_REGION gets the caller's.
///
/// Handles: with `inherit_handles` the inheritable ones, or of these those of
/// PROC_THREAD_ATTRIBUTE_HANDLE_LIST, have their values in the child. It needs to make a call to
/// use them, and need not be told that it inherits. File descriptors are inherited as execve has
/// it.
///
/// Standard descriptors: with STARTF_USESTDHANDLES, which needs `inherit_handles`, hStdInput,
/// hStdOutput and hStdError become the child's descriptors 0, 1 and 2. They are handles of
/// descriptors (castaway_handle_of_descriptor, GetStdHandle), whether these are open across execve
/// or not; NULL and INVALID_HANDLE_VALUE are /dev/null. Any other is ERROR_INVALID_HANDLE: an
/// object is nothing to read from or write to.
///
/// CREATE_SUSPENDED: the program does not begin before ResumeThread is called for the thread, by
/// whichever process. Till then the process is there, can be given handles and calls and be
/// ended, outlives its parent, and is a copy of its parent's to /proc. Whether its program has a
/// format that can be executed is seen only then: if not, it ends with code 127.
///
/// Flags: CREATE_UNICODE_ENVIRONMENT, EXTENDED_STARTUPINFO_PRESENT, CREATE_NEW_PROCESS_GROUP
/// (setpgid); DETACHED_PROCESS, CREATE_NEW_CONSOLE, CREATE_NO_WINDOW, CREATE_DEFAULT_ERROR_MODE and
/// NORMAL_PRIORITY_CLASS change nothing; others are ERROR_INVALID_PARAMETER. Of STARTUPINFO only
/// `cb`, the standard handles and the attribute list matter.
///
/// The process is a child of the caller as Linux knows it: the caller gets SIGCHLD, and a thread
/// of the library waits for this child alone. A program that waits for any child (waitpid(-1)) or
/// ignores SIGCHLD may keep the library from learning how the child ended; see GetExitCodeProcess.
/// ERROR_NOT_SUPPORTED: the calling thread has unshared the pid namespace of its children.
/// A child survives its parent. When the caller is killed before it returns, there is a complete
/// child or none.
BOOL CreateProcessA(LPCSTR application, LPSTR command_line,
                    LPSECURITY_ATTRIBUTES process_attributes,
                    LPSECURITY_ATTRIBUTES thread_attributes, BOOL inherit_handles, DWORD flags,
                    LPVOID environment, LPCSTR directory, LPSTARTUPINFOA startup,
                    LPPROCESS_INFORMATION process);
BOOL CreateProcessW(LPCWSTR application, LPWSTR command_line,
                    LPSECURITY_ATTRIBUTES process_attributes,
                    LPSECURITY_ATTRIBUTES thread_attributes, BOOL inherit_handles, DWORD flags,
                    LPVOID environment, LPCWSTR directory, LPSTARTUPINFOW startup,
                    LPPROCESS_INFORMATION process);

/// A handle that stands for a descriptor of the calling process, for STARTUPINFO alone. It holds
/// nothing and is not closed; when it is used, the descriptor must be open. NULL with
/// ERROR_INVALID_HANDLE when the descriptor is not.
HANDLE castaway_handle_of_descriptor(int descriptor);
/// That of descriptor 0, 1 or 2. INVALID_HANDLE_VALUE with the last error when it is not open, or
/// the device is none of the three.
HANDLE GetStdHandle(DWORD device);

/// A list of NULL is ERROR_INSUFFICIENT_BUFFER, and `size` becomes the bytes that are needed.
BOOL InitializeProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD count, DWORD flags,
                                       PSIZE_T size);
/// Attributes other than PROC_THREAD_ATTRIBUTE_HANDLE_LIST are ERROR_NOT_SUPPORTED; an empty list
/// of handles, or no whole number of them, ERROR_BAD_LENGTH. The value must be there until the list
/// is used for the last time.
BOOL UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD flags, DWORD_PTR attribute,
                               PVOID value, SIZE_T size, PVOID previous, PSIZE_T returned);
void DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST list);
/// @}

/// \name Ends of processes
/// @{

/// Needs one of the two query rights. STILL_ACTIVE until the handle is signaled. Then, for a
/// process that was started with CreateProcess and whose parent lives: what it has given to exit()
/// (the low 8 bits; all 32 of ExitProcess), what TerminateProcess was given, or 128 + the signal
/// that ended it. For any other: the code of exit(), ExitProcess or TerminateProcess; a process
/// that ended in another way, by _exit or by a signal, has CASTAWAY_EXIT_CODE_UNKNOWN, for only its
/// parent is told. ERROR_TIMEOUT when the parent does not get to tell it for a second, because it
/// is stopped.
BOOL GetExitCodeProcess(HANDLE process, LPDWORD exit_code);
/// Ends the process by SIGKILL. Needs PROCESS_TERMINATE. Does not wait for the end. A process that
/// has ended is ERROR_ACCESS_DENIED, and so is one of another pid namespace, or one that the kernel
/// does not let the caller signal (another user's, in a region of a group).
BOOL TerminateProcess(HANDLE process, UINT exit_code);
/// exit() with a code of 32 bits for GetExitCodeProcess.
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void ExitProcess(UINT exit_code);
/// @}

// NOLINTEND(modernize-use-using,readability-identifier-naming)

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
