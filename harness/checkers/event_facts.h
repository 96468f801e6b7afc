// When an event was surely signaled, and when it surely was not.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/checkers/greatest_up_to.h"
#include "harness/checkers/lives.h"
#include "harness/history/history.h"

namespace castaway::harness {

/// Facts of an auto-reset or manual-reset event that lives as long as the run.
///
/// It was surely signaled all through an interval when a set (or its beginning) surely came before
/// the interval, and nothing that may have come after that set and before the interval's end made
/// it non-signaled. It surely was not when nothing can have set it, or when everything that can
/// have set it surely came before something that made it non-signaled, and that surely came before
/// the interval. Either is exact for one interval taken by itself.
class EventFacts {
  public:
    /// \param except  these pending waits took nothing
    EventFacts(const History& history, const Lives& lives, ObjectIndex event,
               const std::vector<const Operation*>& of_object,
               const std::vector<const Operation*>& except = {});

    /// `besides`, a wait, took nothing in that time.
    [[nodiscard]] bool surely_signaled(std::int64_t from, std::int64_t until,
                                       const Operation* besides) const;
    [[nodiscard]] bool surely_not_signaled(std::int64_t from, std::int64_t until,
                                           const Operation* besides) const;
    /// The last set that surely came before; null when there is none.
    [[nodiscard]] const Operation* last_set_before(std::int64_t at_ns) const;
    /// The last call that surely made it non-signaled before; null when there is none.
    [[nodiscard]] const Operation* last_cleared_before(std::int64_t at_ns) const;

  private:
    GreatestUpTo sure_sets_;        ///< by return: invocation
    GreatestUpTo possible_sets_;    ///< by invocation: latest effect
    GreatestUpTo sure_clears_;      ///< by return: invocation
    GreatestUpTo possible_clears_;  ///< by invocation: latest effect
    bool initially_signaled_ = false;
};

}  // namespace castaway::harness
