// A checker that does not search: it keeps all configurations that there can be, side by side.
//
// A configuration is a state, and which of the open operations took effect, or need not any more
// (they are *free*; as in search.h, they may still be chosen). Operations take effect as late as
// can be: when one returns that has not. What the rules of an object then ask of others is only
// what cannot wait, since whatever is open still can come right after. Those that are alike are
// used in the order in which they return: in any order that has them the other way, they can be
// exchanged.
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

namespace castaway::harness {

template <typename State, typename SlotSet>
struct Possibility {
    SlotSet done;  ///< open operations that took effect
    SlotSet free;  ///< open operations that need not
    State state;
};

/// The open operations by what they do.
template <typename SlotSet>
class OpenByKind {
  public:
    /// The rules' own kinds, from 0, and kImpossible.
    static constexpr std::size_t kKinds = 6;
    static constexpr std::uint8_t kImpossible = 5;  ///< no state allows it
    static constexpr std::uint8_t kNothing = 6;     ///< no state forbids it, none changes
    static constexpr std::uint8_t kUnknown = 7;     ///< the rules do not know it

    template <typename Kind>
    [[nodiscard]] const SlotSet& of(Kind kind) const {
        return of_kind_[static_cast<std::size_t>(kind)];
    }
    template <typename P, typename Kind>
    [[nodiscard]] SlotSet available(const P& possibility, Kind kind) const {
        return of(kind) - possibility.done;
    }
    template <typename P, typename Kind>
    [[nodiscard]] SlotSet to_do(const P& possibility, Kind kind) const {
        return available(possibility, kind) - possibility.free;
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
    [[nodiscard]] std::uint64_t ends_at(std::uint32_t slot) const { return ends_at_[slot]; }
    [[nodiscard]] std::int32_t count(std::uint32_t slot) const { return counts_[slot]; }

    void add(std::uint8_t kind, std::uint32_t slot, std::uint64_t ends_at, std::int32_t count) {
        of_kind_.at(kind).set(slot);
        ends_at_[slot] = ends_at;
        counts_[slot] = count;
    }
    void remove(std::uint8_t kind, std::uint32_t slot) { of_kind_.at(kind).reset(slot); }

  private:
    std::array<SlotSet, kKinds> of_kind_{};
    std::array<std::uint64_t, SlotSet::kCapacity> ends_at_{};
    std::array<std::int32_t, SlotSet::kCapacity> counts_{};
};

/// \tparam Rules    what operations do to each other, for one kind of object
/// \tparam SlotSet  Slots<n>: how many operations can be open at once
template <typename Rules, typename SlotSet>
class ConfigurationChecker final : public ObjectJudge<ObjectOperation> {
  public:
    using M = typename Rules::M;
    using Configuration = Possibility<typename M::State, SlotSet>;

    ConfigurationChecker(const M& model, const SearchLimits& limits)
        : model_(model), rules_(model), limits_(limits), owners_(SlotSet::kCapacity, 0) {
        configurations_ = {{{}, {}, model_.initial()}};
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
    /// Ends of threads mean nothing to the objects that are judged so.
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
        harness::conclude(judgement, {failed_, spent_, at_ == events_.end(), reason_});
        if (judgement.finding == Finding::not_linearizable) {
            judgement.witness = WitnessFinder<M, SlotSet>(model_, limits_, stretch()).find();
        }
        return judgement;
    }

  private:
    using Open = OpenByKind<SlotSet>;

    struct Record {
        ObjectOperation operation;
        std::uint64_t ends_at = std::numeric_limits<std::uint64_t>::max();
        OperationId id = 0;
        std::uint32_t slot = SlotSet::kNone;
        std::uint8_t kind = Open::kNothing;
        Ending ending = Ending::unknown;
    };
    struct Event {
        Number number;
        bool begins;
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
        told.kind = ending == Ending::withdrawn ? Open::kNothing : rules_.kind_of(operation);
        if (may_be_left_out(ending) &&
            (told.kind == Open::kImpossible || rules_.only_sees(told.kind))) {
            told.kind = Open::kNothing;
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

    void enter(Number number) {
        ++entered_;
        Record& told = record(number);
        if (told.kind == Open::kUnknown) {
            spend("an operation is not of those that this checker knows");
            return;
        }
        if (told.kind >= Open::kKinds) {
            return;
        }
        const bool optional = may_be_left_out(told.ending);
        if (optional && in_use_.count() >= SlotSet::kCapacity - SlotSet::kReserved) {
            ++left_aside_;
            return;
        }
        const std::uint32_t slot = in_use_.first_absent();
        if (slot == SlotSet::kNone) {
            spend("more operations are open at once than can be followed");
            return;
        }
        told.slot = slot;
        owners_[slot] = number;
        in_use_.set(slot);
        open_.add(told.kind, slot, told.ends_at, told.operation.count);
        for (Configuration& each : configurations_) {
            if (optional) {
                each.free.set(slot);
            }
            rules_.notice(open_, each);
        }
    }

    void leave(Number number) {
        const Record told = record(number);
        if (told.ending == Ending::answered) {
            returned_[returned_count_++ % returned_.size()] = told.id;
        }
        if (told.kind == Open::kImpossible) {
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
                rules_.conclude(open_, each, told.kind, told.slot,
                                [&](const Configuration& next) { add(next, told.slot); });
            }
        }
        if (next_.empty()) {
            failed_ = true;
            return;
        }
        std::swap(configurations_, next_);
        in_use_.reset(told.slot);
        open_.remove(told.kind, told.slot);
        constexpr std::size_t kConfigurationsMax = 4096;
        if (configurations_.size() > kConfigurationsMax) {
            spend("too many configurations are possible at once");
        }
    }

    /// Another that is possible after the operation in the slot returned, unless one that is at
    /// least as good is there.
    void add(Configuration c, std::uint32_t slot) {
        c.done.reset(slot);
        c.free.reset(slot);
        SlotSet open = in_use_;
        open.reset(slot);
        c.free -= c.done;
        const auto at_least_as_good = [&open](const Configuration& a, const Configuration& b) {
            return a.state == b.state && a.done.is_subset_of(b.done) &&
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
        in_use_.each([this](std::uint32_t slot) {
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
    [[nodiscard]] Stretch<M> stretch() const {
        Stretch<M> stretch;
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
            root.state = each.state;
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

    M model_;
    Rules rules_;
    SearchLimits limits_;
    Ring<Record> records_;
    std::vector<std::pair<Number, Record>> kept_;  ///< still open, before those in the ring
    Ring<Event> events_;
    std::uint64_t at_ = 0;
    Number entered_ = 0;
    std::uint64_t told_ = 0;

    std::vector<Configuration> configurations_;
    std::vector<Configuration> next_;
    SlotSet in_use_;
    Open open_;
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
