// One process's part in a region, from attaching to leaving or dying.
//
// Attaching: claim a process slot; start the helper thread, which takes a thread slot, holds the
// process's liveness words, makes the slot live, rings its neighbours and recovers whoever is dead.
// Leaving in order: the helper closes the handles, lets go of the liveness words and ends. A
// process that just ends is recovered by a neighbour, or by the next process that attaches.
#pragma once

#include <pthread.h>

#include <atomic>
#include <csignal>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>

#include "castaway/win32.h"
#include "primitives/recovery/helper.h"

namespace castaway {

template <class P>
class Session {
  public:
    /// Empty, with the reason, when a table is full or there is no memory or no thread to be had.
    static std::unique_ptr<Session> attach(P platform, RegionFile file, AttachFailure& failure) {
        std::unique_ptr<Session> session(new Session(std::move(platform), std::move(file)));
        if (!session->join_region(failure)) {
            return nullptr;
        }
        return session;
    }

    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Leaves in order: gives everything back. Requires that each thread that entered has
    /// left.
    ~Session() {
        if (live_) {
            leave_region();
        }
    }

    [[nodiscard]] const RegionView& region() const { return file_.view(); }
    [[nodiscard]] std::uint32_t process() const { return participant_.process; }

    /// Makes the calling thread known. It then uses the returned value alone, until leave(). Null,
    /// with a Win32 error, when there is no slot for it.
    Thread<P>* enter(std::uint32_t& error) {
        auto thread = make_thread(participant_, error);
        if (!thread) {
            return nullptr;
        }
        const std::lock_guard guard(threads_mutex_);
        return &threads_.emplace_back(std::move(*thread));
    }

    /// The calling thread ends, or has no more to do here: the mutexes that it owns are abandoned.
    /// Nothing happens when it is in the middle of a call (a signal handler has called exit(),
    /// say): then what it left half-done is for those who recover the process.
    void leave(Thread<P>* thread) {
        const WaitWord wait = WaitWord::unpack(platform_.load(thread->self().wait_word));
        if (thread->locks_held != 0 || wait.state != WaitState::idle) {
            return;
        }
        end_thread(*thread);
        const std::lock_guard guard(threads_mutex_);
        threads_.remove_if([thread](const Thread<P>& other) { return &other == thread; });
    }

    /// In a forked child: this process never took part. The mapping and the descriptor go.
    void forget() {
        live_ = false;
        file_.forget();
    }

  private:
    Session(P platform, RegionFile file)
        : platform_(std::move(platform)),
          file_(std::move(file)),
          participant_{platform_, file_, file_.view(), 0} {}

    /// Claims a free word of a directory by making it `claimed`.
    template <class Entry, class Claim>
    std::optional<std::uint32_t> claim(Cell64& seen_cell, std::uint32_t limit, Entry entry_of,
                                       Claim claimed) {
        for (std::uint32_t slot = 0; slot < limit; ++slot) {
            std::uint64_t word = platform_.load(entry_of(slot));
            const std::uint64_t mine = claimed(word);
            if ((word & 3) != static_cast<std::uint64_t>(SlotState::free)) {
                continue;
            }
            // First the hint, then the claim: nobody may miss a slot that is in use.
            std::uint64_t seen = platform_.load(seen_cell);
            while (seen < slot + 1 && !platform_.cas(seen_cell, seen, slot + 1)) {
            }
            if (platform_.cas(entry_of(slot), word, mine)) {
                return slot;
            }
        }
        return std::nullopt;
    }

    bool join_region(AttachFailure& failure) {
        const RegionView& region = file_.view();
        const ProcessEntry entry{SlotState::claimed, platform_.self()};
        const auto slot = claim(
            region.header().processes_seen, region.geometry().processes,
            [&](std::uint32_t i) -> Cell64& { return region.process_entry(i); },
            [&](std::uint64_t) { return entry.pack(); });
        if (!slot) {
            failure = {ERROR_NO_SYSTEM_RESOURCES, "the region has no slot for one more process"};
            return false;
        }
        participant_.process = *slot;
        identity_ = entry.identity;
        if (start_helper(failure)) {
            live_ = true;
            return true;
        }
        platform_.store(region.process_entry(*slot), ProcessEntry{}.pack());
        return false;
    }

    bool start_helper(AttachFailure& failure) {
        // The helper takes no signals: handlers are the program's own threads' matter.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        const int error = pthread_create(
            &helper_, nullptr,
            [](void* session) -> void* {
                static_cast<Session*>(session)->help();
                return nullptr;
            },
            this);
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        if (error != 0) {
            failure = {ERROR_NO_SYSTEM_RESOURCES, "the helper thread cannot be started"};
            return false;
        }
        helper_ready_.acquire();
        if (helper_failure_) {
            pthread_join(helper_, nullptr);
            failure = {*helper_failure_, "the region has no slot for one more thread"};
            return false;
        }
        return true;
    }

    void help() {
        std::uint32_t error = ERROR_SUCCESS;
        auto thread = make_thread(participant_, error);
        if (!thread) {
            helper_failure_ = error;
            helper_ready_.release();
            return;
        }
        const RegionView& region = file_.view();
        ProcessSlot& slot = region.process(participant_.process);
        for (LivenessWord& word : slot.liveness) {
            platform_.hold_liveness(word);
        }
        change_state(SlotState::claimed, SlotState::live);
        ring_watchers_of(platform_, region, participant_.process);
        recover_dead(*thread);
        helper_ready_.release();

        run_helper(*thread, [this] { return stopping_.load(); });

        // While others still watch, so that a death meanwhile leaves nothing behind.
        close_all_handles(*thread, participant_.process, [] {});
        // No longer a member of the ring: nobody shall take the liveness words' end for a death.
        change_state(SlotState::live, SlotState::claimed);
        ring_watchers_of(platform_, region, participant_.process);
        for (LivenessWord& word : slot.liveness) {
            platform_.drop_liveness(word);
        }
        end_thread(*thread);
    }

    void change_state(SlotState from, SlotState to) {
        std::uint64_t word = ProcessEntry{from, identity_}.pack();
        if (!platform_.cas(file_.view().process_entry(participant_.process), word,
                           ProcessEntry{to, identity_}.pack())) {
            platform_.wait_for_own_end();
        }
    }

    /// Whether others take this process for dead. It has then been killed, and the calling thread
    /// has not noticed yet.
    bool is_given_up() {
        const ProcessEntry entry =
            ProcessEntry::unpack(platform_.load(file_.view().process_entry(participant_.process)));
        return entry.identity != identity_ || entry.state == SlotState::ending;
    }

    std::optional<Thread<P>> make_thread(const Participant<P>& participant, std::uint32_t& error) {
        const RegionView& region = participant.region;
        std::uint16_t generation = 0;
        const auto slot = claim(
            region.header().threads_seen, region.geometry().threads,
            [&](std::uint32_t i) -> Cell64& { return region.thread_entry(i); },
            [&](std::uint64_t word) {
                generation = static_cast<std::uint16_t>(ThreadEntry::unpack(word).generation + 1);
                return ThreadEntry{SlotState::claimed, participant.process, generation}.pack();
            });
        if (!slot) {
            error = ERROR_NO_SYSTEM_RESOURCES;
            return std::nullopt;
        }
        std::uint64_t claimed =
            ThreadEntry{SlotState::claimed, participant.process, generation}.pack();
        if (is_given_up()) {
            platform_.cas(region.thread_entry(*slot), claimed,
                          ThreadEntry{SlotState::free, 0, generation}.pack());
            platform_.wait_for_own_end();
        }
        if (!participant.file.commit(region.offsets().threads + *slot * sizeof(ThreadSlot),
                                     sizeof(ThreadSlot))) {
            free_thread_slot(platform_, region, *slot);
            error = ERROR_DISK_FULL;
            return std::nullopt;
        }
        platform_.hold_liveness(region.thread(*slot).liveness);
        platform_.store(region.thread_entry(*slot),
                        ThreadEntry{SlotState::live, participant.process, generation}.pack());
        return Thread<P>(participant, *slot, generation);
    }

    void end_thread(Thread<P>& thread) {
        if (thread.mutexes_owned != 0) {
            detail::abandon_mutexes(thread, thread.process, thread.slot);
        }
        platform_.drop_liveness(thread.self().liveness);
        free_thread_slot(platform_, thread.region, thread.slot);
    }

    void leave_region() {
        const RegionView& region = file_.view();
        stopping_ = true;
        Cell32& bell = region.process(participant_.process).bell;
        platform_.fetch_add(bell, 1);
        platform_.futex_wake(bell, 1);
        pthread_join(helper_, nullptr);
        platform_.store(region.process_entry(participant_.process), ProcessEntry{}.pack());
    }

    P platform_;
    RegionFile file_;
    Participant<P> participant_;
    ProcessIdentity identity_;
    bool live_ = false;

    pthread_t helper_{};
    // Within this process alone, so private waiting is right here.
    std::binary_semaphore helper_ready_{0};
    std::optional<std::uint32_t> helper_failure_;
    std::atomic<bool> stopping_{false};

    std::mutex threads_mutex_;
    std::list<Thread<P>> threads_;
};

}  // namespace castaway
