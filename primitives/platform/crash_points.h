// Named places between two writes to shared memory, where a death leaves something behind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace castaway {

enum class CrashPoint : std::uint8_t {
    wait_before_publish,
    wait_before_enqueue,
    wait_enqueued,
    wait_before_sleep,
    wait_woken,
    handoff_before_commit,
    handoff_committed,
    mutex_acquired,
    mutex_before_release,
    signal_state_set,
    signal_waits_for_all,
    call_queued,
    lock_acquired,
    lock_before_release,
    create_before_commit,
    create_committed,
    close_before_commit,
    close_committed,
    recover_before_rollback,
    recover_rolled_back,
    recover_before_abandon,
    recover_before_close_handle,
    recover_done,
};

struct CrashPointName {
    CrashPoint point;
    std::string_view name;
    std::string_view description;  ///< what a death here leaves behind
};

inline constexpr std::array<CrashPointName, 23> kCrashPoints{{
    {CrashPoint::wait_before_publish, "wait.before_publish",
     "an alertable wait has found no procedure call, and does not say yet that it waits"},
    {CrashPoint::wait_before_enqueue, "wait.before_enqueue",
     "the wait has failed to take its objects and is in no queue yet"},
    {CrashPoint::wait_enqueued, "wait.enqueued",
     "linked into one more queue, under that object's lock"},
    {CrashPoint::wait_before_sleep, "wait.before_sleep", "queued everywhere, about to sleep"},
    {CrashPoint::wait_woken, "wait.woken", "back from sleep, still queued or already satisfied"},
    {CrashPoint::handoff_before_commit, "handoff.before_commit",
     "signal consumed and waiter unlinked in the journal, waiter not told"},
    {CrashPoint::handoff_committed, "handoff.committed", "waiter satisfied but not woken"},
    {CrashPoint::mutex_acquired, "mutex.acquired", "mutex owned, the wait has not returned"},
    {CrashPoint::mutex_before_release, "mutex.before_release", "about to give the mutex up"},
    {CrashPoint::signal_state_set, "signal.state_set",
     "object signaled under its lock, its waiters not yet served"},
    {CrashPoint::signal_waits_for_all, "signal.waits_for_all",
     "object signaled, its lock released, who waits for it together with others not yet served"},
    {CrashPoint::call_queued, "call.queued",
     "a procedure call is in its thread's queue, and the thread not told"},
    {CrashPoint::lock_acquired, "lock.acquired", "an internal lock was just taken"},
    {CrashPoint::lock_before_release, "lock.before_release",
     "an internal lock is about to be released"},
    {CrashPoint::create_before_commit, "create.before_commit",
     "object, name and handle written but not committed"},
    {CrashPoint::create_committed, "create.committed", "object made, the call has not returned"},
    {CrashPoint::close_before_commit, "close.before_commit",
     "handle (and perhaps object and name) taken out but not committed"},
    {CrashPoint::close_committed, "close.committed", "handle closed, the call has not returned"},
    {CrashPoint::recover_before_rollback, "recover.before_rollback",
     "the recoverer of a dead thread has rolled nothing back yet"},
    {CrashPoint::recover_rolled_back, "recover.rolled_back",
     "journal rolled back, the dead thread's locks still held"},
    {CrashPoint::recover_before_abandon, "recover.before_abandon",
     "the recoverer is about to abandon a mutex"},
    {CrashPoint::recover_before_close_handle, "recover.before_close_handle",
     "the recoverer is about to close a dead process's handle"},
    {CrashPoint::recover_done, "recover.done",
     "everything given back, the dead process's slot still taken"},
}};

/// The point's name, "wait.enqueued".
constexpr std::string_view name_of(CrashPoint point) {
    return kCrashPoints[static_cast<std::size_t>(point)].name;
}

static_assert(
    [] {
        for (std::size_t i = 0; i < kCrashPoints.size(); ++i) {
            if (static_cast<std::size_t>(kCrashPoints[i].point) != i) {
                return false;
            }
        }
        return true;
    }(),
    "the table is in the enumeration's order");

}  // namespace castaway
