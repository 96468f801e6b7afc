// The assembler takes the files in, so that they need no escaping; the build compiles this file
// again when one of them changes.
#include "reports/html/assets.h"

#define CASTAWAY_INCLUDE_FILE(name, path) \
    asm(".pushsection .rodata\n"          \
        ".global " #name                  \
        "_begin\n"                        \
        ".global " #name "_end\n" #name   \
        "_begin:\n"                       \
        ".incbin \"" path "\"\n" #name    \
        "_end:\n"                         \
        ".byte 0\n"                       \
        ".popsection\n")

CASTAWAY_INCLUDE_FILE(castaway_page_frame, CASTAWAY_PAGE_FRAME);
CASTAWAY_INCLUDE_FILE(castaway_page_style, CASTAWAY_PAGE_STYLE);
CASTAWAY_INCLUDE_FILE(castaway_page_script, CASTAWAY_PAGE_SCRIPT);

extern "C" {
extern const char castaway_page_frame_begin[];
extern const char castaway_page_frame_end[];
extern const char castaway_page_style_begin[];
extern const char castaway_page_style_end[];
extern const char castaway_page_script_begin[];
extern const char castaway_page_script_end[];
}

namespace castaway::harness {

std::string_view page_frame() {
    return {castaway_page_frame_begin, castaway_page_frame_end};
}

std::string_view page_style() {
    return {castaway_page_style_begin, castaway_page_style_end};
}

std::string_view page_script() {
    return {castaway_page_script_begin, castaway_page_script_end};
}

}  // namespace castaway::harness
