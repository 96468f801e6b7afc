// Writes XML 1.0 that every parser takes, whatever text it is given.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace castaway::harness {

struct XmlAttribute {
    std::string_view name;
    std::string value;
};

class XmlWriter {
  public:
    XmlWriter();

    /// Begins an element that holds further elements.
    void open(std::string_view tag, std::initializer_list<XmlAttribute> attributes = {});
    void close();
    /// An element that holds text, or nothing.
    void element(std::string_view tag, std::initializer_list<XmlAttribute> attributes,
                 std::string_view text = {});

    /// The document. Requires that every element was closed.
    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    void start(std::string_view tag, std::initializer_list<XmlAttribute> attributes);

    std::string out_;
    std::vector<std::string> open_;
};

}  // namespace castaway::harness
