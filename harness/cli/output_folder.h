// Writing results: whole files or none, and never over something of the user's.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace castaway::harness {

/// Writes a file under a temporary name beside it and moves it into place, so that nobody finds
/// half of it. Throws HarnessError (no space, no permission, ...).
void write_file(const std::filesystem::path& file, std::string_view text);

/// Makes the folder that a command's results go to. Throws InputError when it is there and not
/// empty, HarnessError when it cannot be made.
void make_output_folder(const std::filesystem::path& folder);

/// Throws InputError when there is a file that must not be replaced, or no folder to put it in.
void require_writable(const std::filesystem::path& file, bool overwrite, const std::string& option);

/// Now, "2026-01-31T12:00:00": for people to find a run again, and for nothing else.
std::string utc_now();

/// out/20260131-120000, or with a number after it where that is there already.
std::filesystem::path unused_output_folder(std::string_view utc);

/// "20260131-120000", a folder's name from a moment in UTC ("2026-01-31T12:00:00").
std::string folder_name_of(std::string_view utc);

}  // namespace castaway::harness
