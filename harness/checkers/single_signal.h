// Which wait was satisfied by which signal, where signals do not count up: auto-reset events and
// synchronization timers.
//
// The object stores one signal at most. A signal comes at a moment of its interval; it is stored,
// or lost when one is stored already. A wait that is satisfied takes the stored signal. A clearing
// (a reset, or arming a timer anew) empties the store.
//
// explain() looks for moments that fit. It goes through time and decides as late as it can: a
// signal whose time is not over is as good as a stored one, and better, for it cannot block another
// and cannot be cleared. So a wait is served only when its time is over, or when a signal would be
// lost otherwise; then the waits whose time is over first come first. A clearing does no harm if
// the store was empty, or its signal was to be lost anyway, at some moment of its interval. Each of
// these choices leaves at least as much for later as any other, so an explanation is found whenever
// there is one; the tests compare with a search through all orders. n log n.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/history/history.h"

namespace castaway::harness {

/// Something that happens at a moment of [from, until].
struct Span {
    std::int64_t from = 0;
    std::int64_t until = 0;
    const Operation* operation = nullptr;
};

struct SingleSignal {
    bool stored_at_first = false;
    std::vector<Span> signals;
    std::vector<Span> clearings;
    std::vector<Span> waits;  ///< satisfied ones
};

/// A wait for which no signal was left.
struct Unexplained {
    const Operation* wait = nullptr;
    /// The last waits that were served before it, and their signals, as far as there are any.
    std::vector<const Operation*> before;
    std::uint64_t served = 0;   ///< waits
    std::uint64_t signals = 0;  ///< that had come, or may have come, by then
    std::uint64_t cleared = 0;  ///< of them, by a clearing
};

/// Nothing when every wait can have had a signal of its own.
std::optional<Unexplained> explain(const SingleSignal& object);

}  // namespace castaway::harness
