// From a file's bytes to a JSON value. Every failure is an InputError of one line.
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace castaway::harness {

/// Keeps the keys in the order of the document.
using Json = nlohmann::ordered_json;

/// What the harness itself has written is smaller than this.
inline constexpr std::size_t kLargestText = std::size_t{1} << 30;

/// The whole file. Throws InputError when it cannot be read, when it is neither a file nor a pipe,
/// or when it has more than `most` bytes.
std::string read_text(const std::filesystem::path& file, std::size_t most = kLargestText);

/// Throws InputError with line and column when the text is no JSON, and with a JSON pointer when
/// one object has a key twice (the parser alone would silently drop the first) or too many members.
Json parse_json(std::string_view text, const std::string& file);

/// The pointer to a member of what `pointer` points to (RFC 6901).
std::string member_pointer(const std::string& pointer, std::string_view key);
std::string item_pointer(const std::string& pointer, std::size_t index);

/// Where something stands, as errors name it: "a.json: /faults/0".
std::string place(const std::string& file, const std::string& pointer);

/// Words from a document, fit for a message of one line: control characters are written as \u000a,
/// bytes that are no UTF-8 as \xff, and what is very long is cut.
std::string one_line(std::string_view text);

}  // namespace castaway::harness
