#include "primitives/recovery/retire.h"

#include <chrono>
#include <thread>
#include <vector>

#include "castaway/win32.h"
#include "primitives/platform/host.h"
#include "primitives/platform/linux_platform.h"
#include "primitives/region/directory.h"
#include "primitives/region/pid_namespaces.h"
#include "primitives/region/region_file.h"

namespace castaway {

namespace {

enum class Tables : std::uint8_t {
    full_of_dead,  ///< no slot for one more, and nobody who would ever free one
    in_change,     ///< no slot for one more process, but newcomers hold some of them
    in_use,        ///< somebody lives, or there is a slot left
};

/// What the dead have is only ever given back by one who takes part. So when each slot is a dead
/// one's, nobody can begin to take part any more.
Tables look_at(const RegionView& region) {
    LinuxPlatform platform;
    const auto own = find_pid_namespace(platform, region, pid_namespace_inode());
    if (own) {
        platform.enter_pid_namespace(*own);
    }
    // One of another pid namespace is dead when its helper is marked: so will its threads be.
    const auto is_gone = [&](std::uint32_t slot, const ProcessEntry& entry) {
        if (own && !is_foreign(platform, entry.identity)) {
            return platform.process_gone(entry.identity, 0);
        }
        return entry.state != SlotState::claimed &&
               platform.is_marked_dead(region.process(slot).liveness[0]);
    };
    const Geometry& geometry = region.geometry();
    std::vector<bool> dead(geometry.processes);
    bool newcomers = false;
    const std::uint64_t processes_seen = platform.load(region.header().processes_seen);
    bool process_slot_left = processes_seen < geometry.processes;
    for (std::uint32_t slot = 0; slot < processes_seen; ++slot) {
        const ProcessEntry entry = ProcessEntry::unpack(platform.load(region.process_entry(slot)));
        if (entry.state == SlotState::free) {
            process_slot_left = true;
        } else if (is_gone(slot, entry)) {
            dead[slot] = true;
        } else if (entry.state == SlotState::claimed) {
            newcomers = true;
        } else {
            return Tables::in_use;
        }
    }
    const std::uint64_t threads_seen = platform.load(region.header().threads_seen);
    bool threads_of_dead_alone = threads_seen == geometry.threads;
    for (std::uint32_t slot = 0; threads_of_dead_alone && slot < threads_seen; ++slot) {
        const ThreadEntry entry = ThreadEntry::unpack(platform.load(region.thread_entry(slot)));
        threads_of_dead_alone = entry.state != SlotState::free && dead.at(entry.process);
    }
    if (threads_of_dead_alone) {
        return Tables::full_of_dead;  // newcomers will find no slot for a thread
    }
    if (process_slot_left) {
        return Tables::in_use;
    }
    return newcomers ? Tables::in_change : Tables::full_of_dead;
}

/// For others who are about the same, and for newcomers that go again.
constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::milliseconds kPause{1};

}  // namespace

bool retire_dead_region(std::string_view spec, const FileIdentity& full) {
    if (RegionFile::path_of(spec).empty()) {
        return false;
    }
    const auto until = std::chrono::steady_clock::now() + kPatience;
    bool was_in_change = false;
    for (;;) {
        AttachFailure failure;
        const auto file = RegionFile::open_existing(spec, failure);
        if (!file) {
            return failure.error == ERROR_FILE_NOT_FOUND;
        }
        if (file->identity() != full) {
            return true;
        }
        const Tables found = look_at(file->view());
        if (found == Tables::in_use) {
            // A newcomer that has come to take part gives back what the dead had.
            return was_in_change;
        }
        if (found == Tables::full_of_dead) {
            break;
        }
        was_in_change = true;
        if (std::chrono::steady_clock::now() >= until) {
            return false;
        }
        std::this_thread::sleep_for(kPause);
    }
    // Of several that come at once one takes the name away, and the others wait without a slot.
    AttachFailure failure;
    const auto file = RegionFile::open_alone(spec, full, failure);
    if (!file) {
        return failure.error == ERROR_FILE_NOT_FOUND;
    }
    return look_at(file->view()) == Tables::full_of_dead && file->remove_name();
}

}  // namespace castaway
