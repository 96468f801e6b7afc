// The mutex: owned by one thread, any number of times over; abandoned when its owner ends
// (MTX-01 to MTX-03, MTX-05 to MTX-10, MTX-15 to MTX-17).
#pragma once

#include <cstdint>
#include <string>

#include "harness/model/acts.h"
#include "harness/model/model.h"

namespace castaway::harness {

struct MutexState {
    std::uint32_t owner = 0;  ///< thread + 1, 0 while it is free
    std::uint32_t depth = 0;  ///< times that the owner must release it
    bool abandoned = false;   ///< free because its owner ended; nobody was told

    bool operator==(const MutexState&) const = default;
};

/// What differs between mutexes. The Win32 one is the default.
struct MutexRules {
    bool recursive = true;  ///< the owner's own wait succeeds; otherwise it blocks for ever
    /// What the end of its owner does to it.
    enum class OwnerEnd : std::uint8_t { abandons, frees, leaves_owned };
    OwnerEnd owner_end = OwnerEnd::abandons;
    std::uint32_t depth_max = 0x7fffffff;
};

/// A wait by that thread would be satisfied.
constexpr bool signaled_for(const MutexState& state, std::uint32_t thread,
                            const MutexRules& rules) {
    return state.owner == 0 || (rules.recursive && state.owner == thread + 1);
}

class MutexModel {
  public:
    using State = MutexState;
    using Operation = ObjectOperation;
    static constexpr bool kManyScopes = false;

    explicit MutexModel(MutexRules rules = {}, State initial = {})
        : rules_(rules), initial_(initial) {}

    [[nodiscard]] State initial() const { return initial_; }

    [[nodiscard]] std::uint64_t hash(const State& state) const {
        return mix((std::uint64_t{state.owner} << 32) + std::uint64_t{state.depth} * 2 +
                   (state.abandoned ? 1 : 0));
    }

    [[nodiscard]] OperationFacts facts(const Operation& operation) const {
        const bool changes = operation.act == Act::thread_end ||
                             ((operation.act == Act::wait || operation.act == Act::release_mutex) &&
                              operation.status != ResponseStatus::timeout &&
                              operation.status != ResponseStatus::failed);
        return {.reads = !changes};
    }

    template <typename Allowed>
    void step(const State& state, const Operation& operation, std::int64_t /*before_ns*/,
              Allowed&& allowed) const {
        const std::uint32_t self = operation.thread + 1;
        switch (operation.act) {
            case Act::wait:
                wait(state, operation, allowed);
                return;
            case Act::release_mutex:
                if (operation.status == ResponseStatus::failed) {
                    if (fails_outside_of_state(operation) ||
                        (operation.error == kErrorNotOwner && state.owner != self)) {
                        allowed(state);
                    }
                } else if (state.owner == self && operation.answered(ResponseStatus::ok)) {
                    allowed(state.depth > 1 ? State{self, state.depth - 1, false} : State{});
                }
                return;
            case Act::thread_end:
                allowed(state.owner == self ? after_owner_end(state) : state);
                return;
            default:
                if (is_about_handles(operation.act) &&
                    (operation.status != ResponseStatus::failed ||
                     fails_outside_of_state(operation))) {
                    allowed(state);
                }
                return;
        }
    }

    /// Nothing that is open needs to come before a call that the state allows, for who waits
    /// becomes the owner and has no other call open with which to release it: the caller would
    /// have to wait for a later call. (The end of such a waiter could free the mutex, but then
    /// only as an abandoned one, as which the state, allowing the call, already knows it or
    /// which the call denies.) Before the end of a thread its own last call may come.
    [[nodiscard]] bool alone(const State& /*state*/, const Operation& target) const {
        return target.act != Act::thread_end;
    }

    template <OpenOperations Open>
    [[nodiscard]] bool may_precede(const State& state, const Operation& other,
                                   const Operation& target, const Open& /*open*/) const {
        if (state.owner != 0) {
            // Only the owner's own release or end changes what the target sees.
            return other.act != Act::wait;
        }
        if (other.act != Act::wait) {
            return false;
        }
        // A new owner is what a time-out or a refusal needs. It does a wait no good, unless the
        // new owner ends at once, and then the wait is told so.
        if (target.act == Act::thread_end) {
            return other.thread == target.thread;
        }
        return target.act != Act::wait || target.status == ResponseStatus::timeout ||
               (target.status == ResponseStatus::abandoned &&
                other.status == ResponseStatus::pending);
    }

    [[nodiscard]] std::string describe(const State& state) const;

  private:
    [[nodiscard]] State after_owner_end(const State& state) const {
        switch (rules_.owner_end) {
            case MutexRules::OwnerEnd::abandons:
                return {0, 0, true};
            case MutexRules::OwnerEnd::frees:
                return {};
            case MutexRules::OwnerEnd::leaves_owned:
                break;
        }
        return state;
    }

    template <typename Allowed>
    void wait(const State& state, const Operation& operation, Allowed&& allowed) const {
        const std::uint32_t self = operation.thread + 1;
        const bool signaled = signaled_for(state, operation.thread, rules_);
        switch (operation.status) {
            case ResponseStatus::alerted:
                allowed(state);
                return;
            case ResponseStatus::timeout:
                if (!signaled) {
                    allowed(state);
                }
                return;
            case ResponseStatus::failed:
                if (fails_outside_of_state(operation) ||
                    (operation.error == kErrorMutantLimitExceeded && state.owner == self &&
                     state.depth == rules_.depth_max)) {
                    allowed(state);
                }
                return;
            case ResponseStatus::pending:
                break;
            case ResponseStatus::ok:
                if (state.abandoned) {
                    return;
                }
                break;
            case ResponseStatus::abandoned:
                if (!state.abandoned) {
                    return;
                }
                break;
        }
        if (signaled && state.depth < rules_.depth_max) {
            allowed(State{self, state.depth + 1, false});
        }
    }

    MutexRules rules_;
    State initial_;
};

}  // namespace castaway::harness
