// The event: a signal that a satisfied wait takes (auto-reset) or leaves (manual-reset)
// (EVT-01 to EVT-07).
#pragma once

#include <cstdint>
#include <string>

#include "harness/model/acts.h"
#include "harness/model/model.h"

namespace castaway::harness {

struct EventState {
    bool signaled = false;
    bool operator==(const EventState&) const = default;
};

enum class ResetKind : std::uint8_t { automatic, manual };

class EventModel {
  public:
    using State = EventState;
    using Operation = ObjectOperation;
    static constexpr bool kManyScopes = false;

    EventModel(ResetKind reset, bool initially_signaled)
        : reset_(reset), initial_{initially_signaled} {}

    [[nodiscard]] State initial() const { return initial_; }

    [[nodiscard]] std::uint64_t hash(const State& state) const {
        return mix(state.signaled ? 2 : 1);
    }

    [[nodiscard]] OperationFacts facts(const Operation& operation) const {
        if (operation.answered(ResponseStatus::ok)) {
            switch (operation.act) {
                case Act::set_event:
                    return {.idles = true,
                            .blind = true,
                            .overwrites = true,
                            .alike = alike_key(1, 0, 0)};
                case Act::reset_event:
                    return {.idles = true,
                            .blind = true,
                            .overwrites = true,
                            .alike = alike_key(2, 0, 0)};
                case Act::wait:
                    if (reset_ == ResetKind::automatic) {
                        return {.alike = alike_key(3, 0, 0)};
                    }
                    break;
                default:
                    break;
            }
        }
        return {.reads = true};
    }

    template <typename Allowed>
    void step(const State& state, const Operation& operation, std::int64_t /*before_ns*/,
              Allowed&& allowed) const {
        if (operation.status == ResponseStatus::failed) {
            if (fails_outside_of_state(operation)) {
                allowed(state);
            }
            return;
        }
        const bool ok = operation.answered(ResponseStatus::ok);
        switch (operation.act) {
            case Act::set_event:
                if (ok) {
                    allowed(State{true});
                }
                return;
            case Act::reset_event:
                if (ok) {
                    allowed(State{false});
                }
                return;
            case Act::wait:
                if (state.signaled ? ok : operation.status == ResponseStatus::timeout) {
                    allowed(State{state.signaled && reset_ == ResetKind::manual});
                }
                return;
            default:
                if (operation.act == Act::thread_end || is_about_handles(operation.act)) {
                    allowed(state);
                }
                return;
        }
    }

    [[nodiscard]] bool alone(const State& /*state*/, const Operation& /*target*/) const {
        return false;
    }

    /// A change that nobody sees before the next set or reset can as well be left out: the call
    /// then counts as made just before that one. Whoever sees it must be open, or be the target.
    /// So does a wait that takes the signal just before the next set or reset, unless a time-out
    /// sees that it is gone.
    template <OpenOperations Open>
    [[nodiscard]] bool may_precede(const State& state, const Operation& other,
                                   const Operation& target, const Open& open) const {
        if (other.act == Act::wait && (target.act == Act::wait || target.act == Act::thread_end)) {
            return true;
        }
        if (other.act == Act::wait && target.act == Act::reset_event) {
            return false;
        }
        const bool time_out_sees = other.act == Act::wait || state.signaled;
        return open.any([time_out_sees](const Operation& each) {
            return each.act == Act::wait &&
                   (each.status == ResponseStatus::timeout) == time_out_sees;
        });
    }

    [[nodiscard]] std::string describe(const State& state) const;

  private:
    ResetKind reset_;
    State initial_;
};

}  // namespace castaway::harness
