#include "harness/scenario/nearest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace castaway::harness {
namespace {

/// Fewer letters begin too many words.
constexpr std::size_t kLeastPrefix = 3;

std::size_t edits_between(std::string_view a, std::string_view b) {
    // Rows of the usual table: the one before the last, the last, and the one being filled.
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known) {
    std::optional<std::string_view> best;
    std::size_t best_edits = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string_view candidate : known) {
        const std::size_t edits = edits_between(word, candidate);
        if (edits < best_edits) {
            best = candidate;
            best_edits = edits;
        }
    }
    if (!best && word.size() >= kLeastPrefix) {
        const auto longer = std::find_if(
            known.begin(), known.end(),
            [word](std::string_view candidate) { return candidate.starts_with(word); });
        return longer == known.end() ? std::nullopt : std::optional(*longer);
    }
    return best;
}

std::string mend_word(std::string_view word, std::span<const std::string_view> known) {
    if (known.empty()) {
        return "there is none to name";
    }
    if (const auto near = nearest(word, known)) {
        return fmt::format("did you mean \"{}\"?", *near);
    }
    if (known.size() == 1) {
        return fmt::format("write \"{}\"", known.front());
    }
    return fmt::format("write one of {}", fmt::join(known, ", "));
}

}  // namespace castaway::harness
