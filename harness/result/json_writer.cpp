#include "harness/result/json_writer.h"

#include <fmt/format.h>

#include <iterator>

#include "harness/base/utf8.h"

namespace castaway::harness {
namespace {

void append_escaped(std::string& out, std::string_view character) {
    const auto byte = static_cast<unsigned char>(character.front());
    if (byte == '"' || byte == '\\') {
        out += '\\';
        out += character;
    } else if (byte == '\n') {
        out += "\\n";
    } else if (byte == '\t') {
        out += "\\t";
    } else if (byte < 0x20) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
        out += character;
    }
}

}  // namespace

void JsonWriter::key(std::string_view name) {
    text(name);
    out_ += open_.back().layout == Layout::lines ? ": " : ":";
    after_key_ = true;
}

void JsonWriter::text(std::string_view value) {
    separate();
    out_ += '"';
    while (!value.empty()) {
        const Utf8Character character = first_character(value);
        append_escaped(out_,
                       character.valid ? value.substr(0, character.length) : kReplacementCharacter);
        value.remove_prefix(character.length);
    }
    out_ += '"';
}

void JsonWriter::number(std::int64_t value) {
    separate();
    fmt::format_to(std::back_inserter(out_), "{}", value);
}

void JsonWriter::number(std::uint64_t value) {
    separate();
    fmt::format_to(std::back_inserter(out_), "{}", value);
}

void JsonWriter::boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
}

void JsonWriter::null() {
    separate();
    out_ += "null";
}

void JsonWriter::begin(char bracket, Layout layout) {
    separate();
    out_ += bracket;
    const bool inside_row = !open_.empty() && open_.back().layout == Layout::row;
    open_.push_back({inside_row ? Layout::row : layout, true});
}

void JsonWriter::end(char bracket) {
    const Open ended = open_.back();
    open_.pop_back();
    if (!ended.empty && ended.layout == Layout::lines) {
        new_line();
    }
    out_ += bracket;
}

void JsonWriter::separate() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (open_.empty()) {
        return;
    }
    if (!open_.back().empty) {
        out_ += ',';
    }
    open_.back().empty = false;
    if (open_.back().layout == Layout::lines) {
        new_line();
    }
}

void JsonWriter::new_line() {
    out_ += '\n';
    out_.append(open_.size(), ' ');
}

}  // namespace castaway::harness
