#include "primitives/region/names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>

#include "castaway/win32.h"
#include "primitives/region/utf16.h"

namespace castaway {

namespace {

/// Name and SIDs of a boundary.
constexpr std::size_t kBoundaryBytesMax = 800;

/// Eight bytes at a time, for the longest names have some hundred thousand.
std::uint64_t hash_of(std::string_view bytes) {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
    std::uint64_t hash = bytes.size();
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, std::min(sizeof(word), bytes.size() - at));
        hash = (hash ^ word) * kOdd;
        // A product's low bits come of low bits alone; buckets are chosen by them.
        hash ^= hash >> 32;
    }
    return hash;
}

bool strip(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

/// Takes "Session\<n>\" off the front and returns n.
std::optional<std::uint32_t> strip_session(std::string_view& text) {
    std::string_view rest = text;
    if (!strip(rest, "Session\\")) {
        return std::nullopt;
    }
    std::uint32_t number = 0;
    const char* end = rest.data() + rest.size();
    const auto parsed = std::from_chars(rest.data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr == end || *parsed.ptr != '\\') {
        return std::nullopt;
    }
    text = std::string_view(parsed.ptr + 1, static_cast<std::size_t>(end - parsed.ptr - 1));
    return number;
}

/// Of a text that is UTF-8 and not empty.
std::optional<CanonicalName> canonical(std::string_view text, std::uint32_t& error) {
    if (text.front() == '\\') {
        error = ERROR_BAD_PATHNAME;
        return std::nullopt;
    }
    std::optional<CanonicalName> made(std::in_place);
    constexpr std::uint32_t kLocalSession = 1;
    if (strip(text, "Global\\")) {
        made->append("G\\");
    } else if (const auto session = strip_session(text); session && *session != kLocalSession) {
        made->append("S" + std::to_string(*session) + "\\");
    } else {
        strip(text, "Local\\");
        made->append("L\\");
    }
    if (text.find('\\') != std::string_view::npos) {
        error = ERROR_PATH_NOT_FOUND;
        return std::nullopt;
    }
    if (text.empty()) {
        error = ERROR_INVALID_NAME;
        return std::nullopt;
    }
    made->append(text);
    made->reckon_hash();
    return made;
}

}  // namespace

void CanonicalName::reckon_hash() {
    hash_ = hash_of(text());
}

std::optional<CanonicalName> canonical_name(const char16_t* name, std::uint32_t& error) {
    error = ERROR_SUCCESS;
    if (name == nullptr || *name == 0) {
        return std::nullopt;
    }
    // Longer than any legal name is too long, however much longer.
    std::size_t units = 0;
    while (units <= kNameUnitsMax && name[units] != 0) {
        ++units;
    }
    if (units > kNameUnitsMax) {
        error = ERROR_FILENAME_EXCED_RANGE;
        return std::nullopt;
    }
    const auto text = to_utf8({name, units});
    if (!text) {
        error = ERROR_INVALID_NAME;
        return std::nullopt;
    }
    return canonical(*text, error);
}

std::optional<CanonicalName> canonical_name(const char* name, std::uint32_t& error) {
    error = ERROR_SUCCESS;
    if (name == nullptr || *name == '\0') {
        return std::nullopt;
    }
    // Longer than any legal name is too long, however much longer.
    constexpr std::size_t kTooMany = kNarrowNameUnitsMax * kBytesPerUnit + 1;
    const std::string_view text(name, strnlen(name, kTooMany));
    if (text.size() == kTooMany) {
        error = ERROR_FILENAME_EXCED_RANGE;
    } else if (!is_utf8(text)) {
        error = ERROR_NO_UNICODE_TRANSLATION;
    } else if (utf16_length(text) > kNarrowNameUnitsMax) {
        error = ERROR_FILENAME_EXCED_RANGE;
    }
    return error == ERROR_SUCCESS ? canonical(text, error) : std::nullopt;
}

std::optional<CanonicalName> name_of_boundary(std::string_view boundary,
                                              std::span<const std::string> sids) {
    CanonicalName name;
    name.append("B\\");
    name.append(boundary);
    // A zero ends the boundary's name, which has none, so no two of them are the same bytes.
    name.append({"", 1});
    for (const std::string& sid : sids) {
        name.append(sid);
    }
    if (name.size() > kBoundaryBytesMax) {
        return std::nullopt;
    }
    name.reckon_hash();
    return name;
}

CanonicalName name_in_namespace(std::uint32_t slot, std::uint32_t generation,
                                std::string_view name) {
    CanonicalName canonical;
    canonical.append("N" + std::to_string(slot) + "." + std::to_string(generation) + "\\");
    canonical.append(name);
    canonical.reckon_hash();
    return canonical;
}

std::uint64_t hash_of_name(std::string_view bytes) {
    return hash_of(bytes);
}

CanonicalName name_of_process(std::uint64_t entry) {
    std::array<char, 16> digits;
    char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), entry, 16).ptr;
    CanonicalName canonical;
    canonical.append("P\\");
    canonical.append({digits.data(), static_cast<std::size_t>(end - digits.data())});
    canonical.reckon_hash();
    return canonical;
}

CanonicalName name_of_thread(std::uint32_t slot, std::uint64_t life) {
    std::array<char, 33> digits;
    char* at = std::to_chars(digits.data(), digits.data() + 16, slot, 16).ptr;
    *at++ = '.';
    at = std::to_chars(at, at + 16, life, 16).ptr;
    CanonicalName canonical;
    canonical.append("T\\");
    canonical.append({digits.data(), static_cast<std::size_t>(at - digits.data())});
    canonical.reckon_hash();
    return canonical;
}

}  // namespace castaway
