// The waitable timer: signaled by its expiries, which never come early and may come late
// (TMR-02 to TMR-08, TMR-15).
//
// The expiries of one arming are numbered from 0. A timer's state says how many of them are over:
// taken by a wait, merged into a signal that was there already, or past and forgotten. An expiry
// that is not over may happen from its due time on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace castaway::harness {

/// A call that armed a timer.
struct TimerArming {
    std::int64_t invoked_ns = 0;
    std::int64_t returned_ns = 0;  ///< the greatest value while pending: when it armed is not known
    std::int64_t due_ns = 0;
    std::int64_t period_ns = 0;  ///< 0: it expires once
};

struct TimerState {
    std::uint32_t arming = 0;  ///< index in the model's armings + 1; 0: not armed
    std::uint32_t over = 0;
    bool signaled = false;
    bool operator==(const TimerState&) const = default;
};

/// An expiry may come so late, or a period where that is longer; two of one timer are never
/// delivered later than that, together.
inline constexpr std::int64_t kExpiryLatenessNs = 20'000'000;

/// The number of expiries that come by that time when the first does at `first_ns`.
constexpr std::uint32_t expiries_by(const TimerArming& arming, std::int64_t first_ns,
                                    std::int64_t time_ns) {
    if (time_ns < first_ns) {
        return 0;
    }
    if (arming.period_ns == 0) {
        return 1;
    }
    constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max() - 1;
    return static_cast<std::uint32_t>(
        std::min<std::int64_t>((time_ns - first_ns) / arming.period_ns + 1, kMost));
}

/// Expiries that may have come by that time.
constexpr std::uint32_t expiries_possible(const TimerArming& arming, std::int64_t time_ns) {
    return expiries_by(arming, arming.invoked_ns + arming.due_ns, time_ns);
}

/// Expiries that have come by that time, late as they may be.
constexpr std::uint32_t expiries_certain(const TimerArming& arming, std::int64_t time_ns) {
    const std::int64_t lateness = std::max(arming.period_ns, kExpiryLatenessNs);
    if (arming.returned_ns > time_ns) {
        return 0;
    }
    return expiries_by(arming, arming.returned_ns + arming.due_ns, time_ns - lateness);
}

}  // namespace castaway::harness
