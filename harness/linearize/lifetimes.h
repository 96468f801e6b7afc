// When the threads and processes of a history surely lived, and when they were surely gone.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "harness/history/history.h"

namespace castaway::harness {

inline constexpr std::int64_t kNeverNs = std::numeric_limits<std::int64_t>::max();

/// How long an implementation may take to notice that a thread or process is gone: until then what
/// it owned may still look owned.
inline constexpr std::int64_t kNoticeNs = 1'000'000'000;

class Lifetimes {
  public:
    explicit Lifetimes(const History& history);

    /// It surely had not ended by then.
    [[nodiscard]] std::int64_t thread_lived_at(std::uint32_t process, std::uint32_t thread) const;
    [[nodiscard]] std::int64_t process_lived_at(std::uint32_t process) const;
    /// What its end does to objects is surely done by then; kNeverNs where nobody knows of an end.
    [[nodiscard]] std::int64_t thread_settled_by(std::uint32_t process, std::uint32_t thread) const;
    [[nodiscard]] std::int64_t process_settled_by(std::uint32_t process) const;
    /// The latest moment at which a pending operation can have taken effect. A dead waiter takes
    /// nothing that is signaled after its death (WAIT-20); another call may be brought to its end
    /// by those who notice the death.
    [[nodiscard]] std::int64_t latest_effect(const Operation& operation) const;
    /// Likewise, of what the operation does besides waiting.
    [[nodiscard]] std::int64_t latest_signal(const Operation& operation) const;

  private:
    const History& history_;
    std::vector<std::vector<std::int64_t>> threads_;
    std::vector<std::int64_t> processes_;
};

}  // namespace castaway::harness
