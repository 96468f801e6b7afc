#include "primitives/recovery/retire.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include "castaway/win32.h"
#include "primitives/platform/descriptor.h"
#include "primitives/platform/linux_platform.h"
#include "primitives/region/directory.h"
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
    const LinuxPlatform platform;
    const Geometry& geometry = region.geometry();
    std::vector<bool> dead(geometry.processes);
    bool newcomers = false;
    const std::uint64_t processes_seen = platform.load(region.header().processes_seen);
    bool process_slot_left = processes_seen < geometry.processes;
    for (std::uint32_t slot = 0; slot < processes_seen; ++slot) {
        const ProcessEntry entry = ProcessEntry::unpack(platform.load(region.process_entry(slot)));
        if (entry.state == SlotState::free) {
            process_slot_left = true;
        } else if (platform.process_gone(entry.identity, 0)) {
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

/// Time for others who are about the same.
class Patience {
  public:
    /// False when it is at its end.
    [[nodiscard]] bool pause() const {
        sched_yield();
        return std::chrono::steady_clock::now() < end_;
    }

  private:
    std::chrono::steady_clock::time_point end_ =
        std::chrono::steady_clock::now() + std::chrono::seconds(2);
};

}  // namespace

bool retire_dead_region(std::string_view spec, const FileIdentity& full) {
    const std::string path = RegionFile::path_of(spec);
    AttachFailure failure;
    const auto file = path.empty() ? std::nullopt : RegionFile::open_existing(spec, failure);
    if (!file) {
        return failure.error == ERROR_FILE_NOT_FOUND;
    }
    if (file->identity() != full) {
        return true;
    }
    const Patience patience;
    // Of several that come at once one takes the name away, and the others wait without a slot. The
    // lock goes with the descriptor, which may be another file's by now: it is looked at below.
    const Descriptor locked(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (locked.get() < 0) {
        return errno == ENOENT;
    }
    while (flock(locked.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || !patience.pause()) {
            return false;
        }
    }
    struct stat named {};
    if (lstat(path.c_str(), &named) != 0 || FileIdentity{named.st_dev, named.st_ino} != full) {
        return true;
    }
    Tables found = look_at(file->view());
    const bool was_in_change = found == Tables::in_change;
    while (found == Tables::in_change && patience.pause()) {
        found = look_at(file->view());
    }
    if (found == Tables::full_of_dead) {
        return unlink(path.c_str()) == 0;
    }
    // A newcomer that has come to take part gives back what the dead had.
    return was_in_change && found == Tables::in_use;
}

}  // namespace castaway
