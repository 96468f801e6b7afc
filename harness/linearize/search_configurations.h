// Search: which operations take effect, and in what order. Included by search.h alone.
#pragma once

#include <algorithm>

#include "harness/linearize/search.h"

namespace castaway::harness {

template <Model M, typename SlotSet>
template <typename Each>
void Search<M, SlotSet>::step(const Record& operation, std::int64_t before_ns, Each&& each) {
    ++steps_;
    model_.step(now_.state, operation.operation, before_ns, each);
}

/// The first state that the operation may lead to. Others are left in other_outcomes_.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::first_outcome(const Record& operation, std::int64_t before_ns,
                                       State& next) {
    bool any = false;
    other_outcomes_.clear();
    step(operation, before_ns, [&](const State& state) {
        if (any) {
            other_outcomes_.push_back(state);
        } else {
            next = state;
            any = true;
        }
    });
    return any;
}

template <Model M, typename SlotSet>
bool Search<M, SlotSet>::may_change(const Record& operation, std::int64_t before_ns) {
    bool changes = false;
    step(operation, before_ns,
         [&](const State& state) { changes = changes || !(state == now_.state); });
    return changes;
}

template <Model M, typename SlotSet>
bool Search<M, SlotSet>::may_leave_as_is(const Record& operation, std::int64_t before_ns) {
    bool leaves = false;
    step(operation, before_ns, [&](const State& state) { leaves = leaves || state == now_.state; });
    return leaves;
}

/// A reader takes effect as soon as the state allows it: whatever follows, follows as well without
/// it. For the operations that may idle, this is a moment at which they would.
template <Model M, typename SlotSet>
void Search<M, SlotSet>::settle_readers() {
    ((open_ & (readers_ | idlers_)) - now_.done - now_.free).each([this](std::uint32_t slot) {
        const Record& each = at_slot(slot);
        if (!may_leave_as_is(each, each.until_ns)) {
            return;
        }
        if (each.facts.reads) {
            now_.done.set(slot);
            if (path_.keeps()) {
                now_.path = path_.add(now_.path, owners_[slot], at_, now_.state);
            }
        } else {
            now_.free.set(slot);
        }
    });
}

template <Model M, typename SlotSet>
void Search<M, SlotSet>::take_effect(std::uint32_t slot, const State& next) {
    const Record& told = at_slot(slot);
    now_.done.set(slot);
    if (told.ends != kNobody && remembers(told.ends)) {
        const std::uint32_t ended = record(told.ends).slot;
        if (ended != SlotSet::kNone && open_.test(ended) && owners_[ended] == told.ends) {
            now_.done.set(ended);
        }
    }
    if (told.facts.overwrites) {
        now_.free |= overwritten_by(slot);
        free_one_before(slot);
    }
    const bool changes = !(next == now_.state);
    if (changes) {
        now_.state = next;
    }
    if (path_.keeps()) {
        now_.path = path_.add(now_.path, owners_[slot], at_, now_.state);
    }
    if (changes) {
        settle_readers();
    }
}

/// The operations that can have come just before that one and been overwritten by it, for they are
/// always allowed; those that are free already aside.
template <Model M, typename SlotSet>
SlotSet Search<M, SlotSet>::overwritten_by(std::uint32_t slot) const {
    const OperationFacts& facts = at_slot(slot).facts;
    SlotSet overwritten;
    if (facts.overwrites) {
        ((open_ & blind_) - now_.done - now_.free).each([&](std::uint32_t each) {
            if (each != slot && (at_slot(each).facts.scopes & ~facts.scopes) == 0) {
                overwritten.set(each);
            }
        });
    }
    return overwritten;
}

/// One more may have come just before an operation that overwrites: one that the state allows. If
/// all of those are alike, the one that returns first is the best to be so excused.
template <Model M, typename SlotSet>
void Search<M, SlotSet>::free_one_before(std::uint32_t slot) {
    const Record& told = at_slot(slot);
    std::uint32_t best = SlotSet::kNone;
    const bool unlike =
        (open_ - now_.done - now_.free - readers_ - blind_).find([&](std::uint32_t other) {
            const Record& each = at_slot(other);
            if (other == slot || (each.facts.scopes & ~told.facts.scopes) != 0) {
                return false;
            }
            if (best != SlotSet::kNone && each.facts.alike == at_slot(best).facts.alike) {
                best = each.ends_at < at_slot(best).ends_at ? other : best;
                return false;
            }
            bool allowed = false;
            step(each, told.until_ns, [&](const State&) { allowed = true; });
            if (!allowed) {
                return false;
            }
            const bool another = best != SlotSet::kNone || each.facts.alike == 0;
            best = other;
            return another;
        });
    if (!unlike && best != SlotSet::kNone) {
        now_.free.set(best);
    }
}

/// With the first outcome now, and with the others later. False when nothing can follow from the
/// first.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::take_effect_each_way(std::uint32_t slot, const State& first) {
    if (!other_outcomes_.empty()) {
        const std::vector<State> others = std::move(other_outcomes_);
        const Configuration before = now_;
        for (const State& other : others) {
            take_effect(slot, other);
            push(Choice::go_on, {});
            now_ = before;
        }
    }
    take_effect(slot, first);
    if constexpr (ForeseeingModel<M>) {
        return !looks_ahead_ || !is_hopeless();
    }
    return true;
}

/// Whether a read, open or soon to begin, can never be answered as it was. A read that can must
/// find this state, or what grows out of it, or what an operation leaves that overwrites it and
/// begins before the read returns. This holds of every order that goes on from here, so giving up
/// loses none.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::is_hopeless() {
    constexpr std::uint64_t kEventsAhead = 256;
    constexpr std::uint32_t kReadsAhead = 2;
    const std::uint64_t known_to = std::min(events_.end(), at_ + kEventsAhead);
    const bool open_one = ((open_ & readers_) - now_.done).find([&](std::uint32_t slot) {
        return cannot_be_read(at_slot(slot), known_to);
    });
    std::uint32_t reads = 0;
    for (std::uint64_t at = at_; !open_one && at < known_to && reads < kReadsAhead; ++at) {
        if (!events_[at].begins) {
            continue;
        }
        const Record& each = record(events_[at].number);
        if (each.ending == Ending::unknown) {
            break;
        }
        if (each.ending == Ending::answered && each.facts.reads) {
            ++reads;
            if (cannot_be_read(each, known_to)) {
                return true;
            }
        }
    }
    return open_one;
}

template <Model M, typename SlotSet>
bool Search<M, SlotSet>::cannot_be_read(const Record& reader, std::uint64_t known_to) {
    if (reader.ends_at >= known_to || model_.may_become(now_.state, reader.operation)) {
        return false;
    }
    const auto overwrites_so = [&](const Record& each) {
        bool may = false;
        if (each.facts.overwrites) {
            model_.step(now_.state, each.operation, each.until_ns, [&](const State& state) {
                may = may || model_.may_become(state, reader.operation);
            });
        }
        return may;
    };
    if ((open_ - now_.done - readers_).find([&](std::uint32_t slot) {
            return overwrites_so(at_slot(slot));
        })) {
        return false;
    }
    for (std::uint64_t at = at_; at < reader.ends_at; ++at) {
        if (!events_[at].begins) {
            continue;
        }
        const Record& each = record(events_[at].number);
        if (each.ending == Ending::unknown ||
            (each.ending != Ending::withdrawn && overwrites_so(each))) {
            return false;
        }
    }
    looked_to_ = std::max(looked_to_, reader.ends_at + 1);
    return true;
}

template <Model M, typename SlotSet>
bool Search<M, SlotSet>::within_limit() {
    if (steps_ - settled_at_steps_ > limits_.steps_max) {
        spent_ = true;
        reason_ = "the search was cut off after as many steps as the limit allows";
    }
    return !spent_;
}

/// Whether the search came to this configuration before the same event before, by choosing in
/// another order; remembers that it did.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::was_here() {
    const SlotSet obligations = open_ - now_.done - now_.free;
    const std::uint64_t hash = mix(mix(at_ + model_.hash(now_.state)) + obligations.hash());
    return memo_.was_here(hash, at_, now_.state, obligations, now_.done);
}

/// Whether the search passed the event just before this place with a configuration that is at least
/// as good: it can become this one, or one with less to do, when open operations take effect.
/// Remembers this one if not.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::is_covered() {
    // More would take longer to compare than to search again.
    constexpr std::uint32_t kComparedMax = 64;
    constexpr std::uint32_t kStepsMax = 3;
    Event& passed = events_[at_ - 1];
    if (passed.covers_of != clearing_) {
        passed.covers_of = clearing_;
        passed.covers = 0;
    }
    const SlotSet obligations = open_ - now_.done - now_.free;
    std::uint32_t compared = 0;
    for (std::uint32_t i = passed.covers; i != 0 && compared < kComparedMax;
         i = covers_[i - 1].next, ++compared) {
        const Cover& cover = covers_[i - 1];
        if (!cover.done.is_subset_of(now_.done)) {
            continue;
        }
        const SlotSet steps = now_.done - cover.done;
        if ((open_ - cover.done - cover.free - steps).is_subset_of(obligations) &&
            (steps.any() ? steps.count() <= kStepsMax && leads_to_now(cover.state, steps)
                         : cover.state == now_.state)) {
            return true;
        }
    }
    constexpr std::size_t kCoversMax = (std::size_t{1} << 30) / sizeof(Cover);
    if (covers_.size() < kCoversMax) {
        covers_.push_back({now_.state, now_.done, now_.free, passed.covers});
        passed.covers = static_cast<std::uint32_t>(covers_.size());
    }
    return false;
}

/// Whether these operations, taking effect in some order, lead from that state to this one.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::leads_to_now(State from, SlotSet steps) {
    if (!steps.any()) {
        return from == now_.state;
    }
    return steps.find([&](std::uint32_t slot) {
        const Record& each = at_slot(slot);
        if (each.ended) {
            return false;  // Another may have ended it, so that it did not take effect.
        }
        SlotSet others = steps;
        others.reset(slot);
        bool leads = false;
        ++steps_;
        model_.step(from, each.operation, last_passed_ns_,
                    [&](const State& next) { leads = leads || leads_to_now(next, others); });
        return leads;
    });
}

/// Forgets the configurations that were seen.
template <Model M, typename SlotSet>
void Search<M, SlotSet>::clear_memory() {
    memo_.clear();
    covers_.clear();
    ++clearing_;
}

/// Makes the operation in the slot, which is about to return, take effect, or another one that may
/// have to come before it.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::reach(std::uint32_t target) {
    const Record& told = at_slot(target);
    State next = now_.state;
    if (!first_outcome(told, told.until_ns, next)) {
        return choose(target, useful(target));
    }
    if (!model_.alone(now_.state, told.operation)) {
        const std::vector<State> others = std::exchange(other_outcomes_, {});
        const SlotSet left = useful(target);
        if (left.any()) {
            push(Choice::choose, left);
        }
        other_outcomes_ = others;
    }
    return take_effect_each_way(target, next);
}

/// As reach(), for an operation that was free to return without taking effect: only what differs
/// from that.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::insist(std::uint32_t target, const SlotSet& left) {
    const Record& told = at_slot(target);
    if (!may_change(told, told.until_ns) && !overwritten_by(target).any()) {
        return choose(target, left);
    }
    if (left.any()) {
        push(Choice::choose, left);
    }
    State next = now_.state;
    first_outcome(told, told.until_ns, next);
    return take_effect_each_way(target, next);
}

/// Makes one of these take effect before the target.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::choose(std::uint32_t target, SlotSet left) {
    if (!left.any()) {
        return false;
    }
    const std::uint32_t slot = pick(target, left);
    left.reset(slot);
    if (left.any()) {
        push(Choice::choose, left);
    }
    State next = now_.state;
    if (!first_outcome(at_slot(slot), at_slot(target).until_ns, next)) {
        return false;
    }
    chose_ = true;
    return take_effect_each_way(slot, next);
}

/// One that allows the target at once, if there is any; of equals, the one that returns first.
template <Model M, typename SlotSet>
std::uint32_t Search<M, SlotSet>::pick(std::uint32_t target, const SlotSet& left) {
    const Record& told = at_slot(target);
    std::uint32_t best = SlotSet::kNone;
    bool best_allows = false;
    left.each([&](std::uint32_t slot) {
        bool allows = false;
        step(at_slot(slot), told.until_ns, [&](const State& state) {
            model_.step(state, told.operation, told.until_ns, [&](const State&) { allows = true; });
        });
        const bool better = best == SlotSet::kNone || (allows && !best_allows) ||
                            (allows == best_allows && ends_at_[slot] < ends_at_[best]);
        if (better) {
            best = slot;
            best_allows = allows;
        }
    });
    return best;
}

/// Of two operations that are alike the one that returns first may go first: if an order has it the
/// other way, exchange them. This holds where the first must take effect, or the second need not.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::worse_than_alike(std::uint32_t slot, std::uint32_t other) const {
    return alike_[slot] == alike_[other] && ends_at_[other] <= ends_at_[slot] &&
           (now_.free.test(slot) || !now_.free.test(other));
}

/// What the target can be affected by, over operations that are open: the parts of the state that
/// they join to its own. The end of a thread also joins what its last call could still do, for that
/// must come first.
template <Model M, typename SlotSet>
std::uint64_t Search<M, SlotSet>::reachable_scopes(std::uint32_t target) const {
    std::uint64_t reached = at_slot(target).facts.scopes;
    for (std::uint64_t before = 0; before != reached;) {
        before = reached;
        (open_ - now_.done).each([&](std::uint32_t slot) {
            const std::uint64_t scopes = at_slot(slot).facts.scopes;
            if ((scopes & reached) == 0) {
                return;
            }
            reached |= scopes;
            const Number ended = at_slot(slot).ends;
            if (ended != kNobody && remembers(ended)) {
                reached |= record(ended).facts.scopes;
            }
        });
    }
    return reached;
}

/// The operations that may have to take effect before the target. (Readers have, if they could.)
template <Model M, typename SlotSet>
SlotSet Search<M, SlotSet>::useful(std::uint32_t target) {
    SlotSet candidates = open_ - now_.done - readers_;
    candidates.reset(target);
    if (!candidates.any()) {
        return candidates;
    }
    const Record& told = at_slot(target);
    std::uint64_t scopes = UINT64_MAX;
    if constexpr (M::kManyScopes) {
        scopes = reachable_scopes(target);
    }
    const OpenView open(*this);
    SlotSet kept;
    best_of_alike(target, candidates).each([&](std::uint32_t slot) {
        const Record& each = at_slot(slot);
        if ((each.facts.scopes & scopes) == 0) {
            return;
        }
        // Without changing the state it can free others, which are overwritten by it. Of what
        // another ends the model does not know that it may not be able to come later.
        const bool matters =
            may_change(each, told.until_ns)
                ? (each.ended && !each.facts.end_is_foreseen) ||
                      model_.may_precede(now_.state, each.operation, told.operation, open)
                : (overwritten_by(slot) - overwritten_by(target)).any();
        if (matters) {
            kept.set(slot);
        }
    });
    return kept;
}

/// Without those that are worse than another one, or than the target.
template <Model M, typename SlotSet>
SlotSet Search<M, SlotSet>::best_of_alike(std::uint32_t target, SlotSet candidates) const {
    constexpr std::size_t kClasses = 8;
    std::array<std::uint32_t, kClasses> best{};
    std::size_t classes = 0;
    const SlotSet all = candidates;
    all.each([&](std::uint32_t slot) {
        const std::uint64_t alike = alike_[slot];
        if (alike == 0) {
            return;
        }
        if (worse_than_alike(slot, target)) {
            candidates.reset(slot);
            return;
        }
        for (std::size_t i = 0; i < classes; ++i) {
            if (alike_[best[i]] != alike) {
                continue;
            }
            if (worse_than_alike(slot, best[i])) {
                candidates.reset(slot);
                return;
            }
            if (worse_than_alike(best[i], slot)) {
                candidates.reset(best[i]);
                best[i] = slot;
                return;
            }
        }
        if (classes < kClasses) {
            best[classes++] = slot;
        }
    });
    return candidates;
}

}  // namespace castaway::harness
