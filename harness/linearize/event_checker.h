// The checker for events: no search, but all configurations that there can be, side by side.
//
// A configuration is the signal, and which of the open operations took effect, or need not any more
// (they are *free*; as in search.h, they may still be chosen). Operations take effect as late as
// can be: when one returns that has not. What is asked of each then is only what cannot wait.
//
// Operations are of few kinds, by what they do to the signal: *set* and *reset*, *take* (the
// satisfied wait on an auto-reset event), and those who see the signal, or see that there is none.
// Those of a kind are alike, so the one that returns first is used first: in any order that has
// them the other way, they can be exchanged. And three facts keep the configurations few:
//
// * while there is a signal, every open set could be made without anybody's noticing, and is free;
//   while there is none, so is every open reset. Who sees the one or the other has seen it;
// * a set that returns while there is a signal may have overwritten any number of open resets, and
//   one take: these become free. So does one take before a reset;
// * a free operation that returns is lost to others: it may have been needed by who comes later,
//   so the configurations with and without its effect both live on.
//
// What waits for nothing is not done early: whatever is open still can come right after.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "harness/linearize/object_judge.h"
#include "harness/linearize/ring.h"
#include "harness/linearize/stretch.h"
#include "harness/linearize/witness.h"
#include "harness/model/event.h"

namespace castaway::harness {

/// \tparam SlotSet  Slots<n>: how many operations can be open at once
template <typename SlotSet>
class EventChecker final : public ObjectJudge<ObjectOperation> {
  public:
    EventChecker(const EventModel& model, const SearchLimits& limits)
        : model_(model), limits_(limits), owners_(SlotSet::kCapacity, 0) {
        configurations_ = {{{}, {}, model_.initial().signaled}};
        keep_checkpoint();
        older_ = newer_;
    }

    Number begin(OperationId id) override {
        Record record;
        record.id = id;
        const Number number = records_.push(record);
        events_.push({number, true});
        return number;
    }
    void answer(Number number, const ObjectOperation& operation, std::int64_t) override {
        end(number, operation, Ending::answered);
        advance_in_batches();
    }
    void close(Number number, const ObjectOperation& operation, std::int64_t) override {
        end(number, operation, Ending::closed);
        advance_in_batches();
    }
    void leave_open(Number number, const ObjectOperation& operation) override {
        end(number, operation, Ending::left_open);
    }
    void withdraw(Number number) override { end(number, {}, Ending::withdrawn); }
    /// Ends of threads mean nothing to an event.
    void link(Number /*ender*/, Number /*ended*/) override {}

    void advance() override {
        while (!over() && at_ < events_.end()) {
            const Event event = events_[at_];
            if (event.begins && record(event.number).ending == Ending::unknown) {
                return;
            }
            ++at_;
            if (event.begins) {
                enter(event.number);
            } else {
                leave(event.number);
            }
            if (at_ >= newer_.at + 2 * limits_.settle_interval && !over()) {
                keep_checkpoint();
                forget();
            }
        }
    }

    [[nodiscard]] bool over() const override { return failed_ || spent_; }
    [[nodiscard]] std::uint64_t remembered() const override {
        return records_.end() - records_.begin();
    }

    Judgement conclude() override {
        advance();
        Judgement judgement;
        judgement.operations = entered_;
        judgement.left_aside = left_aside_;
        judgement.steps = steps_;
        if (failed_ && left_aside_ == 0) {
            judgement.finding = Finding::not_linearizable;
            judgement.witness =
                WitnessFinder<EventModel, SlotSet>(model_, limits_, stretch()).find();
        } else if (failed_) {
            judgement.reason =
                "no order was found, but operations without an answer had to be left aside, for "
                "too many of them are open at once";
        } else if (spent_) {
            judgement.reason = reason_;
        } else if (at_ == events_.end()) {
            judgement.finding = Finding::linearizable;
        } else {
            judgement.reason = "the end of an operation was not told";
        }
        return judgement;
    }

  private:
    /// What an operation does to the signal.
    enum class Kind : std::uint8_t {
        set,
        reset,
        take,
        sees_signal,
        sees_none,
        nothing,
        impossible
    };
    static constexpr std::size_t kKinds = 5;  ///< those that take a slot

    struct Record {
        ObjectOperation operation;
        std::uint64_t ends_at = std::numeric_limits<std::uint64_t>::max();
        OperationId id = 0;
        std::uint32_t slot = SlotSet::kNone;
        Kind kind = Kind::nothing;
        Ending ending = Ending::unknown;
    };
    struct Event {
        Number number;
        bool begins;
    };
    struct Configuration {
        SlotSet done;
        SlotSet free;
        bool signaled = false;
    };
    /// A place from which a witness can begin.
    struct Checkpoint {
        std::uint64_t at = 0;
        Number next = 0;
        std::vector<Configuration> configurations;
        std::vector<std::pair<Number, Record>> open;
        std::array<OperationId, 4> returned{};
        std::uint64_t returned_count = 0;
    };

    [[nodiscard]] Kind kind_of(const ObjectOperation& operation) const {
        const auto after = [&](bool signaled) {
            int next = -1;
            model_.step(EventState{signaled}, operation, 0,
                        [&](const EventState& state) { next = state.signaled ? 1 : 0; });
            return next;
        };
        const int from_none = after(false);
        const int from_signal = after(true);
        if (from_none < 0) {
            return from_signal < 0    ? Kind::impossible
                   : from_signal == 0 ? Kind::take
                                      : Kind::sees_signal;
        }
        if (from_signal < 0) {
            return Kind::sees_none;  // No model's operation fails to work on a signal and makes
                                     // one.
        }
        return from_none == from_signal ? (from_none == 1 ? Kind::set : Kind::reset)
                                        : Kind::nothing;
    }

    Record& record(Number number) { return find_record(*this, number); }
    const Record& record(Number number) const { return find_record(*this, number); }
    template <typename Self>
    static auto& find_record(Self& self, Number number) {
        if (number >= self.records_.begin()) {
            return self.records_[number];
        }
        return std::find_if(self.kept_.begin(), self.kept_.end(),
                            [number](const auto& kept) { return kept.first == number; })
            ->second;
    }

    void end(Number number, const ObjectOperation& operation, Ending ending) {
        Record& told = record(number);
        told.operation = operation;
        told.ending = ending;
        told.kind = ending == Ending::withdrawn ? Kind::nothing : kind_of(operation);
        const bool sees = told.kind == Kind::sees_signal || told.kind == Kind::sees_none;
        if (may_be_left_out(ending) && (sees || told.kind == Kind::impossible)) {
            told.kind = Kind::nothing;
        }
        if (ending == Ending::answered || ending == Ending::closed) {
            told.ends_at = events_.push({number, false});
        }
    }

    void advance_in_batches() {
        constexpr std::uint64_t kBatch = 256;
        if (++told_ % kBatch == 0) {
            advance();
        }
    }

    SlotSet& of(Kind kind) { return of_kind_[static_cast<std::size_t>(kind)]; }
    [[nodiscard]] SlotSet available(const Configuration& c, Kind kind) const {
        return of_kind_[static_cast<std::size_t>(kind)] - c.done;
    }
    [[nodiscard]] SlotSet to_do(const Configuration& c, Kind kind) const {
        return available(c, kind) - c.free;
    }

    /// The one that returns first; kNone when there is none.
    [[nodiscard]] std::uint32_t first_of(const SlotSet& slots) const {
        std::uint32_t best = SlotSet::kNone;
        slots.each([&](std::uint32_t slot) {
            if (best == SlotSet::kNone || ends_at_[slot] < ends_at_[best]) {
                best = slot;
            }
        });
        return best;
    }

    void enter(Number number) {
        ++entered_;
        Record& told = record(number);
        if (told.kind == Kind::nothing || told.kind == Kind::impossible) {
            return;
        }
        const bool optional = may_be_left_out(told.ending);
        if (optional && open_.count() >= SlotSet::kCapacity - SlotSet::kReserved) {
            ++left_aside_;
            return;
        }
        const std::uint32_t slot = open_.first_absent();
        if (slot == SlotSet::kNone) {
            spend("more operations are open at once than can be followed");
            return;
        }
        told.slot = slot;
        owners_[slot] = number;
        ends_at_[slot] = told.ends_at;
        open_.set(slot);
        of(told.kind).set(slot);
        for (Configuration& each : configurations_) {
            if (optional) {
                each.free.set(slot);
            }
            notice(each);
        }
    }

    void leave(Number number) {
        const Record told = record(number);
        if (told.ending == Ending::answered) {
            returned_[returned_count_++ % returned_.size()] = told.id;
        }
        if (told.kind == Kind::impossible) {
            failed_ = true;
            return;
        }
        if (told.slot == SlotSet::kNone) {
            return;
        }
        next_.clear();
        for (const Configuration& each : configurations_) {
            ++steps_;
            if (each.done.test(told.slot)) {
                add(each, told.slot);
            } else {
                conclude_operation(each, told.kind, told.slot);
            }
        }
        if (next_.empty()) {
            failed_ = true;
            return;
        }
        std::swap(configurations_, next_);
        open_.reset(told.slot);
        of(told.kind).reset(told.slot);
        constexpr std::size_t kConfigurationsMax = 4096;
        if (configurations_.size() > kConfigurationsMax) {
            spend("too many configurations are possible at once");
        }
    }

    /// All that can have been by the time at which the operation in the slot returns.
    void conclude_operation(const Configuration& c, Kind kind, std::uint32_t slot) {
        const bool is_free = c.free.test(slot);
        switch (kind) {
            case Kind::take:
                conclude_take(c, slot, is_free);
                return;
            case Kind::set:
                conclude_set(c, slot, is_free);
                return;
            case Kind::reset:
                conclude_reset(c, slot, is_free);
                return;
            case Kind::sees_none:
                each_clearing(c, [&](const Configuration& next) { add(next, slot); });
                return;
            case Kind::sees_signal:
                with_signal_from_a_set(c, [&](const Configuration& next) { add(next, slot); });
                return;
            default:
                return;
        }
    }

    void conclude_take(const Configuration& c, std::uint32_t slot, bool is_free) {
        if (is_free) {
            add(c, slot);
        }
        if (c.signaled) {
            add(with(c, slot, false), slot);
            return;
        }
        const bool relieves =
            !is_free || to_do(c, Kind::set).any() || to_do(c, Kind::sees_signal).any();
        if (relieves) {
            with_signal_from_a_set(
                c, [&](const Configuration& next) { add(with(next, slot, false), slot); });
        }
    }

    void conclude_set(const Configuration& c, std::uint32_t slot, bool is_free) {
        if (!c.signaled) {
            if (is_free) {
                add(c, slot);
            }
            add(with(c, slot, true), slot);
            return;
        }
        Configuration overwriting = c;
        overwriting.free |= of(Kind::reset);
        excuse_a_take(overwriting);
        add(overwriting, slot);
        if (to_do(c, Kind::sees_none).any()) {
            each_clearing(c, [&](const Configuration& next) { add(with(next, slot, true), slot); });
        }
    }

    void conclude_reset(const Configuration& c, std::uint32_t slot, bool is_free) {
        if (c.signaled) {
            if (is_free) {
                add(c, slot);
            }
            add(cleared_by_reset(c, slot), slot);
            return;
        }
        Configuration overwriting = c;
        overwriting.free |= of(Kind::set);
        add(overwriting, slot);
        if (to_do(c, Kind::sees_signal).any()) {
            with_signal_from_a_set(
                c, [&](const Configuration& next) { add(with(next, slot, false), slot); });
        }
    }

    /// Without a signal: the first set to return makes one.
    template <typename Next>
    void with_signal_from_a_set(const Configuration& c, Next&& next) {
        const std::uint32_t set = first_of(available(c, Kind::set));
        if (set != SlotSet::kNone) {
            next(with(c, set, true));
        }
    }

    /// With a signal: an open take or reset ends it. A take that is free and one that is not differ
    /// in more than their ends.
    template <typename Next>
    void each_clearing(const Configuration& c, Next&& next) {
        const std::uint32_t due = first_of(to_do(c, Kind::take));
        const std::uint32_t any = first_of(available(c, Kind::take));
        if (due != SlotSet::kNone) {
            next(with(c, due, false));
        }
        if (any != SlotSet::kNone && any != due) {
            next(with(c, any, false));
        }
        const std::uint32_t reset = first_of(available(c, Kind::reset));
        if (reset != SlotSet::kNone) {
            next(cleared_by_reset(c, reset));
        }
    }

    Configuration cleared_by_reset(Configuration c, std::uint32_t reset) {
        excuse_a_take(c);
        return with(c, reset, false);
    }

    /// One take may have come just before what overwrites the signal.
    void excuse_a_take(Configuration& c) const {
        const std::uint32_t take = first_of(to_do(c, Kind::take));
        if (take != SlotSet::kNone) {
            c.free.set(take);
        }
    }

    Configuration with(Configuration c, std::uint32_t slot, bool signaled) const {
        c.done.set(slot);
        c.signaled = signaled;
        notice(c);
        return c;
    }

    /// What the signal as it is does to those who are open.
    void notice(Configuration& c) const {
        const auto kind = [this](Kind each) { return of_kind_[static_cast<std::size_t>(each)]; };
        c.free |= kind(c.signaled ? Kind::set : Kind::reset);
        c.done |= kind(c.signaled ? Kind::sees_signal : Kind::sees_none);
    }

    /// Another that is possible after the operation in the slot returned, unless one that is at
    /// least as good is there.
    void add(Configuration c, std::uint32_t slot) {
        c.done.reset(slot);
        c.free.reset(slot);
        SlotSet open = open_;
        open.reset(slot);
        c.free -= c.done;
        const auto at_least_as_good = [&open](const Configuration& a, const Configuration& b) {
            return a.signaled == b.signaled && a.done.is_subset_of(b.done) &&
                   (open - a.done - a.free).is_subset_of(open - b.done - b.free);
        };
        for (const Configuration& each : next_) {
            if (at_least_as_good(each, c)) {
                return;
            }
        }
        next_.erase(
            std::remove_if(next_.begin(), next_.end(),
                           [&](const Configuration& each) { return at_least_as_good(c, each); }),
            next_.end());
        next_.push_back(c);
    }

    void spend(std::string reason) {
        spent_ = true;
        reason_ = std::move(reason);
    }

    void keep_checkpoint() {
        older_ = std::move(newer_);
        newer_ = {};
        newer_.at = at_;
        newer_.next = entered_;
        newer_.configurations = configurations_;
        open_.each([this](std::uint32_t slot) {
            newer_.open.emplace_back(owners_[slot], record(owners_[slot]));
        });
        std::sort(newer_.open.begin(), newer_.open.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
        newer_.returned = returned_;
        newer_.returned_count = returned_count_;
    }

    /// Drops what a witness cannot come back to. Who is open without a slot is kept as well.
    void forget() {
        events_.drop_before(older_.at);
        if (older_.next <= records_.begin()) {
            return;
        }
        std::vector<std::pair<Number, Record>> kept = older_.open;
        const auto keep = [&](Number number, const Record& told) {
            const bool known = std::any_of(kept.begin(), kept.end(), [number](const auto& each) {
                return each.first == number;
            });
            if (!known && told.ends_at != std::numeric_limits<std::uint64_t>::max() &&
                told.ends_at >= older_.at) {
                kept.emplace_back(number, told);
            }
        };
        for (const auto& [number, told] : kept_) {
            keep(number, told);
        }
        for (Number number = records_.begin(); number < older_.next; ++number) {
            keep(number, records_[number]);
        }
        kept_ = std::move(kept);
        records_.drop_before(older_.next);
    }

    /// What fails, from the older checkpoint on.
    [[nodiscard]] Stretch<EventModel> stretch() const {
        Stretch<EventModel> stretch;
        std::vector<std::pair<Number, std::uint32_t>> items;
        const auto add_item = [&](Number number, const Record& told) {
            const auto item = static_cast<std::uint32_t>(stretch.items.size());
            items.emplace_back(number, item);
            auto& added = stretch.items.emplace_back();
            added.operation = told.operation;
            added.id = told.id;
            // One that returns after the failure may as well be open for ever.
            added.ending = told.ends_at >= at_ && told.ending != Ending::withdrawn
                               ? Ending::left_open
                               : told.ending;
            stretch.events.push_back({item, true});
            return item;
        };
        const auto item_of = [&](Number number) {
            return std::find_if(items.begin(), items.end(),
                                [number](const auto& each) { return each.first == number; });
        };
        for (const auto& [number, told] : older_.open) {
            add_item(number, told);
        }
        stretch.roots_at = stretch.events.size();
        for (const Configuration& each : older_.configurations) {
            auto& root = stretch.roots.emplace_back();
            root.state = EventState{each.signaled};
            for (const auto& [number, told] : older_.open) {
                if (each.done.test(told.slot)) {
                    root.done.push_back(item_of(number)->second);
                } else if (each.free.test(told.slot)) {
                    root.free.push_back(item_of(number)->second);
                }
            }
        }
        for (std::uint64_t at = older_.at; at < at_; ++at) {
            const Event& event = events_[at];
            if (event.begins) {
                add_item(event.number, record(event.number));
            } else if (const auto item = item_of(event.number); item != items.end()) {
                stretch.events.push_back({item->second, false});
            }
        }
        const std::uint64_t told =
            std::min<std::uint64_t>(older_.returned_count, older_.returned.size());
        for (std::uint64_t i = older_.returned_count - told; i < older_.returned_count; ++i) {
            stretch.context.push_back(older_.returned[i % older_.returned.size()]);
        }
        return stretch;
    }

    EventModel model_;
    SearchLimits limits_;
    Ring<Record> records_;
    std::vector<std::pair<Number, Record>> kept_;  ///< still open, before those in the ring
    Ring<Event> events_;
    std::uint64_t at_ = 0;
    Number entered_ = 0;
    std::uint64_t told_ = 0;

    std::vector<Configuration> configurations_;
    std::vector<Configuration> next_;
    SlotSet open_;
    std::array<SlotSet, kKinds> of_kind_{};
    std::array<std::uint64_t, SlotSet::kCapacity> ends_at_{};
    std::vector<Number> owners_;

    Checkpoint older_;
    Checkpoint newer_;
    std::array<OperationId, 4> returned_{};
    std::uint64_t returned_count_ = 0;
    std::uint64_t steps_ = 0;
    std::uint64_t left_aside_ = 0;
    bool failed_ = false;
    bool spent_ = false;
    std::string reason_;
};

}  // namespace castaway::harness
