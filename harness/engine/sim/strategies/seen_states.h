// Which states a search has been in, and with how few preemptions: a table of hashes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace castaway::harness::sim {

/// Holds 60 bits of each hash: two of n states share them with a chance of less than n^2 / 2^61.
class SeenStates {
  public:
    static constexpr std::uint32_t kUsedMax = 14;

    /// \param states_max more are not remembered: a search that has forgotten them repeats itself
    explicit SeenStates(std::size_t states_max = 20'000'000) : states_max_(states_max) {}

    /// Notes the state. False: it was noted before with as many preemptions, or fewer.
    /// \param used preemptions that it took to come here, at most kUsedMax
    bool note(std::uint64_t state, std::uint32_t used);

    void clear();
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    static constexpr std::uint64_t kUsedMask = 15;  // one more than were used; 0: an empty slot

    /// The state's slot, or the empty one where it belongs.
    [[nodiscard]] std::uint64_t& slot_of(std::uint64_t state);
    void grow();

    std::size_t states_max_;
    std::size_t size_ = 0;
    std::vector<std::uint64_t> slots_;  ///< none, or a power of two of them
};

}  // namespace castaway::harness::sim
