// One process's part in a region, from attaching to leaving or dying, without what makes threads.
//
// Attaching: claim a process slot; start the helper thread, which takes a thread slot, holds the
// process's liveness words, makes the slot live, rings its neighbours and recovers whoever is dead.
// Leaving in order: the helper closes the handles, lets go of the liveness words and ends. A
// process that just ends is recovered by a neighbour, or by the next process that attaches.
//
// Owns nothing, and knows no thread but by what it does: how the helper is started, told and joined
// is the matter of the caller (recovery/session.h for real processes).
#pragma once

#include <algorithm>
#include <optional>

#include "castaway/win32.h"
#include "primitives/objects/inherit.h"
#include "primitives/recovery/helper.h"

namespace castaway {

template <class P>
class Membership {
  public:
    /// Both outlive it.
    Membership(P& platform, const RegionFile& file)
        : participant_{platform, file, file.view(), 0} {}

    [[nodiscard]] const Participant<P>& participant() const { return participant_; }

    /// A slot for a process that this one is about to start, with no handles in it. The slot is the
    /// caller's until the child adopts it, or free_child(). Returns a Win32 error.
    /// \param child the slot and its entry
    std::uint32_t claim_for_child(ProcessRef& child) {
        const RegionView& region = participant_.region;
        const std::uint64_t mine = ProcessEntry{SlotState::claimed, identity_}.pack();
        std::uint32_t error = ERROR_SUCCESS;
        const auto slot = claim_process_slot(mine, error);
        if (!slot) {
            return error;
        }
        child = {*slot, mine};
        empty_process_slot(platform(), region.process(*slot));
        return ERROR_SUCCESS;
    }

    /// The same with the handles that the child inherits; see inherit_handles().
    std::uint32_t prepare_child(Thread<P>& thread, std::span<const HANDLE> listed,
                                ProcessRef& child) {
        std::uint32_t error = claim_for_child(child);
        if (error == ERROR_SUCCESS) {
            error = inherit_handles(thread, child.slot, listed);
            if (error != ERROR_SUCCESS) {
                free_child(thread, child);
            }
        }
        return error;
    }

    /// A slot for the first thread of such a child, which must not have been started: others can
    /// know that thread from introduce_child() on. It goes with the child's slot. Returns a Win32
    /// error. \param suspended whether the thread is to wait for resume()
    std::uint32_t prepare_thread(const ProcessRef& child, bool suspended, ThreadRef& made) {
        std::uint32_t error = ERROR_SUCCESS;
        auto claimed = claim_thread_slot(child.slot, error);
        if (!claimed) {
            return error;
        }
        const RegionView& region = participant_.region;
        if (!commit_thread_slot(claimed->slot)) {
            free_thread_slot(platform(), region, claimed->slot);
            return ERROR_DISK_FULL;
        }
        ThreadSlot& slot = region.thread(claimed->slot);
        made = {claimed->slot, platform().load(slot.life) + 1};
        platform().store(slot.life, made.life);
        platform().store(slot.suspended, suspended ? made.life : 0);
        claimed->entry.prepared = true;
        platform().store(region.thread_entry(claimed->slot), claimed->entry.pack());
        return ERROR_SUCCESS;
    }

    /// The child has been started: from now on the slot is given back when it is gone. Nothing
    /// happens when it has adopted the slot already.
    void name_child(const ProcessRef& child, const ProcessIdentity& started) {
        std::uint64_t found = child.entry;
        platform().cas(participant_.region.process_entry(child.slot), found,
                       ProcessEntry{SlotState::claimed, started}.pack());
    }

    /// The same for a child that waits for this call before it runs, and that this process watches
    /// and will tell the end of. It counts as live from then on. \return it, as a live process
    /// \param first its first thread, as prepared, with the id that it will have
    ProcessRef introduce_child(const ProcessRef& child, const ProcessIdentity& started,
                               const OpenedThread& first) {
        const std::uint64_t mine = ProcessEntry{SlotState::live, identity_}.pack();
        ProcessSlot& slot = participant_.region.process(child.slot);
        platform().store(participant_.region.thread(first.ref.slot).id,
                         thread_id_word(platform(), first.id));
        platform().store(slot.watcher, mine);
        platform().store(slot.parent, mine);
        name_child(child, started);
        return {child.slot, ProcessEntry{SlotState::live, started}.pack()};
    }

    /// Calls `watch` with each process that was started, has not attached, and whose watcher is no
    /// longer: this process is its watcher now. Of its own pid namespace only, as others cannot be
    /// watched by pid. \param watch ProcessRef as a live process
    template <class Watch>
    void take_over_watches(Watch watch) {
        const RegionView& region = participant_.region;
        const std::uint64_t mine = ProcessEntry{SlotState::live, identity_}.pack();
        const std::uint64_t seen = platform().load(region.header().processes_seen);
        for (std::uint32_t slot = 0; slot < seen; ++slot) {
            const ProcessEntry entry =
                ProcessEntry::unpack(platform().load(region.process_entry(slot)));
            if (entry.state != SlotState::claimed || entry.identity == identity_ ||
                is_foreign(platform(), entry.identity) ||
                platform().load(region.process(slot).parent) == 0) {
                continue;
            }
            Cell64& watcher = region.process(slot).watcher;
            std::uint64_t found = platform().load(watcher);
            if (found != 0 && !is_there(found) && platform().cas(watcher, found, mine)) {
                watch(ProcessRef{slot, ProcessEntry{SlotState::live, entry.identity}.pack()});
            }
        }
    }

    /// There is no child. Requires that name_child() was not called.
    void free_child(Thread<P>& thread, const ProcessRef& child) {
        Cell64& entry = participant_.region.process_entry(child.slot);
        if (platform().load(entry) == child.entry) {
            close_all_handles(thread, child.slot, [] {});
            detail::for_each_thread_of(
                thread, child.slot, [&](std::uint32_t prepared, const ThreadEntry&) {
                    free_thread_slot(platform(), participant_.region, prepared);
                });
            free_process_slot(platform(), participant_.region, child.slot);
        }
    }

    /// Instead of claim_process(): takes the slot that the parent has prepared and named
    /// (introduce_child). This process needs to be told nothing.
    bool adopt_own_slot() {
        const RegionView& region = participant_.region;
        const ProcessEntry mine{SlotState::claimed, platform().self()};
        const std::uint64_t seen = platform().load(region.header().processes_seen);
        for (std::uint32_t slot = 0; slot < seen; ++slot) {
            if (platform().load(region.process_entry(slot)) != mine.pack()) {
                continue;
            }
            const std::uint64_t parent = platform().load(region.process(slot).parent);
            // One that this process has prepared before it executed another program is a child's.
            if (parent != 0 && ProcessEntry::unpack(parent).identity != mine.identity) {
                participant_.process = slot;
                identity_ = mine.identity;
                was_started_ = true;
                return true;
            }
        }
        return false;
    }

    /// Instead of claim_process(): takes the slot that the parent has prepared, if it is still for
    /// this process. \param child as the parent's prepare_child() has told it
    bool adopt_slot(const ProcessRef& child) {
        const RegionView& region = participant_.region;
        const ProcessEntry entry{SlotState::claimed, platform().self()};
        if (child.slot >= region.geometry().processes ||
            ProcessEntry::unpack(child.entry).state != SlotState::claimed) {
            return false;
        }
        Cell64& cell = region.process_entry(child.slot);
        std::uint64_t found = child.entry;
        // The parent may have named this process already, or not yet.
        if (!platform().cas(cell, found, entry.pack()) && found != entry.pack()) {
            return false;
        }
        participant_.process = child.slot;
        identity_ = entry.identity;
        return true;
    }

    /// By the thread that attaches, before the helper is started. False, with the reason, when the
    /// region has no slot left.
    bool claim_process(AttachFailure& failure) {
        const RegionView& region = participant_.region;
        const ProcessEntry entry{SlotState::claimed, platform().self()};
        if (entry.identity.start_time == 0) {
            // Others would take the process for one that is gone.
            failure = {ERROR_NO_SYSTEM_RESOURCES, "this process's start time cannot be read"};
            return false;
        }
        std::uint32_t error = ERROR_SUCCESS;
        const auto slot = claim_process_slot(entry.pack(), error);
        if (!slot) {
            failure = {error, error == ERROR_DISK_FULL
                                  ? "there is no memory for one more process"
                                  : "the region has no slot for one more process"};
            return false;
        }
        participant_.process = *slot;
        empty_process_slot(platform(), region.process(*slot));
        identity_ = entry.identity;
        return true;
    }

    /// By the thread that attached: there is no helper (it could not be started), or it has ended.
    void free_process() {
        free_process_slot(platform(), participant_.region, participant_.process);
    }

    /// The helper's whole life, on its own thread. Returns a Win32 error when there is no slot for
    /// it; `ready` was not called then.
    /// \param ready    called once, when the process takes part
    /// \param stopping whether to leave in order; asked after every ring of the bell
    /// \param look     called with the helper's thread after every ring of the bell
    template <class Ready, class Stopping, class Look>
    std::uint32_t help(Ready ready, Stopping stopping, Look look) {
        std::uint32_t error = ERROR_SUCCESS;
        auto thread = make_thread(error, 0);
        if (!thread) {
            return error;
        }
        const RegionView& region = participant_.region;
        ProcessSlot& slot = region.process(participant_.process);
        platform().record_lacks(slot.lacks);
        // The first word last: at a death the kernel marks the newest first, and who is woken by
        // any other word shall see the first one marked, which is what tells that a process is
        // dead.
        std::for_each(slot.liveness.rbegin(), slot.liveness.rend(),
                      [this](LivenessWord& word) { platform().hold_liveness(word); });
        change_state(SlotState::claimed, SlotState::live);
        ring_watchers_of(platform(), region, participant_.process);
        recover_dead(*thread);
        ready();

        run_helper(*thread, stopping, look);

        // While others still watch, so that a death meanwhile leaves nothing behind.
        {
            const LockGuard guard(*thread, slot.handles_lock);
            platform().store(slot.leaving, 1);
        }
        close_all_handles(*thread, participant_.process, [] {});
        end_prepared_thread(*thread);
        mark_process_ended(*thread, participant_.process, identity_);
        // No longer a member of the ring: nobody shall take the liveness words' end for a death.
        change_state(SlotState::live, SlotState::claimed);
        ring_watchers_of(platform(), region, participant_.process);
        for (LivenessWord& word : slot.liveness) {
            platform().drop_liveness(word);
        }
        // Nobody knows this thread, and nobody watches it any more: it takes no lock from here on.
        give_slot_up(*thread);
        return ERROR_SUCCESS;
    }

    template <class Ready, class Stopping>
    std::uint32_t help(Ready ready, Stopping stopping) {
        return help(ready, stopping, [](Thread<P>&) {});
    }

    /// Makes the helper look whether it is to stop.
    void ring_own_helper() {
        Cell32& bell = participant_.region.process(participant_.process).bell;
        platform().fetch_add(bell, 1);
        platform().futex_wake(bell, 1);
    }

    /// Makes the calling thread known. Empty, with a Win32 error, when there is no slot for it.
    std::optional<Thread<P>> make_thread(std::uint32_t& error) {
        return make_thread(error, platform().thread_id());
    }

    /// By the thread itself, which ends or has no more to do here: the mutexes that it owns are
    /// abandoned, its procedure calls dropped, and who waits for its end is told.
    void end_thread(Thread<P>& thread) {
        if (thread.mutexes_owned != 0 && !platform().mutated(Mutant::thread_end_keeps_mutex)) {
            detail::abandon_mutexes(thread, thread.process, thread.slot);
        }
        end_apcs(thread, thread.slot);
        mark_thread_ended(thread, own_thread(thread), 0);
        give_slot_up(thread);
    }

  private:
    [[nodiscard]] P& platform() const { return participant_.platform; }

    void give_slot_up(Thread<P>& thread) {
        platform().drop_liveness(thread.region.thread_liveness(thread.slot));
        free_thread_slot(platform(), thread.region, thread.slot);
    }

    /// \param id what others know the thread by; 0: they do not
    std::optional<Thread<P>> make_thread(std::uint32_t& error, std::uint32_t id) {
        const RegionView& region = participant_.region;
        if (!platform().deaths_are_marked()) {
            error = ERROR_NOT_SUPPORTED;
            return std::nullopt;
        }
        if (auto prepared = adopt_thread_slot(id)) {
            return prepared;
        }
        auto claimed = claim_thread_slot(participant_.process, error);
        if (!claimed) {
            return std::nullopt;
        }
        ThreadEntry& mine = claimed->entry;
        const std::uint32_t slot = claimed->slot;
        if (is_given_up()) {
            std::uint64_t word = mine.pack();
            mine.state = SlotState::free;
            platform().cas(region.thread_entry(slot), word, mine.pack());
            platform().wait_for_own_end();
        }
        if (!commit_thread_slot(slot)) {
            free_thread_slot(platform(), region, slot);
            error = ERROR_DISK_FULL;
            return std::nullopt;
        }
        ThreadSlot& self = region.thread(slot);
        platform().hold_liveness(region.thread_liveness(slot));
        platform().store(self.life, platform().load(self.life) + 1);
        platform().store(self.id, thread_id_word(platform(), id));
        mine.state = SlotState::live;
        platform().store(region.thread_entry(slot), mine.pack());
        return Thread<P>(participant_, slot, mine.generation);
    }

    /// The slot that the parent has prepared for the thread of that id, if there is one.
    std::optional<Thread<P>> adopt_thread_slot(std::uint32_t id) {
        const RegionView& region = participant_.region;
        const std::uint64_t wanted = thread_id_word(platform(), id);
        const std::uint64_t seen =
            was_started_ && id != 0 ? platform().load(region.header().threads_seen) : 0;
        for (std::uint32_t slot = 0; slot < seen; ++slot) {
            std::uint64_t word = platform().load(region.thread_entry(slot));
            ThreadEntry mine = ThreadEntry::unpack(word);
            if (!mine.prepared || mine.process != participant_.process ||
                platform().load(region.thread(slot).id) != wanted) {
                continue;
            }
            // As with a claim: first the word, then the look whether others have given this process
            // up. If they have, they take the slot back, and its liveness word must not be touched.
            mine.joining = true;
            mine.tag = tag_of(identity_);
            if (!platform().cas(region.thread_entry(slot), word, mine.pack()) || is_given_up()) {
                platform().wait_for_own_end();
            }
            platform().hold_liveness(region.thread_liveness(slot));
            mine.state = SlotState::live;
            mine.prepared = false;
            mine.joining = false;
            platform().store(region.thread_entry(slot), mine.pack());
            return Thread<P>(participant_, slot, mine.generation);
        }
        return std::nullopt;
    }

    /// By the helper of a process that leaves: its first thread may never have made a call.
    void end_prepared_thread(Thread<P>& thread) {
        if (!was_started_) {
            return;
        }
        detail::for_each_thread_of(
            thread, participant_.process, [&](std::uint32_t slot, const ThreadEntry& entry) {
                if (entry.prepared) {
                    end_apcs(thread, slot);
                    mark_thread_ended(thread,
                                      {slot, platform().load(thread.region.thread(slot).life)}, 0);
                    free_thread_slot(platform(), thread.region, slot);
                }
            });
    }

    /// A slot of the thread directory that is `claimed`.
    struct ClaimedThread {
        std::uint32_t slot = 0;
        ThreadEntry entry;
    };

    /// Claims one, which may have no memory. Empty, with a Win32 error, when there is none.
    /// \param process the slot of the process that the thread is of
    std::optional<ClaimedThread> claim_thread_slot(std::uint32_t process, std::uint32_t& error) {
        const RegionView& region = participant_.region;
        ThreadEntry mine{SlotState::claimed, process, 0, tag_of(identity_)};
        const auto slot = claim(
            region.header().threads_seen, region.geometry().threads,
            {region.offsets().thread_directory, region.offsets().thread_liveness,
             sizeof(LivenessWord)},
            [&](std::uint32_t i) -> Cell64& { return region.thread_entry(i); },
            [&](std::uint64_t word) {
                mine.generation =
                    static_cast<std::uint16_t>(ThreadEntry::unpack(word).generation + 1);
                return mine.pack();
            },
            error);
        return slot ? std::optional(ClaimedThread{*slot, mine}) : std::nullopt;
    }

    [[nodiscard]] bool commit_thread_slot(std::uint32_t slot) const {
        return participant_.file.commit(
            participant_.region.offsets().threads + slot * sizeof(ThreadSlot), sizeof(ThreadSlot));
    }

    /// A directory and the table of what its words stand for.
    struct Directory {
        std::uint64_t words;  ///< where they begin
        std::uint64_t slots;
        std::uint64_t slot_bytes;
    };

    /// Claims a free word of a directory by making it `claimed`. Empty, with a Win32 error, when
    /// all are taken or there is no memory.
    template <class Entry, class Claim>
    std::optional<std::uint32_t> claim(Cell64& seen_cell, std::uint32_t limit,
                                       const Directory& directory, Entry entry_of, Claim claimed,
                                       std::uint32_t& error) {
        std::uint64_t seen = platform().load(seen_cell);
        for (std::uint32_t slot = 0; slot < limit; ++slot) {
            // A word of the directory that was never seen may have no memory. Nobody reads it yet.
            if (seen <= slot && !participant_.file.commit(directory.words + slot * sizeof(Cell64),
                                                          sizeof(Cell64))) {
                error = ERROR_DISK_FULL;
                return std::nullopt;
            }
            std::uint64_t word = platform().load(entry_of(slot));
            const std::uint64_t mine = claimed(word);
            if ((word & 3) != static_cast<std::uint64_t>(SlotState::free)) {
                // Of thousands that come at once each is to get memory for few slots, not for all.
                if (seen <= slot) {
                    seen = platform().load(seen_cell);
                }
                continue;
            }
            // First the memory, then the hint, then the claim: nobody may miss a slot that is in
            // use, nor find one that has no memory. What was seen has memory.
            if (seen <= slot &&
                !participant_.file.commit(directory.slots + slot * directory.slot_bytes,
                                          directory.slot_bytes)) {
                error = ERROR_DISK_FULL;
                return std::nullopt;
            }
            while (seen < slot + 1 && !platform().cas(seen_cell, seen, slot + 1)) {
            }
            if (platform().cas(entry_of(slot), word, mine)) {
                return slot;
            }
            seen = platform().load(seen_cell);
        }
        error = ERROR_NO_SYSTEM_RESOURCES;
        return std::nullopt;
    }

    /// Claims a process slot with that entry.
    std::optional<std::uint32_t> claim_process_slot(std::uint64_t mine, std::uint32_t& error) {
        const RegionView& region = participant_.region;
        return claim(
            region.header().processes_seen, region.geometry().processes,
            {region.offsets().process_directory, region.offsets().processes, sizeof(ProcessSlot)},
            [&](std::uint32_t i) -> Cell64& { return region.process_entry(i); },
            [mine](std::uint64_t) { return mine; }, error);
    }

    void change_state(SlotState from, SlotState to) {
        std::uint64_t word = ProcessEntry{from, identity_}.pack();
        if (!platform().cas(participant_.region.process_entry(participant_.process), word,
                            ProcessEntry{to, identity_}.pack())) {
            platform().wait_for_own_end();
        }
    }

    /// Whether a process of that entry, while live, is a live one.
    bool is_there(std::uint64_t entry) {
        const RegionView& region = participant_.region;
        const std::uint64_t seen = platform().load(region.header().processes_seen);
        for (std::uint32_t slot = 0; slot < seen; ++slot) {
            if (platform().load(region.process_entry(slot)) == entry) {
                return true;
            }
        }
        return false;
    }

    /// Whether others take this process for dead. It has then been killed, and the calling thread
    /// has not noticed yet.
    bool is_given_up() {
        const ProcessEntry entry = ProcessEntry::unpack(
            platform().load(participant_.region.process_entry(participant_.process)));
        return entry.identity != identity_ || entry.state == SlotState::ending;
    }

    Participant<P> participant_;
    ProcessIdentity identity_;
    bool was_started_ = false;  ///< by CreateProcess: its first thread's slot is prepared
};

}  // namespace castaway
