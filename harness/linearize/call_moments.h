// The moments at which a call takes effect.
//
// Most calls have one. Two have a pulse, which begins to satisfy waits and ends that, and a call
// that signals one object and then waits for another: neither is atomic. Each of their moments is
// an interval of its own, by an actor of its own where the two overlap, and the model's state knows
// who is between them (model/kernel_rules.h), so that they come in their order, each once; within
// the interval of the call anything may happen between them. So a wait that begins after the pulse
// has returned cannot be satisfied by it: the pulse's end is over by then.
//
// Without an answer the signal may have been made, and the wait only after it. The beginning of a
// pulse need not be: without it, its end is a pulse that satisfies nobody. Its end must be, for the
// dead as well, and bars the beginning, so that no pulse is left half done.
//
// None have calls that tell nothing of objects: procedure calls and sleeps, waits that procedure
// calls ended (they took nothing, WAIT-14), a call refused for a handle that may have been bad.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "harness/history/history.h"
#include "harness/linearize/handle_doubts.h"
#include "harness/linearize/lifetimes.h"
#include "harness/linearize/stretch.h"
#include "harness/model/kernel_rules.h"

namespace castaway::harness {

/// One moment of a call, within [invoked_ns, end_ns].
struct CallMoment {
    Moment moment = Moment::only;
    Ending ending = Ending::answered;
    std::int64_t end_ns = kNeverNs;  ///< kNeverNs where it is left open
    bool bars_first = false;         ///< the call's first moment cannot follow this one
};

/// In their order; none where the call tells nothing.
class CallMoments {
  public:
    CallMoments() = default;
    explicit CallMoments(const CallMoment& only) : each_{only, {}}, count_(1) {}
    CallMoments(const CallMoment& first, const CallMoment& second)
        : each_{first, second}, count_(2) {}

    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] auto begin() const { return each_.begin(); }
    [[nodiscard]] auto end() const { return each_.begin() + count_; }

  private:
    std::array<CallMoment, 2> each_;
    std::uint8_t count_ = 0;
};

CallMoments moments_of(const History& history, const Operation& operation,
                       const Lifetimes& lifetimes, const HandleDoubts& doubts);

/// What a call does at one of its moments.
struct MomentAct {
    Act act = Act::wait;
    ResponseStatus status = ResponseStatus::pending;
    std::int32_t count = 0;  ///< release_semaphore
    std::span<const ObjectIndex> objects;
};

/// Requires that the operation has that moment, with that ending.
MomentAct act_at(const History& history, const Operation& operation, Moment moment, Ending ending);

/// The call is of a kind that no model of a single object knows.
bool is_for_kernel_model(OperationKind kind);

}  // namespace castaway::harness
