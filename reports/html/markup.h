// Small pieces of HTML.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace castaway::harness {

/// Fit to stand between tags and between double quotes: made plain, and what HTML gives a meaning
/// is escaped.
std::string escaped(std::string_view text);

/// An element with text in it, which is escaped.
std::string element(std::string_view tag, std::string_view css_class, std::string_view text);

/// The frame with each {{name}} replaced by the value of that name. A value is not looked into, so
/// it may hold anything. Requires that the frame names only what is there.
struct FrameValue {
    std::string_view name;
    std::string_view value;
};
std::string filled(std::string_view frame, std::initializer_list<FrameValue> values);

}  // namespace castaway::harness
