// What a semaphore's count surely was at least, and at most, at any time.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/checkers/lives.h"
#include "harness/history/history.h"

namespace castaway::harness {

/// A sum that grows at given times.
class RunningSum {
  public:
    void add(std::int64_t at_ns, std::int64_t amount) { steps_.push_back({at_ns, amount}); }
    /// To be called once, after the last add.
    void finish();
    [[nodiscard]] std::int64_t up_to(std::int64_t at_ns) const;  ///< at or before
    [[nodiscard]] std::int64_t before(std::int64_t at_ns) const;

  private:
    struct Step {
        std::int64_t at_ns = 0;
        std::int64_t amount = 0;
    };
    std::vector<Step> steps_;
};

/// For a moment t, with every operation free to take effect anywhere in its interval: what surely
/// happened before t returned before it; what may have happened by then was invoked by then.
class CountBounds {
  public:
    /// \param except  these pending waits took nothing
    CountBounds(const History& history, const Lives& lives, ObjectIndex semaphore,
                const std::vector<const Operation*>& of_object,
                const std::vector<const Operation*>& except = {});

    /// At least so much at every moment of [from, until]; may be negative. `besides` took nothing
    /// in that time.
    [[nodiscard]] std::int64_t at_least(std::int64_t from, std::int64_t until,
                                        const Operation* besides) const;
    /// At most so much at every moment of [from, until]; may exceed the maximum. `besides` added
    /// nothing in that time.
    [[nodiscard]] std::int64_t at_most(std::int64_t from, std::int64_t until,
                                       const Operation* besides) const;

    // The parts of the sums, for those who argue about all operations up to a moment.
    [[nodiscard]] std::int64_t taken_by(std::int64_t at_ns) const;
    [[nodiscard]] std::int64_t perhaps_taken_by(std::int64_t at_ns) const;
    [[nodiscard]] std::int64_t added_by(std::int64_t at_ns) const;
    [[nodiscard]] std::int64_t perhaps_added_by(std::int64_t at_ns) const;
    [[nodiscard]] std::int64_t initial() const { return initial_; }

  private:
    [[nodiscard]] bool found_something(const Operation& pending, const Lives& lives) const;

    std::int64_t initial_ = 0;
    std::vector<std::int64_t> releases_;  ///< when releases were invoked, in order
    RunningSum taken_;                    ///< satisfied waits, at their return
    RunningSum perhaps_taken_;  ///< those and pending ones that may have found something, invoked
    RunningSum added_;          ///< releases, at their return
    RunningSum perhaps_added_;  ///< those and pending ones, at their invocation
    ObjectIndex semaphore_ = 0;
};

/// A release's amount; 0 for what cannot have added anything.
std::int64_t amount_of(const Operation& operation);

}  // namespace castaway::harness
