// The model of several objects together; what its state's words say is in kernel_rules.h.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "harness/model/kernel_rules.h"

namespace castaway::harness {

template <std::size_t kWords>
struct KernelState {
    std::array<std::uint64_t, kWords> words{};
    bool operator==(const KernelState&) const = default;
};

/// Requires that the rules need no more than kWords words.
template <std::size_t kWords>
class KernelModel {
  public:
    using State = KernelState<kWords>;
    using Operation = KernelOperation;
    static constexpr bool kManyScopes = true;

    explicit KernelModel(KernelRules rules) : rules_(std::move(rules)) {}

    KernelRules& rules() { return rules_; }

    [[nodiscard]] State initial() const {
        State state;
        rules_.set_initial(state.words.data());
        return state;
    }

    [[nodiscard]] std::uint64_t hash(const State& state) const {
        std::uint64_t hash = 0;
        for (std::size_t i = 0; i < rules_.words(); ++i) {
            hash = mix(hash + state.words[i]);
        }
        return hash;
    }

    [[nodiscard]] OperationFacts facts(const Operation& operation) const {
        return rules_.facts(operation);
    }

    template <typename Allowed>
    void step(const State& state, const Operation& operation, std::int64_t before_ns,
              Allowed&& allowed) const {
        if (operation.caller == kNoCaller) {
            step_at_moment(state, operation, before_ns, allowed);
            return;
        }
        const bool midway = rules_.is_midway(state.words.data(), operation.caller);
        if (operation.moment == Moment::second && !midway) {
            if (operation.call.act == Act::pulse_end) {
                pulse_at_once(state, operation, allowed);
            }
            return;
        }
        if (operation.moment == Moment::first && midway) {
            return;
        }
        State moved = state;
        rules_.set_midway(moved.words.data(), operation.caller, operation.moment == Moment::first);
        step_at_moment(moved, operation, before_ns, allowed);
    }

    [[nodiscard]] bool alone(const State& /*state*/, const Operation& /*target*/) const {
        return false;
    }

    /// A signal or its clearing that nobody sees before the next call that overwrites it can be
    /// left out; of what is done to a pulsed event see order_matters(); of all others nothing is
    /// known. (One of two moments overwrites as its act does, but not so that what it overwrites
    /// could be left out.)
    template <OpenOperations Open>
    [[nodiscard]] bool may_precede(const State& state, const Operation& other,
                                   const Operation& /*target*/, const Open& open) const {
        if (rules_.is_known_of_pulsed(other)) {
            return order_matters(state, other, open);
        }
        if (!rules_.facts(other).overwrites) {
            return true;
        }
        return open.any([&other](const Operation& each) {
            const bool sees = is_wait(each) || each.moment != Moment::only;
            return sees ? acts_on(each, other.objects[0]) : is_about_handles(each.call.act);
        });
    }

    [[nodiscard]] std::string describe(const State& state) const {
        return rules_.describe(state.words.data());
    }

  private:
    static bool is_wait(const Operation& operation) {
        const Act act = operation.call.act;
        return act == Act::wait || act == Act::wait_any || act == Act::wait_all;
    }
    static bool acts_on(const Operation& operation, std::uint8_t object) {
        const auto end = operation.objects.begin() + operation.object_count;
        return std::find(operation.objects.begin(), end, object) != end;
    }

    /// What is done to a pulsed event commutes with what does not touch the event, and:
    ///
    /// * a set with a set; clearings (a reset, a pulse that is over at once) with one another and
    ///   with beginnings of pulses; the end of a pulse that has begun with all that changes the
    ///   event;
    /// * the beginning of a pulse with all but sets and waits that may be satisfied. No wait can
    /// time
    ///   out while the pulse has satisfied nobody, and an order in which it ends without having
    ///   done so becomes one in which it is over at once, at its end.
    ///
    /// If it commutes with all that is open, it need not come before the target.
    template <OpenOperations Open>
    [[nodiscard]] bool order_matters(const State& state, const Operation& other,
                                     const Open& open) const {
        const Act act = other.call.act;
        const bool ends =
            act == Act::pulse_end && rules_.is_midway(state.words.data(), other.caller);
        return open.any([&](const Operation& each) {
            if (!acts_on(each, other.objects[0])) {
                return false;
            }
            if (is_wait(each)) {
                return act != Act::pulse_begin || (each.call.status != ResponseStatus::timeout &&
                                                   each.call.status != ResponseStatus::failed);
            }
            if (each.call.act == Act::set_event) {
                return act != Act::set_event && !ends;
            }
            const bool clears = each.call.act == Act::reset_event ||
                                each.call.act == Act::pulse_begin ||
                                each.call.act == Act::pulse_end;
            return act == Act::set_event && clears;
        });
    }

    /// A pulse that satisfies nobody.
    template <typename Allowed>
    void pulse_at_once(const State& state, const Operation& pulse, Allowed&& allowed) const {
        if (!pulse.call.answered(ResponseStatus::ok)) {
            return;
        }
        State next = state;
        rules_.clear_event(next.words.data(), pulse.objects[0]);
        allowed(next);
        if (pulse.call.status == ResponseStatus::pending && !(next == state)) {
            allowed(state);
        }
    }

    template <typename Allowed>
    void step_at_moment(const State& state, const Operation& operation, std::int64_t before_ns,
                        Allowed&& allowed) const {
        if (fails_outside_of_state(operation.call)) {
            allowed(state);
            return;
        }
        switch (operation.call.act) {
            case Act::create:
            case Act::open:
            case Act::close:
            case Act::duplicate:
            case Act::process_end:
                act_on_handles(state, operation, allowed);
                return;
            case Act::wait:
            case Act::wait_any:
                wait(state, operation, before_ns, allowed);
                return;
            case Act::wait_all:
                wait_all(state, operation, before_ns, allowed);
                return;
            default:
                act_on_object(state, operation, operation.objects[0], before_ns, allowed);
                return;
        }
    }

    template <typename Allowed>
    void act_on_object(const State& state, const Operation& operation, std::uint8_t object,
                       std::int64_t before_ns, Allowed&& allowed) const {
        const KernelObject& told = rules_.objects()[object];
        if (told.can_vanish && !rules_.exists(state.words.data(), told)) {
            // The end of a thread or pulse finds nothing there; a call in the midst of a closing
            // may have found the object that vanished.
            if (operation.call.act == Act::thread_end || operation.call.act == Act::pulse_end ||
                operation.amid_closing) {
                allowed(state);
            }
            return;
        }
        const Act act = operation.call.act;
        if (told.pulsed && (act == Act::wait || act == Act::wait_any)) {
            if (operation.call.answered(ResponseStatus::ok)) {
                take_event(state, object, allowed);
            }
            return;
        }
        const KernelRules::Outcomes outcomes =
            rules_.act(state.words.data(), object, operation, before_ns);
        for (std::size_t i = 0; i < outcomes.count; ++i) {
            State next = state;
            next.words[told.first_word] = outcomes.words[i];
            allowed(next);
        }
    }

    template <typename Allowed>
    void wait(const State& state, const Operation& operation, std::int64_t before_ns,
              Allowed&& allowed) const {
        const std::uint64_t* words = state.words.data();
        const ResponseStatus status = operation.call.status;
        if (status == ResponseStatus::failed) {
            // Only a mutex knows a failure that depends on its state.
            if (operation.object_count == 1) {
                act_on_object(state, operation, operation.objects[0], before_ns, allowed);
            }
            return;
        }
        for (std::uint8_t i = 0; i < operation.object_count; ++i) {
            const std::uint8_t object = operation.objects[i];
            const bool this_one =
                status == ResponseStatus::pending ||
                (status != ResponseStatus::timeout && operation.satisfied_by == i);
            if (this_one && rules_.may_be_signaled(words, object, operation, before_ns)) {
                act_on_object(state, operation, object, before_ns, allowed);
            } else if (this_one && operation.amid_closing && rules_.objects()[object].can_vanish &&
                       status != ResponseStatus::pending) {
                allowed(state);
            }
            if (status != ResponseStatus::timeout && status != ResponseStatus::pending &&
                operation.satisfied_by == i) {
                return;
            }
            if (!rules_.may_be_unsignaled(words, object, operation)) {
                return;
            }
        }
        if (status == ResponseStatus::timeout) {
            allowed(state);
        }
    }

    template <typename Allowed>
    void wait_all(const State& state, const Operation& operation, std::int64_t before_ns,
                  Allowed&& allowed) const {
        if (operation.call.status == ResponseStatus::failed ||
            operation.call.status == ResponseStatus::timeout) {
            if (rules_.may_take_nothing(state.words.data(), operation)) {
                allowed(state);
            }
            return;
        }
        State next = state;
        if (rules_.take_all(next.words.data(), operation, before_ns)) {
            take_pulsed(next, operation, 0, allowed);
        }
    }

    /// Takes, besides, those of the wait_all's objects from the i-th on that are pulsed events.
    template <typename Allowed>
    void take_pulsed(const State& state, const Operation& operation, std::uint8_t i,
                     const Allowed& allowed) const {
        while (i < operation.object_count && !rules_.objects()[operation.objects[i]].pulsed) {
            ++i;
        }
        if (i == operation.object_count) {
            allowed(state);
            return;
        }
        take_event(state, operation.objects[i], [&](const State& next) {
            take_pulsed(next, operation, static_cast<std::uint8_t>(i + 1), allowed);
        });
    }

    /// A wait for the event, which is signaled unless it has vanished meanwhile.
    template <typename Allowed>
    void take_event(const State& state, std::uint8_t object, const Allowed& allowed) const {
        const KernelObject& event = rules_.objects()[object];
        const std::uint64_t word = state.words[event.first_word];
        if (event.reset == ResetKind::manual || word == 0) {
            allowed(state);
            return;
        }
        // Which of several signals it takes, nobody tells.
        for (std::uint64_t left = word; left != 0; left &= left - 1) {
            State next = state;
            next.words[event.first_word] = word & ~(left & (~left + 1));
            allowed(next);
        }
    }

    template <typename Allowed>
    void act_on_handles(const State& state, const Operation& operation, Allowed&& allowed) const {
        const KernelObject& object = rules_.objects()[operation.objects[0]];
        const ObjectOperation& call = operation.call;
        if (!object.can_vanish) {
            // It was made before the first operation and outlives the last.
            if (call.status != ResponseStatus::failed) {
                allowed(state);
            }
            return;
        }
        const bool exists = rules_.exists(state.words.data(), object);
        const std::uint32_t handles = rules_.handles(state.words.data(), object, operation.process);
        const auto allow = [&](std::uint32_t count) {
            State next = state;
            rules_.set_handles(next.words.data(), object, operation.process, count);
            allowed(next);
        };
        if (call.act == Act::process_end) {
            allow(0);
            return;
        }
        if (call.status == ResponseStatus::failed) {
            if (call.act == Act::open && call.error == kErrorFileNotFound && !exists) {
                allowed(state);
            }
            return;
        }
        const bool any_answer = call.status == ResponseStatus::pending;
        switch (call.act) {
            case Act::create:
                if (any_answer || exists == operation.existed) {
                    allow(handles + 1);
                }
                return;
            case Act::open:
                if (exists) {
                    allow(handles + 1);
                }
                return;
            case Act::duplicate:
                if (handles > 0 || operation.amid_closing) {
                    allow(handles + 1);
                }
                return;
            default:
                if (handles > 0) {
                    allow(handles - 1);
                }
                return;
        }
    }

    KernelRules rules_;
};

}  // namespace castaway::harness
