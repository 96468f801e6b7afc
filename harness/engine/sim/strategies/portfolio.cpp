#include "harness/engine/sim/strategies/portfolio.h"

#include <utility>

#include "harness/engine/sim/strategies/pct.h"
#include "harness/engine/sim/strategies/preemption_bound.h"
#include "harness/engine/sim/strategies/random_walk.h"
#include "harness/engine/sim/strategies/uniform_walk.h"

namespace castaway::harness::sim {

Portfolio::Portfolio(std::vector<std::unique_ptr<Strategy>> members)
    : members_(std::move(members)), spent_(members_.size(), false), turn_(members_.size() - 1) {}

bool Portfolio::begin() {
    for (std::size_t i = 0; i < members_.size(); ++i) {
        turn_ = (turn_ + 1) % members_.size();
        if (spent_[turn_]) {
            continue;
        }
        if (members_[turn_]->begin()) {
            return true;
        }
        spent_[turn_] = true;
    }
    return false;
}

std::unique_ptr<Portfolio> default_portfolio(std::uint64_t seed, const Luck& luck, Share share) {
    const Prng seeds(seed);
    std::uint64_t part = 0;
    const auto next_seed = [&] { return seeds.fork(part++).next(); };
    std::vector<std::unique_ptr<Strategy>> members;
    const auto add = [&](std::unique_ptr<Strategy> calm) {
        members.push_back(std::make_unique<Misfortune>(std::move(calm), luck, next_seed()));
    };
    add(std::make_unique<RandomWalk>(next_seed()));
    add(std::make_unique<UniformWalk>(next_seed()));
    add(std::make_unique<Pct>(next_seed(), 2));
    add(std::make_unique<Pct>(next_seed(), 3));
    if (share.number < share.count) {
        members.push_back(std::make_unique<PreemptionBound>(
            PreemptionOptions{.preemptions = 2, .prunes = false, .share = share}));
    }
    return std::make_unique<Portfolio>(std::move(members));
}

}  // namespace castaway::harness::sim
