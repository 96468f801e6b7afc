// When an object of any type was surely signaled for a given wait.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <variant>
#include <vector>

#include "harness/checkers/count_bounds.h"
#include "harness/checkers/event_facts.h"
#include "harness/checkers/lives.h"
#include "harness/checkers/mutex_ledger.h"
#include "harness/checkers/timer_facts.h"
#include "harness/history/history.h"

namespace castaway::harness {

/// At what kind of moment the question is asked.
enum class Moment : std::uint8_t {
    /// In mid-run: timers may be late, and a mutex whose owner died may not have come free.
    running,
    /// When nothing has moved for a while: whoever waits still, was not satisfied.
    quiet,
};

/// Facts of all objects that live as long as the run. Of others nothing is sure.
class SignalFacts {
  public:
    SignalFacts(const History& history, const Lives& lives, Moment moment);

    /// Whether the object was signaled at every moment of [from, until] for that wait, supposing
    /// that the wait did not take it.
    [[nodiscard]] bool surely_signaled(ObjectIndex object, const Operation& wait, std::int64_t from,
                                       std::int64_t until) const;

  private:
    struct MutexFacts {
        GreatestUpTo held;  ///< by the taking's invocation: when it surely was over
        std::unordered_set<const Operation*> waits_of_owner;
    };
    using Facts = std::variant<std::monostate, EventFacts, CountBounds, TimerFacts, MutexFacts>;

    [[nodiscard]] Facts facts_of(const History& history, const Lives& lives, ObjectIndex object,
                                 const std::vector<const Operation*>& of_object) const;
    [[nodiscard]] MutexFacts mutex_facts_of(const History& history, const Lives& lives,
                                            ObjectIndex object,
                                            const std::vector<const Operation*>& of_object) const;

    Moment moment_;
    std::vector<const Operation*> unsatisfied_;
    std::vector<Facts> facts_;
};

/// The pending waits of threads that lived to the run's end.
std::vector<const Operation*> waits_of_the_living(const History& history);

}  // namespace castaway::harness
