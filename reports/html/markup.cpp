#include "reports/html/markup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "reports/view/plain_text.h"

namespace castaway::harness {

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char letter : plain_text(text)) {
        switch (letter) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            case '\'':
                safe += "&#39;";
                break;
            default:
                safe += letter;
        }
    }
    return safe;
}

std::string element(std::string_view tag, std::string_view css_class, std::string_view text) {
    return css_class.empty()
               ? fmt::format("<{0}>{1}</{0}>", tag, escaped(text))
               : fmt::format("<{0} class=\"{2}\">{1}</{0}>", tag, escaped(text), css_class);
}

std::string filled(std::string_view frame, std::initializer_list<FrameValue> values) {
    std::string page;
    for (;;) {
        const std::size_t open = frame.find("{{");
        page += frame.substr(0, open);
        if (open == std::string_view::npos) {
            return page;
        }
        const std::size_t close = frame.find("}}", open);
        const std::string_view name = frame.substr(open + 2, close - open - 2);
        page += std::find_if(values.begin(), values.end(), [name](const FrameValue& each) {
                    return each.name == name;
                })->value;
        frame.remove_prefix(close + 2);
    }
}

}  // namespace castaway::harness
