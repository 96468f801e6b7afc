// Search: forgetting what is settled, and telling what was found. Included by search.h alone.
#pragma once

#include "harness/linearize/search.h"

namespace castaway::harness {

template <Model M, typename SlotSet>
void Search<M, SlotSet>::maintain() {
    maintain_at_ = at_ + maintain_interval_;
    bool known = frames_.empty();
    std::vector<Configuration> roots;
    if (known) {
        roots = {now_};
    } else if (at_ >= settle_at_) {
        const std::uint64_t cut = at_;
        const std::uint64_t events = cut - std::min(window_begin_, cut);
        if (explore_all(cut, events * kSettleStepsPerEvent, roots)) {
            known = true;
            settle_interval_ = limits_.settle_interval;
        } else if (over()) {
            return;
        } else {
            settle_interval_ *= 2;
        }
        // What was found, or is left of it, is to be tried from here.
        for (std::size_t i = 1; i < roots.size(); ++i) {
            frames_.push_back({cut, roots[i], {}, Choice::go_on});
        }
        now_ = roots.front();
        settle_at_ = cut + settle_interval_;
    }
    if (known) {
        clear_memory();
        settle_at_ = std::max(settle_at_, at_ + settle_interval_);
        const std::uint64_t events = at_ - newer_.at;
        if (events >= 2 * limits_.settle_interval ||
            (events >= limits_.settle_interval / 2 && !open_.any())) {
            keep_checkpoint(std::move(roots));
        }
    }
    const std::uint64_t begin = frames_.empty() ? at_ : std::min(at_, frames_.front().at);
    if (begin > window_begin_) {
        window_begin_ = begin;
        settled_at_steps_ = steps_;
    }
    forget();
}

/// Tries every choice that is left, up to the place `cut`, where the search is. Leaves in `found`
/// the configurations there, without those that are no better than another: all of them when true
/// is returned; else those that were come to within the steps, and the other choices are left.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::explore_all(std::uint64_t cut, std::uint64_t steps,
                                     std::vector<Configuration>& found) {
    found = {now_};
    const std::uint64_t steps_end = steps_ + steps;
    while (backtrack()) {
        bool alive = true;
        while (alive && at_ < cut) {
            if (steps_ > steps_end) {
                push(Choice::go_on, {});
                seek(cut);
                return false;
            }
            alive = take_event() || backtrack();
        }
        if (!alive) {
            break;
        }
        add_undominated(found);
    }
    if (spent_) {
        return false;
    }
    seek(cut);
    return true;
}

template <Model M, typename SlotSet>
void Search<M, SlotSet>::add_undominated(std::vector<Configuration>& found) const {
    const auto at_least_as_good = [&](const Configuration& a, const Configuration& b) {
        return a.state == b.state && a.done.is_subset_of(b.done) &&
               (open_ - a.done - a.free) == (open_ - b.done - b.free);
    };
    if (std::none_of(found.begin(), found.end(),
                     [&](const Configuration& each) { return at_least_as_good(each, now_); })) {
        found.push_back(now_);
    }
}

template <Model M, typename SlotSet>
void Search<M, SlotSet>::keep_checkpoint(std::vector<Configuration> roots) {
    older_ = std::move(newer_);
    newer_ = {};
    newer_.at = at_;
    newer_.next = entered_;
    newer_.roots = std::move(roots);
    open_.each([this](std::uint32_t slot) { newer_.open.push_back(owners_[slot]); });
    std::sort(newer_.open.begin(), newer_.open.end());
    newer_.returned = returned_;
    newer_.returned_count = returned_count_;
}

/// Drops what neither the search nor a witness can come back to.
template <Model M, typename SlotSet>
void Search<M, SlotSet>::forget() {
    if (path_.keeps()) {
        if (entered_ <= limits_.linearization_max) {
            return;  // The order can only be told with all of them at hand.
        }
        path_.drop();
    }
    events_.drop_before(std::min(window_begin_, older_.at));
    if (older_.next <= records_.begin()) {
        return;
    }
    std::unordered_map<Number, Record> kept;
    for (const Number number : older_.open) {
        kept.emplace(number, std::move(record(number)));
    }
    kept_ = std::move(kept);
    records_.drop_before(older_.next);
}

template <Model M, typename SlotSet>
void Search<M, SlotSet>::start_from(const std::vector<typename Stretch<M>::Root>& roots,
                                    std::uint64_t at) {
    run(at);
    frames_.clear();
    std::vector<Configuration> configurations;
    for (const auto& root : roots) {
        Configuration& configuration = configurations.emplace_back();
        configuration.state = root.state;
        // Here items are numbered as operations are.
        const auto add = [this](SlotSet& set, std::uint32_t number) {
            if (const std::uint32_t slot = record(number).slot; slot != SlotSet::kNone) {
                set.set(slot);
            }
        };
        for (const std::uint32_t item : root.done) {
            add(configuration.done, item);
        }
        for (const std::uint32_t item : root.free) {
            add(configuration.free, item);
        }
        open_.each([&](std::uint32_t slot) {
            if (may_be_left_out(at_slot(slot).ending)) {
                configuration.free.set(slot);
            }
        });
    }
    for (std::size_t i = 1; i < configurations.size(); ++i) {
        frames_.push_back({at_, configurations[i], {}, Choice::go_on});
    }
    now_ = configurations.front();
    deepest_ = 0;
    window_begin_ = at_;
    keep_checkpoint(std::move(configurations));
    older_ = newer_;
}

template <Model M, typename SlotSet>
Stretch<M> Search<M, SlotSet>::stretch_from(const Checkpoint& from, std::uint64_t end) const {
    Stretch<M> stretch;
    std::unordered_map<Number, std::uint32_t> items;
    const auto add_item = [&](Number number) {
        const Record& told = record(number);
        items.emplace(number, static_cast<std::uint32_t>(stretch.items.size()));
        stretch.events.push_back({static_cast<std::uint32_t>(stretch.items.size()), true});
        // An operation that ends after the stretch may take effect in it or not.
        const bool within = told.ends_at < end || may_be_left_out(told.ending);
        const Ending ending = within ? told.ending : Ending::left_open;
        const auto ended = items.find(told.ends);
        stretch.items.push_back({told.operation, told.id, ending, told.until_ns,
                                 ended == items.end() ? Stretch<M>::kNobody : ended->second});
    };
    for (const Number number : from.open) {
        add_item(number);
    }
    stretch.roots_at = stretch.events.size();
    for (const Configuration& each : from.roots) {
        typename Stretch<M>::Root root{each.state, {}, {}};
        for (const Number number : from.open) {
            const std::uint32_t slot = record(number).slot;
            if (each.done.test(slot)) {
                root.done.push_back(items.at(number));
            } else if (each.free.test(slot)) {
                root.free.push_back(items.at(number));
            }
        }
        stretch.roots.push_back(std::move(root));
    }
    for (std::uint64_t at = from.at; at < end; ++at) {
        const Event& event = events_[at];
        if (!event.begins) {
            if (const auto item = items.find(event.number); item != items.end()) {
                stretch.events.push_back({item->second, false});
            }
        } else if (record(event.number).ending != Ending::unknown) {
            add_item(event.number);
        }
    }
    const std::uint64_t told = std::min<std::uint64_t>(from.returned_count, from.returned.size());
    for (std::uint64_t i = from.returned_count - told; i < from.returned_count; ++i) {
        stretch.context.push_back(from.returned[i % from.returned.size()]);
    }
    return stretch;
}

template <Model M, typename SlotSet>
Stretch<M> Search<M, SlotSet>::failing_stretch() const {
    return stretch_from(older_, std::max(deepest_ + 1, looked_to_));
}

template <Model M, typename SlotSet>
bool Search<M, SlotSet>::settle_at(std::uint64_t cut, std::uint64_t steps, Stretch<M>& rest) {
    settle_at_ = std::numeric_limits<std::uint64_t>::max();
    maintain_at_ = settle_at_;
    run(cut);
    std::vector<Configuration> found;
    if (over() || at_ < cut || !explore_all(cut, steps, found)) {
        return false;
    }
    keep_checkpoint(std::move(found));
    rest = stretch_from(newer_, events_.end());
    return true;
}

template <Model M, typename SlotSet>
Judgement Search<M, SlotSet>::judgement() {
    advance();
    Judgement judgement;
    judgement.operations = entered_;
    judgement.left_aside = left_aside_;
    conclude(judgement, {failed_, spent_, at_ == events_.end(), reason_});
    judgement.steps = steps_;
    if (judgement.finding == Finding::linearizable && path_.keeps() &&
        entered_ <= limits_.linearization_max) {
        judgement.linearization = complete_order();
    }
    return judgement;
}

/// The order that was found, with the free operations put where they change nothing. Empty where no
/// place is found for one of them at once; there is one, but finding it is not worth the search.
template <Model M, typename SlotSet>
std::optional<std::vector<OperationId>> Search<M, SlotSet>::complete_order() const {
    std::vector<PathStep<State>> order = path_.steps_to(now_.path);
    std::vector<char> placed(static_cast<std::size_t>(entered_), 0);
    for (const PathStep<State>& each : order) {
        placed[each.number] = 1;
    }
    std::vector<std::uint64_t> begins(static_cast<std::size_t>(entered_), 0);
    for (std::uint64_t at = 0; at < events_.end(); ++at) {
        if (events_[at].begins) {
            begins[events_[at].number] = at;
        }
    }
    // What overwrites first, for others are put before it.
    for (const bool overwrites : {true, false}) {
        for (Number number = 0; number < entered_; ++number) {
            const Record& told = record(number);
            const bool to_place = placed[number] == 0 && told.ending == Ending::answered &&
                                  told.facts.overwrites == overwrites;
            if (to_place && !place(told, number, begins[number] + 1, order)) {
                return std::nullopt;
            }
        }
    }
    std::vector<OperationId> ids;
    ids.reserve(order.size());
    for (const PathStep<State>& each : order) {
        ids.push_back(record(each.number).id);
    }
    return ids;
}

/// As late in its interval as can be: where the state stays as it is, or right before a step that
/// overwrites it.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::place(const Record& told, Number number, std::uint64_t from,
                               std::vector<PathStep<State>>& order) const {
    auto next = std::upper_bound(
        order.begin(), order.end(), told.ends_at,
        [](std::uint64_t at, const PathStep<State>& each) { return at < each.at; });
    for (;; --next) {
        const State before = next == order.begin() ? model_.initial() : std::prev(next)->after;
        bool stays = false;
        bool allowed = false;
        State after = before;
        model_.step(before, told.operation, told.until_ns, [&](const State& state) {
            stays = stays || state == before;
            allowed = true;
            after = state;
        });
        const bool overwritten = next != order.end() && next->at <= told.ends_at &&
                                 record(next->number).facts.overwrites;
        if (stays || (allowed && overwritten)) {
            const std::uint64_t at =
                next == order.end() ? told.ends_at : std::min(told.ends_at, next->at);
            order.insert(next, {number, at, stays ? before : after, 0});
            return true;
        }
        if (next == order.begin() || std::prev(next)->at < from) {
            return false;
        }
    }
}

}  // namespace castaway::harness
