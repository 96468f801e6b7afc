// One simulated process's part in the region: what primitives/recovery/session.h is to a real one,
// with threads and sleep from the world.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "harness/engine/sim/sim_platform.h"
#include "primitives/recovery/membership.h"

namespace castaway::harness::sim {

/// A thread's part in the region.
using Part = castaway::Thread<SimPlatform>;

/// The part that a world restores. Lives in World::own_memory().
struct MemberState {
    Membership<SimPlatform> membership;
    bool ready = false;
    bool stopping = false;
    bool helper_ended = false;
    std::uint32_t error = 0;
};

class Member {
  public:
    /// \param word  two words of the harness's own, this and the next, are the member's to sleep on
    Member(World& world, SimPlatform& platform, RegionFile file, std::string name,
           std::uint64_t word);

    [[nodiscard]] const RegionFile& file() const { return file_; }

    // By simulated threads of the process.

    /// Claims a slot, or takes over the inherited one, and starts the helper. Returns a Win32
    /// error.
    std::uint32_t attach(const std::optional<ProcessRef>& inherited = std::nullopt);
    /// The same of a process that another one has introduced (Membership::introduce_child).
    std::uint32_t attach_started();
    /// For starting another.
    [[nodiscard]] Membership<SimPlatform>& membership() { return state_->membership; }
    /// A slot for a process to come, with the caller's inheritable handles. Returns a Win32 error.
    std::uint32_t bequeath(Part& part, ProcessRef& heir) {
        return state_->membership.prepare_child(part, {}, heir);
    }
    [[nodiscard]] bool attached() const { return state_->ready; }
    /// Leaves in order. Requires that the caller's part and all others have ended.
    void detach();
    std::optional<Part> make_thread(std::uint32_t& error) {
        return state_->membership.make_thread(error);
    }
    void end_thread(Part& part) { state_->membership.end_thread(part); }

    /// The helper works in one step from sleep to sleep.
    void set_atomic_helper(bool atomic) { atomic_helper_ = atomic; }

  private:
    /// \param has_slot it has adopted one
    std::uint32_t attach(bool has_slot);
    void help();

    World& world_;
    RegionFile file_;
    std::string helper_name_;
    std::function<void()> helper_body_;
    std::uint64_t word_;
    MemberState* state_;
    bool atomic_helper_ = false;
};

}  // namespace castaway::harness::sim
