#include "harness/engine/sim/sim_platform.h"

#include <linux/futex.h>

namespace castaway::harness::sim {

bool SimPlatform::is_marked_dead(LivenessWord& liveness) const {
    return (world_->load(futex_of(liveness)) & FUTEX_OWNER_DIED) != 0;
}

bool SimPlatform::watch_value(LivenessWord& liveness, std::uint32_t& value) const {
    Cell32& word = futex_of(liveness);
    value = world_->load(word);
    for (;;) {
        if (value == 0 || (value & FUTEX_OWNER_DIED) != 0) {
            return false;
        }
        const std::uint32_t announced = value | FUTEX_WAITERS;
        if (value == announced || world_->cas(word, value, announced)) {
            value = announced;
            return true;
        }
    }
}

}  // namespace castaway::harness::sim
