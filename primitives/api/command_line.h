// What CreateProcess makes of its texts: words of a command line, strings of an environment block,
// and the file that is to be executed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castaway {

/// Cuts a command line into words by the rules of CommandLineToArgvW. The first word ends at a
/// blank or, when it begins with a quote, at the next quote. In the others a quote begins and ends
/// a part in which blanks are kept, and two quotes in such a part are one quote, and its end; 2n
/// backslashes before a quote are n backslashes, 2n+1 are n and the quote is kept; other
/// backslashes are themselves.
std::vector<std::string> words_of(std::string_view command_line);

/// The strings of an environment block. \param block of char or char16_t. Empty when half a
/// surrogate pair stands alone.
std::optional<std::vector<std::string>> strings_of_block(const char* block);
std::optional<std::vector<std::string>> strings_of_block(const char16_t* block);

/// The file that a program's name means, as CreateProcess documents it: an absolute path. Returns a
/// Win32 error when there is none (2, 3), or none that may be executed (5).
/// \param searched whether a name without a slash is looked for
std::uint32_t find_program(const std::string& name, bool searched, std::string& path);

/// The Win32 error that says what a failed execve() or chdir() says.
std::uint32_t error_of_execution(int error);

}  // namespace castaway
