// Finds the word that a person probably meant.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace castaway::harness {

/// The known word that is fewest edits away from `word`, the first of equals; when none is near,
/// the first that begins with it; or empty. An edit inserts, removes or replaces one letter, or
/// swaps two neighbours.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known);

/// How to mend a word that is not among the known ones: `did you mean "wait"?` when one is near,
/// else the list of all.
std::string mend_word(std::string_view word, std::span<const std::string_view> known);

}  // namespace castaway::harness
