/// Win32 error codes as std::error_code. Included by castaway/sync.hpp.
#pragma once

#include <castaway/win32.h>

#include <string>
#include <system_error>

// Named as the standard library's types are.
// NOLINTBEGIN(readability-identifier-naming)

namespace castaway {

namespace detail {

class win32_error_category final : public std::error_category {
  public:
    [[nodiscard]] const char* name() const noexcept override { return "win32"; }
    [[nodiscard]] std::string message(int code) const override {
        const char* const text = castaway_error_text(static_cast<DWORD>(code));
        return text != nullptr ? text : "error " + std::to_string(code);
    }
    [[nodiscard]] std::error_condition default_error_condition(int code) const noexcept override {
        switch (static_cast<DWORD>(code)) {
            case ERROR_SUCCESS:
                return {};
            case ERROR_FILE_NOT_FOUND:
            case ERROR_PATH_NOT_FOUND:
                return std::errc::no_such_file_or_directory;
            case ERROR_TOO_MANY_OPEN_FILES:
                return std::errc::too_many_files_open;
            case ERROR_ACCESS_DENIED:
                return std::errc::permission_denied;
            case ERROR_INVALID_HANDLE:
                return std::errc::bad_file_descriptor;
            case ERROR_NOT_ENOUGH_MEMORY:
                return std::errc::not_enough_memory;
            case ERROR_NOT_SUPPORTED:
                return std::errc::not_supported;
            case ERROR_INVALID_PARAMETER:
            case ERROR_INVALID_NAME:
                return std::errc::invalid_argument;
            case ERROR_DISK_FULL:
            case ERROR_NO_SYSTEM_RESOURCES:
                return std::errc::no_space_on_device;
            case ERROR_CALL_NOT_IMPLEMENTED:
                return std::errc::function_not_supported;
            case ERROR_ALREADY_EXISTS:
                return std::errc::file_exists;
            case ERROR_FILENAME_EXCED_RANGE:
                return std::errc::filename_too_long;
            case ERROR_NOT_OWNER:
                return std::errc::operation_not_permitted;
            case ERROR_TOO_MANY_POSTS:
            case ERROR_MUTANT_LIMIT_EXCEEDED:
                return std::errc::value_too_large;
            default:
                return {code, *this};
        }
    }
};

/// There from the program's first instruction and never destroyed: usable by threads that outlive
/// main(), and in a child that was forked while another thread used it for the first time.
union lasting_category {
    constexpr lasting_category() noexcept : value() {}
    lasting_category(const lasting_category&) = delete;
    lasting_category& operator=(const lasting_category&) = delete;
    ~lasting_category() {}  // NOLINT(modernize-use-equals-default): the value's is not called
    win32_error_category value;
};
inline constinit lasting_category the_win32_category;

}  // namespace detail

/// The category of Win32 error codes.
inline const std::error_category& win32_category() noexcept {
    return detail::the_win32_category.value;
}

inline std::error_code make_win32_error(DWORD code) noexcept {
    return {static_cast<int>(code), win32_category()};
}

}  // namespace castaway

// NOLINTEND(readability-identifier-naming)
