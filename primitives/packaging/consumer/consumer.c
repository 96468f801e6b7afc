/* A program of somebody else's, in C. */
#include <castaway/win32.h>
#include <stdio.h>

int main(void) {
    HANDLE event = CreateEventA(NULL, FALSE, TRUE, "consumer in C");
    if (event == NULL || WaitForSingleObject(event, 0) != WAIT_OBJECT_0 ||
        WaitForSingleObject(event, 0) != WAIT_TIMEOUT || !CloseHandle(event)) {
        fprintf(stderr, "consumer: error %u: %s\n", (unsigned)GetLastError(),
                castaway_attach_error());
        return 1;
    }
    puts("consumed");
    return 0;
}
