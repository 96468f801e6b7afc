#include "harness/subject/castaway/castaway_space.h"

#include <castaway/inspect.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "harness/base/error.h"
#include "harness/subject/castaway/region_snapshot.h"

namespace castaway::harness {
CastawaySpace::CastawaySpace() : descriptor_(memfd_create("castaway-region", MFD_CLOEXEC)) {
    if (descriptor_ < 0) {
        throw HarnessError("cannot make the subject's shared memory: " +
                           std::generic_category().message(errno));
    }
    region_ = "fd:" + std::to_string(descriptor_);
    if (std::string problem; !initialise_region(descriptor_, problem)) {
        close(descriptor_);
        throw HarnessError("cannot make the subject's region: " + problem);
    }
}

CastawaySpace::~CastawaySpace() {
    close(descriptor_);
}

std::optional<Snapshot> CastawaySpace::observe(std::span<const std::int64_t> pids) {
    std::string problem;
    const std::optional<RegionPicture> picture = inspect_region(region_, problem);
    if (!picture) {
        throw HarnessError("cannot look at the subject's region: " + problem);
    }
    return snapshot_of(*picture, pids);
}

void CastawaySpace::settle_after_all_died() {
    if (std::string problem; !sweep_region(region_, problem)) {
        throw HarnessError("cannot sweep the subject's region: " + problem);
    }
}

std::string CastawaySpace::describe_address(std::uint64_t file_offset) {
    return describe_region_offset(region_, file_offset);
}

}  // namespace castaway::harness
