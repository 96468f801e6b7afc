// Search: taking in the events of the history and moving along them. Included by search.h alone.
#pragma once

#include "harness/linearize/search.h"

namespace castaway::harness {

template <Model M, typename SlotSet>
Search<M, SlotSet>::Search(const M& model, const SearchLimits& limits)
    : model_(model),
      limits_(limits),
      owners_(SlotSet::kCapacity, kNobody),
      alike_(SlotSet::kCapacity, 0),
      ends_at_(SlotSet::kCapacity, 0),
      settle_interval_(limits.settle_interval),
      settle_at_(limits.settle_interval),
      maintain_interval_(std::clamp<std::uint64_t>(limits.settle_interval / 8, 1, 64)),
      maintain_at_(maintain_interval_) {
    now_.state = model_.initial();
    if (limits_.linearization_max > 0) {
        path_.keep();
    }
    keep_checkpoint({now_});
    older_ = newer_;
}

template <Model M, typename SlotSet>
typename Search<M, SlotSet>::Number Search<M, SlotSet>::begin(OperationId id) {
    Record record;
    record.id = id;
    const Number number = records_.push(std::move(record));
    events_.push({number, true});
    return number;
}

template <Model M, typename SlotSet>
void Search<M, SlotSet>::end(Number number, const Operation& operation, Ending ending,
                             std::int64_t until_ns) {
    Record& told = record(number);
    told.operation = operation;
    told.facts = model_.facts(operation);
    told.ending = ending;
    if (told.ended) {
        // Which of two alike operations is used up decides which can still be ended.
        told.facts.alike = 0;
    }
    if (ending == Ending::answered || ending == Ending::closed) {
        told.until_ns = until_ns;
        told.ends_at = events_.push({number, false});
    }
}

template <Model M, typename SlotSet>
void Search<M, SlotSet>::answer(Number number, const Operation& operation, std::int64_t until_ns) {
    end(number, operation, Ending::answered, until_ns);
}
template <Model M, typename SlotSet>
void Search<M, SlotSet>::close(Number number, const Operation& operation, std::int64_t until_ns) {
    end(number, operation, Ending::closed, until_ns);
}
template <Model M, typename SlotSet>
void Search<M, SlotSet>::leave_open(Number number, const Operation& operation) {
    end(number, operation, Ending::left_open, 0);
}
template <Model M, typename SlotSet>
void Search<M, SlotSet>::withdraw(Number number) {
    end(number, Operation{}, Ending::withdrawn, 0);
}

template <Model M, typename SlotSet>
void Search<M, SlotSet>::run(std::uint64_t limit) {
    while (!over() && at_ < limit) {
        const Event& event = events_[at_];
        if (event.begins && record(event.number).ending == Ending::unknown) {
            return;
        }
        if (!take_event() && !backtrack()) {
            failed_ = !spent_;
            return;
        }
        if (at_ >= maintain_at_) {
            maintain();
        }
    }
}

/// Passes the next event, or makes an operation take effect so as to come nearer to that. False
/// when there is no way on.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::take_event() {
    const Event event = events_[at_];
    if (event.begins) {
        enter(event.number);
        return true;
    }
    return leave(event.number);
}

/// What is done once for each event, in order, however often the search comes back to it.
template <Model M, typename SlotSet>
void Search<M, SlotSet>::arrive_first(Record& record, bool begins) {
    ++arrived_;
    if (!begins) {
        if (record.slot != SlotSet::kNone) {
            taken_.reset(record.slot);
        }
        if (record.ending == Ending::answered) {
            returned_[returned_count_++ % returned_.size()] = record.id;
        }
        return;
    }
    ++entered_;
    // A read without an answer tells nothing.
    const bool tells = record.ending != Ending::withdrawn &&
                       !(may_be_left_out(record.ending) && record.facts.reads);
    if (!tells) {
        return;
    }
    const bool optional = may_be_left_out(record.ending);
    if (optional && taken_.count() >= SlotSet::kCapacity - SlotSet::kReserved) {
        ++left_aside_;
        return;
    }
    record.slot = taken_.first_absent();
    if (record.slot != SlotSet::kNone) {
        taken_.set(record.slot);
    } else {
        spent_ = true;
        reason_ = "more operations are open at once than can be followed";
    }
}

template <Model M, typename SlotSet>
void Search<M, SlotSet>::occupy(std::uint32_t slot, Number number) {
    const Record& told = record(number);
    const OperationFacts& facts = told.facts;
    owners_[slot] = number;
    alike_[slot] = facts.alike;
    ends_at_[slot] = told.ends_at;
    open_.set(slot);
    const auto put = [slot](SlotSet& set, bool in) {
        if (in) {
            set.set(slot);
        } else {
            set.reset(slot);
        }
    };
    put(readers_, facts.reads);
    put(idlers_, facts.idles);
    put(blind_, facts.blind);
}

template <Model M, typename SlotSet>
void Search<M, SlotSet>::enter(Number number) {
    Record& told = record(number);
    if (at_ == arrived_) {
        arrive_first(told, true);
    }
    ++at_;
    const std::uint32_t slot = told.slot;
    if (slot == SlotSet::kNone) {
        return;
    }
    occupy(slot, number);
    const bool optional = may_be_left_out(told.ending);
    const bool waits_for_nothing = optional || ((told.facts.reads || told.facts.idles) &&
                                                may_leave_as_is(told, told.until_ns));
    if (!waits_for_nothing) {
        return;
    }
    if (optional || !told.facts.reads) {
        now_.free.set(slot);
    } else {
        take_effect(slot, State(now_.state));
    }
}

/// Past the event at which the operation in the slot ends. False when something better passed it.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::pass(std::uint32_t slot) {
    last_passed_ns_ = at_slot(slot).until_ns;
    now_.done.reset(slot);
    now_.free.reset(slot);
    open_.reset(slot);
    ++at_;
    chose_ = false;
    // With no choice left nothing leads back to what comes before the next one.
    return frames_.empty() || !is_covered();
}

template <Model M, typename SlotSet>
bool Search<M, SlotSet>::leave(Number number) {
    if (!remembers(number)) {
        // It had no slot, and was forgotten.
        arrived_ = std::max(arrived_, ++at_);
        return true;
    }
    Record& told = record(number);
    if (at_ == arrived_) {
        arrive_first(told, false);
    }
    const std::uint32_t slot = told.slot;
    if (slot == SlotSet::kNone) {
        ++at_;
        return true;
    }
    if (now_.done.test(slot)) {
        return pass(slot);
    }
    if (!within_limit() || (chose_ && !frames_.empty() && was_here())) {
        return false;
    }
    if (now_.free.test(slot)) {
        now_.free.reset(slot);
        const SlotSet left = useful(slot);
        const bool matters =
            !told.facts.end_is_foreseen ||
            model_.may_precede(now_.state, told.operation, told.operation, OpenView(*this));
        if (matters &&
            (left.any() || may_change(told, told.until_ns) || overwritten_by(slot).any())) {
            push(Choice::insist, left);
        }
        if (told.facts.overwrites && !may_change(told, told.until_ns)) {
            free_one_before(slot);
        }
        return pass(slot);
    }
    if (reach(slot)) {
        return true;
    }
    if (at_ >= deepest_) {
        if (at_ > deepest_) {
            deepest_ = at_;
            last_states_.clear();
        }
        constexpr std::size_t kTold = 8;
        if (last_states_.size() < kTold &&
            std::find(last_states_.begin(), last_states_.end(), now_.state) == last_states_.end()) {
            last_states_.push_back(now_.state);
        }
    }
    return false;
}

/// Moves the place in the history, and with it what is open; the configuration is another matter.
template <Model M, typename SlotSet>
void Search<M, SlotSet>::seek(std::uint64_t at) {
    while (at_ > at) {
        const Event& event = events_[--at_];
        const std::uint32_t slot = slot_of(event.number);
        if (slot == SlotSet::kNone) {
            continue;
        }
        if (event.begins) {
            open_.reset(slot);
        } else {
            occupy(slot, event.number);
        }
    }
    while (at_ < at) {
        const Event& event = events_[at_++];
        const std::uint32_t slot = slot_of(event.number);
        if (slot == SlotSet::kNone) {
            continue;
        }
        if (event.begins) {
            occupy(slot, event.number);
        } else {
            open_.reset(slot);
        }
    }
}

/// Takes up the latest choice that is left. False when none is.
template <Model M, typename SlotSet>
bool Search<M, SlotSet>::backtrack() {
    while (!frames_.empty() && !spent_) {
        const Frame frame = std::move(frames_.back());
        frames_.pop_back();
        seek(frame.at);
        now_ = frame.configuration;
        chose_ = true;
        switch (frame.choice) {
            case Choice::go_on:
                return true;
            case Choice::choose:
                if (choose(record(events_[at_].number).slot, frame.left)) {
                    return true;
                }
                break;
            case Choice::insist:
                if (insist(record(events_[at_].number).slot, frame.left)) {
                    return true;
                }
                break;
        }
    }
    return false;
}

}  // namespace castaway::harness
