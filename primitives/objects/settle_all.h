// Serving those who wait for all of several objects (WaitForMultipleObjects with bWaitAll).
//
// Such a wait takes its objects at one instant or none of them (rule WAIT-06). A thread that waits
// so is linked into the queues of all its objects, so the words of all of them are changed under
// their locks only. Whoever holds all those locks sees the objects at one instant, and takes them
// for the waiter in one transaction:
//
//   To signal: change the object under its lock and settle(), which serves whoever waits for any
//              of several and passes over the others; release the lock; then for each thread in
//              the queue that waits for all: lock all its objects, in the order of their slots;
//              if all are signaled, take them in the journal; commit by moving its wait word from
//              waiting to satisfied; wake it.
//
// The order of slots is the only one in which two objects are ever locked, so nobody waits in a
// circle. A mutex that the waiter owns already is not queued on and counts as signaled: nobody but
// the waiter can change it (its recursion goes up when the wait returns).
//
// Between the release and the last waiter the signaler keeps its note of the object's lock. If it
// dies there, step 2 of the recovery settles the object, and serves the waiters. So no signal is
// lost: a death before the commit takes nothing, one after it has given all to the waiter.
//
// While the queue is walked it changes. The walk goes on behind the waiter it has just tried, as
// long as that one is still linked in the same wait; else it begins anew. So every thread that
// waits from before the walk until after it is tried.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "primitives/objects/settle.h"

namespace castaway {

/// Slots of the objects that are waited for, by their index in the wait.
class ObjectSlots {
  public:
    void add(std::uint32_t slot) { slots_[count_++] = slot; }
    [[nodiscard]] std::span<const std::uint32_t> all() const {
        return std::span(slots_).first(count_);
    }

  private:
    std::array<std::uint32_t, kWaitObjectsMax> slots_{};
    std::size_t count_ = 0;
};

/// Holds the locks of several objects for its lifetime.
template <class P>
class ObjectsGuard {
  public:
    /// \param slots  in any order; one that is named twice is locked once
    ObjectsGuard(Thread<P>& thread, std::span<const std::uint32_t> slots) : thread_(thread) {
        const auto end = std::copy(slots.begin(), slots.end(), slots_.begin());
        std::sort(slots_.begin(), end);
        count_ = static_cast<std::size_t>(std::unique(slots_.begin(), end) - slots_.begin());
        for (std::size_t i = 0; i < count_; ++i) {
            acquire_lock(thread_, thread_.region.object(slots_[i]).lock);
        }
    }
    ObjectsGuard(const ObjectsGuard&) = delete;
    ObjectsGuard& operator=(const ObjectsGuard&) = delete;
    ~ObjectsGuard() {
        for (std::size_t i = count_; i-- > 0;) {
            release_lock(thread_, thread_.region.object(slots_[i]).lock);
        }
    }

  private:
    Thread<P>& thread_;
    std::array<std::uint32_t, kWaitObjectsMax> slots_{};
    std::size_t count_ = 0;
};

/// What a wait for all makes of its objects.
struct TakeAll {
    bool possible = false;
    bool abandoned = false;        ///< one of them is an abandoned mutex
    std::uint8_t abandoned_index;  ///< the first of them, else 0
    std::array<Take, kWaitObjectsMax> each;
};

/// Requires the locks of all objects, and that each but the waiter's own mutexes has `has waiters`.
/// \param owner  of the waiter, see mutex_owner
/// \param pulsed the slot of an event that counts as signaled for this moment, and is not
/// afterwards
template <class P>
TakeAll take_all(const Thread<P>& thread, std::span<const std::uint32_t> slots, std::uint32_t owner,
                 std::optional<std::uint32_t> pulsed = std::nullopt) {
    TakeAll taken{};
    for (std::size_t i = 0; i < slots.size(); ++i) {
        Object& object = thread.region.object(slots[i]);
        const std::uint64_t state = thread.platform.load(object.state);
        taken.each[i] = slots[i] == pulsed
                            ? Take{true, with_value(state, 0)}
                            : take_for(thread, kind_of(thread, object), state, owner);
        if (!taken.each[i].possible) {
            if (i > 0 && thread.platform.mutated(Mutant::wait_all_takes_part)) {
                taken.each[i].next = thread.platform.load(object.state);
                continue;
            }
            return taken;
        }
        if (taken.each[i].abandoned && !taken.abandoned) {
            taken.abandoned = true;
            taken.abandoned_index = static_cast<std::uint8_t>(i);
        }
    }
    taken.possible = true;
    return taken;
}

/// Requires what take_all() does, and that it was possible.
template <class P>
void write_all(Transaction<P>& change, const RegionView& region,
               std::span<const std::uint32_t> slots, const TakeAll& taken) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
        Cell64& state = region.object(slots[i]).state;
        if (change.read(state) != taken.each[i].next) {
            change.write(state, taken.each[i].next);
        }
    }
}

namespace detail {

/// A thread's wait for all, as a walk through a queue meets it.
struct WaiterForAll {
    WaiterRef ref;
    std::uint64_t epoch = 0;
};

/// Whether the word is that of the wait in question, and undecided.
inline bool still_waits(const WaitWord& word, std::uint64_t epoch) {
    return word.state == WaitState::waiting && word.all && word.epoch == epoch;
}

/// Satisfies the waiter if all its objects are signaled; returns whether it has. Requires that the
/// thread holds no object's lock. \param pulsed as take_all() has it
template <class P>
bool satisfy_if_all_signaled(Thread<P>& thread, const WaiterForAll& waiter,
                             std::optional<std::uint32_t> pulsed = std::nullopt) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    ThreadSlot& slot = region.thread(waiter.ref.thread);
    WaitWord wait = wait_of(thread, waiter.ref.thread);
    ObjectSlots objects;
    for (std::uint32_t i = 0; still_waits(wait, waiter.epoch) && i <= wait.index; ++i) {
        const std::uint64_t object = platform.load(slot.waits[i].object);
        if (object == 0) {
            return false;  // the wait is over already
        }
        objects.add(static_cast<std::uint32_t>(object - 1));
    }
    // What was read above belongs to the wait if the wait is the same afterwards, and it stays as
    // long as the locks are held: the waiter needs them to leave.
    const ObjectsGuard<P> guard(thread, objects.all());
    const std::uint32_t owner = owner_value(thread, waiter.ref.thread);
    for (;;) {
        const std::uint64_t found = platform.load(slot.wait_word);
        wait = WaitWord::unpack(found);
        if (!still_waits(wait, waiter.epoch) || is_dead_thread(thread, waiter.ref.thread)) {
            return false;
        }
        const TakeAll taken = take_all(thread, objects.all(), owner, pulsed);
        if (!taken.possible) {
            return false;
        }
        Transaction<P> change(thread);
        write_all(change, region, objects.all(), taken);
        const WaitWord satisfied{
            WaitState::satisfied, taken.abandoned_index, taken.abandoned, false, wait.epoch, true};
        if (change.commit_by_handoff(waiter.ref.thread, found, satisfied.pack())) {
            return true;
        }
    }
}

/// The next in the object's queue that waits for all, behind `last` if that is still there. Empty
/// when there is none, or the object is not signaled, but for a pulse. Requires that the thread
/// holds no object's lock.
template <class P>
std::optional<WaiterForAll> next_for_all(Thread<P>& thread, Object& object,
                                         const std::optional<WaiterForAll>& last,
                                         bool pulsed = false) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    const LockGuard guard(thread, object.lock);
    if (!pulsed && !is_signaled(kind_of(thread, object), platform.load(object.state))) {
        return std::nullopt;
    }
    std::uint64_t next = platform.load(object.queue_head);
    if (last && wait_of(thread, last->ref.thread).epoch == last->epoch) {
        WaitEntry& entry = entry_of(region, last->ref);
        if (platform.load(entry.linked) != 0 &&
            platform.load(entry.object) == std::uint64_t{region.slot_of(object)} + 1) {
            next = platform.load(entry.next);
        } else if (still_waits(wait_of(thread, last->ref.thread), last->epoch) &&
                   !is_dead_thread(thread, last->ref.thread)) {
            // A live thread leaves a queue when its wait is over. To begin anew would never end.
            region_damaged("the wait entry of thread slot", last->ref.thread);
        }
    }
    QueueWalk walk(region, object);
    for (; next != 0; walk.step()) {
        const WaiterRef ref = WaiterRef::unpack(next);
        const WaitWord wait = wait_of(thread, ref.thread);
        if (wait.state == WaitState::waiting && wait.all && !is_dead_thread(thread, ref.thread)) {
            return WaiterForAll{ref, wait.epoch};
        }
        next = platform.load(entry_of(region, ref).next);
    }
    return std::nullopt;
}

}  // namespace detail

/// Satisfies those who wait for the object together with others, as far as all is signaled.
/// Requires that the thread holds no object's lock, and a note of this one's (see above).
template <class P>
void serve_waits_for_all(Thread<P>& thread, Object& object) {
    std::optional<detail::WaiterForAll> waiter;
    while ((waiter = detail::next_for_all(thread, object, waiter))) {
        detail::satisfy_if_all_signaled(thread, *waiter);
    }
}

/// Holds one object's lock while it is changed, and serves all who wait for it.
template <class P>
class ObjectGuard {
  public:
    ObjectGuard(Thread<P>& thread, Object& object) : thread_(thread), object_(object) {
        acquire_lock(thread_, object_.lock);
    }
    ObjectGuard(const ObjectGuard&) = delete;
    ObjectGuard& operator=(const ObjectGuard&) = delete;
    ~ObjectGuard() {
        unlock_noted(thread_, object_.lock);
        if (waited_for_with_others_) {
            thread_.platform.crash_point(CrashPoint::signal_waits_for_all);
            serve_waits_for_all(thread_, object_);
        }
        strike_note(thread_);
    }

    /// After the last change: serves who waits for any of several now, the others at the end.
    void settle() { waited_for_with_others_ = castaway::settle(thread_, object_); }

  private:
    Thread<P>& thread_;
    Object& object_;
    bool waited_for_with_others_ = false;
};

}  // namespace castaway
