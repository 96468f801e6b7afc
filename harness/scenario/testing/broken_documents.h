// Documents that are sound but for one mistake each, and what is to be said of it.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace castaway::harness::testing {

/// A change of sound_document(), which breaks it.
struct Mistake {
    std::string_view before;  ///< the text that is replaced
    std::string_view after;
    std::string_view error;  ///< the line, without the file's name
};

/// A scenario with a bit of everything.
std::string_view sound_document();

/// Mistakes that the schema forbids as well.
std::span<const Mistake> mistakes_of_form();
/// What no schema can say: empty ranges, blocks too deep, and the like.
std::span<const Mistake> mistakes_beyond_the_schema();
/// Mistakes of meaning.
std::span<const Mistake> mistakes_of_meaning();

/// Requires that the text to replace is there, once.
std::string broken_by(const Mistake& mistake);

}  // namespace castaway::harness::testing
