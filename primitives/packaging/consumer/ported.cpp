// The same in C++: the program of somebody else, with his own use of wide names.
#define main ported_in_c
#include "ported.c"
#undef main

#include <castaway/namespaces.h>

#if __SIZEOF_WCHAR_T__ == 2
#define TEXT_OF_WIDE(quoted) L##quoted
#else
#define TEXT_OF_WIDE(quoted) u##quoted
#endif

/// NULL as a name is no question of its type, and u"" is always a name.
static bool names_of_both_types_work() {
    HANDLE unnamed = CreateSemaphoreW(NULL, 1, 1, NULL);
    HANDLE also_unnamed = CreateSemaphoreW(nullptr, 1, 1, nullptr);
    HANDLE named = CreateSemaphoreExW(nullptr, 1, 1, u"ported semaphore", 0, SEMAPHORE_ALL_ACCESS);
    LPCWSTR constant = TEXT_OF_WIDE("ported semaphore");
    HANDLE opened = OpenSemaphoreW(SYNCHRONIZE, FALSE, constant);
    HANDLE boundary = CreateBoundaryDescriptorW(u"ported boundary", 0);
    const bool work = unnamed != nullptr && also_unnamed != nullptr && named != nullptr &&
                      opened != nullptr && boundary != nullptr &&
                      CompareObjectHandles(named, opened);
    DeleteBoundaryDescriptor(boundary);
    return CloseHandle(unnamed) && CloseHandle(also_unnamed) && CloseHandle(named) &&
           CloseHandle(opened) && work;
}

int main() {
    return names_of_both_types_work() ? ported_in_c() : 1;
}
