// What the operations on an event do to each other, for ConfigurationChecker.
//
// Operations are of few kinds, by what they do to the signal: *set* and *reset*, *take* (the
// satisfied wait on an auto-reset event), and those who see the signal, or see that there is none.
// Those of a kind are alike. Three facts keep the configurations few:
//
// * while there is a signal, every open set could be made without anybody's noticing, and is free;
//   while there is none, so is every open reset. Who sees the one or the other has seen it;
// * a set that returns while there is a signal may have overwritten any number of open resets, and
//   one take: these become free. So does one take before a reset;
// * a free operation that returns is lost to others: it may have been needed by who comes later,
//   so the configurations with and without its effect both live on.
#pragma once

#include <cstdint>

#include "harness/linearize/configuration_checker.h"
#include "harness/model/event.h"

namespace castaway::harness {

template <typename SlotSet>
class EventRules {
  public:
    using M = EventModel;
    using Configuration = Possibility<EventState, SlotSet>;
    using Open = OpenByKind<SlotSet>;

    explicit EventRules(const EventModel& model) : model_(model) {}

    [[nodiscard]] std::uint8_t kind_of(const ObjectOperation& operation) const {
        const auto after = [&](bool signaled) {
            int next = -1;
            model_.step(EventState{signaled}, operation, 0,
                        [&](const EventState& state) { next = state.signaled ? 1 : 0; });
            return next;
        };
        const int from_none = after(false);
        const int from_signal = after(true);
        if (from_none < 0) {
            return from_signal < 0    ? Open::kImpossible
                   : from_signal == 0 ? number(Kind::take)
                                      : number(Kind::sees_signal);
        }
        if (from_signal < 0) {
            return number(Kind::sees_none);  // None works without a signal only, and makes one.
        }
        return from_none != from_signal ? Open::kNothing
                                        : number(from_none == 1 ? Kind::set : Kind::reset);
    }

    [[nodiscard]] bool only_sees(std::uint8_t kind) const {
        return kind == number(Kind::sees_signal) || kind == number(Kind::sees_none);
    }

    /// What the signal as it is does to those who are open.
    void notice(const Open& open, Configuration& c) const {
        c.free |= open.of(c.state.signaled ? Kind::set : Kind::reset);
        c.done |= open.of(c.state.signaled ? Kind::sees_signal : Kind::sees_none);
    }

    /// Calls `add(next)` for all that can have been by the time at which the operation in the slot,
    /// which has not taken effect, returns.
    template <typename Add>
    void conclude(const Open& open, const Configuration& c, std::uint8_t kind, std::uint32_t slot,
                  Add&& add) const {
        const bool is_free = c.free.test(slot);
        switch (static_cast<Kind>(kind)) {
            case Kind::take:
                conclude_take(open, c, slot, is_free, add);
                return;
            case Kind::set:
                conclude_set(open, c, slot, is_free, add);
                return;
            case Kind::reset:
                conclude_reset(open, c, slot, is_free, add);
                return;
            case Kind::sees_none:
                each_clearing(open, c, add);
                return;
            case Kind::sees_signal:
                with_signal_from_a_set(open, c, add);
                return;
        }
    }

  private:
    enum class Kind : std::uint8_t { set, reset, take, sees_signal, sees_none };
    static constexpr std::uint8_t number(Kind kind) { return static_cast<std::uint8_t>(kind); }

    template <typename Add>
    void conclude_take(const Open& open, const Configuration& c, std::uint32_t slot, bool is_free,
                       Add&& add) const {
        if (is_free) {
            add(c);
        }
        if (c.state.signaled) {
            add(with(open, c, slot, false));
            return;
        }
        const bool relieves =
            !is_free || open.to_do(c, Kind::set).any() || open.to_do(c, Kind::sees_signal).any();
        if (relieves) {
            with_signal_from_a_set(
                open, c, [&](const Configuration& next) { add(with(open, next, slot, false)); });
        }
    }

    template <typename Add>
    void conclude_set(const Open& open, const Configuration& c, std::uint32_t slot, bool is_free,
                      Add&& add) const {
        if (!c.state.signaled) {
            if (is_free) {
                add(c);
            }
            add(with(open, c, slot, true));
            return;
        }
        Configuration overwriting = c;
        overwriting.free |= open.of(Kind::reset);
        excuse_a_take(open, overwriting);
        add(overwriting);
        if (open.to_do(c, Kind::sees_none).any()) {
            each_clearing(open, c,
                          [&](const Configuration& next) { add(with(open, next, slot, true)); });
        }
    }

    template <typename Add>
    void conclude_reset(const Open& open, const Configuration& c, std::uint32_t slot, bool is_free,
                        Add&& add) const {
        if (c.state.signaled) {
            if (is_free) {
                add(c);
            }
            add(cleared_by_reset(open, c, slot));
            return;
        }
        Configuration overwriting = c;
        overwriting.free |= open.of(Kind::set);
        add(overwriting);
        if (open.to_do(c, Kind::sees_signal).any()) {
            with_signal_from_a_set(
                open, c, [&](const Configuration& next) { add(with(open, next, slot, false)); });
        }
    }

    /// Without a signal: the first set to return makes one.
    template <typename Next>
    void with_signal_from_a_set(const Open& open, const Configuration& c, Next&& next) const {
        const std::uint32_t set = open.first_of(open.available(c, Kind::set));
        if (set != SlotSet::kNone) {
            next(with(open, c, set, true));
        }
    }

    /// With a signal: an open take or reset ends it. A take that is free and one that is not differ
    /// in more than their ends.
    template <typename Next>
    void each_clearing(const Open& open, const Configuration& c, Next&& next) const {
        const std::uint32_t due = open.first_of(open.to_do(c, Kind::take));
        const std::uint32_t any = open.first_of(open.available(c, Kind::take));
        if (due != SlotSet::kNone) {
            next(with(open, c, due, false));
        }
        if (any != SlotSet::kNone && any != due) {
            next(with(open, c, any, false));
        }
        const std::uint32_t reset = open.first_of(open.available(c, Kind::reset));
        if (reset != SlotSet::kNone) {
            next(cleared_by_reset(open, c, reset));
        }
    }

    Configuration cleared_by_reset(const Open& open, Configuration c, std::uint32_t reset) const {
        excuse_a_take(open, c);
        return with(open, c, reset, false);
    }

    /// One take may have come just before what overwrites the signal.
    void excuse_a_take(const Open& open, Configuration& c) const {
        const std::uint32_t take = open.first_of(open.to_do(c, Kind::take));
        if (take != SlotSet::kNone) {
            c.free.set(take);
        }
    }

    Configuration with(const Open& open, Configuration c, std::uint32_t slot, bool signaled) const {
        c.done.set(slot);
        c.state.signaled = signaled;
        notice(open, c);
        return c;
    }

    EventModel model_;
};

template <typename SlotSet>
using EventChecker = ConfigurationChecker<EventRules<SlotSet>, SlotSet>;

}  // namespace castaway::harness
