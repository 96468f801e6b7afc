#include "harness/cli/region_choice.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "castaway/inspect.h"
#include "harness/base/error.h"
#include "harness/engine/real/proc_files.h"

namespace castaway::harness {
namespace {

/// The paths of the regions that have a name and are mapped by these ranges, and of such in /proc
/// as have lost it, or never had one (a memfd). Those can be opened by root alone.
std::vector<std::string> paths_of(std::uint32_t pid, const std::vector<MappedRange>& ranges) {
    std::vector<std::string> paths;
    std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
    for (const MappedRange& range : ranges) {
        if (range.inode == 0 || !seen.emplace(range.device, range.inode).second) {
            continue;
        }
        paths.push_back(fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, range.begin, range.end));
    }
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/dev/shm", error), end; !error && entry != end;
         entry.increment(error)) {
        struct stat facts {};
        if (entry->path().filename().string().starts_with("castaway.") &&
            lstat(entry->path().c_str(), &facts) == 0 &&
            seen.contains({facts.st_dev, facts.st_ino})) {
            paths.insert(paths.begin(), entry->path().string());
        }
    }
    return paths;
}

/// The region that a process takes part in, which it has mapped. (One without a name it may also
/// have inherited as a descriptor.)
ChosenRegion region_of_process(std::uint32_t pid) {
    const std::string title = fmt::format("of process {}", pid);
    std::error_code error;
    const std::filesystem::path folder = fmt::format("/proc/{}/fd", pid);
    std::vector<std::string> paths =
        paths_of(pid, parse_maps(read_proc_file(fmt::format("/proc/{}/maps", pid))));
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        paths.push_back(entry->path().string());
    }
    for (const std::string& path : paths) {
        std::error_code gone;
        if (!std::filesystem::is_regular_file(path, gone)) {
            continue;
        }
        Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        std::string problem;
        if (!file.valid()) {
            continue;
        }
        std::string spec = path.starts_with("/dev/shm/") ? path : fmt::format("fd:{}", file.get());
        if (inspect_region(spec, problem)) {
            return {std::move(spec), title, std::move(file)};
        }
    }
    if (error) {
        throw InputError(
            "--pid", fmt::format("cannot see what process {} has open: {}", pid, error.message()),
            "give a running process of this user");
    }
    throw InputError("--pid", fmt::format("process {} takes part in no region", pid),
                     "give one that has made a call");
}

}  // namespace

ChosenRegion choose_region(const RegionChoice& choice) {
    if (int{choice.name.has_value()} + int{choice.file.has_value()} + int{choice.pid.has_value()} >
        1) {
        throw InputError("command line", "--region, --file and --pid each choose a region",
                         "give one of them");
    }
    if (choice.pid) {
        return region_of_process(*choice.pid);
    }
    std::string spec;
    if (choice.file) {
        // A name has no slash; a path shall have one.
        spec = choice.file->find('/') == std::string::npos ? "./" + *choice.file : *choice.file;
    } else if (choice.name) {
        spec = *choice.name;
    } else {
        const char* const told = std::getenv("CASTAWAY_REGION");
        spec = told == nullptr || *told == '\0' ? "default" : told;
    }
    return {spec, spec, Descriptor()};
}

}  // namespace castaway::harness
