/* Built for Windows and run under Wine: prints "mutex 12345.6" and so on, nanoseconds for each pair
 * of calls, several times each. */
#include <stdio.h>
#include <windows.h>

enum { PAIRS = 2000, REPETITIONS = 5 };

static double now_ns(void) {
    LARGE_INTEGER count;
    LARGE_INTEGER frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (double)count.QuadPart * 1e9 / (double)frequency.QuadPart;
}

int main(void) {
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 1000, NULL);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    for (int repetition = 0; repetition < REPETITIONS; ++repetition) {
        double begin = now_ns();
        for (int i = 0; i < PAIRS; ++i) {
            WaitForSingleObject(mutex, INFINITE);
            ReleaseMutex(mutex);
        }
        printf("mutex %.1f\n", (now_ns() - begin) / PAIRS);
        begin = now_ns();
        for (int i = 0; i < PAIRS; ++i) {
            ReleaseSemaphore(semaphore, 1, NULL);
            WaitForSingleObject(semaphore, INFINITE);
        }
        printf("semaphore %.1f\n", (now_ns() - begin) / PAIRS);
        begin = now_ns();
        for (int i = 0; i < PAIRS; ++i) {
            SetEvent(event);
            WaitForSingleObject(event, INFINITE);
        }
        printf("auto %.1f\n", (now_ns() - begin) / PAIRS);
    }
    return 0;
}
