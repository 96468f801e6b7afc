// A strategy with bad luck: at random moments processes are killed, sleeps end early or for no
// reason, and stores are seen late. All other choices are another strategy's.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "harness/engine/sim/strategies/generator.h"
#include "harness/engine/sim/strategy.h"

namespace castaway::harness::sim {

/// How much of each kind happens in one execution: a number drawn from 0 to this.
struct Luck {
    std::uint32_t deaths_max = 0;
    std::uint32_t expiries_max = 0;
    std::uint32_t disturbances_max = 0;
    /// With store buffers: in one half of the executions one thread's stores stay unseen from some
    /// moment on, for about as long as an execution takes, if anybody else can move. A strategy that chooses among threads and
    /// buffers alike drains them so soon that a missing fence seldom shows.
    bool late_stores = false;
    /// Who may be killed; empty: every process.
    std::vector<ProcessId> mortal{};
};

class Misfortune final : public Strategy {
  public:
    Misfortune(std::unique_ptr<Strategy> calm, Luck luck, std::uint64_t seed,
               std::uint64_t first = 0);

    bool begin() override;
    Choice choose(const ChoicePoint& point) override;
    std::uint64_t end(const Execution& execution) override;
    [[nodiscard]] bool wants_touched() const override { return calm_->wants_touched(); }
    [[nodiscard]] bool wants_state() const override { return calm_->wants_state(); }

  private:
    struct Event {
        std::uint64_t at = 0;  ///< the choice before which it strikes, or the next possible one
        Choice::Kind kind = Choice::Kind::kill;
        std::uint64_t drawn = 0;  ///< decides whom
    };

    void draw(Choice::Kind kind, std::uint32_t count_max);
    [[nodiscard]] Choice choose_holding(const ChoicePoint& point);
    [[nodiscard]] static bool find_victim(const ChoicePoint& point, const Luck& luck,
                                          const Event& event, Choice& choice);

    std::unique_ptr<Strategy> calm_;
    Luck luck_;
    Prng seeds_;
    std::uint64_t next_execution_;
    Prng generator_;
    std::uint64_t choices_expected_ = 64;  ///< of an execution, as learned
    std::vector<Event> events_;            ///< soonest first
    std::size_t next_ = 0;
    std::optional<std::uint64_t> holds_at_;  ///< the choice from which on stores are held back
    ThreadId held_ = kNoThread;              ///< whose: what drains them
    std::vector<ThreadId> threads_;          ///< those to choose among
};

}  // namespace castaway::harness::sim
