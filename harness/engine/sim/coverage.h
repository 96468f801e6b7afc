// What executions have visited, as bits that mean the same in every world: coverages of other
// threads, other units of a search and other scenarios can be added up.
//
//   point     a crash point, passed in a call of some kind (or by a process's helper)
//   pair      two kinds of calls, one begun while a thread was in the other
//   access    a kind of step on a kind of cell ("cas of object.state")
//   conflict  two accesses to one cell, one right after the other, by two threads
//
// A kind of call is an operation and the type of its object ("wait mutex"), a kind of cell is a
// field of the region's layout, whichever slot it lies in. Counted is what the plan's programs and
// their helpers do, not their opening and closing calls.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/engine/sim/cell_kinds.h"
#include "harness/engine/sim/step.h"
#include "harness/plan/plan.h"
#include "primitives/platform/crash_points.h"

namespace castaway::harness::sim {

/// A kind of call, or what a thread does besides.
using Activity = std::uint8_t;

inline constexpr std::size_t kObjectTypes = 4;
inline constexpr Activity kHelperActivity = kOperationKindCount * kObjectTypes;
inline constexpr Activity kOtherActivity = kHelperActivity + 1;  ///< its thread's end
inline constexpr std::size_t kActivities = kOtherActivity + 1;

/// What a step of a plan is. Requires a call. What acts on several objects counts as acting on
/// its first.
Activity activity_of(const Plan& plan, const PlanStep& step);
/// "wait mutex"
std::string name_of_activity(Activity activity);

class Coverage {
  public:
    void note_point(CrashPoint point, Activity activity) {
        set(static_cast<std::size_t>(point) * kActivities + activity);
    }
    void note_pair(Activity a, Activity b) {
        set(kPairs + std::size_t{a < b ? a : b} * kActivities + (a < b ? b : a));
    }
    void note_access(StepKind kind, CellKind cell) {
        set(kAccesses + std::size_t{cell} * kStepKinds + static_cast<std::size_t>(kind));
    }
    void note_conflict(StepKind before, StepKind kind, CellKind cell) {
        set(kConflicts +
            (std::size_t{cell} * kStepKinds + static_cast<std::size_t>(before)) * kStepKinds +
            static_cast<std::size_t>(kind));
    }

    /// How much was visited, of everything together. Grows when anything is new.
    [[nodiscard]] std::uint64_t size() const { return size_; }
    Coverage& operator+=(const Coverage& other);
    bool operator==(const Coverage& other) const { return words_ == other.words_; }

    [[nodiscard]] bool has_point(CrashPoint point) const;
    [[nodiscard]] bool has_pair(Activity a, Activity b) const;
    [[nodiscard]] std::uint64_t points_in_activities() const { return count(0, kPairs); }
    [[nodiscard]] std::uint64_t accesses() const { return count(kAccesses, kConflicts); }
    [[nodiscard]] std::uint64_t conflicts() const { return count(kConflicts, kEnd); }
    /// "cas of object.state", in the order of the cells.
    [[nodiscard]] std::vector<std::string> access_names() const;

  private:
    static constexpr std::size_t kPairs = kCrashPoints.size() * kActivities;
    static constexpr std::size_t kAccesses = kPairs + kActivities * kActivities;
    static constexpr std::size_t kConflicts = kAccesses + kCellKinds * kStepKinds;
    static constexpr std::size_t kEnd = kConflicts + kCellKinds * kStepKinds * kStepKinds;

    void set(std::size_t bit) {
        std::uint64_t& word = words_[bit / 64];
        const std::uint64_t mask = std::uint64_t{1} << bit % 64;
        size_ += (word & mask) == 0 ? 1U : 0U;
        word |= mask;
    }
    [[nodiscard]] bool has(std::size_t bit) const {
        return (words_[bit / 64] >> bit % 64 & 1) != 0;
    }
    [[nodiscard]] std::uint64_t count(std::size_t from, std::size_t to) const;

    std::array<std::uint64_t, (kEnd + 63) / 64> words_{};
    std::uint64_t size_ = 0;
};

/// Kinds of calls that a plan has in different threads, each pair once, the smaller first.
std::vector<std::pair<Activity, Activity>> pairs_of(const Plan& plan);

/// Sees the steps of one world and notes accesses and conflicts.
class AccessProbe {
  public:
    explicit AccessProbe(std::vector<CellKind> kinds)
        : kinds_(std::move(kinds)), last_(kinds_.size() / 2 + 1) {}

    /// Where to note things; null: nowhere.
    void set_coverage(Coverage* coverage) { coverage_ = coverage; }
    /// Another execution begins.
    void begin() { ++epoch_; }
    void see(ThreadId thread, StepKind kind, Location where) {
        if (coverage_ != nullptr && space_of(where) == Space::region) {
            note(thread, kind, where);
        }
    }

  private:
    struct Last {
        std::uint32_t epoch = 0;
        ThreadId thread = kNoThread;
        StepKind kind = StepKind::start;
    };

    void note(ThreadId thread, StepKind kind, Location where) {
        const CellKind cell = kinds_[where / 4];
        coverage_->note_access(kind, cell);
        Last& last = last_[where / 8];
        if (last.epoch == epoch_ && last.thread != thread) {
            coverage_->note_conflict(last.kind, kind, cell);
        }
        last = {epoch_, thread, kind};
    }

    Coverage* coverage_ = nullptr;
    std::uint32_t epoch_ = 1;
    std::vector<CellKind> kinds_;  ///< by offset / 4
    std::vector<Last> last_;       ///< by offset / 8
};

}  // namespace castaway::harness::sim
