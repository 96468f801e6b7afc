/* A program in C as it is written for Windows, but for the name of the header: names without
   suffix, TEXT, and the types and macros around the calls. */
#include <castaway/windows.h>
#include <stdio.h>

static LARGE_INTEGER last_due;

static VOID CALLBACK timer_routine(LPVOID argument, DWORD low, DWORD high) {
    UNREFERENCED_PARAMETER(argument);
    last_due.LowPart = low;
    last_due.HighPart = (LONG)high;
}

static BOOL timer_works(VOID) {
    LARGE_INTEGER due;
    FILETIME now;
    HANDLE timer = CreateWaitableTimer(NULL, TRUE, TEXT("ported timer"));
    BOOL done;
    due.QuadPart = -10000LL;
    GetSystemTimeAsFileTime(&now);
    done = timer != NULL && SetWaitableTimer(timer, &due, 0, timer_routine, NULL, FALSE) &&
           SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION && last_due.u.HighPart != 0 &&
           (DWORD)last_due.HighPart >= now.dwHighDateTime;
    return CloseHandle(timer) && done;
}

static BOOL objects_work(VOID) {
    TCHAR name[MAX_PATH] = TEXT("ported event");
    LPCTSTR same_name = name;
    LPTSTR message = NULL;
    HANDLE handles[2];
    PHANDLE first = &handles[0];
    DWORD waited;
    ULONGLONG ticks = GetTickCount64();
    *first = CreateEvent(NULL, FALSE, TRUE, name);
    handles[1] = OpenEvent(EVENT_ALL_ACCESS & ~(DELETE | READ_CONTROL), FALSE, same_name);
    if (handles[0] == NULL || handles[1] == NULL) {
        return FALSE;
    }
    waited = WaitForMultipleObjects(ARRAYSIZE(handles), handles, FALSE, 0);
    if (waited != WAIT_OBJECT_0 || !CloseHandle(handles[0]) || !CloseHandle(handles[1]) ||
        OpenEvent(SYNCHRONIZE, FALSE, name) != NULL || GetTickCount64() < ticks) {
        return FALSE;
    }
    if (FormatMessage(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
                          FORMAT_MESSAGE_IGNORE_INSERTS,
                      NULL, GetLastError(), MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT),
                      (LPTSTR)&message, 0, NULL) == 0) {
        return FALSE;
    }
    waited = message[0];
    LocalFree(message);
    return waited == (DWORD)TEXT('t');
}

#if __SIZEOF_WCHAR_T__ == 2
static BOOL wide_literals_work(VOID) {
    const wchar_t* name = L"wide";
    WCHAR same[] = L"wide";
    HANDLE mutex = CreateMutexW(NULL, FALSE, name);
    HANDLE again = CreateMutexW(NULL, FALSE, u"wide");
    BOOL one = mutex != NULL && again != NULL && GetLastError() == ERROR_ALREADY_EXISTS &&
               CompareObjectHandles(mutex, again);
    CloseHandle(again);
    again = OpenMutexW(SYNCHRONIZE, FALSE, same);
    return one && again != NULL && CloseHandle(again) && CloseHandle(mutex);
}
#else
static BOOL wide_literals_work(VOID) {
    HANDLE mutex = CreateMutexW(NULL, FALSE, u"wide");
    return mutex != NULL && CloseHandle(mutex);
}
#endif

static DWORD WINAPI thread_routine(LPVOID parameter) {
    if (*(PDWORD)parameter == 3) {
        ExitThread(33);
    }
    return *(PDWORD)parameter;
}

static BOOL threads_work(VOID) {
    DWORD parameters[2] = {3, 4};
    DWORD codes[2] = {0, 0};
    HANDLE threads[2];
    DWORD id;
    LPTHREAD_START_ROUTINE routine = thread_routine;
    int i;
    for (i = 0; i < 2; i++) {
        threads[i] = CreateThread(NULL, 0, routine, &parameters[i], 0, &id);
        if (threads[i] == NULL) {
            return FALSE;
        }
    }
    if (WaitForMultipleObjects(2, threads, TRUE, 10000) != WAIT_OBJECT_0) {
        return FALSE;
    }
    for (i = 0; i < 2; i++) {
        if (!GetExitCodeThread(threads[i], &codes[i]) || !CloseHandle(threads[i])) {
            return FALSE;
        }
    }
    return codes[0] == 33 && codes[1] == 4;
}

int main(void) {
    if (!timer_works() || !objects_work() || !wide_literals_work() || !threads_work()) {
        printf("ported: error %u\n", GetLastError());
        return 1;
    }
    puts("consumed");
    return 0;
}
