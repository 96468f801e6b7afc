#include "primitives/region/names.h"

#include <charconv>
#include <string>
#include <utility>

#include "castaway/win32.h"
#include "primitives/region/utf16.h"

namespace castaway {

namespace {

constexpr std::size_t kNameCharactersMax = 259;  // MAX_PATH - 1

/// UTF-16 units of a text that is UTF-8, as Windows counts names: no more than three bytes go to
/// one.
std::size_t utf16_length(std::string_view text) {
    std::size_t units = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        units += (byte & 0xc0) == 0x80 ? 0 : byte < 0xf0 ? 1 : 2;
    }
    return units;
}

std::uint64_t hash_of(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : bytes) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    // FNV's low bits depend on the last characters alone; buckets are chosen by them.
    hash ^= hash >> 32;
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

}  // namespace

std::optional<CanonicalName> canonical_name(const char16_t* name, std::uint32_t& error) {
    error = ERROR_SUCCESS;
    if (name == nullptr) {
        return std::nullopt;
    }
    // Longer than any legal name is too long, however much longer.
    std::size_t units = 0;
    while (units <= kNameCharactersMax && name[units] != 0) {
        ++units;
    }
    if (units > kNameCharactersMax) {
        error = ERROR_FILENAME_EXCED_RANGE;
        return std::nullopt;
    }
    const auto text = to_utf8({name, units});
    if (!text) {
        error = ERROR_INVALID_NAME;
        return std::nullopt;
    }
    return canonical_name(text->c_str(), error);
}

std::optional<CanonicalName> canonical_name(const char* name, std::uint32_t& error) {
    error = ERROR_SUCCESS;
    if (name == nullptr || *name == '\0') {
        return std::nullopt;
    }
    // Longer than any legal name is too long, however much longer.
    std::string_view text(name, strnlen(name, kNameBytesMax));
    if (text.size() == kNameBytesMax) {
        error = ERROR_FILENAME_EXCED_RANGE;
    } else if (!is_utf8(text)) {
        error = ERROR_NO_UNICODE_TRANSLATION;
    } else if (utf16_length(text) > kNameCharactersMax) {
        error = ERROR_FILENAME_EXCED_RANGE;
    } else if (text.front() == '\\') {
        error = ERROR_BAD_PATHNAME;
    }
    if (error != ERROR_SUCCESS) {
        return std::nullopt;
    }
    std::optional<CanonicalName> made(std::in_place);
    CanonicalName& canonical = *made;
    const auto append = [&canonical](std::string_view part) {
        std::memcpy(canonical.bytes.data() + canonical.size, part.data(), part.size());
        canonical.size += part.size();
    };
    constexpr std::uint32_t kLocalSession = 1;
    if (strip(text, "Global\\")) {
        append("G\\");
    } else if (const auto session = strip_session(text); session && *session != kLocalSession) {
        append("S");
        append(std::to_string(*session));
        append("\\");
    } else {
        strip(text, "Local\\");
        append("L\\");
    }
    if (text.find('\\') != std::string_view::npos) {
        error = ERROR_PATH_NOT_FOUND;
        return std::nullopt;
    }
    if (text.empty()) {
        error = ERROR_INVALID_NAME;
        return std::nullopt;
    }
    append(text);
    canonical.hash = hash_of({canonical.bytes.data(), canonical.size});
    return made;
}

std::optional<CanonicalName> name_of_boundary(std::string_view boundary,
                                              std::span<const std::string> sids) {
    // A zero ends the boundary's name, which has none, so no two of them are the same bytes.
    std::string text = "B\\" + std::string(boundary) + '\0';
    for (const std::string& sid : sids) {
        text += sid;
    }
    if (text.size() > kNameBytesMax) {
        return std::nullopt;
    }
    CanonicalName canonical;
    canonical.size = text.copy(canonical.bytes.data(), canonical.bytes.size());
    canonical.hash = hash_of(text);
    return canonical;
}

CanonicalName name_in_namespace(std::uint32_t slot, std::uint32_t generation,
                                std::string_view name) {
    const std::string text =
        "N" + std::to_string(slot) + "." + std::to_string(generation) + "\\" + std::string(name);
    CanonicalName canonical;
    canonical.size = text.copy(canonical.bytes.data(), canonical.bytes.size());
    canonical.hash = hash_of({canonical.bytes.data(), canonical.size});
    return canonical;
}

std::uint64_t hash_of_name(std::string_view bytes) {
    return hash_of(bytes);
}

CanonicalName name_of_process(std::uint64_t entry) {
    CanonicalName canonical;
    canonical.bytes[0] = 'P';
    canonical.bytes[1] = '\\';
    char* const digits = canonical.bytes.data() + 2;
    const auto end = std::to_chars(digits, digits + 16, entry, 16).ptr;
    canonical.size = static_cast<std::size_t>(end - canonical.bytes.data());
    canonical.hash = hash_of({canonical.bytes.data(), canonical.size});
    return canonical;
}

CanonicalName name_of_thread(std::uint32_t slot, std::uint64_t life) {
    CanonicalName canonical;
    canonical.bytes[0] = 'T';
    canonical.bytes[1] = '\\';
    char* at = canonical.bytes.data() + 2;
    at = std::to_chars(at, at + 16, slot, 16).ptr;
    *at++ = '.';
    at = std::to_chars(at, at + 16, life, 16).ptr;
    canonical.size = static_cast<std::size_t>(at - canonical.bytes.data());
    canonical.hash = hash_of({canonical.bytes.data(), canonical.size});
    return canonical;
}

}  // namespace castaway
