#include "harness/engine/sim/strategies/seen_states.h"

#include <utility>

namespace castaway::harness::sim {
namespace {

constexpr std::size_t kSlotsMin = 1024;

}  // namespace

std::uint64_t& SeenStates::slot_of(std::uint64_t state) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (state >> 4) & mask;
    while (slots_[at] != 0 && (slots_[at] & ~kUsedMask) != (state & ~kUsedMask)) {
        at = (at + 1) & mask;
    }
    return slots_[at];
}

bool SeenStates::note(std::uint64_t state, std::uint32_t used) {
    if (size_ * 4 >= slots_.size() * 3) {
        grow();
    }
    std::uint64_t& slot = slot_of(state);
    if (slot != 0 && (slot & kUsedMask) <= used + 1) {
        return false;
    }
    if (slot == 0) {
        if (size_ == states_max_) {
            return true;
        }
        ++size_;
    }
    slot = (state & ~kUsedMask) | (used + 1);
    return true;
}

void SeenStates::clear() {
    slots_.clear();
    size_ = 0;
}

void SeenStates::grow() {
    const std::vector<std::uint64_t> before = std::exchange(
        slots_, std::vector<std::uint64_t>(slots_.empty() ? kSlotsMin : slots_.size() * 2, 0));
    for (const std::uint64_t each : before) {
        if (each != 0) {
            slot_of(each) = each;
        }
    }
}

}  // namespace castaway::harness::sim
