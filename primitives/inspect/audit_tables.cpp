// The audit's part on tables: handles, names, procedure calls and free lists.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "primitives/inspect/audit.h"
#include "primitives/inspect/describe.h"
#include "primitives/region/handle_word.h"
#include "primitives/region/names.h"

namespace castaway {

namespace {

/// Every slot that was ever used is in use or in its free list, once.
/// \param used    by slot
/// \param next_of slot -> the cell that links it in the list
template <class NextOf>
void audit_free_list(Audit& audit, FreeList& list, const std::string& what,
                     const std::vector<bool>& used, std::uint64_t limit, Cell32& guard,
                     NextOf next_of) {
    const auto report = [&](const std::string& line) {
        audit.report(Invariant::free_lists, what, line, {&guard});
    };
    const std::uint64_t fresh = Onlooker::load(list.fresh);
    if (fresh > limit) {
        report("of " + std::to_string(limit) + " " + what + " " + std::to_string(fresh) +
               " were ever used");
        return;
    }
    std::vector<bool> free(used.size(), false);
    std::uint64_t count = 0;
    for (std::uint64_t next = Onlooker::load(list.head); next != 0;
         next = Onlooker::load(next_of(next - 1))) {
        if (next > free.size()) {
            report("the free list of " + what + " does not end");
            return;
        }
        if (used[next - 1]) {
            report("the free list of " + what + " holds slot " + std::to_string(next - 1) +
                   ", which is in use");
            return;
        }
        if (free[next - 1]) {
            report("the free list of " + what + " comes to slot " + std::to_string(next - 1) +
                   " again and does not end");
            return;
        }
        free[next - 1] = true;
        ++count;
    }
    audit.count(Invariant::free_lists, used.size());
    const auto in_use = static_cast<std::uint64_t>(std::count(used.begin(), used.end(), true));
    if (count + in_use != fresh) {
        report("of " + std::to_string(fresh) + " " + what + " " + std::to_string(in_use) +
               " are used and " + std::to_string(count) + " free");
    }
}

class HandleAudit {
  public:
    explicit HandleAudit(Audit& audit)
        : audit_(audit), region_(audit.region()), naming_(audit.objects(), 0) {}

    void run() {
        for (std::uint32_t process = 0; process < audit_.processes(); ++process) {
            look_at_table(process);
        }
        for (std::uint32_t slot = 0; slot < naming_.size(); ++slot) {
            Object& object = region_.object(slot);
            if (Onlooker::load(object.type) == 0) {
                continue;
            }
            audit_.count(Invariant::handle_counts);
            const std::uint64_t counted = Onlooker::load(object.handles);
            if (counted != naming_[slot]) {
                audit_.report(Invariant::handle_counts, "object " + std::to_string(slot),
                              label_of(region_, slot) + " counts " + std::to_string(counted) +
                                  " handles and " + std::to_string(naming_[slot]) +
                                  " table entries name it",
                              {&object.lock, &region_.header().allocation_lock});
            }
        }
    }

  private:
    void look_at_table(std::uint32_t process) {
        ProcessSlot& slot = region_.process(process);
        const std::string who = "process slot " + std::to_string(process);
        const bool taken = audit_.process_entry(process).state != SlotState::free;
        const auto report = [&](const std::string& what) {
            audit_.report(Invariant::handles, who, what, {&slot.handles_lock});
        };
        std::vector<bool> used(audit_.handles(process), false);
        std::uint64_t open = 0;
        for (std::uint32_t i = 0; i < used.size(); ++i) {
            const HandleWord word =
                HandleWord::unpack(Onlooker::load(region_.handle(process, i).word));
            const auto report_handle = [&](const std::string& what) {
                std::string line = "handle ";
                line += std::to_string(handle_value(i));
                line += " of ";
                line += who;
                line += what;
                report(line);
            };
            if (!word.open()) {
                if (word.access != 0 || word.inherit || word.protect) {
                    report_handle(" is closed and keeps its rights");
                }
                continue;
            }
            audit_.count(Invariant::handles);
            used[i] = true;
            ++open;
            if (word.object > naming_.size()) {
                report_handle(" names object slot " + std::to_string(word.object - 1) +
                              ", which was never used");
            } else if (Onlooker::load(region_.object(word.object - 1).type) == 0) {
                report_handle(" names object slot " + std::to_string(word.object - 1) +
                              ", which is free");
            } else {
                ++naming_[word.object - 1];
            }
        }
        if (!taken) {
            if (open != 0) {
                report(who + " is free and has " + std::to_string(open) + " open handles");
            }
            return;
        }
        const std::uint64_t counted = Onlooker::load(slot.handles);
        if (open != counted) {
            report(who + " counts " + std::to_string(counted) + " handles and has " +
                   std::to_string(open));
        }
        audit_free_list(
            audit_, slot.free_handles, "handles of " + who, used,
            region_.geometry().handles_per_process, slot.handles_lock,
            [&](std::uint64_t i) -> Cell64& { return region_.handle(process, i).next_free; });
    }

    Audit& audit_;
    const RegionView& region_;
    std::vector<std::uint64_t> naming_;  ///< handles, by object slot
};

class NameAudit {
  public:
    explicit NameAudit(Audit& audit)
        : audit_(audit),
          region_(audit.region()),
          reached_(audit.objects(), false),
          cells_(audit.name_cells(), false) {}

    void run() {
        const std::uint32_t first = first_buckets(region_.geometry());
        for (std::uint32_t i = 0; i < first; ++i) {
            follow(region_.first_bucket(i), "first name bucket ", i, first);
        }
        const std::uint32_t second = region_.geometry().buckets;
        for (std::uint32_t i = 0; i < second; ++i) {
            const BucketPage page = page_of_bucket(i);
            if ((Onlooker::load(region_.header().bucket_pages[page.word]) & page.bit) != 0) {
                follow(region_.bucket(i), "name bucket ", i, second);
            }
        }
        std::vector<bool> used(reached_.size(), false);
        for (std::uint32_t slot = 0; slot < reached_.size(); ++slot) {
            Object& object = region_.object(slot);
            used[slot] = Onlooker::load(object.type) != 0;
            if (used[slot] && Onlooker::load(object.name_bytes) != 0) {
                look_at_name(slot, object);
            }
        }
        Header& header = region_.header();
        audit_free_list(audit_, header.free_objects, "objects", used, region_.geometry().objects,
                        header.allocation_lock,
                        [&](std::uint64_t i) -> Cell64& { return region_.object(i).chain; });
        audit_free_list(audit_, header.free_name_cells, "name cells", cells_,
                        region_.geometry().name_cells, header.allocation_lock,
                        [&](std::uint64_t i) -> Cell64& { return region_.name_cell(i).next; });
    }

  private:
    /// The lock that guards the buckets of that hash. A bucket's own number has the same.
    [[nodiscard]] Cell32& stripe(std::uint64_t hash) const {
        return region_.header().name_locks[hash % first_buckets(region_.geometry()) % kNameStripes];
    }

    /// \param buckets how many its table has
    void follow(Cell64& bucket, const char* table, std::uint32_t number, std::uint32_t buckets) {
        std::uint64_t next = Onlooker::load(bucket);
        if (next == 0) {
            return;
        }
        const std::string which = table + std::to_string(number);
        const auto report = [&](const std::string& what) {
            audit_.report(Invariant::names, which, which + what, {&stripe(number)});
        };
        while (next != 0) {
            if (next > reached_.size() || reached_[next - 1]) {
                report(" does not end");
                return;
            }
            Object& object = region_.object(next - 1);
            const std::string slot = std::to_string(next - 1);
            if (Onlooker::load(object.type) == 0 || Onlooker::load(object.name_bytes) == 0) {
                report(" leads to object slot " + slot + ", which has no name");
                return;
            }
            reached_[next - 1] = true;
            if (Onlooker::load(object.hash) % buckets != number) {
                report(" leads to object slot " + slot + ", which belongs into another");
            }
            next = Onlooker::load(object.chain);
        }
    }

    void look_at_name(std::uint32_t slot, Object& object) {
        audit_.count(Invariant::names);
        const std::uint64_t hash = Onlooker::load(object.hash);
        const auto report = [&](const std::string& what) {
            audit_.report(Invariant::names, "object " + std::to_string(slot),
                          label_of(region_, slot) + " " + what,
                          {&stripe(hash), &object.lock, &region_.header().allocation_lock});
        };
        if (!claim_cells(object)) {
            report("has a name that lies in cells of another, or in none");
            return;
        }
        const std::string name = canonical_name_of(region_, object);
        if (hash_of_name(name) != hash) {
            report("has a name that its hash is not of");
        }
        if (!reached_[slot]) {
            report("has a name and is in no bucket");
        }
        const auto [other, first] = slots_.try_emplace(name, slot);
        if (!first) {
            report("has the name of object slot " + std::to_string(other->second));
        }
    }

    /// Marks the cells of its name as used; false where one is no cell or was used.
    bool claim_cells(Object& object) {
        const std::uint64_t bytes = Onlooker::load(object.name_bytes);
        if (bytes > kNameBytesMax) {
            return false;
        }
        std::uint64_t cell = Onlooker::load(object.name_cell);
        for (std::size_t i = 0; i < name_cells_for(bytes); ++i) {
            if (cell == 0 || cell > cells_.size() || cells_[cell - 1]) {
                return false;
            }
            cells_[cell - 1] = true;
            cell = Onlooker::load(region_.name_cell(cell - 1).next);
        }
        return true;
    }

    Audit& audit_;
    const RegionView& region_;
    std::vector<bool> reached_;                   ///< from the buckets, by object slot
    std::vector<bool> cells_;                     ///< in use
    std::map<std::string, std::uint32_t> slots_;  ///< by name
};

class CallAudit {
  public:
    explicit CallAudit(Audit& audit)
        : audit_(audit), region_(audit.region()), used_(audit.calls(), false) {}

    void run() {
        for (std::uint32_t slot = 0; slot < audit_.threads(); ++slot) {
            const ThreadEntry entry = audit_.thread_entry(slot);
            // The slot of one that is only claimed may have no memory.
            if (entry.state != SlotState::claimed || entry.prepared) {
                audit_.count(Invariant::calls);
                look_at(slot, entry.state == SlotState::free);
            }
        }
        Header& header = region_.header();
        audit_free_list(audit_, header.free_apcs, "procedure calls", used_, region_.geometry().apcs,
                        header.apc_lock,
                        [&](std::uint64_t i) -> Cell64& { return region_.apc(i).next; });
    }

  private:
    void report(Invariant invariant, std::uint32_t thread, const std::string& what) {
        const std::string who = "thread slot " + std::to_string(thread);
        audit_.report(invariant, who + " calls", who + " " + what, {&region_.header().apc_lock});
    }

    void look_at(std::uint32_t thread, bool is_free) {
        ThreadSlot& slot = region_.thread(thread);
        const std::uint64_t due = Onlooker::load(slot.apc_head);
        if (is_free && (due != 0 || Onlooker::load(slot.apc_timers) != 0)) {
            report(Invariant::calls, thread, "is free and has procedure calls");
        }
        std::uint64_t last = 0;
        const bool armed_end = audit_.walk_calls(
            slot.apc_timers, &ApcSlot::next_timer, [&](std::uint32_t call, const ApcState& state) {
                look_at_call(thread, call, state.thread, state.armed);
            });
        const bool due_end = audit_.walk_calls(
            slot.apc_head, &ApcSlot::next, [&](std::uint32_t call, const ApcState& state) {
                look_at_call(thread, call, state.thread, state.queued);
                last = std::uint64_t{call} + 1;
            });
        if (!armed_end || !due_end) {
            report(Invariant::calls, thread, "has procedure calls that do not end");
        } else if (due != 0 && Onlooker::load(slot.apc_tail) != last) {
            report(Invariant::calls, thread, "has a last procedure call that is not the last");
        }
        const WaitWord wait = WaitWord::unpack(Onlooker::load(slot.wait_word));
        if (due != 0 && wait.state == WaitState::waiting && wait.alertable) {
            report(Invariant::wake_ups, thread, "has procedure calls and waits alertably");
        }
    }

    void look_at_call(std::uint32_t thread, std::uint32_t call, std::uint32_t of, bool says_so) {
        used_[call] = true;
        if (of != thread || !says_so) {
            report(Invariant::calls, thread, "has a procedure call that is not its own");
        }
        const std::uint64_t timer = Onlooker::load(region_.apc(call).timer);
        if (timer != 0 &&
            (timer > audit_.objects() ||
             Onlooker::load(region_.object(timer - 1).apc) != std::uint64_t{call} + 1)) {
            report(Invariant::calls, thread, "has a procedure call of a timer that has another");
        }
    }

    Audit& audit_;
    const RegionView& region_;
    std::vector<bool> used_;
};

}  // namespace

void audit_handles(Audit& audit) {
    HandleAudit(audit).run();
}

void audit_tables(Audit& audit) {
    NameAudit(audit).run();
    CallAudit(audit).run();
}

}  // namespace castaway
