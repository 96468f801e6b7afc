// Step 1 of a recovery (recovery/recover.h): ending the transactions of dead threads, and releasing
// the locks that they held.
#pragma once

#include <limits>

#include "primitives/objects/wait.h"
#include "primitives/region/lock.h"

namespace castaway {

namespace detail {

/// Frees a thread slot that was claimed for a process which is no longer there: by a thread that
/// did not know yet that it was dead. Requires the recovery lock.
template <class P>
void end_late_claim(Thread<P>& thread, std::uint32_t slot, std::uint64_t word) {
    P& platform = thread.platform;
    ThreadEntry claim = ThreadEntry::unpack(word);
    if (claim.prepared) {
        return;  // it goes with its process, whose parent's tag it may have
    }
    // A process has its entry before any thread of it claims a slot.
    const ProcessEntry process =
        ProcessEntry::unpack(platform.load(thread.region.process_entry(claim.process)));
    if (process.state == SlotState::free || tag_of(process.identity) != claim.tag) {
        claim.state = SlotState::free;
        platform.cas(thread.region.thread_entry(slot), word, claim.pack());
    }
}

/// Step 1 for one thread that is marked dead. Requires the recovery lock.
template <class P>
void end_dead_transaction(Thread<P>& thread, std::uint32_t slot) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    platform.crash_point(CrashPoint::recover_before_rollback);
    finish_transaction_of_dead(thread, slot);
    platform.crash_point(CrashPoint::recover_rolled_back);
    for (Cell64& noted : region.thread(slot).locks) {
        const std::uint64_t offset = platform.load(noted);
        if (offset == 0) {
            continue;
        }
        // The note stays: step 2 settles what the lock guarded. Sleepers are woken even where
        // the thread no longer holds the lock: it may have died before it could.
        auto& lock = region.at_offset<Cell32>(offset);
        std::uint32_t word = platform.load(lock);
        while (lock_holder(word) == slot + 1 && !platform.mutated(Mutant::locks_of_dead_kept) &&
               !platform.cas(lock, word, 0)) {
        }
        platform.futex_wake(lock, std::numeric_limits<std::int32_t>::max());
    }
}

/// Step 1 for all threads that are marked dead. Requires the recovery lock. \return whether any is
template <class P>
bool end_dead_transactions(Thread<P>& thread) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    bool found = false;
    const std::uint64_t seen = platform.load(region.header().threads_seen);
    for (std::uint32_t slot = 0; slot < seen; ++slot) {
        const std::uint64_t entry = platform.load(region.thread_entry(slot));
        const SlotState state = ThreadEntry::unpack(entry).state;
        if (state == SlotState::claimed) {
            end_late_claim(thread, slot, entry);
        }
        if (state == SlotState::live && is_dead_thread(thread, slot)) {
            end_dead_transaction(thread, slot);
            found = true;
        }
    }
    return found;
}

}  // namespace detail

}  // namespace castaway
