// Several objects together: what a wait on several joins, what is made and vanishes by name,
// timers, and calls that take effect at two moments.
//
// The state is one word for each object, and for an object that can vanish more words that count
// each process's handles to it (NAME-03 to NAME-05, NAME-13, NAME-14, HND-07). Rules of waiting on
// several: WAIT-01, WAIT-05, WAIT-06, WAIT-08, MTX-12; of the timer: timer.h; of the others:
// mutex.h, semaphore.h, event.h.
//
// Calls at two moments: a pulse, which begins and ends (EVT-08, EVT-09), and a call that signals
// and then waits (WAIT-17). One more word of the state has a bit for each of their callers, set by
// the first moment and cleared by the second. Nobody waits without having signaled; a pulse that
// ends without having begun is one that satisfies nobody, and only clears the event. An event's
// word has a bit for what is set, and one for each caller of a pulse that can satisfy waits:
// cleared by its end, and of an auto-reset event by the wait that it satisfies. A pulse clears what
// was set before it, and a SetEvent amid a pulse outlives it.
//
// Left open, since histories do not tell: which of its handles a process closes or uses. A call
// that fails for a bad handle (6) is allowed where `handle_in_doubt` says that the handle may be
// bad; one that succeeds while its own process closes handles may act on what vanishes meanwhile.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/acts.h"
#include "harness/model/event.h"
#include "harness/model/model.h"
#include "harness/model/mutex.h"
#include "harness/model/semaphore.h"
#include "harness/model/timer.h"

namespace castaway::harness {

inline constexpr std::size_t kWaitObjectsMax = 64;

enum class Moment : std::uint8_t {
    only,   ///< the call takes effect at one
    first,  ///< its signal, or the beginning of its pulse
    second  ///< its wait, or the end of its pulse
};

/// Who makes calls that take effect at two moments, and which: each caller has a place among those
/// of the model.
struct TwoMomentCaller {
    std::uint32_t thread = 0;
    bool pulses = false;
    bool operator==(const TwoMomentCaller&) const = default;
};

inline constexpr std::size_t kTwoMomentCallersMax = 63;
inline constexpr std::uint8_t kNoCaller = 0xff;

struct KernelOperation {
    /// The call; for wait_any `act` is wait_any and `status` that of the whole.
    ObjectOperation call;
    std::uint16_t process = 0;      ///< among those that use the objects of this model
    bool existed = false;           ///< create: said that the object existed (183)
    bool amid_closing = false;      ///< its process closes a handle to the object at the same time
    std::uint8_t satisfied_by = 0;  ///< wait_any; wait_all that is abandoned
    std::uint8_t object_count = 1;
    Moment moment = Moment::only;
    /// Of a call at two moments the caller's place; of the end of a thread that signals and waits
    /// likewise: nothing comes of its wait any more.
    std::uint8_t caller = kNoCaller;
    std::uint32_t arming = 0;  ///< set_timer: index in the model's armings
    std::int64_t invoked_ns = 0;
    std::array<std::uint8_t, kWaitObjectsMax> objects{};

    bool operator==(const KernelOperation&) const = default;
};

struct KernelObject {
    std::string name;
    ObjectType type = ObjectType::event;
    ResetKind reset = ResetKind::automatic;  ///< event, timer
    bool initially_signaled = false;         ///< event
    std::int32_t initial_count = 0;          ///< semaphore
    std::int32_t maximum_count = 0;          ///< semaphore
    bool can_vanish = false;
    bool pulsed = false;           ///< event: some call pulses it
    std::uint32_t first_word = 0;  ///< its place in the state; set by the model
};

/// What is the same for every size of the state.
class KernelRules {
  public:
    using Word = std::uint64_t;

    /// \param processes  how many use the objects, where any of them can vanish
    /// \param callers  no more than kTwoMomentCallersMax
    KernelRules(std::vector<KernelObject> objects, std::uint32_t processes,
                std::vector<TwoMomentCaller> callers = {});

    [[nodiscard]] std::size_t words() const { return words_; }
    [[nodiscard]] const std::vector<KernelObject>& objects() const { return objects_; }
    std::vector<TimerArming>& armings() { return armings_; }

    void set_initial(Word* words) const;
    [[nodiscard]] OperationFacts facts(const KernelOperation& operation) const;
    [[nodiscard]] std::string describe(const Word* words) const;

    /// What one object's word may become by a call that is allowed on it.
    struct Outcomes {
        std::array<Word, 2> words{};
        std::size_t count = 0;
        void add(Word word) { words.at(count++) = word; }
    };

    [[nodiscard]] bool may_be_signaled(const Word* words, std::uint8_t object,
                                       const KernelOperation& wait, std::int64_t before_ns) const;
    [[nodiscard]] bool may_be_unsignaled(const Word* words, std::uint8_t object,
                                         const KernelOperation& wait) const;
    /// Takes all that a wait_all, which did not fail or time out, waits for, but for events that
    /// are pulsed: of these it only sees whether they are signaled. False when that cannot be; the
    /// words are then of no use.
    bool take_all(Word* words, const KernelOperation& wait, std::int64_t before_ns) const;
    /// The wait_all can have failed, or timed out, as it did.
    [[nodiscard]] bool may_take_nothing(const Word* words, const KernelOperation& wait) const;

    /// A set or reset of a pulsed event, or a moment of its pulse, where nothing else can happen to
    /// the event.
    [[nodiscard]] bool is_known_of_pulsed(const KernelOperation& operation) const;
    /// Takes away what is set.
    void clear_event(Word* words, std::uint8_t object) const {
        words[objects_[object].first_word] &= ~Word{1};
    }

    /// The caller is between its call's two moments.
    [[nodiscard]] bool is_midway(const Word* words, std::uint8_t caller) const {
        return ((words[midway_word_] >> caller) & 1U) != 0;
    }
    void set_midway(Word* words, std::uint8_t caller, bool midway) const {
        const Word bit = Word{1} << caller;
        words[midway_word_] = midway ? words[midway_word_] | bit : words[midway_word_] & ~bit;
    }
    /// A call on one object. For a wait on several: of the one that satisfies it.
    [[nodiscard]] Outcomes act(const Word* words, std::uint8_t object,
                               const KernelOperation& operation, std::int64_t before_ns) const;

    [[nodiscard]] bool exists(const Word* words, const KernelObject& object) const;
    [[nodiscard]] std::uint32_t handles(const Word* words, const KernelObject& object,
                                        std::uint32_t process) const;
    /// Changes handle counts and, with the first and the last handle, the object itself.
    void set_handles(Word* words, const KernelObject& object, std::uint32_t process,
                     std::uint32_t count) const;

  private:
    static constexpr std::uint32_t kCountsPerWord = 4;

    [[nodiscard]] Word initial_word(const KernelObject& object) const;
    [[nodiscard]] Outcomes act_on_event(Word word, const KernelObject& object,
                                        const KernelOperation& operation) const;
    [[nodiscard]] std::string describe(const KernelObject& object, Word word) const;
    [[nodiscard]] Outcomes act_on_timer(const TimerState& timer, const KernelObject& object,
                                        const KernelOperation& operation,
                                        std::int64_t before_ns) const;
    [[nodiscard]] TimerState after_taking(const TimerState& timer, const KernelObject& object,
                                          const KernelOperation& wait,
                                          std::int64_t before_ns) const;

    std::vector<KernelObject> objects_;
    std::vector<TimerArming> armings_;
    std::uint32_t handle_words_ = 0;  ///< of each object that can vanish
    std::vector<TwoMomentCaller> callers_;
    std::size_t midway_word_ = 0;
    std::size_t words_ = 0;
};

}  // namespace castaway::harness
