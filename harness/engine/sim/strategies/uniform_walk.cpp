#include "harness/engine/sim/strategies/uniform_walk.h"

#include <algorithm>

namespace castaway::harness::sim {

Choice UniformWalk::choose(const ChoicePoint& point) {
    if (taken_.size() <= point.runnable.back()) {
        taken_.resize(point.runnable.back() + std::size_t{1}, 0);
        expected_.resize(taken_.size(), 1);
    }
    std::uint64_t total = 0;
    for (const ThreadId thread : point.runnable) {
        total += weight(thread);
    }
    std::uint64_t drawn = draw_below(generator_, total);
    for (const ThreadId thread : point.runnable) {
        if (drawn < weight(thread)) {
            ++taken_[thread];
            return Choice::run(thread);
        }
        drawn -= weight(thread);
    }
    return Choice::run(point.runnable.back());
}

std::uint64_t UniformWalk::end(const Execution& /*execution*/) {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
        expected_[i] = std::max(expected_[i], taken_[i]);
    }
    return generator_.next();
}

}  // namespace castaway::harness::sim
