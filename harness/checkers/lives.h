// When threads and processes surely lived, and when they were surely dead.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "harness/history/history.h"

namespace castaway::harness {

/// Later, or earlier, than anything that is recorded.
inline constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kLongAgo = std::numeric_limits<std::int64_t>::min();

/// How long a subject may take to notice a death. Only then is what the dead held surely free.
inline constexpr std::int64_t kDeathNoticeNs = 1'000'000'000;

/// What is known of the ends of threads and processes.
///
/// The threads of a killed process end one by one, so of one thread's death another thread's last
/// event says nothing. A thread surely lived at its own last event, at the moment its process was
/// struck by the first fault (which is noted before it strikes), and, where its process ended in
/// order or by the harness's hand, while the run's state was looked at.
class Lives {
  public:
    explicit Lives(const History& history);

    [[nodiscard]] std::int64_t thread_lived_at(std::uint32_t process, std::uint32_t thread) const;
    [[nodiscard]] std::int64_t process_lived_at(std::uint32_t process) const;
    /// kForever where nobody learned of its end.
    [[nodiscard]] std::int64_t dead_by(std::uint32_t process) const;
    /// The thread ended, or its process died, while the run went on.
    [[nodiscard]] bool died(std::uint32_t process, std::uint32_t thread) const;
    /// When an operation can have taken effect at the latest. A dead waiter takes nothing (rule
    /// WAIT-20); another call may be brought to its end by those who notice the death.
    [[nodiscard]] std::int64_t latest_effect(const Operation& operation) const;

  private:
    struct Process {
        std::vector<std::int64_t> threads;
        std::int64_t lived_at = kLongAgo;
    };

    const History& history_;
    std::vector<Process> processes_;
};

/// The process came to its end because a fault struck it, or it crashed.
bool died_in_the_run(const HistoryProcess& process);

/// The last snapshot of that moment, or null.
const Snapshot* find_snapshot(const History& history, SnapshotMoment moment);

/// The last snapshot that was taken while no operation ran and some process lived, or null. Where
/// nobody lives there is nobody to whom the state could show, nor to give back what the dead held.
const Snapshot* find_quiescence(const History& history);

/// The state of an object in that snapshot, or null: an object whose users all died is gone.
const ObjectState* find_final_state(const History& history, const HistoryObject& object);

}  // namespace castaway::harness
