#include "harness/engine/sim/strategies/coverage_guided.h"

#include <algorithm>
#include <utility>

#include "harness/engine/sim/strategies/pct.h"
#include "harness/engine/sim/strategies/random_walk.h"
#include "harness/engine/sim/strategies/replay.h"
#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {
namespace {

/// One execution of so many owes nothing to the corpus.
constexpr std::uint64_t kFreshEvery = 4;
/// The longest preemption is 2 to the power of one less.
constexpr std::uint64_t kBurstPowers = 7;

std::unique_ptr<Portfolio> fresh_portfolio(Prng seeds, const Luck& luck) {
    std::vector<std::unique_ptr<Strategy>> members;
    const auto add = [&](std::unique_ptr<Strategy> calm) {
        members.push_back(std::make_unique<Misfortune>(std::move(calm), luck, seeds.next()));
    };
    add(std::make_unique<RandomWalk>(seeds.next()));
    add(std::make_unique<Pct>(seeds.next(), 2));
    add(std::make_unique<Pct>(seeds.next(), 3));
    return std::make_unique<Portfolio>(std::move(members));
}

}  // namespace

CoverageGuided::CoverageGuided(std::uint64_t seed, const Luck& luck, std::vector<Schedule> corpus,
                               const Coverage& coverage)
    : luck_(luck),
      seeds_(Prng(seed).fork(0)),
      generator_(0),
      fresh_(fresh_portfolio(Prng(seed).fork(1), luck)),
      corpus_(std::move(corpus)),
      given_(corpus_.size()),
      coverage_(coverage) {}

/// Newer ones are more likely.
const Schedule& CoverageGuided::draw_parent() {
    const std::uint64_t age = generator_.below(generator_.below(corpus_.size()) + 1);
    return corpus_[corpus_.size() - 1 - age];
}

bool CoverageGuided::begin() {
    generator_ = seeds_.fork(next_execution_++);
    visited_before_ = coverage_.size();
    made_.clear();
    deaths_ = 0;
    is_fresh_ = corpus_.empty() || generator_.below(kFreshEvery) == 0;
    if (is_fresh_) {
        return fresh_->begin();
    }
    parent_ = draw_parent();
    next_ = 0;
    plan_change();
    return true;
}

void CoverageGuided::plan_change() {
    cut_ = generator_.below(parent_.size() + 1);
    change_ = static_cast<Change>(generator_.below(kChanges));
    change_length_ = std::uint64_t{1} << generator_.below(kBurstPowers);
    burst_ = kNoThread;
    switch (change_) {
        case Change::leave_out:
            parent_.erase(parent_.begin() + static_cast<std::ptrdiff_t>(cut_),
                          parent_.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(
                                                cut_ + change_length_, parent_.size())));
            break;
        case Change::splice: {
            const Schedule& other = draw_parent();
            const auto from = static_cast<std::ptrdiff_t>(generator_.below(other.size() + 1));
            parent_.resize(cut_);
            parent_.insert(parent_.end(), other.begin() + from, other.end());
            break;
        }
        case Change::at_random:
            parent_.resize(cut_);
            break;
        case Change::preempt:
        case Change::misfortune:
            break;
    }
}

Choice CoverageGuided::choose(const ChoicePoint& point) {
    const Choice choice = is_fresh_ ? fresh_->choose(point) : changed(point);
    deaths_ += choice.kind == Choice::Kind::kill ? 1 : 0;
    made_.push_back(choice);
    return choice;
}

Choice CoverageGuided::changed(const ChoicePoint& point) {
    if (next_ < cut_ || change_length_ == 0) {
        return follow(point);
    }
    if (change_ == Change::misfortune) {
        change_length_ = 0;
        return misfortune(point).value_or(follow(point));
    }
    if (change_ == Change::preempt) {
        if (burst_ == kNoThread) {
            burst_ = any(point).index;
        }
        if (may(point, Choice::run(burst_))) {
            --change_length_;
            return Choice::run(burst_);
        }
        change_length_ = 0;
    }
    return follow(point);
}

Choice CoverageGuided::follow(const ChoicePoint& point) {
    while (next_ < parent_.size()) {
        const Choice choice = parent_[next_++];
        if (may(point, choice)) {
            return choice;
        }
    }
    return any(point);
}

bool CoverageGuided::may(const ChoicePoint& point, Choice choice) const {
    return choice.kind != Choice::Kind::abandon && is_possible(point, choice) &&
           (choice.kind != Choice::Kind::kill || deaths_ < luck_.deaths_max);
}

std::optional<Choice> CoverageGuided::misfortune(const ChoicePoint& point) {
    std::vector<Choice> possible;
    for (std::size_t i = 0; deaths_ < luck_.deaths_max && i < point.world.processes().size(); ++i) {
        const Choice death = Choice::kill(static_cast<ProcessId>(i));
        const bool mortal =
            luck_.mortal.empty() ||
            std::find(luck_.mortal.begin(), luck_.mortal.end(), death.index) != luck_.mortal.end();
        if (mortal && is_possible(point, death)) {
            possible.push_back(death);
        }
    }
    if (luck_.disturbances_max != 0) {
        for (const ThreadId sleeper : point.world.sleepers()) {
            if (is_possible(point, Choice::disturb(sleeper))) {
                possible.push_back(Choice::disturb(sleeper));
            }
        }
    }
    if (possible.empty()) {
        return std::nullopt;
    }
    return possible[generator_.below(possible.size())];
}

Choice CoverageGuided::any(const ChoicePoint& point) {
    return Choice::run(point.runnable[draw_below(generator_, point.runnable.size())]);
}

std::uint64_t CoverageGuided::end(const Execution& execution) {
    const std::uint64_t drawn = is_fresh_ ? fresh_->end(execution) : 0;
    if (coverage_.size() != visited_before_) {
        corpus_.push_back(made_);
    }
    return drawn ^ generator_.next();
}

}  // namespace castaway::harness::sim
