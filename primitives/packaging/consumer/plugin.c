/* What somebody else's program loads: it has the archive's code in it. */
#include <castaway/win32.h>

int take_and_release(void);

int take_and_release(void) {
    HANDLE mutex = CreateMutexA(NULL, FALSE, "plug-in");
    return mutex != NULL && WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0 && ReleaseMutex(mutex) &&
           CloseHandle(mutex);
}
