// The calls that start processes and end them, for the calling thread.
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "primitives/api/attribute_list.h"
#include "primitives/api/child_watch.h"
#include "primitives/api/command_line.h"
#include "primitives/api/descriptor_handle.h"
#include "primitives/api/handle_calls.h"
#include "primitives/api/program_start.h"
#include "primitives/api/win32_support.h"
#include "primitives/platform/host.h"
#include "primitives/region/utf16.h"

using namespace castaway;  // NOLINT(google-build-using-namespace): the API is in the global
                           // namespace

namespace {

/// As long as the command line of a process may be, with the zero.
constexpr std::size_t kCommandLineMax = 32768;

constexpr DWORD kFlagsThatDoSomething = CREATE_NEW_PROCESS_GROUP | CREATE_SUSPENDED |
                                        CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
constexpr DWORD kFlagsThatDoNothing = DETACHED_PROCESS | CREATE_NEW_CONSOLE | CREATE_NO_WINDOW |
                                      CREATE_DEFAULT_ERROR_MODE | NORMAL_PRIORITY_CLASS;

/// What a CreateProcess call asks for, apart from what it executes.
struct Wanted {
    bool inherits = false;
    std::span<const HANDLE> listed;   ///< empty: all that are inheritable
    bool inheritable = false;         ///< the handle of the process
    bool thread_inheritable = false;  ///< that of its first thread
    bool suspended = false;
};

std::optional<std::string> text_of(const char* text) {
    return text;
}
std::optional<std::string> text_of(const char16_t* text) {
    return to_utf8(text);
}

/// "CASTAWAY_REGION=...", as this process has it.
std::string own_region() {
    const char* const region = std::getenv("CASTAWAY_REGION");
    return std::string("CASTAWAY_REGION=") + (region == nullptr ? "" : region);
}

/// Returns a Win32 error.
std::uint32_t environment_of(LPVOID block, DWORD flags, std::vector<std::string>& environment) {
    if (block == nullptr) {
        for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
            environment.emplace_back(*entry);
        }
    } else {
        auto strings = (flags & CREATE_UNICODE_ENVIRONMENT) != 0
                           ? strings_of_block(static_cast<const char16_t*>(block))
                           : strings_of_block(static_cast<const char*>(block));
        if (!strings) {
            return ERROR_INVALID_PARAMETER;
        }
        environment = *std::move(strings);
    }
    // The region is to a process what the system is on Windows: a child is in its parent's.
    const auto names_region = [](const std::string& entry) {
        return entry.starts_with("CASTAWAY_REGION=");
    };
    if (std::none_of(environment.begin(), environment.end(), names_region)) {
        environment.push_back(own_region());
    }
    return ERROR_SUCCESS;
}

/// Returns a Win32 error.
template <class Char>
std::uint32_t program_of(const Char* application, const Char* command_line, Program& program) {
    if (application == nullptr && command_line == nullptr) {
        return ERROR_INVALID_PARAMETER;
    }
    const auto words = text_of(command_line != nullptr ? command_line : application);
    const auto named = application != nullptr ? text_of(application) : std::string();
    if (!words || !named) {
        return ERROR_INVALID_NAME;
    }
    if (words->size() >= kCommandLineMax) {
        return ERROR_FILENAME_EXCED_RANGE;
    }
    program.arguments =
        command_line != nullptr ? words_of(*words) : std::vector<std::string>{*words};
    const bool searched = application == nullptr;
    return find_program(searched ? program.arguments.front() : *named, searched, program.path);
}

/// The descriptors that the members of STARTUPINFO stand for. Returns a Win32 error.
template <class Startup>
std::uint32_t standard_of(const Startup& startup, Program& program) {
    std::array<int, 3> wanted{-1, -1, -1};
    const std::array handles{startup.hStdInput, startup.hStdOutput, startup.hStdError};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (handles[i] == nullptr || handles[i] == INVALID_HANDLE_VALUE) {
            continue;
        }
        const auto descriptor = descriptor_of(handles[i]);
        if (!descriptor || fcntl(*descriptor, F_GETFD) < 0) {
            return ERROR_INVALID_HANDLE;
        }
        wanted[i] = *descriptor;
    }
    program.standard = wanted;
    return ERROR_SUCCESS;
}

/// Returns a Win32 error.
std::uint32_t start(ActiveThread& thread, const Program& program, const Wanted& wanted,
                    PROCESS_INFORMATION& made) {
    // Neither a pid of the child's own would be known here, nor this process's /proc of use to it.
    if (!children_share_pid_namespace()) {
        return ERROR_NOT_SUPPORTED;
    }
    ChildWatch watch;
    if (!watch.prepare()) {
        return ERROR_NO_SYSTEM_RESOURCES;
    }
    auto& membership = current_membership();
    ProcessRef slot;
    if (const auto error = wanted.inherits ? membership.prepare_child(thread, wanted.listed, slot)
                                           : membership.claim_for_child(slot)) {
        return error;
    }
    OpenedThread first;
    std::uint32_t error = membership.prepare_thread(slot, wanted.suspended, first.ref);
    const Suspension suspension{
        wanted.suspended ? &thread.region.thread(first.ref.slot).suspended : nullptr,
        first.ref.life};
    ProgramStart started;
    if (error == ERROR_SUCCESS) {
        error = started.fork(program, suspension);
    }
    if (error != ERROR_SUCCESS) {
        membership.free_child(thread, slot);
        return error;
    }
    const ProcessIdentity identity{started.pid(), start_time_of(started.pid()),
                                   thread.platform.pid_namespace()};
    if (identity.start_time == 0) {
        started.end();
        membership.free_child(thread, slot);
        return ERROR_NO_SYSTEM_RESOURCES;
    }
    first.id = identity.pid;
    const ProcessRef child = membership.introduce_child(slot, identity, first);
    HANDLE handle = nullptr;
    HANDLE thread_handle = nullptr;
    error = open_process(thread, child, PROCESS_ALL_ACCESS, wanted.inheritable, handle);
    if (error == ERROR_SUCCESS) {
        error = open_thread(thread, first.ref, THREAD_ALL_ACCESS, wanted.thread_inheritable,
                            thread_handle);
    }
    if (error == ERROR_SUCCESS) {
        error = started.go();
    }
    if (error != ERROR_SUCCESS) {
        // It is a child that dies before its first call.
        started.end();
        thread.next_claimant = child.slot;
        recover_dead(thread);
        for (const HANDLE opened : {handle, thread_handle}) {
            if (opened != nullptr) {
                calls::close(thread, opened);
            }
        }
        return error;
    }
    made = {handle, thread_handle, started.pid(), started.pid()};
    started.give_away();
    watch.begin(child);
    return ERROR_SUCCESS;
}

template <class Char, class Startup, class ExtendedStartup>
BOOL create_process(const Char* application, const Char* command_line,
                    LPSECURITY_ATTRIBUTES attributes, LPSECURITY_ATTRIBUTES thread_attributes,
                    BOOL inherit, DWORD flags, LPVOID environment, const Char* directory,
                    const Startup* startup, PROCESS_INFORMATION* made) {
    if (startup == nullptr || made == nullptr ||
        (flags & ~(kFlagsThatDoSomething | kFlagsThatDoNothing)) != 0) {
        return failed<BOOL>(ERROR_INVALID_PARAMETER);
    }
    const auto is_inheritable = [](LPSECURITY_ATTRIBUTES of) {
        return of != nullptr && of->bInheritHandle != FALSE;
    };
    Wanted wanted;
    wanted.inherits = inherit != FALSE;
    wanted.inheritable = is_inheritable(attributes);
    wanted.thread_inheritable = is_inheritable(thread_attributes);
    wanted.suspended = (flags & CREATE_SUSPENDED) != 0;
    if ((flags & EXTENDED_STARTUPINFO_PRESENT) != 0) {
        if (startup->cb < sizeof(ExtendedStartup)) {
            return failed<BOOL>(ERROR_INVALID_PARAMETER);
        }
        const auto* list = reinterpret_cast<const ExtendedStartup*>(startup)->lpAttributeList;
        if (list != nullptr) {
            wanted.listed = list->handles;
        }
        if (!wanted.listed.empty() && !wanted.inherits) {
            return failed<BOOL>(ERROR_INVALID_PARAMETER);
        }
    }
    Program program;
    program.new_group = (flags & CREATE_NEW_PROCESS_GROUP) != 0;
    std::uint32_t error = environment_of(environment, flags, program.environment);
    if (error == ERROR_SUCCESS && (startup->dwFlags & STARTF_USESTDHANDLES) != 0) {
        error = wanted.inherits ? standard_of(*startup, program) : ERROR_INVALID_PARAMETER;
    }
    if (error == ERROR_SUCCESS) {
        error = program_of(application, command_line, program);
    }
    if (error == ERROR_SUCCESS && directory != nullptr) {
        const auto text = text_of(directory);
        program.directory = text.value_or("");
        error = text ? ERROR_SUCCESS : ERROR_DIRECTORY;
    }
    if (error != ERROR_SUCCESS) {
        return failed<BOOL>(error);
    }
    return succeeded_or(
        with_thread([&](ActiveThread& thread) { return start(thread, program, wanted, *made); }));
}

/// Whether the kernel lets this process end that one: in a region of a group it may be another
/// user's. Asked before anything is noted about its end.
bool may_kill(const ProcessIdentity& process) {
    return kill(static_cast<pid_t>(process.pid), 0) == 0 || errno != EPERM;
}

/// Ends that process, if it is still the one that is meant. Returns a Win32 error.
std::uint32_t kill_process(const ProcessIdentity& process) {
    const auto pidfd =
        static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(process.pid), 0));
    if (pidfd < 0) {
        switch (errno) {
            case ESRCH:
            case EINVAL:  // the number is that of a thread by now
            case ENOENT:
                return ERROR_ACCESS_DENIED;
            case EMFILE:
            case ENFILE:
            case ENOMEM:
                return error_of_execution(errno);
            default:
                return ERROR_NOT_SUPPORTED;  // see platform/lacks.h
        }
    }
    // Asked after the pidfd was opened: the signal is for that process or for none.
    const bool same = start_time_of(process.pid) == process.start_time;
    const bool sent = same && syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0) == 0;
    const bool refused = same && !sent && errno != ESRCH;
    close(pidfd);
    if (sent) {
        return ERROR_SUCCESS;
    }
    return refused ? ERROR_NOT_SUPPORTED : ERROR_ACCESS_DENIED;
}

}  // namespace

BOOL CreateProcessA(LPCSTR application, LPSTR command_line,
                    LPSECURITY_ATTRIBUTES process_attributes,
                    LPSECURITY_ATTRIBUTES thread_attributes, BOOL inherit_handles, DWORD flags,
                    LPVOID environment, LPCSTR directory, LPSTARTUPINFOA startup,
                    LPPROCESS_INFORMATION process) {
    return create_process<char, STARTUPINFOA, STARTUPINFOEXA>(
        application, command_line, process_attributes, thread_attributes, inherit_handles, flags,
        environment, directory, startup, process);
}

BOOL CreateProcessW(LPCWSTR application, LPWSTR command_line,
                    LPSECURITY_ATTRIBUTES process_attributes,
                    LPSECURITY_ATTRIBUTES thread_attributes, BOOL inherit_handles, DWORD flags,
                    LPVOID environment, LPCWSTR directory, LPSTARTUPINFOW startup,
                    LPPROCESS_INFORMATION process) {
    return create_process<char16_t, STARTUPINFOW, STARTUPINFOEXW>(
        application, command_line, process_attributes, thread_attributes, inherit_handles, flags,
        environment, directory, startup, process);
}

HANDLE castaway_handle_of_descriptor(int descriptor) {
    if (fcntl(descriptor, F_GETFD) < 0) {
        return failed<HANDLE>(ERROR_INVALID_HANDLE);
    }
    return handle_of_descriptor(descriptor);
}

HANDLE GetStdHandle(DWORD device) {
    constexpr DWORD kDevices = 3;
    const DWORD descriptor = STD_INPUT_HANDLE - device;
    HANDLE const handle = descriptor < kDevices
                              ? castaway_handle_of_descriptor(static_cast<int>(descriptor))
                              : failed<HANDLE>(ERROR_INVALID_HANDLE);
    return handle != nullptr ? handle : INVALID_HANDLE_VALUE;
}

BOOL GetExitCodeProcess(HANDLE process, LPDWORD exit_code) {
    if (exit_code == nullptr) {
        return failed<BOOL>(ERROR_NOACCESS);
    }
    return succeeded_or(with_thread(
        [&](ActiveThread& thread) { return calls::get_exit_code(thread, process, *exit_code); }));
}

BOOL TerminateProcess(HANDLE process, UINT exit_code) {
    ProcessIdentity victim;
    const std::uint32_t error = with_thread([&](ActiveThread& thread) {
        ProcessRef found;
        if (const auto none = calls::process_by(thread, process, PROCESS_TERMINATE, found)) {
            return none;
        }
        victim = ProcessEntry::unpack(found.entry).identity;
        if (!is_foreign(thread.platform, victim) && !may_kill(victim)) {
            return std::uint32_t{ERROR_ACCESS_DENIED};
        }
        return calls::terminate(thread, process, exit_code, found);
    });
    if (error != ERROR_SUCCESS) {
        return failed<BOOL>(error);
    }
    if (victim.pid == GetCurrentProcessId()) {
        note_own_exit(exit_code);
        _exit(static_cast<int>(exit_code & 0xff));
    }
    return succeeded_or(kill_process(victim));
}

void ExitProcess(UINT exit_code) {
    std::exit(exit_of_process(exit_code));
}
