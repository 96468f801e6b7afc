// The state word of an object, and the pure rules by which it changes.
//
//   bits 0-31 value | 32 has waiters | 33 abandoned | 34-39 signals | 40-63 generation of the slot
//
// type               value                               signaled when      a wait that takes it
// auto-reset event   0, 1                                1                  makes it 0
// manual-reset event 0, 1                                1                  changes nothing
// mutex              0 free, else owner: bits 0-15       0, or owned by     makes the waiter owner;
//                    thread slot + 1, 16-31 generation   the waiter         clears `abandoned`
// semaphore          count, 0 to maximum                 above 0            takes one
// auto-reset timer   0, 1: has expired                   1                  makes it 0
// manual-reset timer 0, 1: has expired                   1                  changes nothing
// process            0, 1: has ended                     1                  changes nothing
// private namespace  0                                   never
// thread             0, 1: has ended                     1                  changes nothing
//
// `has waiters` means that the word may be changed only under the object's lock. It may be set with
// an empty queue (harmless: somebody takes the slow path in vain and clears it), never clear with a
// waiter queued: it is set under the lock, before a waiter looks at the value for the last time.
// When the lock is free, no waiter is queued on a signaled object, but for those who wait for it
// together with others, and for timers, whose value catches up with the clock only when somebody
// looks.
//
// `signals` counts, modulo 64, the calls that set an event or release a mutex or semaphore, those
// too that found an event set or a semaphore full: so a word that is the same at two looks was the
// same all the time between them, and nobody has been told anything that a look in between would
// belie. The wait for any of several looks so (objects/wait.h). Calls that find the object signaled
// and `has waiters` are not counted: nobody takes it without the lock then.
//
// The generation goes up when the slot is freed. Without waiters the word is changed by anybody's
// compare-and-swap; one that was prepared for the slot's previous object fails by the generation.
#pragma once

#include <cstdint>

namespace castaway {

enum class ObjectKind : std::uint8_t {
    none = 0,
    auto_event = 1,
    manual_event = 2,
    mutex = 3,
    semaphore = 4,
    auto_timer = 5,
    manual_timer = 6,
    process = 7,
    thread = 8,
    private_namespace = 9,
};

template <ObjectKind kKind>
constexpr bool is_one(ObjectKind kind) {
    return kind == kKind;
}
constexpr bool is_event(ObjectKind kind) {
    return kind == ObjectKind::auto_event || kind == ObjectKind::manual_event;
}
constexpr bool is_timer(ObjectKind kind) {
    return kind == ObjectKind::auto_timer || kind == ObjectKind::manual_timer;
}

inline constexpr std::uint64_t kHasWaiters = std::uint64_t{1} << 32;
inline constexpr std::uint64_t kAbandoned = std::uint64_t{1} << 33;
inline constexpr std::uint64_t kOneSignal = std::uint64_t{1} << 34;
inline constexpr std::uint64_t kSignals = 63 * kOneSignal;
inline constexpr int kGenerationShift = 40;

constexpr std::uint32_t value_of(std::uint64_t state) {
    return static_cast<std::uint32_t>(state);
}
constexpr std::uint32_t generation_of(std::uint64_t state) {
    return static_cast<std::uint32_t>(state >> kGenerationShift);
}
constexpr bool has_waiters(std::uint64_t state) {
    return (state & kHasWaiters) != 0;
}
constexpr std::uint64_t with_value(std::uint64_t state, std::uint32_t value) {
    return (state & ~std::uint64_t{0xffffffff}) | value;
}
/// The same with one more signal counted.
constexpr std::uint64_t with_signal(std::uint64_t state) {
    return (state & ~kSignals) | ((state + kOneSignal) & kSignals);
}
/// The word of a slot that is free, or was just taken: next generation, no value, no flags.
constexpr std::uint64_t next_generation(std::uint64_t state) {
    return (std::uint64_t{generation_of(state)} + 1) << kGenerationShift;
}

/// What a mutex's value is while this thread owns it.
constexpr std::uint32_t mutex_owner(std::uint32_t thread_slot, std::uint32_t generation) {
    return (thread_slot + 1) | generation << 16;
}
/// The owning thread's slot. Requires an owner.
constexpr std::uint32_t owner_slot(std::uint32_t value) {
    return (value & 0xffff) - 1;
}

/// What a wait by `owner` (see mutex_owner) makes of a state.
struct Take {
    bool possible = false;
    std::uint64_t next = 0;  ///< the state afterwards
    bool abandoned = false;  ///< the wait is to be told so
    bool again = false;      ///< a mutex that the waiter owns already: its recursion goes up
};

[[gnu::always_inline]] constexpr Take take(ObjectKind kind, std::uint64_t state,
                                           std::uint32_t owner) {
    const std::uint32_t value = value_of(state);
    switch (kind) {
        case ObjectKind::auto_event:
        case ObjectKind::auto_timer:
            return {value != 0, with_value(state, 0)};
        case ObjectKind::manual_event:
        case ObjectKind::manual_timer:
        case ObjectKind::process:
        case ObjectKind::thread:
            return {value != 0, state};
        case ObjectKind::semaphore:
            return {value != 0, with_value(state, value - 1)};
        case ObjectKind::mutex:
            if (value == owner) {
                return {true, state, false, true};
            }
            return {value == 0, with_value(state & ~kAbandoned, owner), (state & kAbandoned) != 0};
        case ObjectKind::private_namespace:
        case ObjectKind::none:
            break;
    }
    return {};
}

/// Whether anybody who does not own it could take an object in this state.
constexpr bool is_signaled(ObjectKind kind, std::uint64_t state) {
    constexpr std::uint32_t kNobody = 0xffffffff;
    return take(kind, state, kNobody).possible;
}

}  // namespace castaway
