#include "harness/subject/castaway/win32_arguments.h"

#include <algorithm>
#include <iterator>

namespace castaway::harness {
namespace {

constexpr DWORD kUnwritten = 0x5EED'0000;

HANDLE handle_of(const win32::HandleArgument& argument) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a Win32 handle is a number in a pointer's clothes
    return reinterpret_cast<HANDLE>(argument.value);
}

/// What the place of a handle that comes by pointer holds before the call. That of a duplicate
/// holds what is none, so that it is seen whether the call has written there.
HANDLE made_before(const win32::Call& call) {
    if (call.function == win32::Function::add_sid) {
        return handle_of(call.handle);
    }
    win32::HandleArgument unwritten;
    unwritten.value = win32::kNeverMade;
    return call.function == win32::Function::duplicate_handle && !call.null_pointer
               ? handle_of(unwritten)
               : nullptr;
}

/// A SID: its fixed part, and one sub-authority after the other.
std::vector<DWORD> sid_of(const win32::Call& call) {
    std::vector<DWORD> sid(2 + call.sid_parts.size());
    auto* const bytes = reinterpret_cast<std::uint8_t*>(sid.data());
    bytes[0] = SID_REVISION;
    bytes[1] = static_cast<std::uint8_t>(call.sid_parts.size());
    bytes[sizeof(DWORD) * 2 - 1] = call.sid_authority;
    std::copy(call.sid_parts.begin(), call.sid_parts.end(), sid.begin() + 2);
    return sid;
}

}  // namespace

Win32Arguments::Win32Arguments(const win32::Call& call)
    : handle(handle_of(call.handle)),
      second(handle_of(call.second)),
      target_process(handle_of(call.target_process)),
      attributes{sizeof(SECURITY_ATTRIBUTES), nullptr, call.inherit ? TRUE : FALSE},
      security(call.attributes ? &attributes : nullptr),
      wide_name(call.name ? as_wide(call.name->c_str()) : nullptr),
      unwritten(kUnwritten + (call.number & 0xFFFFU)),
      written(unwritten),
      made(made_before(call)) {
    if (call.name && !call.wide) {
        narrow_name_ = as_narrow(*call.name);
    }
    std::transform(call.handles.begin(), call.handles.end(), std::back_inserter(handles),
                   handle_of);
    if (call.function == win32::Function::add_sid) {
        sid = sid_of(call);
    }
}

}  // namespace castaway::harness
