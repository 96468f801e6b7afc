// The page's parts that stand in files of their own, as they were when this was built.
#pragma once

#include <string_view>

namespace castaway::harness {

/// page.html: the frame, with places for the rest written {{name}}.
std::string_view page_frame();
std::string_view page_style();
/// The scripts in the order in which they must run, joined.
std::string_view page_script();

}  // namespace castaway::harness
