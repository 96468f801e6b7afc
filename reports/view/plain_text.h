// Text of unknown origin (a subject's words, a kernel's) made fit to be shown.
#pragma once

#include <string>
#include <string_view>

namespace castaway::harness {

/// Without ANSI escape sequences, and with U+FFFD for every byte or character that XML 1.0 cannot
/// hold (control characters but for tab, line feed and carriage return, invalid UTF-8, U+FFFE,
/// U+FFFF).
std::string plain_text(std::string_view text);

/// As plain_text, on one line: line breaks and tabs become spaces.
std::string plain_line(std::string_view text);

}  // namespace castaway::harness
