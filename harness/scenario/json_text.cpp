#include "harness/scenario/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <system_error>
#include <vector>

#include "harness/base/error.h"

namespace castaway::harness {
namespace {

/// No object of ours has so many members, and the parser takes the square of their number in time.
constexpr std::size_t kMostMembers = 10'000;

/// Goes through the document ahead of the parser and complains of what it would accept in silence.
/// Leaves syntax errors to it.
class Inspection : public Json::json_sax_t {
  public:
    explicit Inspection(const std::string& file) : file_(file) {}

    bool null() override { return enter_value(); }
    bool boolean(bool /*value*/) override { return enter_value(); }
    bool number_integer(number_integer_t /*value*/) override { return enter_value(); }
    bool number_unsigned(number_unsigned_t /*value*/) override { return enter_value(); }
    bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
        return enter_value();
    }
    bool string(string_t& /*value*/) override { return enter_value(); }
    bool binary(binary_t& /*value*/) override { return enter_value(); }
    bool start_object(std::size_t /*size*/) override { return open(false); }
    bool start_array(std::size_t /*size*/) override { return open(true); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& key) override {
        open_.back().key = key;
        if (!open_.back().keys.insert(key).second) {
            throw InputError(one_line(place(file_, pointer(open_.size()))),
                             fmt::format("\"{}\" is given twice", one_line(key)),
                             "keep one of the two");
        }
        if (open_.back().keys.size() > kMostMembers) {
            throw InputError(one_line(place(file_, pointer(open_.size() - 1))),
                             fmt::format("this object has more than {} members", kMostMembers),
                             "write fewer");
        }
        return true;
    }
    bool parse_error(std::size_t /*position*/, const std::string& /*last_token*/,
                     const Json::exception& /*error*/) override {
        return false;
    }

  private:
    struct Container {
        bool is_array = false;
        std::size_t items = 0;
        std::string key;  ///< the latest
        std::set<std::string> keys;
    };

    bool enter_value() {
        if (!open_.empty() && open_.back().is_array) {
            ++open_.back().items;
        }
        return true;
    }

    bool open(bool is_array) {
        enter_value();
        open_.push_back({is_array, 0, {}, {}});
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    /// Where the outermost so many containers stand open.
    [[nodiscard]] std::string pointer(std::size_t depth) const {
        std::string pointer;
        for (const Container& container : std::span(open_).first(depth)) {
            pointer = container.is_array ? item_pointer(pointer, container.items - 1)
                                         : member_pointer(pointer, container.key);
        }
        return pointer;
    }

    const std::string& file_;
    std::vector<Container> open_;
};

/// What the parser says after "... at line 1, column 2: syntax error while parsing value - ".
std::string parser_words(std::string_view what) {
    for (const std::string_view before : {" - ", ": ", "] "}) {
        const std::size_t found = what.find(before);
        if (found != std::string_view::npos) {
            return std::string(what.substr(found + before.size()));
        }
    }
    return std::string(what);
}

InputError syntax_error(std::string_view text, std::size_t byte, const char* what,
                        const std::string& file) {
    const std::string_view read = text.substr(0, std::min(byte == 0 ? 0 : byte - 1, text.size()));
    const std::ptrdiff_t lines = std::count(read.begin(), read.end(), '\n');
    const std::size_t line_start = read.rfind('\n');
    const std::size_t column =
        line_start == std::string_view::npos ? read.size() + 1 : read.size() - line_start;
    return InputError(fmt::format("{}: line {}, column {}", one_line(file), lines + 1, column),
                      "this is not JSON: " + one_line(parser_words(what)));
}

/// The length of the well-formed UTF-8 sequence that the text begins with; 0 when it does not.
/// (RFC 3629, table in section 4.)
std::size_t sequence_length(std::string_view text) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    const unsigned char second = byte(1);
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool no_scalar = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
    return overlong || no_scalar ? 0 : length;
}

}  // namespace

std::string read_text(const std::filesystem::path& file, std::size_t most) {
    const std::string where = one_line(file.string());
    std::error_code ignored;
    const std::filesystem::file_status status = std::filesystem::status(file, ignored);
    if (std::filesystem::is_directory(status)) {
        throw InputError(where, "this is a folder", "name a file");
    }
    if (std::filesystem::is_other(status) && !std::filesystem::is_fifo(status)) {
        throw InputError(where, "this is a device", "name a file");
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        throw InputError(where, "cannot be read (" + std::generic_category().message(errno) + ")",
                         "check the path");
    }
    std::string text;
    std::array<char, 65536> chunk{};
    while (in.read(chunk.data(), chunk.size()), in.gcount() > 0) {
        text.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
        if (text.size() > most) {
            throw InputError(where, fmt::format("this file has more than {} bytes", most),
                             "name a smaller one");
        }
    }
    if (in.bad()) {
        throw InputError(where, "cannot be read to its end", "check the file");
    }
    return text;
}

Json parse_json(std::string_view text, const std::string& file) {
    Inspection inspection(file);
    Json::sax_parse(text, &inspection);
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& error) {
        throw syntax_error(text, error.byte, error.what(), file);
    } catch (const Json::exception& error) {
        throw InputError(one_line(file),
                         "this is not JSON: " + one_line(parser_words(error.what())));
    }
}

std::string member_pointer(const std::string& pointer, std::string_view key) {
    std::string result = pointer + '/';
    for (const char letter : key) {
        if (letter == '~') {
            result += "~0";
        } else if (letter == '/') {
            result += "~1";
        } else {
            result += letter;
        }
    }
    return result;
}

std::string item_pointer(const std::string& pointer, std::size_t index) {
    return pointer + '/' + std::to_string(index);
}

std::string place(const std::string& file, const std::string& pointer) {
    return pointer.empty() ? file : file + ": " + pointer;
}

std::string one_line(std::string_view text) {
    constexpr std::size_t kMost = 600;
    std::string line;
    while (!text.empty() && line.size() < kMost) {
        const std::size_t length = sequence_length(text);
        const auto first = static_cast<unsigned char>(text.front());
        if (length == 0) {
            line += fmt::format("\\x{:02x}", first);
        } else if (length == 1 && (first < 0x20 || first == 0x7f)) {
            line += fmt::format("\\u{:04x}", first);
        } else {
            line += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return text.empty() ? line : line + "...";
}

}  // namespace castaway::harness
