// The arguments of a call in the form in which the functions take them, and the places where these
// put their answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/win32/call.h"
#include "harness/subject/win32/platform.h"

namespace castaway::harness {

/// Holds no copy of the call, which outlives it.
struct Win32Arguments {
    explicit Win32Arguments(const win32::Call& call);

    HANDLE handle;
    HANDLE second;
    HANDLE target_process;
    std::vector<HANDLE> handles;
    SECURITY_ATTRIBUTES attributes;
    /// Null where the call has none; else the one above.
    LPSECURITY_ATTRIBUTES security;
    LPCWSTR wide_name;  ///< null where there is none
    LARGE_INTEGER due{};
    std::vector<DWORD> sid;
    // create_process
    std::string program;
    std::string command_line;
    std::u16string wide_program;
    std::u16string wide_command_line;

    /// What `written` holds before the call: told apart from whatever it is given, but for one
    /// value in 2^32, which changes from call to call.
    DWORD unwritten;
    DWORD written;
    HANDLE made;

    [[nodiscard]] LPCSTR name() const { return narrow_name_ ? narrow_name_->c_str() : nullptr; }

  private:
    std::optional<std::string> narrow_name_;
};

/// Makes the call: the result, and what create_process tells, go into the response, all else into
/// the arguments. The caller sees to it that boundaries are such.
void make_win32_call(const win32::Call& call, Win32Arguments& arguments, win32::Response& response);

/// The procedure calls that have run on the calling thread since it was last asked.
std::vector<win32::Delivery> take_deliveries();

}  // namespace castaway::harness
