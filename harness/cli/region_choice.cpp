#include "harness/cli/region_choice.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "castaway/inspect.h"
#include "harness/base/error.h"

namespace castaway::harness {
namespace {

/// A process that takes part has its region open, also one that has no name.
ChosenRegion region_of_process(std::uint32_t pid) {
    std::error_code error;
    const std::filesystem::path folder = fmt::format("/proc/{}/fd", pid);
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code gone;
        if (!std::filesystem::is_regular_file(entry->path(), gone)) {
            continue;
        }
        Descriptor file(::open(entry->path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        std::string spec = fmt::format("fd:{}", file.get());
        std::string problem;
        if (file.valid() && inspect_region(spec, problem)) {
            return {std::move(spec), fmt::format("of process {}", pid), std::move(file)};
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
