// A queue whose items keep their numbers while those before them are dropped.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace castaway::harness {

template <typename Item>
class Ring {
  public:
    [[nodiscard]] std::uint64_t begin() const { return begin_; }
    [[nodiscard]] std::uint64_t end() const { return end_; }

    Item& operator[](std::uint64_t number) { return items_[number & mask_]; }
    const Item& operator[](std::uint64_t number) const { return items_[number & mask_]; }

    /// The number of the item.
    std::uint64_t push(Item item) {
        if (end_ - begin_ == items_.size()) {
            grow();
        }
        items_[end_ & mask_] = std::move(item);
        return end_++;
    }

    void drop_before(std::uint64_t number) { begin_ = std::max(begin_, std::min(number, end_)); }

  private:
    void grow() {
        std::vector<Item> larger(std::max<std::size_t>(64, items_.size() * 2));
        const std::uint64_t mask = larger.size() - 1;
        for (std::uint64_t i = begin_; i < end_; ++i) {
            larger[i & mask] = std::move(items_[i & mask_]);
        }
        items_ = std::move(larger);
        mask_ = mask;
    }

    std::vector<Item> items_;
    std::uint64_t mask_ = 0;
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
};

}  // namespace castaway::harness
