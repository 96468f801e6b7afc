// When a timer can have been signaled, and when it surely was.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/checkers/greatest_up_to.h"
#include "harness/checkers/lives.h"
#include "harness/checkers/single_signal.h"
#include "harness/history/history.h"

namespace castaway::harness {

/// Whether an expiry counts as seen at its due time, or only the due time 0 does. A timer may be
/// late, so the first is for moments when it has had time enough.
enum class DueTime : std::uint8_t { any, zero_only };

/// Facts of a timer that lives as long as the run. It begins non-signaled and not armed.
class TimerFacts {
  public:
    /// \param except  these pending waits took nothing
    TimerFacts(const History& history, const Lives& lives, ObjectIndex timer,
               const std::vector<const Operation*>& of_object,
               const std::vector<const Operation*>& except = {});

    /// Whether it can have been signaled at some moment of [from, until], waits left aside.
    [[nodiscard]] bool may_be_signaled(std::int64_t from, std::int64_t until) const;
    /// When it can have been signaled first after the last call that armed it and was invoked by
    /// then; kForever when none did.
    [[nodiscard]] std::int64_t earliest_due(std::int64_t by_ns) const;
    [[nodiscard]] const Operation* last_armed(std::int64_t by_ns) const;

    [[nodiscard]] bool surely_signaled(std::int64_t from, std::int64_t until,
                                       const Operation* besides, DueTime due) const;

    /// The expiries up to that time as signals that do not count up, with arming as clearing, and
    /// no waits. Empty when there are too many to look at.
    [[nodiscard]] std::optional<SingleSignal> expiries(std::int64_t up_to_ns) const;

  private:
    struct Arming {
        const Operation* operation = nullptr;
        std::int64_t until = 0;      ///< its latest effect
        std::int64_t due_from = 0;   ///< its first expiry comes at this time at the earliest
        std::int64_t rearmed = 0;    ///< another arming surely came after it and by then
        std::int64_t cancelled = 0;  ///< a cancelling surely came after it and by then
    };

    [[nodiscard]] const Arming* last_arming(std::int64_t by_ns) const;

    bool manual_reset_ = false;
    std::vector<Arming> armings_;    ///< in order of invocation
    GreatestUpTo windows_;           ///< by first expiry: end of its being signaled
    GreatestUpTo possible_armings_;  ///< by invocation: latest effect
    GreatestUpTo possible_cancels_;  ///< likewise
    GreatestUpTo possible_waits_;    ///< likewise, that took its signal
};

}  // namespace castaway::harness
