// Who held a mutex, when surely, and who may have held it besides.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "harness/checkers/lives.h"
#include "harness/history/history.h"

namespace castaway::harness {

enum class HoldingEnd : std::uint8_t {
    released,        ///< its last release returned
    maybe_released,  ///< its last release is pending: it was released, or its holder died with it
    died,            ///< its holder never released it, and died or lived to the run's end
};

/// From the wait that made a thread the owner to the release that made the mutex free. The thread
/// surely holds it in [sure_from, sure_until]; with sure_from > sure_until there is no such moment.
struct Holding {
    const Operation* taken = nullptr;
    const Operation* last_release = nullptr;  ///< null when died
    HoldingEnd end = HoldingEnd::died;
    std::int64_t sure_from = 0;
    std::int64_t sure_until = 0;
};

/// What one thread's own calls tell of its ownership, exactly: nobody else can give a thread a
/// mutex, or take one from it, and its calls come one after another.
struct MutexLedger {
    std::vector<Holding> holdings;  ///< in order of sure_from, then sure_until
    /// Pending waits of threads that did not own the mutex: each may have become the owner.
    std::vector<const Operation*> claims;

    // Answers that contradict the thread's own ownership.
    std::vector<const Operation*> released_without_owning;  ///< ok
    std::vector<const Operation*> release_refused;          ///< failed, though owner
    std::vector<const Operation*> refused_oddly;            ///< failed, not owner, not with 288
    std::vector<const Operation*> told_own_abandonment;     ///< abandoned, though owner
    std::vector<const Operation*> timed_out_owning;

    /// Waits that named the mutex while their thread owned it.
    std::unordered_set<const Operation*> waits_of_owner;
    std::uint64_t releases = 0;
    /// A process closed a handle while one of its threads held the mutex, and the mutex can vanish:
    /// of its ownership nothing is sure.
    bool can_have_vanished_while_held = false;
};

/// Two holdings that surely overlap, if there are any. Requires the ledger's order.
std::optional<std::pair<Holding, Holding>> find_overlap(const std::vector<Holding>& holdings);

/// \param of_object the operations that name the mutex, in order of invocation
MutexLedger make_mutex_ledger(const History& history, const Lives& lives, ObjectIndex mutex,
                              const std::vector<const Operation*>& of_object);

}  // namespace castaway::harness
