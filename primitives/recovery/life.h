// What is left of a process that may be dead: nothing, some threads for a moment, or all of it.
//
// The kernel cannot be asked about a process of another pid namespace; its marks are there all the
// same. What has no mark is a thread that joins or leaves just then: its slot is taken, and its
// liveness word is not held. Nor will such a thread run on. Its helper ends in one of two ways:
// with all threads, by a fatal signal or exit(), or when the process executes another program. In
// both the kernel has made the end of every other thread pending, and interrupted the cores that
// run one, before the helper comes to its own end; so a thread runs no instruction of the program
// after the helper's mark, but for what its core does until that interrupt gets there (on a virtual
// machine: when the core is next entered). kForeignPatienceNs is a thousand times as long as any
// such delay. After it the process is gone, if every thread that is not marked holds no liveness
// word; one that holds its word is waited for, as its mark will come. A foreign process that holds
// no liveness word yet (`claimed`) is left to participants of its own namespace, unless its helper
// is marked dead.
#pragma once

#include <cstdint>

#include "primitives/region/thread.h"

namespace castaway::detail {

/// Calls `visit` with the slot of each thread of a process.
template <class P, class Visit>
void for_each_thread_of(Thread<P>& thread, std::uint32_t process, Visit visit) {
    P& platform = thread.platform;
    const std::uint64_t seen = platform.load(thread.region.header().threads_seen);
    for (std::uint32_t slot = 0; slot < seen; ++slot) {
        const ThreadEntry entry =
            ThreadEntry::unpack(platform.load(thread.region.thread_entry(slot)));
        if (entry.state != SlotState::free && entry.process == process) {
            visit(slot, entry);
        }
    }
}

enum class Life : std::uint8_t { none, alive, ending, gone };

/// Whether processes that hold claimed slots are gone. A claim has no mark of death, so the kernel
/// must be asked, which takes microseconds; and there may be hundreds, where many processes attach
/// at once or have children that make no call. So one look asks about kAskedMax that turn out to
/// live, and the thread's next look goes on behind them: each has its turn.
template <class P>
class Claimants {
  public:
    explicit Claimants(Thread<P>& thread) : thread_(thread), from_(thread.next_claimant) {
        thread.next_claimant = 0;
    }
    bool is_gone(std::uint32_t slot, const ProcessIdentity& claimant) {
        if (slot < from_ || alive_ == kAskedMax) {
            return false;
        }
        if (thread_.platform.process_gone(claimant, 0)) {
            // Who looked without the recovery lock looks again with it, and is to find this one.
            thread_.next_claimant = slot;
            return true;
        }
        if (++alive_ == kAskedMax) {
            thread_.next_claimant = slot + 1;
        }
        return false;
    }

  private:
    static constexpr int kAskedMax = 16;
    Thread<P>& thread_;
    std::uint32_t from_;
    int alive_ = 0;
};

/// Of one that is `ending`: whether its process takes part again, in another slot. It has executed
/// another program then, which ends all threads of the one before.
template <class P>
bool runs_another_program(const Thread<P>& thread, std::uint32_t process,
                          const ProcessIdentity& identity) {
    const std::uint64_t again = ProcessEntry{SlotState::live, identity}.pack();
    const std::uint64_t seen = thread.platform.load(thread.region.header().processes_seen);
    for (std::uint32_t slot = 0; slot < seen; ++slot) {
        if (slot != process && thread.platform.load(thread.region.process_entry(slot)) == again) {
            return true;
        }
    }
    return false;
}

/// How long a process of another pid namespace is waited for whose helper is marked and which has
/// threads without a liveness word.
inline constexpr std::int64_t kForeignPatienceNs = 3'000'000'000;

/// Whether the calling thread has seen that foreign process ending for as long as that. More at a
/// time than the thread can remember have their turn when others are gone.
/// \param ending its entry
template <class P>
bool has_outwaited(Thread<P>& thread, std::uint64_t ending) {
    const std::int64_t now = thread.platform.now(Clock::monotonic);
    ForeignEnding* place = nullptr;
    for (ForeignEnding& each : thread.foreign_endings) {
        if (each.entry == ending) {
            return now - each.since_ns >= kForeignPatienceNs;
        }
        // Of one that is remembered for so long nothing is left: others have given it back.
        if (each.entry == 0 || now - each.since_ns >= 2 * kForeignPatienceNs) {
            place = &each;
        }
    }
    if (place != nullptr) {
        *place = {ending, now};
    }
    return false;
}

/// Of a process that is `claimed`, and that no parent has set up: whether the helper with which it
/// was about to attach is dead.
template <class P>
bool died_attaching(Thread<P>& thread, std::uint32_t process) {
    bool dead = false;
    if (thread.platform.load(thread.region.process(process).parent) == 0) {
        for_each_thread_of(thread, process, [&](std::uint32_t slot, const ThreadEntry& of) {
            dead = dead || (of.state == SlotState::live && is_dead_thread(thread, slot));
        });
    }
    return dead;
}

/// What is left of a process. One whose helper is dead becomes `ending`, for good. Requires the
/// recovery lock.
template <class P>
Life life_of(Thread<P>& thread, std::uint32_t process, Claimants<P>& claimants) {
    P& platform = thread.platform;
    Cell64& cell = thread.region.process_entry(process);
    std::uint64_t word = platform.load(cell);
    ProcessEntry entry = ProcessEntry::unpack(word);
    if (entry.state == SlotState::free) {
        return Life::none;
    }
    const bool foreign = is_foreign(platform, entry.identity);
    if (entry.state == SlotState::claimed) {
        if (foreign ? !died_attaching(thread, process)
                    : !claimants.is_gone(process, entry.identity)) {
            return Life::alive;
        }
        // Whoever puts a handle into its table from here on sees that it is not live.
        entry.state = SlotState::ending;
        if (!platform.cas(cell, word, entry.pack())) {
            return Life::alive;
        }
        if (!foreign) {
            return Life::gone;
        }
    }
    if (entry.state == SlotState::live) {
        if (!platform.is_marked_dead(thread.region.process(process).liveness[0]) ||
            platform.mutated(Mutant::dead_owner_taken_for_live)) {
            return Life::alive;
        }
        entry.state = SlotState::ending;
        if (!platform.cas(cell, word, entry.pack())) {
            return Life::alive;  // it was about to leave
        }
    }
    bool all_marked = true;
    bool some_will_be_marked = false;
    for_each_thread_of(thread, process, [&](std::uint32_t slot, const ThreadEntry& of) {
        const bool marked = of.state == SlotState::live && is_dead_thread(thread, slot);
        if (marked || (of.prepared && !of.joining)) {
            return;
        }
        all_marked = false;
        some_will_be_marked =
            some_will_be_marked ||
            (foreign && of.state == SlotState::live &&
             platform.load(platform.futex_of(thread.region.thread_liveness(slot))) != 0);
    });
    if (all_marked || runs_another_program(thread, process, entry.identity)) {
        return Life::gone;
    }
    const bool gone = foreign ? !some_will_be_marked && has_outwaited(thread, entry.pack())
                              : platform.process_gone(entry.identity, 0);
    return gone ? Life::gone : Life::ending;
}

}  // namespace castaway::detail
