// A program of its own for tests of processes that share nothing but the region's name: it is built
// on the library that users link.
//
//   castaway_actor own NAME       takes the mutex of that name, says 'o', and stays until it is
//                                 killed
//   castaway_actor wait NAME      waits for it, and says 'a' when it was abandoned, 'n' when not
//   castaway_actor set HANDLE     sets the event; its exit code is the last error, 0 if it could
//   castaway_actor release HANDLE the same for a mutex
//   castaway_actor take HANDLE    takes the mutex, says 'o', and stays
//   castaway_actor wait-for HANDLE  waits for it; its exit code is what the wait returned
//   castaway_actor told FD        reads a handle from that descriptor before its first call, then
//                                 as `set`
//   castaway_actor take-calls OUT IN  writes the address of a procedure call's routine to OUT,
//   reads
//                                 a byte from IN before its first call, and sleeps alertably; its
//                                 exit code is made of the calls' arguments, a digit each
//   castaway_actor exit CODE      attaches, and ends by ExitProcess
//   castaway_actor tell FD ...    writes to that descriptor its arguments after FD, its directory
//                                 and the variable CASTAWAY_TEST, each with a zero after it
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "castaway/win32.h"

namespace {

int say(char letter) {
    return write(STDOUT_FILENO, &letter, 1) == 1 ? 0 : 1;
}

HANDLE handle_of(std::uintptr_t value) {
    return reinterpret_cast<HANDLE>(value);  // NOLINT(performance-no-int-to-ptr): it is a number
}

[[noreturn]] void end_with_error_of(BOOL succeeded) {
    ExitProcess(succeeded != FALSE ? 0 : GetLastError());
}

int use_mutex(bool own, const char* name) {
    HANDLE mutex = CreateMutexA(nullptr, FALSE, name);
    if (mutex == nullptr) {
        std::fprintf(stderr, "castaway_actor: %s\n", castaway_attach_error());
        return 1;
    }
    const DWORD result = WaitForSingleObject(mutex, INFINITE);
    if (result != WAIT_OBJECT_0 && result != WAIT_ABANDONED) {
        return 1;
    }
    if (own) {
        return say('o') + pause();
    }
    return say(result == WAIT_ABANDONED ? 'a' : 'n');
}

int set_what_is_told(int descriptor) {
    std::uintptr_t value = 0;
    if (read(descriptor, &value, sizeof(value)) != sizeof(value)) {
        return 1;
    }
    end_with_error_of(SetEvent(handle_of(value)));
}

UINT calls_taken = 0;

void take_call(ULONG_PTR digit) {
    calls_taken = calls_taken * 10 + static_cast<UINT>(digit);
}

int take_calls(int out, int in) {
    PAPCFUNC const routine = take_call;
    char byte = 0;
    if (write(out, &routine, sizeof(routine)) != sizeof(routine) || read(in, &byte, 1) != 1) {
        return 1;
    }
    SleepEx(INFINITE, TRUE);
    ExitProcess(calls_taken);
}

int tell(int descriptor, char** words) {
    std::string text;
    const auto add = [&text](const char* word) { text.append(word) += '\0'; };
    for (; *words != nullptr; ++words) {
        add(*words);
    }
    std::array<char, PATH_MAX> directory{};
    const char* const variable = std::getenv("CASTAWAY_TEST");
    add(getcwd(directory.data(), directory.size()));
    add(variable == nullptr ? "" : variable);
    return write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        return 2;
    }
    const std::string_view what = argv[1];
    const unsigned long number = std::strtoul(argv[2], nullptr, 10);
    if (what == "own" || what == "wait") {
        return use_mutex(what == "own", argv[2]);
    }
    if (what == "set") {
        end_with_error_of(SetEvent(handle_of(number)));
    }
    if (what == "release") {
        end_with_error_of(ReleaseMutex(handle_of(number)));
    }
    if (what == "take") {
        return WaitForSingleObject(handle_of(number), INFINITE) == WAIT_OBJECT_0
                   ? say('o') + pause()
                   : 1;
    }
    if (what == "wait-for") {
        ExitProcess(WaitForSingleObject(handle_of(number), INFINITE));
    }
    if (what == "told") {
        return set_what_is_told(static_cast<int>(number));
    }
    if (what == "take-calls" && argc == 4) {
        return take_calls(static_cast<int>(number), std::atoi(argv[3]));
    }
    if (what == "exit") {
        CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
        ExitProcess(static_cast<UINT>(number));
    }
    return what == "tell" ? tell(static_cast<int>(number), argv + 3) : 2;
}
