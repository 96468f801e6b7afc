// The helper thread of each process: it learns of other processes' deaths, from the kernel and
// without polling, and recovers what they leave.
//
// Attached processes form a ring in the order of their slots. Each helper holds kWatchersMax
// liveness words for its process, and sleeps on one word of each of the kWatchersMax processes
// after it: on word d of the d-th, so that every sleeper has a word of its own and the kernel wakes
// all of them at a death. With that many watchers a death is noticed even when all but one of them
// are stopped.
//
// A process that comes announces itself in the directory first, then rings the helpers before it,
// then looks for dead processes itself. So whoever is alive is watched by somebody alive, or about
// to be recovered by somebody who is: when a watcher dies, its own watchers recover it and, as the
// ring has changed, look around again.
//
// Where the kernel or a sandbox refuses futex_waitv, the helper sleeps on its nearest neighbour's
// life, or on its bell where it has none, and looks at the others every ten milliseconds. So each
// death is still noticed at once, by the nearest process before it; only if that one is stopped or
// dead, too, are ten milliseconds added. Others' comings and goings, which ring the bell, are
// noticed as late.
//
// One process's helper costs it one thread and no file descriptor.
#pragma once

#include <array>

#include "primitives/recovery/recover.h"

namespace castaway {

/// How long to wait, at a time, for the last thread of a process that is ending.
inline constexpr std::int64_t kEndingWaitNs = 10'000'000;

/// What a helper sleeps on: its own bell and its neighbours' lives.
template <class P>
class Neighbourhood {
  public:
    explicit Neighbourhood(Thread<P>& thread) : thread_(thread) {}

    /// Every ring of the bell from here on ends the next sleep. So this comes before the helper
    /// looks at anything that others change and ring for afterwards.
    void hear_bell() {
        Cell32& bell = thread_.region.process(thread_.process).bell;
        bell_ = {&bell, thread_.platform.load(bell)};
    }

    /// Looks around the ring. False when one of the neighbours is dead, and recovery is due.
    bool look_around() {
        P& platform = thread_.platform;
        const RegionView& region = thread_.region;
        count_ = 0;
        const auto seen = static_cast<std::uint32_t>(platform.load(region.header().processes_seen));
        for (std::uint32_t step = 1; step < seen && count_ < kWatchersMax; ++step) {
            const std::uint32_t next = (thread_.process + step) % seen;
            const std::uint64_t entry = platform.load(region.process_entry(next));
            const SlotState state = ProcessEntry::unpack(entry).state;
            if (state == SlotState::ending) {
                return false;
            }
            if (state != SlotState::live) {
                continue;
            }
            LivenessWord& word = region.process(next).liveness[count_];
            std::uint32_t expected = 0;
            if (platform.watch_value(word, expected)) {
                targets_[count_++] = {&platform.futex_of(word), expected};
            } else if (platform.load(region.process_entry(next)) == entry) {
                return false;
            }
        }
        return true;
    }

    void sleep_at_most(std::int64_t ns) {
        P& platform = thread_.platform;
        platform.futex_wait(*bell_.word, bell_.expected,
                            Deadline{platform.now(Clock::monotonic) + ns});
    }

    /// The nearest neighbour's life is the most urgent: of those who watch a process it is the
    /// nearest that is to notice its death at once. Who rings the bell can wait a moment.
    void sleep() {
        targets_[count_] = bell_;
        thread_.platform.futex_wait_any(std::span(targets_).first(count_ + 1), Deadline{});
    }

  private:
    Thread<P>& thread_;
    FutexTarget bell_;
    std::array<FutexTarget, kWatchersMax + 1> targets_{};  ///< neighbours, nearest first; the bell
    std::size_t count_ = 0;                                ///< of the neighbours
};

/// The helper's life.
/// \param stopping whether to end; asked after every ring of the bell
/// \param look     called with the helper's thread after every ring of the bell
template <class P, class Stopping, class Look>
void run_helper(Thread<P>& thread, Stopping stopping, Look look) {
    // A neighbour that is dead and never recovered is a damaged region's. No reason to run hot.
    constexpr int kVainMax = 16;
    int in_vain = 0;
    Neighbourhood<P> neighbours(thread);
    for (;;) {
        neighbours.hear_bell();
        if (stopping()) {
            return;
        }
        look(thread);
        if (neighbours.look_around()) {
            in_vain = 0;
            neighbours.sleep();
        } else if (in_vain == kVainMax) {
            in_vain = 0;
            neighbours.sleep_at_most(kEndingWaitNs);
        } else if (const auto ending = recover_dead(thread, true)) {
            // Not with the recovery lock held: a process with much memory takes its time to end.
            static_cast<void>(thread.platform.process_gone(*ending, kEndingWaitNs));
        } else {
            ++in_vain;
        }
    }
}

}  // namespace castaway
