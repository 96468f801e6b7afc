// Who acts: a process that takes part in a region, and one of its threads.
#pragma once

#include <array>
#include <cstdint>

#include "primitives/platform/platform.h"
#include "primitives/region/directory.h"
#include "primitives/region/region_file.h"
#include "primitives/region/view.h"

namespace castaway {

/// One process's part in one region.
template <class P>
struct Participant {
    P& platform;
    const RegionFile& file;
    RegionView region;
    std::uint32_t process = 0;  ///< its slot
};

/// A process of another pid namespace that is `ending`, and since when it has been seen so.
struct ForeignEnding {
    std::uint64_t entry = 0;
    std::int64_t since_ns = 0;
};

/// One thread of a participant. Used by that thread alone.
template <class P>
class Thread {
  public:
    Thread(const Participant<P>& participant, std::uint32_t own_slot, std::uint16_t own_generation)
        : platform(participant.platform),
          file(participant.file),
          region(participant.region),
          process(participant.process),
          slot(own_slot),
          generation(own_generation),
          self_(&region.thread(own_slot)),
          own_process_(&region.process(process)),
          own_handles_(&region.handle(process, 0)) {}

    [[nodiscard]] ThreadSlot& self() const { return *self_; }
    [[nodiscard]] ProcessSlot& own_process() const { return *own_process_; }
    /// Of the own process's table. region.handle(), without reckoning where the table begins.
    [[nodiscard]] HandleEntry& own_handle(std::uint64_t index) const {
        if (index >= own_handles_limit_) {
            reach_own_handle(index);
        }
        return own_handles_[index];
    }

    P& platform;
    const RegionFile& file;
    RegionView region;
    std::uint32_t process;
    std::uint32_t slot;
    /// Of its entry in the thread directory, 16 bits. As wide as a register: the compiler would
    /// spill a half word and reload a whole one, which stalls each wait for a mutex.
    std::uint32_t generation;

    /// Entries of self().locks in use.
    std::size_t locks_held = 0;
    /// Mutexes it owns: when none, its end need not look for any.
    std::uint32_t mutexes_owned = 0;
    /// How often it looks at its wait word before it sleeps; see objects/queued_wait.h.
    std::uint32_t wait_spins = P::kWaitSpins;
    std::uint32_t waits_without_spins = 0;
    /// The wait word of a thread that was handed an object and still has to be woken, or null. The
    /// record of that hand-off stands in self() as long; see region/transaction.h.
    Cell64* owed_wake = nullptr;
    /// The process slot at which its next look for dead claimants begins; see recovery/recover.h.
    std::uint32_t next_claimant = 0;
    /// Those that it has patience with; see recovery/recover.h.
    std::array<ForeignEnding, 4> foreign_endings{};
    /// The recovery lock's word when it was last waited for in vain: its holder must be stopped.
    std::uint32_t outwaited = 0;

  private:
    [[gnu::cold, gnu::noinline]] void reach_own_handle(std::uint64_t index) const {
        static_cast<void>(region.handle(process, index));
        own_handles_limit_ = region.reach().handles(process);
    }

    // Within the mapping, which outlives the thread's part in it.
    ThreadSlot* self_;
    ProcessSlot* own_process_;
    HandleEntry* own_handles_;
    mutable std::uint32_t own_handles_limit_ = 0;  ///< accessible ones
};

/// Wakes the thread that was handed an object last, if that has not been done.
template <class P>
void give_owed_wake(Thread<P>& thread) {
    if (thread.owed_wake != nullptr) {
        thread.platform.futex_wake(futex_half(*thread.owed_wake), 1);
        thread.owed_wake = nullptr;
        thread.platform.store(thread.self().handoff_thread, 0);
    }
}

/// A thread whose holder will never run again, whatever its process does.
template <class P>
bool is_dead_thread(const Thread<P>& thread, std::uint32_t slot) {
    return thread.platform.is_marked_dead(thread.region.thread_liveness(slot));
}

}  // namespace castaway
