// Several strategies in turn, one execution each: no single one is good at all defects.
#pragma once

#include <memory>
#include <vector>

#include "harness/engine/sim/strategies/misfortune.h"
#include "harness/engine/sim/strategies/share.h"
#include "harness/engine/sim/strategy.h"

namespace castaway::harness::sim {

class Portfolio final : public Strategy {
  public:
    /// Requires at least one.
    explicit Portfolio(std::vector<std::unique_ptr<Strategy>> members);

    /// False when no member has anything left to try.
    bool begin() override;
    Choice choose(const ChoicePoint& point) override { return members_[turn_]->choose(point); }
    std::uint64_t end(const Execution& execution) override {
        return members_[turn_]->end(execution);
    }

    /// Whose execution the last one was; an index in what it was made of.
    [[nodiscard]] std::size_t turn() const { return turn_; }

  private:
    std::vector<std::unique_ptr<Strategy>> members_;
    std::vector<bool> spent_;
    std::size_t turn_;
};

/// What is used where nothing else is asked for: random walk, uniform walk, PCT of depths 2 and 3,
/// each with this luck, and schedules of at most two preemptions in turn. Every one of them ends
/// fair.
/// \param share of those schedules; they are left out where there is none of that number
std::unique_ptr<Portfolio> default_portfolio(std::uint64_t seed, const Luck& luck,
                                             Share share = {});

}  // namespace castaway::harness::sim
