#include "primitives/inspect/look.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "primitives/inspect/describe.h"
#include "primitives/objects/queue.h"
#include "primitives/objects/state.h"
#include "primitives/objects/wait_word.h"
#include "primitives/platform/linux_platform.h"
#include "primitives/region/handle_word.h"
#include "primitives/region/lock.h"
#include "primitives/region/names.h"

namespace castaway {

namespace {

InspectedType type_of(ObjectKind kind) {
    if (is_event(kind)) {
        return InspectedType::event;
    }
    if (is_timer(kind)) {
        return InspectedType::timer;
    }
    if (kind == ObjectKind::process) {
        return InspectedType::process;
    }
    if (kind == ObjectKind::private_namespace) {
        return InspectedType::private_namespace;
    }
    return kind == ObjectKind::mutex ? InspectedType::mutex : InspectedType::semaphore;
}

/// Reads a region that others are changing.
class Inspector {
  public:
    explicit Inspector(const RegionView& region) : region_(region) {}

    RegionPicture look() {
        look_at_processes();
        look_at_objects();
        look_at_names();
        look_at_free_lists();
        look_at_threads();
        look_at_locks();
        return std::move(picture_);
    }

  private:
    std::uint64_t load(Cell64& cell) const { return platform_.load(cell); }

    void damage(const std::string& line) { picture_.damage.push_back(line); }

    void look_at_processes() {
        const std::uint64_t threads = load(region_.header().threads_seen);
        const std::uint64_t seen = load(region_.header().processes_seen);
        handles_of_.assign(load(region_.header().free_objects.fresh), 0);
        for (std::uint32_t i = 0; i < seen; ++i) {
            const ProcessEntry entry = ProcessEntry::unpack(load(region_.process_entry(i)));
            if (entry.state == SlotState::free) {
                continue;
            }
            InspectedProcess process{i, entry.identity.pid, 0, load(region_.process(i).handles)};
            for (std::uint32_t t = 0; t < threads; ++t) {
                const ThreadEntry thread = ThreadEntry::unpack(load(region_.thread_entry(t)));
                process.threads += thread.state != SlotState::free && thread.process == i ? 1 : 0;
            }
            count_handles(i, process.handles);
            picture_.processes.push_back(process);
        }
    }

    void count_handles(std::uint32_t process, std::uint64_t expected) {
        std::uint64_t open = 0;
        const std::uint64_t fresh = load(region_.process(process).free_handles.fresh);
        for (std::uint64_t i = 0; i < fresh; ++i) {
            const HandleWord word = HandleWord::unpack(load(region_.handle(process, i).word));
            if (!word.open()) {
                continue;
            }
            ++open;
            if (word.object <= handles_of_.size()) {
                ++handles_of_[word.object - 1];
            } else {
                damage("a handle of process slot " + std::to_string(process) +
                       " names object slot " + std::to_string(word.object - 1) +
                       ", which was never used");
            }
        }
        if (open != expected) {
            damage("process slot " + std::to_string(process) + " counts " +
                   std::to_string(expected) + " handles and has " + std::to_string(open));
        }
    }

    void look_at_objects() {
        for (std::uint32_t i = 0; i < handles_of_.size(); ++i) {
            Object& object = region_.object(i);
            const auto kind = static_cast<ObjectKind>(load(object.type));
            if (kind == ObjectKind::none) {
                continue;
            }
            const std::uint64_t state = load(object.state);
            InspectedObject seen;
            seen.slot = i;
            seen.type = type_of(kind);
            seen.manual_reset =
                kind == ObjectKind::manual_event || kind == ObjectKind::manual_timer;
            seen.name = shown_name_of(region_, object);
            seen.handles = load(object.handles);
            std::uint32_t waiters_for_any = 0;
            seen.waiters = count_waiters(i, object, waiters_for_any);
            look_at_value(object, kind, state, seen);
            // Before a timer's expiry is looked at, only its due time says that it is signaled.
            if (is_signaled(kind, state) && waiters_for_any != 0) {
                damage(label(seen) + " is signaled, and threads wait for it");
            }
            judge_object(state, seen);
            picture_.objects.push_back(std::move(seen));
        }
    }

    void look_at_value(Object& object, ObjectKind kind, std::uint64_t state,
                       InspectedObject& seen) {
        const std::uint32_t value = value_of(state);
        seen.signaled = kind == ObjectKind::mutex ? value == 0 : value != 0;
        if (is_timer(kind)) {
            seen.signaled = seen.signaled || timer_is_due(object);
        }
        if (kind == ObjectKind::mutex) {
            seen.abandoned = (state & kAbandoned) != 0;
            if (value != 0) {
                seen.depth = load(object.detail) + 1;
                seen.owner_pid = pid_of_thread(region_, owner_slot(value));
                if (!seen.owner_pid) {
                    damage(label(seen) + " is owned by nobody who is there");
                }
            }
        }
        if (kind == ObjectKind::semaphore) {
            seen.count = value;
            seen.maximum = load(object.detail);
            if (value > seen.maximum) {
                damage(label(seen) + " has count " + std::to_string(value) + " above its maximum " +
                       std::to_string(seen.maximum));
            }
        }
    }

    void judge_object(std::uint64_t state, const InspectedObject& seen) {
        if (seen.handles != handles_of_[seen.slot]) {
            damage(label(seen) + " counts " + std::to_string(seen.handles) + " handles and " +
                   std::to_string(handles_of_[seen.slot]) + " table entries name it");
        }
        if (seen.handles == 0 && seen.waiters == 0) {
            damage(label(seen) + " has no handle and no waiter, but is there");
        }
        if (seen.waiters != 0 && !has_waiters(state)) {
            damage(label(seen) + " has waiters and does not say so");
        }
    }

    [[nodiscard]] bool timer_is_due(Object& object) const {
        const auto due = static_cast<std::int64_t>(load(object.detail));
        return due != 0 && platform_.now(static_cast<Clock>(load(object.clock))) >= due;
    }

    /// \param for_any grows by those whose wait the object alone would satisfy
    std::uint32_t count_waiters(std::uint32_t slot, Object& object, std::uint32_t& for_any) {
        std::uint32_t waiters = 0;
        std::uint64_t previous = 0;
        const std::uint64_t limit = std::uint64_t{region_.geometry().threads} * kWaitObjectsMax;
        for (std::uint64_t next = load(object.queue_head); next != 0;) {
            if (next > limit || waiters > region_.geometry().threads) {
                damage("the queue of object slot " + std::to_string(slot) + " does not end");
                break;
            }
            const WaiterRef ref = WaiterRef::unpack(next);
            WaitEntry& entry = entry_of(region_, ref);
            if (load(entry.linked) == 0 || load(entry.object) != std::uint64_t{slot} + 1 ||
                load(entry.previous) != previous) {
                damage("the queue of object slot " + std::to_string(slot) +
                       " holds a broken entry of thread slot " + std::to_string(ref.thread));
            }
            const ThreadEntry thread = ThreadEntry::unpack(load(region_.thread_entry(ref.thread)));
            if (thread.state == SlotState::free) {
                damage("the queue of object slot " + std::to_string(slot) + " holds thread slot " +
                       std::to_string(ref.thread) + ", which is free");
            } else if (platform_.is_marked_dead(region_.thread_liveness(ref.thread))) {
                damage("the queue of object slot " + std::to_string(slot) + " holds thread slot " +
                       std::to_string(ref.thread) + ", which is dead");
            }
            ++waiters;
            for_any += WaitWord::unpack(load(region_.thread(ref.thread).wait_word)).all ? 0U : 1U;
            previous = next;
            next = load(entry.next);
        }
        return waiters;
    }

    void look_at_names() {
        for (std::uint32_t i = 0; i < first_buckets(region_.geometry()); ++i) {
            look_at_chain(region_.first_bucket(i), "first name bucket " + std::to_string(i));
        }
        for (std::uint32_t i = 0; i < region_.geometry().buckets; ++i) {
            const BucketPage page = page_of_bucket(i);
            if ((load(region_.header().bucket_pages[page.word]) & page.bit) != 0) {
                look_at_chain(region_.bucket(i), "name bucket " + std::to_string(i));
            }
        }
        const auto named =
            std::count_if(picture_.objects.begin(), picture_.objects.end(),
                          [](const InspectedObject& object) { return !object.name.empty(); });
        if (static_cast<std::uint64_t>(named) != picture_.names) {
            damage(std::to_string(named) + " objects have a name and the table of names leads to " +
                   std::to_string(picture_.names));
        }
    }

    void look_at_chain(Cell64& bucket, const std::string& what) {
        std::uint64_t next = load(bucket);
        for (std::uint32_t i = 0; next != 0; ++i) {
            if (next > handles_of_.size() || i > handles_of_.size()) {
                damage(what + " does not end");
                break;
            }
            Object& object = region_.object(next - 1);
            if (load(object.type) == 0 || load(object.name_bytes) == 0) {
                damage(what + " leads to object slot " + std::to_string(next - 1) +
                       ", which has no name");
                break;
            }
            ++picture_.names;
            next = load(object.chain);
        }
    }

    /// Every slot that was ever used is in use or in its free list, once.
    void look_at_free_lists() {
        Header& header = region_.header();
        check_free_list(header.free_objects, "objects", picture_.objects.size(),
                        [&](std::uint64_t i) -> Cell64& { return region_.object(i).chain; });
        std::uint64_t cells = 0;
        for (const InspectedObject& object : picture_.objects) {
            cells += name_cells_for(load(region_.object(object.slot).name_bytes));
        }
        check_free_list(header.free_name_cells, "name cells", cells,
                        [&](std::uint64_t i) -> Cell64& { return region_.name_cell(i).next; });
        for (const InspectedProcess& process : picture_.processes) {
            check_free_list(region_.process(process.slot).free_handles,
                            "handles of process slot " + std::to_string(process.slot),
                            process.handles, [&](std::uint64_t i) -> Cell64& {
                                return region_.handle(process.slot, i).next_free;
                            });
        }
    }

    template <class NextOf>
    void check_free_list(FreeList& list, const std::string& what, std::uint64_t used,
                         NextOf next_of) {
        const std::uint64_t fresh = load(list.fresh);
        std::uint64_t free = 0;
        for (std::uint64_t next = load(list.head); next != 0; next = load(next_of(next - 1))) {
            if (next > fresh || free == fresh) {
                damage("the free list of " + what + " does not end");
                return;
            }
            ++free;
        }
        if (free + used != fresh) {
            damage("of " + std::to_string(fresh) + " " + what + " " + std::to_string(used) +
                   " are used and " + std::to_string(free) + " free");
        }
    }

    void look_at_threads() {
        const std::uint64_t threads = load(region_.header().threads_seen);
        for (std::uint32_t t = 0; t < threads; ++t) {
            const ThreadEntry entry = ThreadEntry::unpack(load(region_.thread_entry(t)));
            const std::string who = "thread slot " + std::to_string(t);
            if (entry.state == SlotState::free) {
                continue;
            }
            if (!pid_of_thread(region_, t)) {
                damage(who + " is taken and belongs to no process");
            }
            if (entry.state == SlotState::live && load(region_.thread(t).journal_entries) != 0) {
                damage(who + " has an open journal");
            }
            if (entry.state == SlotState::live && all_are_signaled_for(t, entry.generation)) {
                damage(who + " waits for objects that are all signaled");
            }
        }
    }

    /// Whether that thread waits for all of several objects, and nothing is in its way.
    [[nodiscard]] bool all_are_signaled_for(std::uint32_t thread, std::uint16_t generation) const {
        ThreadSlot& slot = region_.thread(thread);
        const WaitWord wait = WaitWord::unpack(load(slot.wait_word));
        if (wait.state != WaitState::waiting || !wait.all) {
            return false;
        }
        for (std::uint32_t i = 0; i <= wait.index; ++i) {
            const std::uint64_t object = load(slot.waits[i].object);
            if (object == 0 || object > handles_of_.size()) {
                return false;
            }
            Object& waited_for = region_.object(object - 1);
            const auto kind = static_cast<ObjectKind>(load(waited_for.type));
            if (!take(kind, load(waited_for.state), mutex_owner(thread, generation)).possible) {
                return false;
            }
        }
        return true;
    }

    void look_at_locks() {
        const auto check = [this](Cell32& lock, const std::string& what) {
            if (const std::uint32_t holder = lock_holder(platform_.load(lock)); holder != 0) {
                damage(what + " is held by thread slot " + std::to_string(holder - 1));
            }
        };
        check(region_.header().recovery_lock, "the recovery lock");
        check(region_.header().allocation_lock, "the allocation lock");
        for (Cell32& stripe : region_.header().name_locks) {
            check(stripe, "a name lock");
        }
        for (const InspectedObject& object : picture_.objects) {
            check(region_.object(object.slot).lock, "the lock of " + label(object));
        }
        for (const InspectedProcess& process : picture_.processes) {
            check(region_.process(process.slot).handles_lock,
                  "the handle table's lock of process slot " + std::to_string(process.slot));
        }
    }

    static std::string label(const InspectedObject& object) {
        return "object slot " + std::to_string(object.slot) +
               (object.name.empty() ? "" : " \"" + object.name + "\"");
    }

    LinuxPlatform platform_;
    const RegionView& region_;
    RegionPicture picture_;
    std::vector<std::uint64_t> handles_of_;  ///< by object slot, from the handle tables
};

}  // namespace

RegionPicture picture_of(const RegionView& region) {
    return Inspector(region).look();
}

}  // namespace castaway
