#include "harness/model/kernel.h"

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

Word word_of(const EventState& state) {
    return state.signaled ? 1 : 0;
}
EventState event_from(Word word) {
    return {word != 0};
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

EventModel event_model(const KernelObject& object) {
    return {object.reset, object.initially_signaled};
}

}  // namespace

KernelRules::KernelRules(std::vector<KernelObject> objects, std::uint32_t processes)
    : objects_(std::move(objects)),
      handle_words_((processes + kCountsPerWord - 1) / kCountsPerWord) {
    std::uint32_t word = 0;
    for (KernelObject& object : objects_) {
        object.first_word = word;
        word += 1 + (object.can_vanish ? handle_words_ : 0);
    }
    words_ = word;
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
        facts.blind = facts.overwrites = true;
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
            return event_from(word).signaled;
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
            return outcomes_of(event_model(told), event_from(word), on_one(operation));
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

std::string KernelRules::describe(const Word* words) const {
    std::string text;
    for (const KernelObject& object : objects_) {
        const Word word = words[object.first_word];
        std::string state;
        if (object.can_vanish && !exists(words, object)) {
            state = "not there";
        } else {
            switch (object.type) {
                case ObjectType::event:
                    state = event_model(object).describe(event_from(word));
                    break;
                case ObjectType::mutex:
                    state = MutexModel().describe(mutex_from(word));
                    break;
                case ObjectType::semaphore:
                    state = SemaphoreModel(object.initial_count, object.maximum_count)
                                .describe(semaphore_from(word));
                    break;
                case ObjectType::timer: {
                    const TimerState timer = timer_from(word);
                    state = fmt::format("{}{}", timer.signaled ? "signaled" : "not signaled",
                                        timer.arming == 0 ? "" : ", armed");
                    break;
                }
            }
        }
        text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", object.name, state);
    }
    return text;
}

}  // namespace castaway::harness
