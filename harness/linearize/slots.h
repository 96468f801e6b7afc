// A set of slots: the open operations of a search, by number.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "harness/model/model.h"

namespace castaway::harness {

/// Slots 0 to 64 * kWords - 1.
template <std::size_t kWords>
class Slots {
  public:
    static constexpr std::uint32_t kCapacity = 64 * kWords;
    static constexpr std::uint32_t kNone = kCapacity;
    /// Slots that operations without an answer, which may never give theirs back, leave to others.
    static constexpr std::uint32_t kReserved = kCapacity / 8;

    [[nodiscard]] bool test(std::uint32_t slot) const {
        return ((words_[slot / 64] >> (slot % 64)) & 1U) != 0;
    }
    void set(std::uint32_t slot) { words_[slot / 64] |= std::uint64_t{1} << (slot % 64); }
    void reset(std::uint32_t slot) { words_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64)); }

    [[nodiscard]] bool any() const {
        std::uint64_t all = 0;
        for (const std::uint64_t word : words_) {
            all |= word;
        }
        return all != 0;
    }

    [[nodiscard]] std::uint32_t count() const {
        std::uint32_t count = 0;
        for (const std::uint64_t word : words_) {
            count += static_cast<std::uint32_t>(std::popcount(word));
        }
        return count;
    }

    /// The lowest slot that is not in the set; kNone when all are.
    [[nodiscard]] std::uint32_t first_absent() const {
        for (std::size_t i = 0; i < kWords; ++i) {
            if (words_[i] != UINT64_MAX) {
                return static_cast<std::uint32_t>(64 * i) +
                       static_cast<std::uint32_t>(std::countr_one(words_[i]));
            }
        }
        return kNone;
    }

    /// Calls `visit(slot)` in ascending order until one returns true; whether one did.
    template <typename Visit>
    bool find(Visit&& visit) const {
        for (std::size_t i = 0; i < kWords; ++i) {
            for (std::uint64_t left = words_[i]; left != 0; left &= left - 1) {
                if (visit(static_cast<std::uint32_t>(64 * i) +
                          static_cast<std::uint32_t>(std::countr_zero(left)))) {
                    return true;
                }
            }
        }
        return false;
    }

    template <typename Visit>
    void each(Visit&& visit) const {
        find([&](std::uint32_t slot) {
            visit(slot);
            return false;
        });
    }

    [[nodiscard]] bool is_subset_of(const Slots& other) const { return !(*this - other).any(); }

    [[nodiscard]] std::uint64_t hash() const {
        std::uint64_t hash = 0;
        for (const std::uint64_t word : words_) {
            hash = mix(hash + word + 1);
        }
        return hash;
    }

    Slots& operator&=(const Slots& other) {
        for (std::size_t i = 0; i < kWords; ++i) {
            words_[i] &= other.words_[i];
        }
        return *this;
    }
    Slots& operator|=(const Slots& other) {
        for (std::size_t i = 0; i < kWords; ++i) {
            words_[i] |= other.words_[i];
        }
        return *this;
    }
    Slots& operator-=(const Slots& other) {
        for (std::size_t i = 0; i < kWords; ++i) {
            words_[i] &= ~other.words_[i];
        }
        return *this;
    }
    friend Slots operator&(Slots a, const Slots& b) { return a &= b; }
    friend Slots operator|(Slots a, const Slots& b) { return a |= b; }
    friend Slots operator-(Slots a, const Slots& b) { return a -= b; }
    bool operator==(const Slots&) const = default;

  private:
    std::array<std::uint64_t, kWords> words_{};
};

}  // namespace castaway::harness
