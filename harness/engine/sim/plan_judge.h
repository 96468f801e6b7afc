// Judges an execution of a simulated plan: by its outcome, by the region's own invariants, by what
// the execution's sleepers sleep on, and by every check that the plan asks for.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/plan_world.h"

namespace castaway::harness::sim {

/// By the hash of a history that no check has failed: how many verdicts were neither pass nor fail.
using Histories = std::unordered_map<std::uint64_t, std::uint32_t>;

/// All of them together.
std::uint64_t inconclusive_in(const Histories& histories);

/// What several judges of one plan know together, each on an OS thread of its own. It saves work
/// and changes no verdict: what the checks say of a history depends on the history alone.
class KnownHistories {
  public:
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t history) const {
        const std::lock_guard guard(mutex_);
        const auto found = histories_.find(history);
        return found == histories_.end() ? std::nullopt : std::optional(found->second);
    }
    void add(std::uint64_t history, std::uint32_t inconclusive) {
        const std::lock_guard guard(mutex_);
        histories_.emplace(history, inconclusive);
    }
    [[nodiscard]] std::uint64_t size() const {
        const std::lock_guard guard(mutex_);
        return histories_.size();
    }

  private:
    mutable std::mutex mutex_;
    Histories histories_;
};

class PlanJudge {
  public:
    /// The world outlives it, and so does what is known.
    /// \param known null: what the judge sees is all that it knows
    explicit PlanJudge(PlanWorld& plan, KnownHistories* known = nullptr)
        : plan_(plan), known_(known) {}

    /// What is wrong, in words; empty when nothing is. An execution whose history was judged before
    /// is not judged by the checks again. May go on to the run's end in the world.
    std::string operator()(World& world, const Execution& execution);

    /// Histories that differ, all of which the checks have judged.
    [[nodiscard]] std::uint64_t histories() const { return seen_.size(); }
    /// Verdicts of theirs that were neither pass nor fail.
    [[nodiscard]] std::uint64_t inconclusive() const { return inconclusive_in(seen_); }
    /// Those histories; the judge has seen none afterwards.
    [[nodiscard]] Histories take_histories() { return std::exchange(seen_, {}); }

  private:
    std::string judge_anew(const Execution& execution, std::uint32_t& inconclusive);

    PlanWorld& plan_;
    KnownHistories* known_;
    Histories seen_;
};

}  // namespace castaway::harness::sim
