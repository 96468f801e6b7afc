// Processes that a test starts with CreateProcess.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <string>

#include "primitives/testing/ordeal.h"
#include "primitives/testing/told_number.h"

namespace castaway::testing {

inline std::string value_of(HANDLE handle) {
    return std::to_string(reinterpret_cast<std::uintptr_t>(handle));
}

inline Handle inheritable_event(const char* name) {
    SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    return Handle(CreateEventA(&attributes, FALSE, FALSE, name));
}

/// A process that was started. Killed and waited for at the end.
class Started {
  public:
    /// \param startup with CREATE flags, or null
    explicit Started(std::string command, BOOL inherit = FALSE, DWORD flags = 0,
                     STARTUPINFOA* startup = nullptr) {
        STARTUPINFOA plain{};
        plain.cb = sizeof(plain);
        PROCESS_INFORMATION made{};
        EXPECT_EQ(CreateProcessA(nullptr, command.data(), nullptr, nullptr, inherit, flags, nullptr,
                                 nullptr, startup == nullptr ? &plain : startup, &made),
                  TRUE)
            << command << ": " << GetLastError();
        process = Handle(made.hProcess);
        thread = Handle(made.hThread);
        EXPECT_EQ(made.dwThreadId, made.dwProcessId);
        pid = made.dwProcessId;
    }
    Started(const Started&) = delete;
    Started& operator=(const Started&) = delete;
    ~Started() {
        TerminateProcess(process, 1);
        EXPECT_EQ(WaitForSingleObject(process, kPatienceMs), WAIT_OBJECT_0);
    }

    [[nodiscard]] DWORD exit_code() const {
        DWORD code = 0;
        EXPECT_EQ(GetExitCodeProcess(process, &code), TRUE) << GetLastError();
        return code;
    }
    [[nodiscard]] DWORD exit_code_at_end() const {
        EXPECT_EQ(WaitForSingleObject(process, kPatienceMs), WAIT_OBJECT_0);
        return exit_code();
    }

    Handle process;
    Handle thread;
    DWORD pid = 0;
};

/// The command line of castaway_actor, up to its arguments.
inline std::string actor() {
    return std::string("\"") + CASTAWAY_ACTOR + "\" ";
}

/// The calling process waits for its children of that process group, which have ended or are about
/// to: those that it has got from a dead process, too.
inline void reap(pid_t group) {
    while (waitpid(-group, nullptr, 0) > 0) {
    }
    EXPECT_EQ(errno, ECHILD);
}

class CreateProcess : public ::testing::Test {
  protected:
    /// Runs `body` in a process that has never attached, and that leaves nothing.
    template <class Body>
    static void in_parent(Body body) {
        in_fresh_process([&](TestRegion& region) {
            Survivor survivor(region);
            CloseHandle(CreateEventA(nullptr, FALSE, FALSE, nullptr));
            body(survivor);
            region.expect_clean(1);
        });
    }
};

}  // namespace castaway::testing
