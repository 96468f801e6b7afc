#include "primitives/api/library_copies.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "primitives/platform/host.h"
#include "primitives/platform/linux_platform.h"
#include "primitives/region/directory.h"
#include "primitives/region/pid_namespaces.h"
#include "primitives/region/region_file.h"

namespace castaway {

namespace {

/// By the process's number, so that processes do not wait for each other.
bool set_lock(int descriptor, short kind) {
    struct flock lock {};
    lock.l_type = kind;
    lock.l_whence = SEEK_SET;
    lock.l_start = getpid();
    lock.l_len = 1;
    return fcntl(descriptor, F_OFD_SETLK, &lock) == 0;
}

}  // namespace

AttachTurn::AttachTurn(std::string_view spec) {
    constexpr std::string_view kInherited = "fd:";
    const std::string path =
        spec.starts_with(kInherited)
            ? "/proc/thread-self/fd/" + std::string(spec.substr(kInherited.size()))
            : RegionFile::path_of(spec);
    descriptor_ = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
    const LinuxPlatform platform;
    // To attach needs one for a moment. If this was the last one, it goes first.
    if (descriptor_ >= 0 && platform.self().start_time == 0) {
        close(std::exchange(descriptor_, -1));
    }
    constexpr std::int64_t kPauseNs = 1'000'000;
    Cell32 nobody_wakes{};
    constexpr int kPausesMax = 2'000;
    for (int pause = 0; descriptor_ >= 0 && pause < kPausesMax; ++pause) {
        if (set_lock(descriptor_, F_WRLCK) || (errno != EAGAIN && errno != EACCES)) {
            break;
        }
        const Deadline again{platform.now(Clock::monotonic) + kPauseNs};
        platform.futex_wait(nobody_wakes, 0, again);
    }
}

AttachTurn::~AttachTurn() {
    if (descriptor_ >= 0) {
        // Not by the closing alone: a child that was forked meanwhile has the descriptor, too.
        set_lock(descriptor_, F_UNLCK);
        close(descriptor_);
    }
}

bool another_copy_takes_part(const RegionView& region) {
    LinuxPlatform platform;
    const auto pid_namespace = find_pid_namespace(platform, region, pid_namespace_inode());
    if (!pid_namespace) {
        return false;  // nobody of it takes part
    }
    platform.enter_pid_namespace(*pid_namespace);
    const std::uint64_t own = ProcessEntry{SlotState::live, platform.self()}.pack();
    const std::uint64_t seen = platform.load(region.header().processes_seen);
    for (std::uint32_t slot = 0; slot < seen; ++slot) {
        ProcessSlot& process = region.process(slot);
        // What this process was before it executed its program is marked dead.
        if (platform.load(region.process_entry(slot)) == own &&
            platform.load(process.watcher) == own &&
            !platform.is_marked_dead(process.liveness[0])) {
            return true;
        }
    }
    return false;
}

void mark_copy(const RegionView& region, std::uint32_t slot) {
    const LinuxPlatform platform;
    platform.store(region.process(slot).watcher, platform.load(region.process_entry(slot)));
}

}  // namespace castaway
