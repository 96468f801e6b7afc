#include "harness/engine/sim/strategies/pct.h"

#include <algorithm>

namespace castaway::harness::sim {
namespace {

/// An execution so many times longer than expected goes on as a random walk.
constexpr std::uint64_t kFairAfter = 4;

}  // namespace

bool Pct::begin() {
    generator_ = seeds_.fork(next_execution_++);
    changes_.clear();
    for (std::uint32_t i = 1; i < depth_; ++i) {
        changes_.push_back(generator_.below(steps_expected_));
    }
    std::sort(changes_.begin(), changes_.end());
    changes_done_ = 0;
    priorities_.clear();
    return true;
}

std::size_t Pct::highest(const ChoicePoint& point) const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < point.runnable.size(); ++i) {
        if (priorities_[point.runnable[i]] > priorities_[point.runnable[best]]) {
            best = i;
        }
    }
    return best;
}

Choice Pct::choose(const ChoicePoint& point) {
    if (point.number >= kFairAfter * steps_expected_) {
        return Choice::run(point.runnable[draw_below(generator_, point.runnable.size())]);
    }
    while (priorities_.size() <= point.runnable.back()) {
        // Above those that changes assign.
        priorities_.push_back(generator_.next() | std::uint64_t{1} << 63);
    }
    std::size_t chosen = highest(point);
    while (changes_done_ < changes_.size() && changes_[changes_done_] <= point.number) {
        // Each later change gives a lower priority than those before.
        priorities_[point.runnable[chosen]] = depth_ - changes_done_;
        ++changes_done_;
        chosen = highest(point);
    }
    return Choice::run(point.runnable[chosen]);
}

std::uint64_t Pct::end(const Execution& execution) {
    steps_expected_ = length_expected(steps_expected_, execution.steps);
    return generator_.next();
}

double Pct::chance(std::size_t threads) const {
    double chance = 1.0 / static_cast<double>(threads);
    for (std::uint32_t i = 1; i < depth_; ++i) {
        chance /= static_cast<double>(steps_expected_);
    }
    return chance;
}

}  // namespace castaway::harness::sim
