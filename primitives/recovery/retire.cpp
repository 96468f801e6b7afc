#include "primitives/recovery/retire.h"

#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "castaway/win32.h"
#include "primitives/platform/linux_platform.h"
#include "primitives/region/directory.h"
#include "primitives/region/region_file.h"

namespace castaway {

namespace {

enum class Population : std::uint8_t {
    none,
    newcomers,  ///< processes that try to take part, or have been started and have not tried yet
    some,
};

/// Which processes of the region live.
Population population_of(const RegionView& region) {
    const LinuxPlatform platform;
    Population found = Population::none;
    const std::uint64_t seen = platform.load(region.header().processes_seen);
    for (std::uint32_t slot = 0; slot < seen; ++slot) {
        const ProcessEntry entry = ProcessEntry::unpack(platform.load(region.process_entry(slot)));
        if (entry.state == SlotState::free || platform.process_gone(entry.identity, 0)) {
            continue;
        }
        if (entry.state != SlotState::claimed) {
            return Population::some;
        }
        found = Population::newcomers;
    }
    return found;
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

FileIdentity identity_of(const RegionFile& region) {
    struct stat facts {};
    return fstat(region.fd(), &facts) == 0 ? FileIdentity{facts.st_dev, facts.st_ino}
                                           : FileIdentity{};
}

bool retire_dead_region(std::string_view spec, const FileIdentity& full) {
    const std::string path = RegionFile::path_of(spec);
    AttachFailure failure;
    const auto file = path.empty() ? std::nullopt : RegionFile::open_existing(spec, failure);
    if (!file) {
        return failure.error == ERROR_FILE_NOT_FOUND;
    }
    if (identity_of(*file) != full) {
        return true;
    }
    const Patience patience;
    // Of several that come at once one takes the name away, and the others wait without a slot. The
    // lock goes with the descriptor.
    while (flock(file->fd(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || !patience.pause()) {
            return false;
        }
    }
    struct stat named {};
    if (lstat(path.c_str(), &named) != 0 || FileIdentity{named.st_dev, named.st_ino} != full) {
        return true;
    }
    // Newcomers find it full themselves, and give up their slots.
    Population found = population_of(file->view());
    while (found == Population::newcomers && patience.pause()) {
        found = population_of(file->view());
    }
    // Its tables are full, so nobody can have begun to take part since.
    return found == Population::none && unlink(path.c_str()) == 0;
}

}  // namespace castaway
