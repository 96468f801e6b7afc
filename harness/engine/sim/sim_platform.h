// The Platform of simulated processes: every access is a step of their world.
#pragma once

#include "harness/engine/sim/world.h"
#include "primitives/platform/platform.h"

namespace castaway::harness::sim {

class SimPlatform {
  public:
    /// One look more at a taken lock, so that the spinning branch is walked, too.
    static constexpr int kSpins = 1;
    static constexpr std::uint32_t kWaitSpins = 0;

    /// \param world outlives the platform
    SimPlatform(World& world, Mutant mutant) : world_(&world), mutant_(mutant) {}

    // What FaultPlatform tells its hook as an access counts as one here.
    template <class Cell>
    auto load(Cell& cell) const {
        world_->count_access();
        return world_->load(cell);
    }
    template <class Cell, class Value>
    void store(Cell& cell, Value value) const {
        world_->count_access();
        world_->store(cell, static_cast<decltype(cell.bits)>(value));
    }
    template <class Cell, class Value, class Desired>
    bool cas(Cell& cell, Value& expected, Desired desired) const {
        world_->count_access();
        return world_->cas(cell, expected, static_cast<Value>(desired));
    }
    std::uint32_t exchange(Cell32& cell, std::uint32_t value) const {
        world_->count_access();
        return world_->exchange(cell, value);
    }
    std::uint32_t fetch_add(Cell32& cell, std::uint32_t value) const {
        world_->count_access();
        return world_->fetch_add(cell, value);
    }
    void futex_wake(Cell32& word, std::uint32_t count) const {
        world_->count_access();
        world_->futex_wake(word, count);
    }
    void pause() const { world_->pause(); }

    FutexResult futex_wait(Cell32& word, std::uint32_t expected, Deadline deadline) const {
        const FutexTarget target{&word, expected};
        return world_->futex_wait({&target, 1}, deadline);
    }
    FutexResult futex_wait_any(std::span<const FutexTarget> targets, Deadline deadline) const {
        return world_->futex_wait(targets, deadline);
    }

    [[nodiscard]] std::int64_t now(Clock clock) const { return world_->now(clock); }

    void hold_liveness(LivenessWord& liveness) const {
        world_->store(futex_of(liveness), std::uint32_t{0});
        world_->hold(futex_of(liveness));
    }
    void drop_liveness(LivenessWord& liveness) const { world_->drop(futex_of(liveness)); }
    [[nodiscard]] bool is_marked_dead(LivenessWord& liveness) const;
    bool watch_value(LivenessWord& liveness, std::uint32_t& value) const;
    Cell32& futex_of(LivenessWord& liveness) const { return reinterpret_cast<Cell32&>(liveness); }

    [[nodiscard]] bool process_gone(ProcessIdentity process, std::int64_t wait_ns) const {
        return world_->process_gone(process, wait_ns);
    }
    [[nodiscard]] std::uint8_t pid_namespace() const { return world_->self().pid_namespace; }
    [[nodiscard]] ProcessIdentity self() const { return world_->self(); }
    static constexpr bool deaths_are_marked() { return true; }
    void record_lacks(Cell64& /*word*/) const {}  // a simulated kernel lacks nothing
    [[nodiscard]] std::uint32_t thread_id() const { return world_->current() + 1; }
    [[noreturn]] void wait_for_own_end() const { world_->wait_for_own_end(); }

    void crash_point(CrashPoint point) const { world_->crash_point(point); }
    void about_to_sleep() const { world_->about_to_sleep(); }
    [[nodiscard]] bool mutated(Mutant mutant) const { return mutant == mutant_; }

  private:
    World* world_;
    Mutant mutant_;
};

static_assert(Platform<SimPlatform>);

}  // namespace castaway::harness::sim
