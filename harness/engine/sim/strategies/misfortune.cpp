#include "harness/engine/sim/strategies/misfortune.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "harness/engine/sim/world.h"

namespace castaway::harness::sim {

Misfortune::Misfortune(std::unique_ptr<Strategy> calm, Luck luck, std::uint64_t seed,
                       std::uint64_t first)
    : calm_(std::move(calm)),
      luck_(std::move(luck)),
      seeds_(seed),
      next_execution_(first),
      generator_(0) {}

void Misfortune::draw(Choice::Kind kind, std::uint32_t count_max) {
    const std::uint64_t count = generator_.below(std::uint64_t{count_max} + 1);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = generator_.below(choices_expected_);
        events_.push_back({at, kind, generator_.next()});
    }
}

bool Misfortune::begin() {
    if (!calm_->begin()) {
        return false;
    }
    generator_ = seeds_.fork(next_execution_++);
    events_.clear();
    next_ = 0;
    draw(Choice::Kind::kill, luck_.deaths_max);
    draw(Choice::Kind::expire, luck_.expiries_max);
    draw(Choice::Kind::disturb, luck_.disturbances_max);
    holds_at_.reset();
    held_ = kNoThread;
    if (luck_.late_stores && generator_.below(2) == 0) {
        holds_at_ = generator_.below(choices_expected_);
    }
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Event& a, const Event& b) { return a.at < b.at; });
    return true;
}

/// One of those to whom it can happen.
bool Misfortune::find_victim(const ChoicePoint& point, const Luck& luck, const Event& event,
                             Choice& choice) {
    const World& world = point.world;
    std::uint32_t candidates = 0;
    const auto consider = [&](std::uint16_t index) {
        // The n-th candidate replaces those before it with a chance of 1/n.
        ++candidates;
        if ((event.drawn >> (candidates % 32)) % candidates == 0) {
            choice = {event.kind, index};
        }
    };
    if (event.kind == Choice::Kind::kill) {
        for (std::size_t i = 0; i < world.processes().size(); ++i) {
            const auto process = static_cast<ProcessId>(i);
            const bool mortal =
                luck.mortal.empty() ||
                std::find(luck.mortal.begin(), luck.mortal.end(), process) != luck.mortal.end();
            if (mortal && !world.processes()[i].killed && world.processes()[i].living != 0) {
                consider(process);
            }
        }
        return candidates != 0;
    }
    for (const ThreadId id : world.sleepers()) {
        const SimThread& thread = world.threads()[id];
        const bool can = event.kind == Choice::Kind::expire
                             ? thread.until_ns != Deadline::kNever
                             : space_of(thread.targets[0]) == Space::queue;
        if (can) {
            consider(id);
        }
    }
    return candidates != 0;
}

Choice Misfortune::choose(const ChoicePoint& point) {
    if (next_ < events_.size() && point.number >= events_[next_].at) [[unlikely]] {
        Choice choice;
        if (find_victim(point, luck_, events_[next_], choice)) {
            ++next_;
            return choice;
        }
    }
    return holds_at_ ? choose_holding(point) : calm_->choose(point);
}

/// One thread's buffer, which is drawn when its time has come, is left as it is as long as anybody
/// else can move, but not for ever: who can move may be one that spins until the stores are seen.
Choice Misfortune::choose_holding(const ChoicePoint& point) {
    const auto& threads = point.world.threads();
    if (held_ == kNoThread && point.number >= *holds_at_) {
        threads_.clear();
        std::copy_if(point.runnable.begin(), point.runnable.end(), std::back_inserter(threads_),
                     [&](ThreadId id) { return threads[id].role == ThreadRole::stores; });
        if (!threads_.empty()) {
            held_ = threads_[generator_.below(threads_.size())];
        }
    }
    if (held_ == kNoThread) {
        return calm_->choose(point);
    }
    threads_.clear();
    std::copy_if(point.runnable.begin(), point.runnable.end(), std::back_inserter(threads_),
                 [this](ThreadId id) { return id != held_; });
    if (threads_.empty() || point.number >= *holds_at_ + choices_expected_) {
        holds_at_.reset();
        return calm_->choose(point);
    }
    ChoicePoint others = point;
    others.runnable = threads_;
    return calm_->choose(others);
}

std::uint64_t Misfortune::end(const Execution& execution) {
    choices_expected_ = length_expected(choices_expected_, execution.choices);
    return calm_->end(execution) ^ generator_.next();
}

}  // namespace castaway::harness::sim
