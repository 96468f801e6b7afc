// The word by which one wait is decided. Whoever moves it away from `waiting` has decided how the
// wait ends: a signaler that hands its object over, or the waiter itself.
//
//   bits 0-2 state | 3-8 index | 9 abandoned | 10 look again | 11 for all | 12 alertable
//   bits 13-63 epoch
//
// `index` is that of the satisfying object. In a wait for all of several it is, while waiting, that
// of the last object; and when satisfied, that of the first abandoned mutex, or 0.
//
// state      meaning                                        who leaves it, to what
// idle       the thread is in no wait                       the thread: waiting, same epoch
// waiting    queued, or queueing; may sleep                 a signaler or the thread: satisfied;
//                                                           the thread: withdrawn;
//                                                           if alertable, who queues a call
//                                                           for the thread: alerted
// satisfied  object `index` was taken for this wait         the thread: idle, next epoch
// withdrawn  the wait ended with nothing taken              the thread: idle, next epoch
// alerted    the same, because of a procedure call          the thread: idle, next epoch
//
// `look again` is set on a waiting word when a timer's due time has changed; the waiter clears it.
// The futex is the low half, which holds state, flags and 19 bits of the epoch.
#pragma once

#include <cstdint>

namespace castaway {

enum class WaitState : std::uint8_t {
    idle = 0,
    waiting = 1,
    satisfied = 2,
    withdrawn = 3,
    alerted = 4
};

struct WaitWord {
    WaitState state = WaitState::idle;
    std::uint8_t index = 0;
    bool abandoned = false;
    bool look_again = false;
    std::uint64_t epoch = 0;
    bool all = false;
    bool alertable = false;

    static WaitWord unpack(std::uint64_t word) {
        return {static_cast<WaitState>(word & 7),
                static_cast<std::uint8_t>(word >> 3 & 63),
                (word >> 9 & 1) != 0,
                (word >> 10 & 1) != 0,
                word >> 13,
                (word >> 11 & 1) != 0,
                (word >> 12 & 1) != 0};
    }
    [[nodiscard]] std::uint64_t pack() const {
        return static_cast<std::uint64_t>(state) | std::uint64_t{index} << 3 |
               std::uint64_t{abandoned} << 9 | std::uint64_t{look_again} << 10 |
               std::uint64_t{all} << 11 | std::uint64_t{alertable} << 12 | epoch << 13;
    }
};

/// Whether the hand-off that was to make the word `announced` took place, given the word now and
/// that the object's lock has been held since before it was announced.
inline bool handoff_happened(std::uint64_t now, std::uint64_t announced) {
    return now == announced || WaitWord::unpack(now).epoch > WaitWord::unpack(announced).epoch;
}

}  // namespace castaway
