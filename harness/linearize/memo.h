// The configurations from which a search found no way on.
//
// A configuration with less to do and more left to choose from is at least as good: if it fails, so
// does the other. So a failed one also tells of those that, at the same place, in the same state
// and with the same obligations, have used up more of what they could choose.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "harness/model/model.h"

namespace castaway::harness {

/// \tparam SlotSet  Slots<n>
template <typename State, typename SlotSet>
class Memo {
  public:
    /// Whether that configuration, or one at least as good, was here before; remembers it if not.
    /// \param hash  of place, state and obligations
    bool was_here(std::uint64_t hash, std::uint64_t place, const State& state,
                  const SlotSet& obligations, const SlotSet& used) {
        if ((entries_.size() + 1) * 2 > table_.size()) {
            grow();
        }
        std::uint64_t at = hash & mask_;
        while (table_[at] != kEmpty &&
               !same(entries_[table_[at]], hash, place, state, obligations)) {
            at = (at + 1) & mask_;
        }
        const std::uint32_t first = table_[at];
        std::uint32_t looked_at = 0;
        for (std::uint32_t i = first; i != kEmpty && looked_at < kLookedAtMax;
             i = entries_[i].next, ++looked_at) {
            if (entries_[i].used.is_subset_of(used)) {
                return true;
            }
        }
        if (entries_.size() >= kEntriesMax) {
            return false;
        }
        table_[at] = static_cast<std::uint32_t>(entries_.size());
        entries_.push_back({hash, place, state, obligations, used, first, at});
        return false;
    }

    void clear() {
        for (const Entry& entry : entries_) {
            table_[entry.home] = kEmpty;
        }
        entries_.clear();
    }

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    static constexpr std::uint32_t kEmpty = std::numeric_limits<std::uint32_t>::max();
    /// Of those that differ in what they used only; more would take longer than to search again.
    static constexpr std::uint32_t kLookedAtMax = 64;

    struct Entry {
        std::uint64_t hash;
        std::uint64_t place;
        State state;
        SlotSet obligations;
        SlotSet used;
        std::uint32_t next;  ///< another that differs in `used` only
        std::uint64_t home;  ///< its place in the table
    };
    /// What comes after is not remembered: the search may then do work twice, within its limit.
    static constexpr std::size_t kEntriesMax = (std::size_t{1} << 30) / sizeof(Entry);

    static bool same(const Entry& entry, std::uint64_t hash, std::uint64_t place,
                     const State& state, const SlotSet& obligations) {
        return entry.hash == hash && entry.place == place && entry.state == state &&
               entry.obligations == obligations;
    }

    void grow() {
        table_.assign(table_.empty() ? 256 : table_.size() * 2, kEmpty);
        mask_ = table_.size() - 1;
        for (std::uint32_t i = 0; i < entries_.size(); ++i) {
            Entry& entry = entries_[i];
            std::uint64_t at = entry.hash & mask_;
            // The later entry of a chain stands in the table for the whole chain.
            while (table_[at] != kEmpty && !same(entries_[table_[at]], entry.hash, entry.place,
                                                 entry.state, entry.obligations)) {
                at = (at + 1) & mask_;
            }
            table_[at] = i;
            entry.home = at;
        }
    }

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> table_;
    std::uint64_t mask_ = 0;
};

}  // namespace castaway::harness
