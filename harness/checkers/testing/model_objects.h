// The objects' rules as one observer of all moments sees them, right or with one defect: the source
// of histories that are right or wrong by construction.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "harness/history/operation.h"

namespace castaway::harness::testing {

enum class Defect : std::uint8_t {
    none,
    two_owners,               ///< a mutex can be taken while another holds it
    death_not_told,           ///< a dead owner's mutex is freed unmarked
    death_told_twice,         ///< the mark stays when it was told
    anyone_releases,          ///< a mutex can be released by anybody
    count_not_taken,          ///< a wait on a semaphore takes none
    signal_not_taken,         ///< an auto-reset event stays signaled
    reset_ignored,            ///< a reset event stays signaled
    timer_early,              ///< a timer expires a fifth before its time
    waiter_not_woken,         ///< blocked threads sleep on though their object is signaled
    highest_taken,            ///< a wait for any takes the highest index
    timeout_though_signaled,  ///< a test of a signaled object times out
    name_outlives_object,     ///< a name stays when the last handle is closed
    made_twice,               ///< a create makes what is there
};

/// By process and thread; 0 is nobody.
using ThreadId = std::uint32_t;

struct ModelMutex {
    ThreadId owner = 0;
    std::int64_t depth = 0;
    bool abandoned = false;
    bool must_tell = false;  ///< what `abandoned` is without a defect
};

struct ModelSemaphore {
    std::int32_t count = 1;
    std::int32_t maximum = 3;
};

struct ModelEvent {
    bool manual_reset = false;
    bool signaled = false;
    bool truly_signaled = false;  ///< what `signaled` is without a defect
};

struct ModelTimer {
    bool manual_reset = false;
    bool signaled = false;
    bool armed = false;
    std::int64_t due_ns = 0;
    std::int64_t true_due_ns = 0;  ///< what `due_ns` is without a defect
    std::int64_t period_ns = 0;

    /// Lets the state catch up with the clock.
    void look(std::int64_t now_ns) {
        if (!armed || now_ns < due_ns) {
            return;
        }
        signaled = true;
        armed = period_ns != 0;
        if (armed) {
            due_ns += ((now_ns - due_ns) / period_ns + 1) * period_ns;
        }
    }
};

struct ModelName {
    bool exists = false;
    std::map<std::uint32_t, std::int64_t> handles;  ///< by process

    [[nodiscard]] std::int64_t handles_in_all() const {
        std::int64_t all = 0;
        for (const auto& [process, count] : handles) {
            all += count;
        }
        return all;
    }
};

}  // namespace castaway::harness::testing
