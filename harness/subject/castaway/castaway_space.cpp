#include "harness/subject/castaway/castaway_space.h"

#include <castaway/inspect.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <tuple>

#include "harness/base/error.h"

namespace castaway::harness {
namespace {

ObjectType type_of(InspectedType type) {
    switch (type) {
        case InspectedType::event:
            return ObjectType::event;
        case InspectedType::mutex:
            return ObjectType::mutex;
        case InspectedType::semaphore:
            return ObjectType::semaphore;
        case InspectedType::timer:
            return ObjectType::timer;
    }
    return ObjectType::event;
}

/// The name as programs gave it: the adapter makes all objects in the local namespace.
std::string_view without_namespace(std::string_view name) {
    constexpr std::string_view kLocal = "Local\\";
    if (name.starts_with(kLocal)) {
        name.remove_prefix(kLocal.size());
    }
    return name;
}

/// The index of the process with that pid; one past the last when it is none of them.
std::uint32_t index_of(std::uint32_t pid, std::span<const std::int64_t> pids) {
    return static_cast<std::uint32_t>(std::find(pids.begin(), pids.end(), pid) - pids.begin());
}

ObjectState state_of(const InspectedObject& object, std::span<const std::int64_t> pids) {
    ObjectState state;
    state.name = without_namespace(object.name);
    state.type = type_of(object.type);
    state.signaled = object.signaled;
    if (object.type == InspectedType::semaphore) {
        state.value = object.count;
    } else if (object.type == InspectedType::mutex) {
        state.value = static_cast<std::int64_t>(object.depth);
    }
    if (object.owner_pid) {
        state.owner = index_of(*object.owner_pid, pids);
    }
    state.abandoned = object.abandoned;
    state.waiters = object.waiters;
    state.handles = static_cast<std::uint32_t>(object.handles);
    return state;
}

}  // namespace

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
    Snapshot snapshot;
    for (const InspectedObject& object : picture->objects) {
        snapshot.objects.push_back(state_of(object, pids));
    }
    for (const InspectedProcess& process : picture->processes) {
        if (process.handles != 0) {
            snapshot.handles.push_back(
                {index_of(process.pid, pids), static_cast<std::uint32_t>(process.handles)});
        }
    }
    // The region's own order is that in which processes came, which differs from run to run.
    std::sort(snapshot.objects.begin(), snapshot.objects.end(),
              [](const ObjectState& a, const ObjectState& b) {
                  return std::tie(a.name, a.type) < std::tie(b.name, b.type);
              });
    std::sort(snapshot.handles.begin(), snapshot.handles.end(),
              [](const Snapshot::ProcessHandles& a, const Snapshot::ProcessHandles& b) {
                  return a.process < b.process;
              });
    snapshot.processes_attached = static_cast<std::uint32_t>(picture->processes.size());
    snapshot.names = picture->names;
    snapshot.damage = picture->damage;
    return snapshot;
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
