// caller.exe: makes the calls of a conformance run in the system that it runs in, which is Windows
// or Wine. It speaks JSON Lines by its standard input and output.
//
//   castaway conform --caller "wine64 caller.exe"
#include <cstdio>
#include <exception>
#include <iostream>

#include "harness/subject/win32/serve_lines.h"

namespace {

/// A function that Wine has not got raises an exception: that ends this process, by which the run
/// sees it, and starts no debugger.
LONG WINAPI end_at_once(EXCEPTION_POINTERS* /*exception*/) {
    TerminateProcess(GetCurrentProcess(), 3);
    return EXCEPTION_EXECUTE_HANDLER;
}

}  // namespace

int main() {
    SetUnhandledExceptionFilter(end_at_once);
    // By the first name the system's library opens its folder, for good.
    CloseHandle(CreateEventA(nullptr, FALSE, FALSE, "castaway-caller"));
    using castaway::harness::Win32Caller;
    try {
        // Programs for it start no processes.
        Win32Caller caller(
            [](std::uint32_t /*process*/) { return castaway::harness::own_program(); });
        castaway::harness::serve_lines(std::cin, std::cout, caller);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "caller.exe: %s\n", error.what());
        return 3;
    }
    return 0;
}
