#include "harness/model/win32/names.h"

#include <algorithm>

#include "harness/base/utf16.h"

namespace castaway::harness::win32 {
namespace {

using Text = std::u16string_view;

constexpr Text kGlobal = u"Global";
constexpr Text kLocal = u"Local";
constexpr Text kSession = u"Session";
constexpr char16_t kBackslash = u'\\';

bool is_text(Text name) {
    return is_valid_utf16(name) && name.find(u'\0') == Text::npos;
}

Meaning refused(std::uint32_t error) {
    return {Meaning::Kind::refused, error, {}};
}

/// What is left after the prefix.
Meaning in_directory(std::u16string directory, Text rest) {
    if (rest.find(kBackslash) != Text::npos) {
        return refused(errors::kPathNotFound);
    }
    if (rest.empty()) {
        return refused(errors::kInvalidName);
    }
    directory += kBackslash;
    directory += rest;
    return {Meaning::Kind::named, 0, directory};
}

std::u16string digits(std::uint32_t number) {
    const std::string text = std::to_string(number);
    return {text.begin(), text.end()};
}

}  // namespace

Meaning meaning_of(
    const std::optional<std::u16string>& name, bool wide,
    const std::function<std::optional<std::uint32_t>(std::u16string_view)>& namespace_of) {
    if (!name || name->empty()) {
        return {};
    }
    const Text text = *name;
    const std::size_t end = text.find(kBackslash);
    const bool prefixed = end != Text::npos;
    const Text first = text.substr(0, end);
    const Text rest = prefixed ? text.substr(end + 1) : text;
    if (!is_text(text)) {
        // Half a surrogate pair can be written in UTF-16, and in what looks like UTF-8.
        const bool short_one =
            text.size() <= kNameCharactersMax && !prefixed && text.find(u'\0') == Text::npos;
        return short_one ? refused(wide ? errors::kInvalidName : errors::kNoTranslation)
                         : Meaning{Meaning::Kind::not_promised, 0, {}};
    }
    const std::size_t longest = wide ? kWideCharactersMax : kNameCharactersMax;
    if (text.size() > longest) {
        // The pages do not say whether a prefix counts, nor what comes first of two faults.
        const bool too_long = rest.find(kBackslash) == Text::npos && rest.size() > longest;
        return too_long ? refused(errors::kNameTooLong)
                        : Meaning{Meaning::Kind::not_promised, 0, {}};
    }
    if (prefixed && first.empty()) {
        return refused(errors::kBadPath);
    }
    if (!prefixed || first == kLocal) {
        return in_directory(std::u16string(kLocal), rest);
    }
    if (first == kGlobal) {
        return in_directory(std::u16string(kGlobal), rest);
    }
    if (first == kSession) {
        const std::size_t after = rest.find(kBackslash);
        const Text number = rest.substr(0, after);
        const bool is_number = !number.empty() && number.size() < 5 && number.front() != u'0' &&
                               std::all_of(number.begin(), number.end(), [](char16_t unit) {
                                   return unit >= u'0' && unit <= u'9';
                               });
        if (after == Text::npos || !is_number) {
            return {Meaning::Kind::not_promised, 0, {}};
        }
        // All callers are of session 1.
        std::u16string directory(kLocal);
        if (number != u"1") {
            directory = std::u16string(kSession) + std::u16string(number);
        }
        return in_directory(directory, rest.substr(after + 1));
    }
    if (const auto found = namespace_of(first)) {
        return in_directory(u"namespace " + digits(*found), rest);
    }
    return refused(errors::kPathNotFound);
}

bool is_alias(const std::optional<std::u16string>& alias) {
    return alias && !alias->empty() && alias->size() <= kNameCharactersMax && is_text(*alias) &&
           alias->find(kBackslash) == Text::npos && *alias != kGlobal && *alias != kLocal &&
           *alias != kSession;
}

}  // namespace castaway::harness::win32
