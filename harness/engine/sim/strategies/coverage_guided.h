// Schedules that reached something new are changed a little and tried again, before others.
//
// A corpus holds the schedules whose executions visited what none before had visited (coverage.h).
// An execution takes one of them, newer ones rather than older, keeps its beginning up to a random
// choice, and from there on preempts the thread for a while, leaves some choices out, goes on with
// the end of another schedule, goes on at random, or has somebody die or wake for no reason, as far
// as luck allows. What of the old schedule is not possible any more is passed over. One execution
// in four is a new one, by a random walk or PCT, so that the corpus is never all there is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "harness/engine/sim/coverage.h"
#include "harness/engine/sim/strategies/misfortune.h"
#include "harness/engine/sim/strategies/portfolio.h"
#include "harness/engine/sim/strategy.h"

namespace castaway::harness::sim {

class CoverageGuided final : public Strategy {
  public:
    /// \param corpus what to begin with
    /// \param coverage what has been visited so far; grows while executions are made. Outlives it.
    CoverageGuided(std::uint64_t seed, const Luck& luck, std::vector<Schedule> corpus,
                   const Coverage& coverage);

    bool begin() override;
    Choice choose(const ChoicePoint& point) override;
    std::uint64_t end(const Execution& execution) override;

    /// The schedules that reached something new, beyond those that it began with.
    [[nodiscard]] std::span<const Schedule> found() const {
        return std::span<const Schedule>(corpus_).subspan(given_);
    }

  private:
    enum class Change : std::uint8_t { preempt, leave_out, splice, at_random, misfortune };
    static constexpr std::uint64_t kChanges = 5;

    [[nodiscard]] const Schedule& draw_parent();
    void plan_change();
    Choice changed(const ChoicePoint& point);
    Choice follow(const ChoicePoint& point);
    [[nodiscard]] bool may(const ChoicePoint& point, Choice choice) const;
    [[nodiscard]] std::optional<Choice> misfortune(const ChoicePoint& point);
    Choice any(const ChoicePoint& point);

    Luck luck_;
    Prng seeds_;
    std::uint64_t next_execution_ = 0;
    Prng generator_;
    std::unique_ptr<Portfolio> fresh_;
    std::vector<Schedule> corpus_;
    std::size_t given_;
    const Coverage& coverage_;

    // Of this execution.
    bool is_fresh_ = false;
    std::uint64_t visited_before_ = 0;
    Schedule parent_;  ///< followed loosely from next_ on
    std::size_t next_ = 0;
    std::size_t cut_ = 0;  ///< where it is changed
    Change change_ = Change::at_random;
    std::uint64_t change_length_ = 0;
    ThreadId burst_ = kNoThread;
    std::uint32_t deaths_ = 0;
    Schedule made_;
};

}  // namespace castaway::harness::sim
