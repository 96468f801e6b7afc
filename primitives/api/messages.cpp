// The texts of error codes, and FormatMessage over them.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "castaway/system.h"

namespace {

struct ErrorText {
    DWORD code;
    const char* text;
};

/// All ASCII, in the order of the codes.
constexpr ErrorText kTexts[] = {
    // NOLINT(modernize-avoid-c-arrays)
    {ERROR_SUCCESS, "success"},
    {ERROR_FILE_NOT_FOUND, "there is no object of that name"},
    {ERROR_PATH_NOT_FOUND, "the name has a backslash or an unknown prefix"},
    {ERROR_TOO_MANY_OPEN_FILES, "the process has too many handles"},
    {ERROR_ACCESS_DENIED, "the handle does not carry the right"},
    {ERROR_INVALID_HANDLE, "not an open handle, or of another type"},
    {ERROR_NOT_ENOUGH_MEMORY, "not enough memory"},
    {ERROR_INVALID_DATA, "the region's file is none, or damaged"},
    {ERROR_BAD_LENGTH, "a length is wrong"},
    {ERROR_GEN_FAILURE, "the thread has ended"},
    {ERROR_SHARING_VIOLATION, "somebody else uses it"},
    {ERROR_NOT_SUPPORTED, "not supported"},
    {ERROR_INVALID_PARAMETER, "an argument is out of range"},
    {ERROR_DISK_FULL, "no space for shared memory"},
    {ERROR_CALL_NOT_IMPLEMENTED, "not implemented"},
    {ERROR_INSUFFICIENT_BUFFER, "the buffer is too small"},
    {ERROR_INVALID_NAME, "not a name"},
    {ERROR_BAD_PATHNAME, "the name begins with a backslash"},
    {ERROR_ALREADY_EXISTS, "the object existed already"},
    {ERROR_BAD_EXE_FORMAT, "the file cannot be executed"},
    {ERROR_FILENAME_EXCED_RANGE, "the name is too long"},
    {ERROR_FILE_TOO_LARGE, "the region is longer than files may be"},
    {ERROR_DIRECTORY, "the directory cannot be entered"},
    {ERROR_NOT_OWNER, "the calling thread does not own the mutex"},
    {ERROR_TOO_MANY_POSTS, "the semaphore's maximum would be exceeded"},
    {ERROR_MR_MID_NOT_FOUND, "there is no text for the code"},
    {ERROR_MUTANT_LIMIT_EXCEEDED, "the mutex is owned too often"},
    {ERROR_OBJECT_NAME_EXISTS, "the attribute is there already"},
    {ERROR_NOACCESS, "a pointer is not to be used"},
    {ERROR_NO_UNICODE_TRANSLATION, "the name is no UTF-8"},
    {ERROR_ALREADY_INITIALIZED, "another copy of castaway in this process takes part already"},
    {ERROR_REVISION_MISMATCH, "the region was made by another build"},
    {ERROR_PRIVILEGE_NOT_HELD, "the right is nobody's to have"},
    {ERROR_INVALID_SID, "not a SID"},
    {ERROR_NO_SYSTEM_RESOURCES, "the region is full"},
    {ERROR_TIMEOUT, "the parent does not tell how the process ended"},
    {ERROR_NOT_SAME_OBJECT, "the handles are of two objects"},
};
static_assert(std::ranges::is_sorted(kTexts, {}, &ErrorText::code));

/// What FormatMessage makes of a code; empty, with the last error, when it does nothing.
std::string message_of(DWORD flags, DWORD code) {
    if ((flags & FORMAT_MESSAGE_FROM_SYSTEM) == 0) {
        const DWORD others = FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_FROM_HMODULE;
        SetLastError((flags & others) != 0 ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
        return {};
    }
    const char* const text = castaway_error_text(code);
    if (text == nullptr) {
        SetLastError(ERROR_MR_MID_NOT_FOUND);
        return {};
    }
    const bool one_line = (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK;
    return std::string(text) + (one_line ? "." : ".\r\n");
}

/// FormatMessage for units of either size.
template <class Unit>
DWORD format_message(DWORD flags, DWORD code, Unit* buffer, DWORD size) {
    if (buffer == nullptr) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    const std::string message = message_of(flags, code);
    if (message.empty()) {
        return 0;
    }
    Unit* to = buffer;
    if ((flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) != 0) {
        // `size` is the least that is wanted then.
        const std::size_t units = std::max<std::size_t>(message.size() + 1, size);
        // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): LocalFree() is for C
        to = static_cast<Unit*>(std::malloc(units * sizeof(Unit)));
        std::memcpy(buffer, &to, sizeof(to));
        if (to == nullptr) {
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
            return 0;
        }
    } else if (message.size() >= size) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    *std::ranges::copy(message, to).out = 0;
    return static_cast<DWORD>(message.size());
}

}  // namespace

const char* castaway_error_text(DWORD error) {
    if (error == ERROR_INVALID_HANDLE && castaway_forks() != 0) {
        return "not an open handle, or of another type; this process was forked after the library "
               "had "
               "been used, and a fork does not inherit handles: open the object again in the child";
    }
    const auto* const found = std::ranges::lower_bound(kTexts, error, {}, &ErrorText::code);
    return found != std::end(kTexts) && found->code == error ? found->text : nullptr;
}

DWORD FormatMessageA(DWORD flags, LPCVOID /*source*/, DWORD code, DWORD /*language*/, LPSTR buffer,
                     DWORD size, va_list* /*arguments*/) {
    return format_message(flags, code, buffer, size);
}

DWORD FormatMessageW(DWORD flags, LPCVOID /*source*/, DWORD code, DWORD /*language*/, LPWSTR buffer,
                     DWORD size, va_list* /*arguments*/) {
    return format_message(flags, code, buffer, size);
}

HLOCAL LocalFree(HLOCAL memory) {
    std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc): what FormatMessage has allocated
    return nullptr;
}
