// Makes the choices of a given schedule again.
#pragma once

#include <optional>
#include <utility>

#include "harness/engine/sim/strategies/run_to_block.h"

namespace castaway::harness::sim {

/// One execution. Where the schedule cannot be followed, because the world is another, it says so
/// and goes on without it; where it ends before the execution does, the rest is run to block.
class Replay final : public Strategy {
  public:
    explicit Replay(Schedule schedule) : schedule_(std::move(schedule)) {}

    bool begin() override { return !std::exchange(begun_, true); }
    Choice choose(const ChoicePoint& point) override;
    std::uint64_t end(const Execution& /*execution*/) override { return 0; }

    /// The first choice that was not possible.
    [[nodiscard]] std::optional<std::uint64_t> diverged_at() const { return diverged_at_; }

  private:
    Schedule schedule_;
    RunToBlock rest_;
    std::uint64_t next_ = 0;
    std::optional<std::uint64_t> diverged_at_;
    bool begun_ = false;
};

/// Whether the world would take this choice.
bool is_possible(const ChoicePoint& point, Choice choice);

}  // namespace castaway::harness::sim
