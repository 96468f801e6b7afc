#include "harness/interchange/flat_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/base/utf8.h"

namespace castaway::harness {

/// Goes along one line.
class FlatParser {
  public:
    FlatParser(FlatObject& object, std::string_view line) : object_(object), line_(line) {}

    std::optional<FlatProblem> parse() {
        skip_spaces();
        if (!take('{')) {
            return problem("a JSON object was expected");
        }
        skip_spaces();
        if (!take('}')) {
            for (;;) {
                if (!member()) {
                    return problem_;
                }
                skip_spaces();
                if (take(',')) {
                    skip_spaces();
                    continue;
                }
                if (take('}')) {
                    break;
                }
                return problem(at_ == line_.size() ? "the line is cut off"
                                                   : "a comma or a closing brace was expected");
            }
        }
        skip_spaces();
        if (at_ != line_.size()) {
            return problem("there is more after the object");
        }
        return std::nullopt;
    }

  private:
    bool member() {
        FlatField field;
        const std::size_t begin = at_;
        if (!text(field.key)) {
            return false;
        }
        if (object_.find(field.key) != nullptr) {
            at_ = begin;
            fail(fmt::format("\"{}\" is there twice", field.key));
            return false;
        }
        skip_spaces();
        if (!take(':')) {
            fail(at_ == line_.size() ? "the line is cut off" : "a colon was expected");
            return false;
        }
        skip_spaces();
        if (!value(field)) {
            return false;
        }
        object_.fields_.push_back(field);
        return true;
    }

    bool value(FlatField& field) {
        const char first = at_ < line_.size() ? line_[at_] : '\0';
        if (first == '"') {
            field.kind = ScalarKind::text;
            return text(field.value);
        }
        if (first == '-' || is_digit(first)) {
            field.kind = ScalarKind::number;
            return number(field.value);
        }
        field.kind = ScalarKind::word;
        for (const std::string_view word : {"true", "false", "null"}) {
            if (line_.substr(at_).starts_with(word)) {
                field.value = line_.substr(at_, word.size());
                at_ += word.size();
                return true;
            }
        }
        if (first == '{' || first == '[') {
            fail("a text, a number, true, false or null was expected, not a list or an object");
        } else {
            fail(at_ == line_.size() ? "the line is cut off" : "a value was expected");
        }
        return false;
    }

    bool number(std::string_view& told) {
        const std::size_t begin = at_;
        take('-');
        const bool zero = take('0');
        bool sound = zero || digits();
        if (sound && take('.')) {
            sound = digits();
        }
        if (sound && (take('e') || take('E'))) {
            if (!take('+')) {
                take('-');
            }
            sound = digits();
        }
        if (!sound || (at_ < line_.size() && is_digit(line_[at_]))) {
            fail("this is no JSON number");
            return false;
        }
        told = line_.substr(begin, at_ - begin);
        return true;
    }

    bool text(std::string_view& told) {
        if (!take('"')) {
            fail(at_ == line_.size() ? "the line is cut off" : "a text in quotes was expected");
            return false;
        }
        const std::size_t begin = at_;
        while (at_ < line_.size() && line_[at_] != '"' && line_[at_] != '\\' && plain_ascii()) {
            ++at_;
        }
        if (at_ < line_.size() && line_[at_] == '"') {
            told = line_.substr(begin, at_ - begin);
            ++at_;
            return true;
        }
        return other_text(begin, told);
    }

    /// A text with escapes, or with characters of several bytes.
    bool other_text(std::size_t begin, std::string_view& told) {
        std::string plain(line_.substr(begin, at_ - begin));
        while (at_ < line_.size() && line_[at_] != '"') {
            if (!printable()) {
                fail("a control character must be escaped");
                return false;
            }
            if (line_[at_] != '\\') {
                const Utf8Character character = first_character(line_.substr(at_));
                if (!character.valid) {
                    fail("this is no UTF-8");
                    return false;
                }
                plain += line_.substr(at_, character.length);
                at_ += character.length;
            } else if (++at_; !escape(plain)) {
                return false;
            }
        }
        if (!take('"')) {
            fail("the line is cut off within a text");
            return false;
        }
        // Views into these texts stay valid: the list has room for all of a line's before the
        // first.
        if (object_.unescaped_.empty()) {
            object_.unescaped_.resize(kEscapedMax);
        }
        if (object_.unescaped_count_ == kEscapedMax) {
            fail("too many texts that are not plain ASCII in one record");
            return false;
        }
        std::string& kept = object_.unescaped_[object_.unescaped_count_++];
        kept = std::move(plain);
        told = kept;
        return true;
    }

    bool escape(std::string& plain) {
        constexpr std::string_view kNames = "\"\\/bfnrt";
        constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        const char name = at_ < line_.size() ? line_[at_++] : '\0';
        if (const std::size_t which = kNames.find(name);
            name != '\0' && which != std::string_view::npos) {
            plain += kMeanings[which];
            return true;
        }
        std::uint32_t code = 0;
        if (name != 'u' || !hex(code)) {
            fail("this is no escape of JSON");
            return false;
        }
        constexpr std::uint32_t kHighFirst = 0xd800;
        constexpr std::uint32_t kLowFirst = 0xdc00;
        constexpr std::uint32_t kLowEnd = 0xe000;
        if (code >= kHighFirst && code < kLowEnd) {
            std::uint32_t low = 0;
            if (code >= kLowFirst || !line_.substr(at_).starts_with("\\u")) {
                fail("half of a surrogate pair");
                return false;
            }
            at_ += 2;
            if (!hex(low) || low < kLowFirst || low >= kLowEnd) {
                fail("half of a surrogate pair");
                return false;
            }
            code = 0x10000 + ((code - kHighFirst) << 10U) + (low - kLowFirst);
        }
        append_utf8(plain, code);
        return true;
    }

    bool hex(std::uint32_t& code) {
        constexpr std::size_t kDigits = 4;
        const std::string_view digits = line_.substr(at_, kDigits);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (error != std::errc() || end != digits.data() + kDigits) {
            return false;
        }
        at_ += kDigits;
        return true;
    }

    static void append_utf8(std::string& text, std::uint32_t code) {
        const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
        if (code < 0x80) {
            add(code);
        } else if (code < 0x800) {
            add(0xc0 | (code >> 6U));
            add(0x80 | (code & 0x3fU));
        } else if (code < 0x10000) {
            add(0xe0 | (code >> 12U));
            add(0x80 | ((code >> 6U) & 0x3fU));
            add(0x80 | (code & 0x3fU));
        } else {
            add(0xf0 | (code >> 18U));
            add(0x80 | ((code >> 12U) & 0x3fU));
            add(0x80 | ((code >> 6U) & 0x3fU));
            add(0x80 | (code & 0x3fU));
        }
    }

    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    [[nodiscard]] bool plain_ascii() const {
        const auto byte = static_cast<unsigned char>(line_[at_]);
        return byte >= 0x20 && byte < 0x80;
    }
    [[nodiscard]] bool printable() const { return static_cast<unsigned char>(line_[at_]) >= 0x20; }
    bool digits() {
        const std::size_t begin = at_;
        while (at_ < line_.size() && is_digit(line_[at_])) {
            ++at_;
        }
        return at_ > begin;
    }
    void skip_spaces() {
        while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t')) {
            ++at_;
        }
    }
    bool take(char wanted) {
        if (at_ < line_.size() && line_[at_] == wanted) {
            ++at_;
            return true;
        }
        return false;
    }
    void fail(std::string what) { problem_ = {at_, std::move(what)}; }
    FlatProblem problem(std::string what) {
        fail(std::move(what));
        return problem_;
    }

    static constexpr std::size_t kEscapedMax = 64;

    FlatObject& object_;
    std::string_view line_;
    std::size_t at_ = 0;
    FlatProblem problem_;
};

std::optional<std::int64_t> FlatField::integer() const {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (kind != ScalarKind::number || error != std::errc() || end != value.data() + value.size()) {
        return std::nullopt;
    }
    return number;
}

std::optional<bool> FlatField::boolean() const {
    if (kind != ScalarKind::word || value == "null") {
        return std::nullopt;
    }
    return value == "true";
}

std::optional<FlatProblem> FlatObject::read(std::string_view line) {
    fields_.clear();
    unescaped_count_ = 0;
    return FlatParser(*this, line).parse();
}

const FlatField* FlatObject::find(std::string_view key) const {
    const auto found = std::find_if(fields_.begin(), fields_.end(),
                                    [key](const FlatField& field) { return field.key == key; });
    return found == fields_.end() ? nullptr : &*found;
}

std::string quoted_json(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            quoted += c;
        }
    }
    return quoted + '"';
}

}  // namespace castaway::harness
