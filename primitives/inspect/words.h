// What the looks at a region have in common: reading words that others may be changing, or that may
// be anything.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "castaway/inspect.h"
#include "primitives/objects/apc.h"
#include "primitives/objects/queue.h"
#include "primitives/objects/state.h"
#include "primitives/platform/linux_platform.h"
#include "primitives/region/directory.h"
#include "primitives/region/lock.h"
#include "primitives/region/view.h"

namespace castaway {

/// A region as an onlooker reads it. Every index that is in the region is bounded before it is
/// used: an onlooker tells of damage, and does not end for it.
class Onlooker {
  public:
    /// \param left by an earlier start of the machine: nobody is alive, whatever the marks say
    explicit Onlooker(const RegionView& region, bool left = false) : region_(region), left_(left) {}

    [[nodiscard]] const RegionView& region() const { return region_; }
    static std::uint64_t load(Cell64& cell) { return LinuxPlatform{}.load(cell); }
    static std::uint32_t load(Cell32& cell) { return LinuxPlatform{}.load(cell); }

    // How many slots of a table were ever used. Those beyond may have no memory.

    [[nodiscard]] std::uint32_t processes() const {
        return bounded(region_.header().processes_seen, region_.geometry().processes);
    }
    [[nodiscard]] std::uint32_t threads() const {
        return bounded(region_.header().threads_seen, region_.geometry().threads);
    }
    [[nodiscard]] std::uint32_t objects() const {
        return bounded(region_.header().free_objects.fresh, region_.geometry().objects);
    }
    [[nodiscard]] std::uint32_t name_cells() const {
        return bounded(region_.header().free_name_cells.fresh, region_.geometry().name_cells);
    }
    [[nodiscard]] std::uint32_t calls() const {
        return bounded(region_.header().free_apcs.fresh, region_.geometry().apcs);
    }
    [[nodiscard]] std::uint32_t handles(std::uint32_t process) const {
        return bounded(region_.process(process).free_handles.fresh,
                       region_.geometry().handles_per_process);
    }

    // The entries of a directory that have memory: the pages of those that were ever used.

    [[nodiscard]] std::uint32_t process_entries() const {
        return whole_pages(processes(), region_.geometry().processes);
    }
    [[nodiscard]] std::uint32_t thread_entries() const {
        return whole_pages(threads(), region_.geometry().threads);
    }

    [[nodiscard]] ProcessEntry process_entry(std::uint32_t slot) const {
        return ProcessEntry::unpack(load(region_.process_entry(slot)));
    }
    /// The inode number of the pid namespace that has that number in the region; 0: none has.
    [[nodiscard]] std::uint64_t pid_namespace(std::uint8_t number) const {
        return number < kPidNamespacesMax ? load(region_.header().pid_namespaces[number]) : 0;
    }
    [[nodiscard]] ThreadEntry thread_entry(std::uint32_t slot) const {
        return ThreadEntry::unpack(load(region_.thread_entry(slot)));
    }
    [[nodiscard]] bool is_marked_dead(std::uint32_t thread) const {
        return left_ || LinuxPlatform{}.is_marked_dead(region_.thread_liveness(thread));
    }
    /// Of a slot that was used: it is taken, and its thread has not ended.
    [[nodiscard]] bool is_alive(std::uint32_t thread) const {
        const SlotState state = thread_entry(thread).state;
        return (state == SlotState::claimed && !left_) ||
               (state == SlotState::live && !is_marked_dead(thread));
    }
    [[nodiscard]] static ObjectKind kind_of(Object& object) {
        const std::uint64_t type = load(object.type);
        return type <= static_cast<std::uint64_t>(ObjectKind::private_namespace)
                   ? static_cast<ObjectKind>(type)
                   : ObjectKind::none;
    }
    /// Visits the procedure calls of a thread's list, slot and state. False when it does not end.
    template <class Visit>
    bool walk_calls(Cell64& head, Cell64 ApcSlot::*link, Visit visit) const {
        const std::uint32_t limit = calls();
        std::uint64_t next = load(head);
        for (std::uint32_t i = 0; next != 0; ++i) {
            if (next > limit || i == limit) {
                return false;
            }
            ApcSlot& call = region_.apc(next - 1);
            visit(static_cast<std::uint32_t>(next - 1), ApcState::unpack(load(call.state)));
            next = load(call.*link);
        }
        return true;
    }
    /// Whether a stored waiter reference, not 0, names an entry of a slot that was used.
    [[nodiscard]] bool is_waiter(std::uint64_t word) const {
        return word <= std::uint64_t{threads()} * kWaitObjectsMax;
    }
    /// Whether anybody else could take the object now. A timer's word may lag behind the clock.
    [[nodiscard]] static bool is_due(Object& object) {
        const auto due = static_cast<std::int64_t>(load(object.detail));
        return due != 0 && LinuxPlatform{}.now(static_cast<Clock>(load(object.clock))) >= due;
    }

  private:
    [[nodiscard]] static std::uint32_t whole_pages(std::uint32_t used, std::uint32_t limit) {
        constexpr std::uint32_t kEntries = kPageBytes / sizeof(Cell64);
        return std::min(limit, (used + kEntries - 1) / kEntries * kEntries);
    }
    [[nodiscard]] static std::uint32_t bounded(Cell64& cell, std::uint32_t limit) {
        return static_cast<std::uint32_t>(std::min<std::uint64_t>(load(cell), limit));
    }

    const RegionView& region_;
    bool left_;
};

}  // namespace castaway
