#include "reports/junit/xml_writer.h"

#include <cstdint>

#include "reports/view/plain_text.h"

namespace castaway::harness {
namespace {

enum class Place : std::uint8_t { text, attribute };

/// Escapes ">" as well, so that no text holds "]]>".
void append_escaped(std::string& out, std::string_view text, Place place) {
    for (const char letter : plain_text(text)) {
        if (letter == '&') {
            out += "&amp;";
        } else if (letter == '<') {
            out += "&lt;";
        } else if (letter == '>') {
            out += "&gt;";
        } else if (letter == '\r') {
            out += "&#13;";
        } else if (place == Place::attribute && letter == '"') {
            out += "&quot;";
        } else if (place == Place::attribute && letter == '\n') {
            out += "&#10;";
        } else if (place == Place::attribute && letter == '\t') {
            out += "&#9;";
        } else {
            out += letter;
        }
    }
}

}  // namespace

XmlWriter::XmlWriter() : out_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

void XmlWriter::open(std::string_view tag, std::initializer_list<XmlAttribute> attributes) {
    start(tag, attributes);
    out_ += ">\n";
    open_.emplace_back(tag);
}

void XmlWriter::close() {
    const std::string tag = std::move(open_.back());
    open_.pop_back();
    out_.append(open_.size() * 2, ' ');
    out_ += "</" + tag + ">\n";
}

void XmlWriter::element(std::string_view tag, std::initializer_list<XmlAttribute> attributes,
                        std::string_view text) {
    start(tag, attributes);
    if (text.empty()) {
        out_ += "/>\n";
        return;
    }
    out_ += '>';
    append_escaped(out_, text, Place::text);
    out_ += "</";
    out_ += tag;
    out_ += ">\n";
}

void XmlWriter::start(std::string_view tag, std::initializer_list<XmlAttribute> attributes) {
    out_.append(open_.size() * 2, ' ');
    out_ += '<';
    out_ += tag;
    for (const XmlAttribute& attribute : attributes) {
        out_ += ' ';
        out_ += attribute.name;
        out_ += "=\"";
        append_escaped(out_, attribute.value, Place::attribute);
        out_ += '"';
    }
}

}  // namespace castaway::harness
