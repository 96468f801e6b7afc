#include "harness/checkers/greatest_up_to.h"

#include <algorithm>
#include <utility>

namespace castaway::harness {

void GreatestUpTo::add(std::int64_t key, std::int64_t value, const Operation* operation) {
    entries_.push_back({key, {value, operation}, {}});
}

void GreatestUpTo::finish() {
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) { return a.key < b.key; });
    for (std::size_t i = 1; i < entries_.size(); ++i) {
        Entry& entry = entries_[i];
        const Entry& before = entries_[i - 1];
        Found own = std::exchange(entry.best, before.best);
        entry.second = before.second;
        if (own.value > entry.best.value) {
            std::swap(own, entry.best);
        }
        if (own.value > entry.second.value) {
            entry.second = own;
        }
    }
}

GreatestUpTo::Found GreatestUpTo::find_up_to(std::int64_t key, const Operation* besides) const {
    const auto after =
        std::upper_bound(entries_.begin(), entries_.end(), key,
                         [](std::int64_t value, const Entry& entry) { return value < entry.key; });
    if (after == entries_.begin()) {
        return {};
    }
    const Entry& entry = *std::prev(after);
    return besides != nullptr && entry.best.operation == besides ? entry.second : entry.best;
}

std::int64_t GreatestUpTo::up_to(std::int64_t key, const Operation* besides) const {
    return find_up_to(key, besides).value;
}

std::int64_t GreatestUpTo::before(std::int64_t key, const Operation* besides) const {
    return key == kLongAgo ? kLongAgo : up_to(key - 1, besides);
}

}  // namespace castaway::harness
