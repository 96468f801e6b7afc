// LinuxPlatform that tells a hook what the algorithms are about to do, so that a harness can end
// the process there, and that can be given one of the seeded defects.
#pragma once

#include "primitives/platform/linux_platform.h"

namespace castaway {

/// Called by the thread it is about. A call may end the process or take its time; it must not use
/// the region.
class FaultHook {
  public:
    FaultHook() = default;
    FaultHook(const FaultHook&) = delete;
    FaultHook& operator=(const FaultHook&) = delete;
    virtual ~FaultHook() = default;
    virtual void at_crash_point(CrashPoint point) = 0;
    /// Before each access to a shared cell.
    virtual void at_access() = 0;
    /// After at_access(), before an access that may change the cell, and before a wake-up. Deaths
    /// between two of these leave the same behind, whatever is read in between.
    virtual void at_change() {}
    /// Queued on all its objects, sleeping next.
    virtual void about_to_sleep() = 0;
};

class FaultPlatform : private LinuxPlatform {
  public:
    using LinuxPlatform::kSpins;
    /// None: the number of accesses of a wait that sleeps shall not be a matter of luck.
    static constexpr std::uint32_t kWaitSpins = 0;

    /// \param hook null for none; outlives the platform
    FaultPlatform(FaultHook* hook, Mutant mutant) : hook_(hook), mutant_(mutant) {}

    template <class Cell>
    auto load(Cell& cell) const {
        access();
        return LinuxPlatform::load(cell);
    }
    template <class Cell, class Value>
    void store(Cell& cell, Value value) const {
        change();
        LinuxPlatform::store(cell, static_cast<decltype(cell.bits)>(value));
    }
    template <class Cell, class Value, class Desired>
    bool cas(Cell& cell, Value& expected, Desired desired) const {
        change();
        return LinuxPlatform::cas(cell, expected, static_cast<Value>(desired));
    }
    std::uint32_t exchange(Cell32& cell, std::uint32_t value) const {
        change();
        return LinuxPlatform::exchange(cell, value);
    }
    std::uint32_t fetch_add(Cell32& cell, std::uint32_t value) const {
        change();
        return LinuxPlatform::fetch_add(cell, value);
    }
    void futex_wake(Cell32& word, std::uint32_t count) const {
        change();
        LinuxPlatform::futex_wake(word, count);
    }

    void hold_liveness(LivenessWord& liveness) const {
        change();
        if (mutated(Mutant::liveness_not_robust)) {
            LinuxPlatform::store(futex_of(liveness), kHeldInNameOnly);
            return;
        }
        LinuxPlatform::hold_liveness(liveness);
    }
    void drop_liveness(LivenessWord& liveness) const {
        change();
        if (mutated(Mutant::liveness_not_robust)) {
            LinuxPlatform::store(futex_of(liveness), 0);
            return;
        }
        LinuxPlatform::drop_liveness(liveness);
    }
    bool watch_value(LivenessWord& liveness, std::uint32_t& value) const {
        change();
        return LinuxPlatform::watch_value(liveness, value);
    }

    using LinuxPlatform::deaths_are_marked;
    using LinuxPlatform::enter_pid_namespace;
    using LinuxPlatform::futex_of;
    using LinuxPlatform::futex_wait;
    using LinuxPlatform::futex_wait_any;
    using LinuxPlatform::is_marked_dead;
    using LinuxPlatform::now;
    using LinuxPlatform::pause;
    using LinuxPlatform::pid_namespace;
    using LinuxPlatform::process_gone;
    using LinuxPlatform::record_lacks;
    using LinuxPlatform::self;
    using LinuxPlatform::thread_id;
    using LinuxPlatform::wait_for_own_end;

    void crash_point(CrashPoint point) const {
        if (hook_ != nullptr) {
            hook_->at_crash_point(point);
        }
    }
    void about_to_sleep() const {
        if (hook_ != nullptr) {
            hook_->about_to_sleep();
        }
    }
    [[nodiscard]] bool mutated(Mutant mutant) const { return mutant == mutant_; }

  private:
    /// What a held liveness word looks like of which the kernel knows nothing.
    static constexpr std::uint32_t kHeldInNameOnly = 1;

    void change() const {
        access();
        if (hook_ != nullptr) {
            hook_->at_change();
        }
    }
    void access() const {
        if (hook_ != nullptr) {
            hook_->at_access();
        }
    }

    FaultHook* hook_;
    Mutant mutant_;
};

static_assert(Platform<FaultPlatform>);

}  // namespace castaway
