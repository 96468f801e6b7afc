// The audit's part on processes, threads, their journals and the internal locks.
#include <map>
#include <utility>

#include "primitives/inspect/audit.h"
#include "primitives/inspect/describe.h"

namespace castaway {

namespace {

/// Whether a journal's or a note's offset can be that of a cell of this size.
bool is_place(const RegionView& region, std::uint64_t offset, std::size_t size) {
    return offset >= offsetof(Header, processes_seen) && offset % size == 0 &&
           offset <= region.offsets().end - size;
}

void audit_processes(Audit& audit) {
    const RegionView& region = audit.region();
    std::map<std::uint64_t, std::uint32_t> live;  // by entry
    const std::uint64_t seen = Onlooker::load(region.header().processes_seen);
    if (seen > region.geometry().processes) {
        audit.report(Invariant::directories, "processes seen",
                     "the process directory claims " + std::to_string(seen) + " slots of " +
                         std::to_string(region.geometry().processes));
    }
    for (std::uint32_t slot = 0; slot < audit.process_entries(); ++slot) {
        const ProcessEntry entry = audit.process_entry(slot);
        if (entry.state == SlotState::free) {
            continue;
        }
        audit.count(Invariant::directories);
        const std::string who = "process slot " + std::to_string(slot);
        if (slot >= seen) {
            audit.report(Invariant::directories, who,
                         who + " is taken and lies beyond those ever used");
        }
        if (entry.identity.pid == 0 || entry.identity.start_time == 0) {
            audit.report(Invariant::directories, who + " identity",
                         who + " is taken by no process");
        }
        if (entry.identity.pid_namespace != 0 &&
            audit.pid_namespace(entry.identity.pid_namespace) == 0) {
            audit.report(Invariant::directories, who + " namespace",
                         who + " is taken by a process of no pid namespace");
        }
        if (entry.state == SlotState::live) {
            const auto [other, first] = live.try_emplace(entry.pack(), slot);
            if (!first) {
                audit.report(Invariant::directories, who + " twin",
                             who + " and slot " + std::to_string(other->second) +
                                 " are both process " + std::to_string(entry.identity.pid));
            }
        }
    }
}

void audit_journal(Audit& audit, std::uint32_t slot, const std::string& who) {
    const RegionView& region = audit.region();
    ThreadSlot& thread = region.thread(slot);
    audit.count(Invariant::journals);
    const std::uint64_t entries = Onlooker::load(thread.journal_entries);
    if (entries > kJournalMax) {
        audit.report(Invariant::journals, who,
                     who + " has a journal of " + std::to_string(entries) + " entries");
    } else if (entries != 0) {
        const bool taken = audit.thread_entry(slot).state != SlotState::free;
        const bool alive = audit.is_alive(slot);
        audit.report_excused(
            Invariant::journals, who,
            who + (taken ? alive ? " has an open journal" : " has an open journal and is dead"
                         : " has an open journal and is free"),
            alive   ? Excuse::at_work
            : taken ? Excuse::by_dead
                    : Excuse::none);
        for (std::uint64_t i = 0; i < entries; ++i) {
            if (!is_place(region, Onlooker::load(thread.journal[i].offset), sizeof(Cell64))) {
                audit.report(Invariant::journals, who + " entry",
                             who + " has journaled a place that is none");
            }
        }
    }
    if (Onlooker::load(thread.handoff_thread) > audit.threads()) {
        audit.report(Invariant::journals, who + " hand-off",
                     who + " hands over to a thread slot that was never used");
    }
}

void audit_words(Audit& audit, std::uint32_t slot, const std::string& who) {
    const RegionView& region = audit.region();
    ThreadSlot& thread = region.thread(slot);
    const std::uint64_t word = Onlooker::load(thread.wait_word);
    if ((word & 7) > static_cast<std::uint64_t>(WaitState::alerted)) {
        audit.report(Invariant::threads, who + " wait", who + " has a wait word of no meaning");
    }
    for (Cell64& noted : thread.locks) {
        const std::uint64_t offset = Onlooker::load(noted);
        if (offset != 0 && !is_place(region, offset, sizeof(Cell32))) {
            audit.report(Invariant::threads, who + " notes",
                         who + " has noted a lock at a place that is none");
        }
    }
}

void audit_threads(Audit& audit) {
    const RegionView& region = audit.region();
    const std::uint64_t seen = Onlooker::load(region.header().threads_seen);
    if (seen > region.geometry().threads) {
        audit.report(Invariant::directories, "threads seen",
                     "the thread directory claims " + std::to_string(seen) + " slots of " +
                         std::to_string(region.geometry().threads));
    }
    for (std::uint32_t slot = 0; slot < audit.thread_entries(); ++slot) {
        const ThreadEntry entry = audit.thread_entry(slot);
        const std::string who = "thread slot " + std::to_string(slot);
        if (slot >= audit.threads()) {
            if (entry.state != SlotState::free) {
                audit.report(Invariant::directories, who,
                             who + " is taken and lies beyond those ever used");
            }
            continue;
        }
        if (entry.state != SlotState::free) {
            audit.count(Invariant::threads);
            if (!pid_of_thread(region, slot)) {
                audit.report(Invariant::threads, who, who + " is taken and belongs to no process");
            } else if (entry.state == SlotState::live &&
                       entry.tag != tag_of(audit.process_entry(entry.process).identity)) {
                audit.report(Invariant::threads, who,
                             who + " belongs to another process than that in process slot " +
                                 std::to_string(entry.process));
            }
        }
        // What the slot's last thread left may stand there until the new one is set up.
        if (entry.state != SlotState::claimed) {
            audit_journal(audit, slot, who);
            audit_words(audit, slot, who);
        }
    }
}

void audit_lock(Audit& audit, Cell32& lock, const std::string& what) {
    audit.count(Invariant::locks);
    const std::uint32_t holder = lock_holder(Onlooker::load(lock));
    if (holder == 0) {
        return;
    }
    const Excuse excuse = audit.excuse_of(lock);
    audit.report_excused(Invariant::locks, what,
                         what + " is held by thread slot " + std::to_string(holder - 1) +
                             (excuse == Excuse::at_work   ? ""
                              : excuse == Excuse::by_dead ? ", which is dead"
                                                          : ", which cannot hold it"),
                         excuse);
}

void audit_locks(Audit& audit) {
    const RegionView& region = audit.region();
    audit_lock(audit, region.header().recovery_lock, "the recovery lock");
    audit_lock(audit, region.header().allocation_lock, "the allocation lock");
    audit_lock(audit, region.header().apc_lock, "the lock of procedure calls");
    for (std::size_t i = 0; i < kNameStripes; ++i) {
        // The label before the look would cost more than the look.
        Cell32& stripe = region.header().name_locks[i];
        audit_lock(audit, stripe,
                   Onlooker::load(stripe) == 0 ? "" : "name lock " + std::to_string(i));
    }
    for (std::uint32_t i = 0; i < audit.objects(); ++i) {
        Object& object = region.object(i);
        if (Onlooker::kind_of(object) != ObjectKind::none) {
            audit_lock(
                audit, object.lock,
                Onlooker::load(object.lock) == 0 ? "" : "the lock of " + label_of(region, i));
        }
    }
    for (std::uint32_t i = 0; i < audit.processes(); ++i) {
        if (audit.process_entry(i).state != SlotState::free) {
            audit_lock(audit, region.process(i).handles_lock,
                       "the handle table's lock of process slot " + std::to_string(i));
        }
    }
}

}  // namespace

void audit_members(Audit& audit) {
    audit_processes(audit);
    audit_threads(audit);
    audit_locks(audit);
}

}  // namespace castaway
