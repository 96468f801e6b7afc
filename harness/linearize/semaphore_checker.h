// What the operations on a semaphore do to each other, for ConfigurationChecker, where nobody tells
// a count: no release its count before, and none is refused. Then only time-outs see a count, 0.
//
// Takes and releases can change places within the bounds, so each takes effect when it returns,
// after no more than what it needs: a take of an empty semaphore one release, a release that does
// not fit as many takes as make room for it. But before a count grows that was to be seen at 0,
// takes may have brought it there: that cannot wait.
#pragma once

#include <algorithm>
#include <cstdint>

#include "harness/linearize/configuration_checker.h"
#include "harness/model/semaphore.h"

namespace castaway::harness {

template <typename SlotSet>
class SemaphoreRules {
  public:
    using M = SemaphoreModel;
    using Configuration = Possibility<SemaphoreState, SlotSet>;
    using Open = OpenByKind<SlotSet>;

    explicit SemaphoreRules(const SemaphoreModel& model)
        : model_(model), maximum_(model.maximum()) {}

    [[nodiscard]] std::uint8_t kind_of(const ObjectOperation& operation) const {
        if (fails_outside_of_state(operation)) {
            return Open::kNothing;
        }
        const bool ok = operation.answered(ResponseStatus::ok);
        switch (operation.act) {
            case Act::wait:
                return ok                                            ? number(Kind::take)
                       : operation.status == ResponseStatus::timeout ? number(Kind::sees_none)
                                                                     : Open::kImpossible;
            case Act::release_semaphore:
                if (operation.tells_previous || operation.status == ResponseStatus::failed) {
                    return Open::kUnknown;
                }
                return ok && operation.count >= 1 && operation.count <= maximum_
                           ? number(Kind::release)
                           : Open::kImpossible;
            default:
                break;
        }
        bool allowed = false;
        model_.step(model_.initial(), operation, 0, [&](const SemaphoreState&) { allowed = true; });
        return allowed ? Open::kNothing : Open::kImpossible;
    }

    [[nodiscard]] bool only_sees(std::uint8_t kind) const {
        return kind == number(Kind::sees_none);
    }

    /// What the count as it is does to those who are open.
    void notice(const Open& open, Configuration& c) const {
        if (c.state.count == 0) {
            c.done |= open.of(Kind::sees_none);
        }
    }

    /// Calls `add(next)` for all that can have been by the time at which the operation in the slot,
    /// which has not taken effect, returns.
    template <typename Add>
    void conclude(const Open& open, const Configuration& c, std::uint8_t kind, std::uint32_t slot,
                  Add&& add) const {
        if (c.free.test(slot)) {
            add(c);
        }
        switch (static_cast<Kind>(kind)) {
            case Kind::take:
                if (c.state.count > 0) {
                    add(with(open, c, slot, -1));
                } else {
                    each_release(open, c, [&](const Configuration& next) {
                        add(with(open, next, slot, -1));
                    });
                }
                return;
            case Kind::release: {
                const std::int32_t count = open.count(slot);
                const std::int32_t room = maximum_ - c.state.count;
                const auto release = [&](const Configuration& next) {
                    add(with(open, next, slot, count));
                };
                const std::int32_t needed = std::max(count - room, 0);
                after_takes(open, c, needed, slot, release);
                if (needed < c.state.count && open.to_do(c, Kind::sees_none).any()) {
                    after_takes(open, c, c.state.count, slot, release);
                }
                return;
            }
            case Kind::sees_none:
                after_takes(open, c, c.state.count, slot, add);
                return;
        }
    }

  private:
    enum class Kind : std::uint8_t { take, release, sees_none };
    static constexpr std::uint8_t number(Kind kind) { return static_cast<std::uint8_t>(kind); }

    /// Each release that an empty semaphore may have had: of one count, the first to return of
    /// those that are free, and of those that are not.
    template <typename Next>
    void each_release(const Open& open, const Configuration& c, Next&& next) const {
        SlotSet left = open.available(c, Kind::release);
        while (left.any()) {
            const std::uint32_t first = open.first_of(left);
            next(with(open, c, first, open.count(first)));
            const SlotSet before = left;
            before.each([&](std::uint32_t slot) {
                // One that is free is no better than one that returns sooner and is not.
                const bool no_better = open.count(slot) == open.count(first) &&
                                       (!c.free.test(first) || c.free.test(slot));
                if (no_better) {
                    left.reset(slot);
                }
            });
        }
    }

    /// After so many takes, those that return first: each number of free ones among them.
    template <typename Next>
    void after_takes(const Open& open, const Configuration& c, std::int32_t takes,
                     std::uint32_t except, Next&& next) const {
        if (takes == 0) {
            next(c);
            return;
        }
        SlotSet due = open.to_do(c, Kind::take);
        SlotSet free = open.available(c, Kind::take) - due;
        due.reset(except);
        free.reset(except);
        const auto due_count = static_cast<std::int32_t>(due.count());
        const auto free_count = static_cast<std::int32_t>(free.count());
        for (std::int32_t of_free = std::max(takes - due_count, 0);
             of_free <= std::min(takes, free_count); ++of_free) {
            Configuration taken = c;
            take_first(open, taken, free, of_free);
            take_first(open, taken, due, takes - of_free);
            notice(open, taken);
            next(taken);
        }
    }

    static void take_first(const Open& open, Configuration& c, SlotSet from, std::int32_t takes) {
        for (; takes > 0; --takes) {
            const std::uint32_t first = open.first_of(from);
            from.reset(first);
            c.done.set(first);
            --c.state.count;
        }
    }

    Configuration with(const Open& open, Configuration c, std::uint32_t slot,
                       std::int32_t change) const {
        c.done.set(slot);
        c.state.count += change;
        notice(open, c);
        return c;
    }

    SemaphoreModel model_;
    std::int32_t maximum_;
};

template <typename SlotSet>
using SemaphoreChecker = ConfigurationChecker<SemaphoreRules<SlotSet>, SlotSet>;

}  // namespace castaway::harness
