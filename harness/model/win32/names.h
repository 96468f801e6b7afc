// What a name means to the process that gives it.
//
// Rules NAME-01, NAME-07 to NAME-12, NAME-16 to NAME-18 (Win32 pages "Kernel object namespaces",
// "Object Namespaces", CreateEventA).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace castaway::harness::win32 {

/// Of an A form, in UTF-16 units; and of an alias and a boundary's name.
inline constexpr std::size_t kNameCharactersMax = 259;
/// Of a W form.
inline constexpr std::size_t kWideCharactersMax = 32'766;

namespace errors {
inline constexpr std::uint32_t kSuccess = 0;
inline constexpr std::uint32_t kFileNotFound = 2;
inline constexpr std::uint32_t kPathNotFound = 3;
inline constexpr std::uint32_t kAccessDenied = 5;
inline constexpr std::uint32_t kInvalidHandle = 6;
inline constexpr std::uint32_t kGeneralFailure = 31;
inline constexpr std::uint32_t kNotSupported = 50;
inline constexpr std::uint32_t kInvalidParameter = 87;
inline constexpr std::uint32_t kInvalidName = 123;
inline constexpr std::uint32_t kBadPath = 161;
inline constexpr std::uint32_t kAlreadyExists = 183;
inline constexpr std::uint32_t kNameTooLong = 206;
inline constexpr std::uint32_t kNotOwner = 288;
inline constexpr std::uint32_t kTooManyPosts = 298;
inline constexpr std::uint32_t kNoAccess = 998;
inline constexpr std::uint32_t kNoTranslation = 1113;
inline constexpr std::uint32_t kPrivilegeNotHeld = 1314;
inline constexpr std::uint32_t kNotSameObject = 1656;
}  // namespace errors

struct Meaning {
    enum class Kind : std::uint8_t {
        unnamed,      ///< NULL or empty
        named,        ///< `key`
        refused,      ///< with `error`
        not_promised  ///< the pages do not say
    };
    Kind kind = Kind::unnamed;
    std::uint32_t error = 0;
    std::u16string key;  ///< two names mean the same when these are equal
};

/// \param wide         as a W form takes it; else its UTF-8 is what the A form is given
/// \param namespace_of the private namespace that the process calls by that alias
Meaning meaning_of(
    const std::optional<std::u16string>& name, bool wide,
    const std::function<std::optional<std::uint32_t>(std::u16string_view)>& namespace_of);

/// An alias for a private namespace: some characters without a backslash, and none of the prefixes
/// that there are already.
bool is_alias(const std::optional<std::u16string>& alias);

}  // namespace castaway::harness::win32
