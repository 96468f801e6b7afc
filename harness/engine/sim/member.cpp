#include "harness/engine/sim/member.h"

#include <utility>

namespace castaway::harness::sim {

Member::Member(World& world, SimPlatform& platform, RegionFile file, std::string name,
               std::uint64_t word)
    : world_(world),
      file_(std::move(file)),
      helper_name_(std::move(name) + ".helper"),
      helper_body_([this] { help(); }),
      word_(word),
      state_(&world.own_memory().make<MemberState>(
          MemberState{Membership<SimPlatform>(platform, file_)})) {}

std::uint32_t Member::attach(const std::optional<ProcessRef>& inherited) {
    return attach(inherited && state_->membership.adopt_slot(*inherited));
}

std::uint32_t Member::attach_started() {
    return attach(state_->membership.adopt_own_slot());
}

std::uint32_t Member::attach(bool has_slot) {
    AttachFailure failure;
    state_->ready = false;
    state_->stopping = false;
    state_->helper_ended = false;
    state_->error = ERROR_SUCCESS;
    if (!has_slot && !state_->membership.claim_process(failure)) {
        return failure.error;
    }
    world_.spawn(helper_name_, ThreadRole::helper, helper_body_);
    while (!state_->ready && !state_->helper_ended) {
        world_.sleep_on(word_);
    }
    if (state_->error != ERROR_SUCCESS) {
        state_->membership.free_process();
    }
    return state_->error;
}

void Member::help() {
    if (atomic_helper_) {
        world_.enter_operation();
    }
    state_->error = state_->membership.help(
        [this] {
            state_->ready = true;
            world_.wake_on(word_);
        },
        [this] { return state_->stopping; });
    state_->helper_ended = true;
    world_.wake_on(word_ + 1);
    world_.wake_on(word_);
}

void Member::detach() {
    state_->stopping = true;
    state_->membership.ring_own_helper();
    while (!state_->helper_ended) {
        world_.sleep_on(word_ + 1);
    }
    state_->membership.free_process();
}

}  // namespace castaway::harness::sim
