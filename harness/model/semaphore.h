// The semaphore: a count between 0 and a maximum (SEM-01 to SEM-09).
#pragma once

#include <cstdint>
#include <string>

#include "harness/model/acts.h"
#include "harness/model/model.h"

namespace castaway::harness {

struct SemaphoreState {
    std::int32_t count = 0;
    bool operator==(const SemaphoreState&) const = default;
};

class SemaphoreModel {
  public:
    using State = SemaphoreState;
    using Operation = ObjectOperation;
    static constexpr bool kManyScopes = false;

    SemaphoreModel(std::int32_t initial, std::int32_t maximum)
        : initial_{initial}, maximum_(maximum) {}

    [[nodiscard]] State initial() const { return initial_; }
    [[nodiscard]] std::int32_t maximum() const { return maximum_; }

    [[nodiscard]] std::uint64_t hash(const State& state) const {
        return mix(static_cast<std::uint32_t>(state.count));
    }

    [[nodiscard]] OperationFacts facts(const Operation& operation) const {
        if (operation.answered(ResponseStatus::ok)) {
            if (operation.act == Act::wait) {
                return {.alike = alike_key(1, 0, 0)};
            }
            if (operation.act == Act::release_semaphore) {
                return {.alike = alike_key(operation.tells_previous ? 3 : 2,
                                           static_cast<std::uint32_t>(operation.count),
                                           static_cast<std::uint32_t>(operation.previous))};
            }
        }
        return {.reads = true};
    }

    template <typename Allowed>
    void step(const State& state, const Operation& operation, std::int64_t /*before_ns*/,
              Allowed&& allowed) const {
        if (fails_outside_of_state(operation)) {
            allowed(state);
            return;
        }
        switch (operation.act) {
            case Act::wait:
                if (operation.status == ResponseStatus::timeout) {
                    if (state.count == 0) {
                        allowed(state);
                    }
                } else if (operation.answered(ResponseStatus::ok) && state.count > 0) {
                    allowed(State{state.count - 1});
                }
                return;
            case Act::release_semaphore:
                release(state, operation, allowed);
                return;
            default:
                if (operation.act == Act::thread_end ||
                    (is_about_handles(operation.act) &&
                     operation.status != ResponseStatus::failed)) {
                    allowed(state);
                }
                return;
        }
    }

    [[nodiscard]] bool alone(const State& /*state*/, const Operation& /*target*/) const {
        return false;
    }

    /// Waits and releases that tell nothing of the count can change places, within the bounds; only
    /// those who see the count can tell. Say *upward* and *downward* for what sees a count above or
    /// below the present one: releases that tell the count before, time-outs (0), and refused
    /// releases (a high one). Let the order begin with `other`.
    ///
    /// * Other is a plain release, and nothing upward is open. The first wait in the order (alike
    ///   as waits are, the target, if that is one) has only plain releases before it, since nobody
    ///   who sees the counts that these lead to is open. Put it before them. An order without a
    ///   wait before the target has nothing but plain releases before it; if the target is a plain
    ///   release, or sees the present count, it may as well come first.
    /// * Other is a wait, nothing downward is open, and every release fits. Likewise the first
    ///   release has only waits before it.
    /// * A release that tells the present count may have no other moment than this.
    template <OpenOperations Open>
    [[nodiscard]] bool may_precede(const State& state, const Operation& other,
                                   const Operation& target, const Open& open) const {
        bool target_allowed = false;
        step(state, target, 0, [&](const State&) { target_allowed = true; });
        const bool seen =
            open.any([&](const Operation& each) { return &each != &target && sees_count(each); });
        if (target_allowed && !seen) {
            return false;
        }
        if (other.tells_previous) {
            return true;
        }
        const bool target_is_plain_release =
            target.act == Act::release_semaphore && !sees_count(target);
        if (other.act == Act::wait) {
            const bool all_fit = !open.any([&](const Operation& each) {
                return each.act == Act::release_semaphore && !sees_count(each) &&
                       each.count > maximum_ - state.count;
            });
            return (target_is_plain_release && !target_allowed) || !all_fit ||
                   open.any([&](const Operation& each) { return sees_below(each, state); });
        }
        return state.count == 0 || (target_is_plain_release && target_allowed) ||
               open.any([&](const Operation& each) { return sees_above(each, state); });
    }

    [[nodiscard]] std::string describe(const State& state) const;

  private:
    static bool sees_count(const Operation& operation) {
        return operation.tells_previous || operation.status == ResponseStatus::timeout ||
               operation.status == ResponseStatus::failed;
    }

    /// What it sees is a count below the present one.
    static bool sees_below(const Operation& operation, const State& state) {
        return (operation.status == ResponseStatus::timeout && state.count > 0) ||
               (operation.tells_previous && operation.previous < state.count);
    }
    static bool sees_above(const Operation& operation, const State& state) {
        return operation.status == ResponseStatus::failed ||
               (operation.tells_previous && operation.previous > state.count);
    }

    template <typename Allowed>
    void release(const State& state, const Operation& operation, Allowed&& allowed) const {
        const std::int64_t after = std::int64_t{state.count} + operation.count;
        if (operation.status == ResponseStatus::failed) {
            if (operation.count < 1 ? operation.error == kErrorInvalidParameter
                                    : operation.error == kErrorTooManyPosts && after > maximum_) {
                allowed(state);
            }
            return;
        }
        if (operation.answered(ResponseStatus::ok) && operation.count >= 1 && after <= maximum_ &&
            (!operation.tells_previous || operation.previous == state.count)) {
            allowed(State{static_cast<std::int32_t>(after)});
        }
    }

    State initial_;
    std::int32_t maximum_;
};

}  // namespace castaway::harness
