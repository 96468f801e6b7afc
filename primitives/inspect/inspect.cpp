#include "castaway/inspect.h"

#include <optional>
#include <utility>

#include "primitives/inspect/audit.h"
#include "primitives/inspect/describe.h"
#include "primitives/inspect/look.h"
#include "primitives/platform/linux_platform.h"
#include "primitives/recovery/session.h"

namespace castaway {

namespace {

std::optional<RegionFile> open_existing(std::string_view region, std::string& problem) {
    AttachFailure failure;
    auto file = RegionFile::open_existing(region, failure);
    problem = failure.message;
    return file;
}

std::optional<RegionFile> open_to_look(std::string_view region, std::string& problem) {
    AttachFailure failure;
    auto file = RegionFile::open_to_look(region, failure);
    problem = failure.message;
    return file;
}

}  // namespace

std::optional<RegionPicture> inspect_region(std::string_view region, std::string& problem) {
    const auto file = open_to_look(region, problem);
    if (!file) {
        return std::nullopt;
    }
    RegionPicture picture = picture_of(file->view(), file->is_left());
    // A second look only where the first shows a circle, which may be of different moments.
    if (!deadlocks_of(picture, picture).empty()) {
        RegionPicture later = picture_of(file->view(), file->is_left());
        later.deadlocks = deadlocks_of(picture, later);
        return later;
    }
    return picture;
}

std::vector<std::string> regions_of_others(std::string_view region) {
    return RegionFile::namesakes_of(region);
}

std::optional<RegionAudit> audit_region(std::string_view region, std::string& problem) {
    const auto file = open_to_look(region, problem);
    if (!file) {
        return std::nullopt;
    }
    return audit_of(file->view(), file->is_left());
}

std::string describe_region_offset(std::string_view region, std::uint64_t offset) {
    std::string problem;
    const auto file = open_to_look(region, problem);
    return file ? describe_offset(file->view(), offset) : std::string();
}

bool initialise_region(int fd, std::string& problem) {
    AttachFailure failure;
    const bool made = RegionFile::initialise(fd, Geometry{}, failure);
    problem = failure.message;
    return made;
}

bool sweep_region(std::string_view region, std::string& problem) {
    auto file = open_existing(region, problem);
    if (!file) {
        return false;
    }
    AttachFailure failure;
    const auto session = Session<LinuxPlatform>::attach(LinuxPlatform{}, std::move(*file),
                                                        std::nullopt, {}, failure);
    problem = failure.message;
    return session != nullptr;
}

}  // namespace castaway
