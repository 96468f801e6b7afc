#include "harness/model/kernel_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace castaway::harness {
namespace {

using Word = KernelRules::Word;

constexpr Word kAbandonedBit = 1;
constexpr unsigned kOwnerShift = 32;

Word word_of(const MutexState& state) {
    return (Word{state.owner} << kOwnerShift) | (Word{state.depth} << 1U) |
           (state.abandoned ? kAbandonedBit : 0);
}
MutexState mutex_from(Word word) {
    MutexState state;
    state.owner = static_cast<std::uint32_t>(word >> kOwnerShift);
    state.depth = static_cast<std::uint32_t>(word >> 1U) & 0x7fffffffU;
    state.abandoned = (word & kAbandonedBit) != 0;
    return state;
}

Word word_of(const SemaphoreState& state) {
    return static_cast<std::uint32_t>(state.count);
}
SemaphoreState semaphore_from(Word word) {
    return {static_cast<std::int32_t>(word)};
}

// An event is signaled while its word is not 0: by what is set, and by each pulse that can satisfy
// a wait yet.
constexpr Word kSetBit = 1;
constexpr Word pulse_bit(std::uint8_t caller) {
    return Word{2} << caller;
}
static_assert(kTwoMomentCallersMax == 63);

Word word_of(const EventState& state) {
    return state.signaled ? 1 : 0;
}

Word word_of(const TimerState& state) {
    return (Word{state.arming} << 33U) | (Word{state.over} << 1U) | (state.signaled ? 1U : 0U);
}
TimerState timer_from(Word word) {
    return {static_cast<std::uint32_t>(word >> 33U), static_cast<std::uint32_t>(word >> 1U),
            (word & 1U) != 0};
}

/// What a single object's model allows, as words.
template <Model M>
KernelRules::Outcomes outcomes_of(const M& model, const typename M::State& state,
                                  const ObjectOperation& operation) {
    KernelRules::Outcomes outcomes;
    model.step(state, operation, 0,
               [&outcomes](const typename M::State& next) { outcomes.add(word_of(next)); });
    return outcomes;
}

/// The call as one on the single object that satisfies it.
ObjectOperation on_one(const KernelOperation& operation) {
    ObjectOperation call = operation.call;
    if (call.act == Act::wait_any) {
        call.act = Act::wait;
    }
    return call;
}

bool waits_for_one_twice(const KernelOperation& wait) {
    std::uint64_t seen = 0;
    for (std::uint8_t i = 0; i < wait.object_count; ++i) {
        const std::uint64_t bit = std::uint64_t{1} << wait.objects[i];
        if ((seen & bit) != 0) {
            return true;
        }
        seen |= bit;
    }
    return false;
}

EventModel event_model(const KernelObject& object) {
    return {object.reset, object.initially_signaled};
}

}  // namespace

KernelRules::KernelRules(std::vector<KernelObject> objects, std::uint32_t processes,
                         std::vector<TwoMomentCaller> callers)
    : objects_(std::move(objects)),
      handle_words_((processes + kCountsPerWord - 1) / kCountsPerWord),
      callers_(std::move(callers)) {
    std::uint32_t word = 0;
    for (KernelObject& object : objects_) {
        object.first_word = word;
        word += 1 + (object.can_vanish ? handle_words_ : 0);
    }
    midway_word_ = word;
    words_ = word + (callers_.empty() ? 0 : 1);
}

Word KernelRules::initial_word(const KernelObject& object) const {
    switch (object.type) {
        case ObjectType::event:
            return word_of(EventState{object.initially_signaled});
        case ObjectType::semaphore:
            return word_of(SemaphoreState{object.initial_count});
        case ObjectType::mutex:
        case ObjectType::timer:
            break;
    }
    return 0;
}

void KernelRules::set_initial(Word* words) const {
    for (const KernelObject& object : objects_) {
        words[object.first_word] = object.can_vanish ? 0 : initial_word(object);
    }
}

bool KernelRules::exists(const Word* words, const KernelObject& object) const {
    return std::any_of(words + object.first_word + 1, words + object.first_word + 1 + handle_words_,
                       [](Word counts) { return counts != 0; });
}

std::uint32_t KernelRules::handles(const Word* words, const KernelObject& object,
                                   std::uint32_t process) const {
    const Word counts = words[object.first_word + 1 + process / kCountsPerWord];
    return static_cast<std::uint32_t>(counts >> (process % kCountsPerWord * 16U)) & 0xffffU;
}

void KernelRules::set_handles(Word* words, const KernelObject& object, std::uint32_t process,
                              std::uint32_t count) const {
    const bool existed = exists(words, object);
    Word& counts = words[object.first_word + 1 + process / kCountsPerWord];
    const unsigned shift = process % kCountsPerWord * 16U;
    counts = (counts & ~(Word{0xffff} << shift)) | (Word{count & 0xffffU} << shift);
    const bool exists_on = exists(words, object);
    if (existed != exists_on) {
        words[object.first_word] = exists_on ? initial_word(object) : 0;
    }
}

OperationFacts KernelRules::facts(const KernelOperation& operation) const {
    const KernelObject& object = objects_[operation.objects[0]];
    OperationFacts facts;
    facts.scopes = 0;
    bool can_vanish = false;
    for (std::uint8_t i = 0; i < operation.object_count; ++i) {
        facts.scopes |= std::uint64_t{1} << operation.objects[i];
        can_vanish = can_vanish || objects_[operation.objects[i]].can_vanish;
    }
    const Act act = operation.call.act;
    const ResponseStatus status = operation.call.status;
    if (operation.caller != kNoCaller) {
        // It always moves its caller on. The bits beside the objects' are the callers': what one
        // moment can be affected by, the other can.
        constexpr unsigned kFirstCaller = 32;
        facts.scopes |= std::uint64_t{1} << (kFirstCaller + operation.caller % kFirstCaller);
        // What bars it is the same pulse's end, unless the caller dies.
        facts.end_is_foreseen = act == Act::pulse_begin && status == ResponseStatus::ok;
        return facts;
    }
    if (status == ResponseStatus::failed || status == ResponseStatus::timeout ||
        (is_about_handles(act) && !can_vanish)) {
        facts.reads = true;
        return facts;
    }
    // An end must stay in its place even where it changes nothing: it ends other calls. Of all
    // others some state may be left as it is, by a wait for a timer or a mutex that can vanish say.
    facts.idles = act != Act::thread_end && act != Act::process_end;
    if (can_vanish) {
        return facts;
    }
    const auto key = [&](std::uint64_t kind, std::uint64_t second = 0) {
        return alike_key((kind << 8U) | operation.objects[0],
                         static_cast<std::uint32_t>(operation.call.count), second);
    };
    const bool single_wait = act == Act::wait;
    if (act == Act::set_event || act == Act::reset_event) {
        facts.blind = true;
        facts.overwrites = !object.pulsed;  // What is pulsed is not all overwritten.
        facts.alike = key(act == Act::set_event ? 1 : 2);
    } else if (act == Act::release_semaphore) {
        facts.alike = operation.call.tells_previous
                          ? key(3, static_cast<std::uint32_t>(operation.call.previous))
                          : key(4);
    } else if (single_wait && object.type == ObjectType::semaphore) {
        facts.alike = key(5);
    } else if (single_wait && object.type == ObjectType::event) {
        facts.reads = object.reset == ResetKind::manual;
        facts.alike = key(6);
    } else if (act == Act::wait_any && status == ResponseStatus::ok) {
        const KernelObject& satisfying = objects_[operation.objects[operation.satisfied_by]];
        facts.reads = satisfying.type == ObjectType::event && satisfying.reset == ResetKind::manual;
    } else if (act == Act::wait_all && status == ResponseStatus::ok) {
        facts.reads = std::all_of(operation.objects.begin(),
                                  operation.objects.begin() + operation.object_count,
                                  [this](std::uint8_t each) {
                                      return objects_[each].type == ObjectType::event &&
                                             objects_[each].reset == ResetKind::manual;
                                  });
    }
    return facts;
}

bool KernelRules::may_be_signaled(const Word* words, std::uint8_t object,
                                  const KernelOperation& wait, std::int64_t before_ns) const {
    const KernelObject& told = objects_[object];
    const Word word = words[told.first_word];
    if (told.can_vanish && !exists(words, told)) {
        return false;
    }
    switch (told.type) {
        case ObjectType::event:
            return word != 0;
        case ObjectType::mutex:
            return signaled_for(mutex_from(word), wait.call.thread, MutexRules{});
        case ObjectType::semaphore:
            return semaphore_from(word).count > 0;
        case ObjectType::timer:
            break;
    }
    const TimerState timer = timer_from(word);
    return timer.signaled || (timer.arming != 0 && expiries_possible(armings_[timer.arming - 1],
                                                                     before_ns) > timer.over);
}

bool KernelRules::may_be_unsignaled(const Word* words, std::uint8_t object,
                                    const KernelOperation& wait) const {
    if (objects_[object].type == ObjectType::timer) {
        // A timer that is due may be late; how late is not the model's to judge.
        return !timer_from(words[objects_[object].first_word]).signaled;
    }
    return !may_be_signaled(words, object, wait, 0);
}

KernelRules::Outcomes KernelRules::act(const Word* words, std::uint8_t object,
                                       const KernelOperation& operation,
                                       std::int64_t before_ns) const {
    const KernelObject& told = objects_[object];
    const Word word = words[told.first_word];
    switch (told.type) {
        case ObjectType::event:
            return act_on_event(word, told, operation);
        case ObjectType::mutex:
            return outcomes_of(MutexModel(), mutex_from(word), on_one(operation));
        case ObjectType::semaphore:
            return outcomes_of(SemaphoreModel(told.initial_count, told.maximum_count),
                               semaphore_from(word), on_one(operation));
        case ObjectType::timer:
            break;
    }
    return act_on_timer(timer_from(word), told, operation, before_ns);
}

KernelRules::Outcomes KernelRules::act_on_event(Word word, const KernelObject& object,
                                                const KernelOperation& operation) const {
    const ObjectOperation call = on_one(operation);
    const Word pulses = word & ~kSetBit;
    Outcomes outcomes;
    if (call.act == Act::pulse_end) {
        outcomes.add(word & ~pulse_bit(operation.caller));
    } else if (call.act == Act::pulse_begin) {
        if (call.answered(ResponseStatus::ok)) {
            outcomes.add(pulses | pulse_bit(operation.caller));
        }
    } else {
        // On what is set alone; waits that a pulse may satisfy are not told of here.
        outcomes = outcomes_of(event_model(object), EventState{(word & kSetBit) != 0}, call);
        for (std::size_t i = 0; i < outcomes.count; ++i) {
            outcomes.words[i] |= pulses;
        }
    }
    return outcomes;
}

bool KernelRules::is_known_of_pulsed(const KernelOperation& operation) const {
    const KernelObject& object = objects_[operation.objects[0]];
    const Act act = operation.call.act;
    const bool changes = act == Act::set_event || act == Act::reset_event ||
                         act == Act::pulse_begin || act == Act::pulse_end;
    const bool signals_and_waits = operation.moment == Moment::first && act != Act::pulse_begin;
    return object.pulsed && !object.can_vanish && changes && !signals_and_waits;
}

bool KernelRules::take_all(Word* words, const KernelOperation& wait, std::int64_t before_ns) const {
    if (waits_for_one_twice(wait)) {
        return false;
    }
    const ResponseStatus status = wait.call.status;
    KernelOperation one = wait;
    one.call.act = Act::wait;
    one.call.status = ResponseStatus::pending;  // What is told is told of all together.
    bool any_abandoned = false;
    bool told_abandoned = false;
    for (std::uint8_t i = 0; i < wait.object_count; ++i) {
        const KernelObject& object = objects_[wait.objects[i]];
        if (!may_be_signaled(words, wait.objects[i], wait, before_ns)) {
            if (status == ResponseStatus::pending || !wait.amid_closing || !object.can_vanish) {
                return false;
            }
            // It may have taken what has vanished.
            told_abandoned = told_abandoned || i == wait.satisfied_by;
            continue;
        }
        const bool abandoned =
            object.type == ObjectType::mutex && mutex_from(words[object.first_word]).abandoned;
        any_abandoned = any_abandoned || abandoned;
        told_abandoned = told_abandoned || (abandoned && i == wait.satisfied_by);
        if (object.pulsed) {
            continue;
        }
        const Outcomes outcomes = act(words, wait.objects[i], one, before_ns);
        if (outcomes.count == 0) {
            return false;
        }
        words[object.first_word] = outcomes.words[0];
    }
    return status == ResponseStatus::pending ||
           (status == ResponseStatus::abandoned ? told_abandoned : !any_abandoned);
}

bool KernelRules::may_take_nothing(const Word* words, const KernelOperation& wait) const {
    if (waits_for_one_twice(wait)) {
        return wait.call.status == ResponseStatus::failed &&
               wait.call.error == kErrorInvalidParameter;
    }
    KernelOperation one = wait;
    one.call.act = Act::wait;
    const auto explains = [&](std::uint8_t object) {
        if (wait.call.status == ResponseStatus::timeout) {
            return may_be_unsignaled(words, object, wait);
        }
        // Only a mutex knows a failure that depends on its state.
        return objects_[object].type == ObjectType::mutex && act(words, object, one, 0).count != 0;
    };
    return std::any_of(wait.objects.begin(), wait.objects.begin() + wait.object_count, explains);
}

TimerState KernelRules::after_taking(const TimerState& timer, const KernelObject& object,
                                     const KernelOperation& wait, std::int64_t before_ns) const {
    TimerState after = timer;
    if (timer.arming != 0) {
        const TimerArming& arming = armings_[timer.arming - 1];
        if (!timer.signaled && expiries_possible(arming, before_ns) > timer.over) {
            ++after.over;
        }
        // What expired long before the wait began was merged into the signal that it takes.
        after.over = std::max(after.over, expiries_certain(arming, wait.invoked_ns));
    }
    after.signaled = object.reset == ResetKind::manual;
    return after;
}

KernelRules::Outcomes KernelRules::act_on_timer(const TimerState& timer, const KernelObject& object,
                                                const KernelOperation& operation,
                                                std::int64_t before_ns) const {
    Outcomes outcomes;
    const ObjectOperation& call = operation.call;
    if (call.status == ResponseStatus::failed) {
        if (call.act == Act::set_timer && call.error == kErrorInvalidParameter &&
            armings_[operation.arming].period_ns < 0) {
            outcomes.add(word_of(timer));
        }
        return outcomes;
    }
    switch (call.act) {
        case Act::wait:
        case Act::wait_any:
            if (call.status != ResponseStatus::abandoned) {
                outcomes.add(word_of(after_taking(timer, object, operation, before_ns)));
            }
            break;
        case Act::set_timer: {
            const TimerArming& arming = armings_[operation.arming];
            if (arming.period_ns >= 0) {
                // A due time of 0 signals at once (TMR-03).
                const bool at_once = arming.due_ns == 0;
                outcomes.add(word_of(TimerState{operation.arming + 1, at_once ? 1U : 0U, at_once}));
            }
            break;
        }
        case Act::cancel_timer: {
            outcomes.add(word_of(TimerState{0, 0, timer.signaled}));
            const bool may_have_expired =
                !timer.signaled && timer.arming != 0 &&
                expiries_possible(armings_[timer.arming - 1], before_ns) > timer.over;
            if (may_have_expired) {
                outcomes.add(word_of(TimerState{0, 0, true}));
            }
            break;
        }
        default:
            if (call.act == Act::thread_end) {
                outcomes.add(word_of(timer));
            }
            break;
    }
    return outcomes;
}

std::string KernelRules::describe(const KernelObject& object, Word word) const {
    switch (object.type) {
        case ObjectType::event: {
            return event_model(object).describe({word != 0}) +
                   ((word & ~kSetBit) == 0 ? "" : ", by a pulse");
        }
        case ObjectType::mutex:
            return MutexModel().describe(mutex_from(word));
        case ObjectType::semaphore:
            return SemaphoreModel(object.initial_count, object.maximum_count)
                .describe(semaphore_from(word));
        case ObjectType::timer:
            break;
    }
    const TimerState timer = timer_from(word);
    return fmt::format("{}{}", timer.signaled ? "signaled" : "not signaled",
                       timer.arming == 0 ? "" : ", armed");
}

std::string KernelRules::describe(const Word* words) const {
    std::string text;
    const auto add = [&text](std::string_view more) {
        text += fmt::format("{}{}", text.empty() ? "" : "; ", more);
    };
    for (const KernelObject& object : objects_) {
        const bool there = !object.can_vanish || exists(words, object);
        add(fmt::format("{}: {}", object.name,
                        there ? describe(object, words[object.first_word]) : "not there"));
    }
    for (std::size_t i = 0; i < callers_.size(); ++i) {
        if (!callers_[i].pulses && is_midway(words, static_cast<std::uint8_t>(i))) {
            // Threads have names where histories are read.
            add(fmt::format("{{{}}} between its signal and its wait", callers_[i].thread));
        }
    }
    return text;
}

}  // namespace castaway::harness
