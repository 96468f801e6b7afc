// The objects' rules as one observer of all moments sees them, right or with one defect: the source
// of histories that are right or wrong by construction.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "harness/history/operation.h"

namespace castaway::harness::testing {

enum class Defect : std::uint8_t {
    none,
    two_owners,               ///< a mutex can be taken while another holds it
    death_not_told,           ///< a dead owner's mutex is freed unmarked
    death_told_twice,         ///< the mark stays when it was told
    anyone_releases,          ///< a mutex can be released by anybody
    count_not_taken,          ///< a wait on a semaphore takes none
    signal_not_taken,         ///< an auto-reset event stays signaled
    reset_ignored,            ///< a reset event stays signaled
    timer_early,              ///< a timer expires a fifth before its time
    waiter_not_woken,         ///< blocked threads sleep on though their object is signaled
    highest_taken,            ///< a wait for any takes the highest index
    timeout_though_signaled,  ///< a test of a signaled object times out
    name_outlives_object,     ///< a name stays when the last handle is closed
    made_twice,               ///< a create makes what is there
};

/// 0 is nobody.
using ThreadId = std::uint32_t;

// The objects, by their indices; all but the last live as long as the run.
inline constexpr std::array<ObjectIndex, 2> kModelMutexes{0, 1};
inline constexpr ObjectIndex kModelSemaphore = 2;
inline constexpr std::array<ObjectIndex, 2> kModelEvents{3, 4};  ///< auto-reset, manual-reset
inline constexpr std::array<ObjectIndex, 2> kModelTimers{5, 6};  ///< likewise
inline constexpr ObjectIndex kModelWholeRunObjects = 7;
inline constexpr ObjectIndex kModelShortLived = 7;
inline constexpr std::int32_t kModelInitialCount = 1;
inline constexpr std::int32_t kModelMaximumCount = 3;

class ModelWorld {
  public:
    explicit ModelWorld(Defect defect) : defect_(defect) {}

    [[nodiscard]] bool is(Defect defect) const { return defect_ == defect; }
    /// An answer was given that cannot be right, whatever the others were.
    [[nodiscard]] bool defect_showed() const { return defect_showed_; }
    void show_defect() { defect_showed_ = true; }

    bool signaled_for(ThreadId thread, ObjectIndex object, std::int64_t now_ns);
    /// Requires that it is signaled. Returns ok or abandoned.
    ResponseStatus take(ThreadId thread, ObjectIndex object, std::int64_t now_ns);
    /// False when the thread is not the owner.
    bool release_mutex(ThreadId thread, ObjectIndex mutex);
    /// The previous count; nothing when there is no room.
    std::optional<std::int32_t> release_semaphore(std::int32_t count);
    void set_event(ObjectIndex event, bool signaled);
    void set_timer(ObjectIndex timer, std::int64_t now_ns, std::int64_t due_ns,
                   std::int64_t period_ns);
    void cancel_timer(ObjectIndex timer, std::int64_t now_ns);

    // The object that comes and goes, by its name.
    [[nodiscard]] bool has_handle(std::uint32_t process) const;
    bool open(std::uint32_t process);    ///< false: not found
    bool create(std::uint32_t process);  ///< false: it existed
    void close(std::uint32_t process);

    void thread_died(ThreadId thread);
    void process_died(std::uint32_t process);

    /// What a snapshot tells of the object, to be judged as such.
    struct Final {
        std::int64_t value = 0;
        bool abandoned = false;
    };
    Final look_at(ObjectIndex object, bool all_deaths_are_kills);

  private:
    struct Mutex {
        ThreadId owner = 0;
        std::int64_t depth = 0;
        bool abandoned = false;
        bool must_tell = false;  ///< what `abandoned` is without a defect
    };
    struct Event {
        bool signaled = false;
        bool truly_signaled = false;  ///< what `signaled` is without a defect
    };
    struct Timer {
        bool signaled = false;
        bool armed = false;
        std::int64_t due_ns = 0;
        std::int64_t true_due_ns = 0;  ///< what `due_ns` is without a defect, at first
        std::int64_t period_ns = 0;
        void catch_up(std::int64_t now_ns);
    };

    [[nodiscard]] std::int64_t handles() const;
    ResponseStatus take_mutex(ThreadId thread, Mutex& mutex);
    void found(bool there);

    Defect defect_;
    bool defect_showed_ = false;
    std::array<Mutex, 2> mutexes_;
    std::int32_t count_ = kModelInitialCount;
    bool miscounted_ = false;
    std::array<Event, 2> events_;
    std::array<Timer, 2> timers_;
    bool exists_ = false;
    std::map<std::uint32_t, std::int64_t> handles_;  ///< by process
    bool somebody_died_ = false;
};

}  // namespace castaway::harness::testing
