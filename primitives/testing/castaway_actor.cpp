// A program of its own for tests of processes that share nothing but the region's name: it is built
// on the library that users link.
//
//   castaway_actor own NAME    takes the mutex of that name, says 'o', and stays until it is killed
//   castaway_actor wait NAME   waits for it, and says 'a' when it was abandoned, 'n' when not
#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "castaway/win32.h"

namespace {

int say(char letter) {
    return write(STDOUT_FILENO, &letter, 1) == 1 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        return 2;
    }
    HANDLE mutex = CreateMutexA(nullptr, FALSE, argv[2]);
    if (mutex == nullptr) {
        std::fprintf(stderr, "castaway_actor: %s\n", castaway_attach_error());
        return 1;
    }
    const DWORD result = WaitForSingleObject(mutex, INFINITE);
    if (result != WAIT_OBJECT_0 && result != WAIT_ABANDONED) {
        return 1;
    }
    if (std::string_view(argv[1]) == "own") {
        return say('o') + pause();
    }
    return say(result == WAIT_ABANDONED ? 'a' : 'n');
}
