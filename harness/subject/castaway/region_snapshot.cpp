#include "harness/subject/castaway/region_snapshot.h"

#include <algorithm>
#include <string_view>
#include <tuple>

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
        case InspectedType::process:
        case InspectedType::private_namespace:
        case InspectedType::thread:
            break;  // none of a scenario's objects
    }
    return ObjectType::event;
}

/// The name as programs gave it: all objects are in the local namespace.
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

Snapshot snapshot_of(const RegionPicture& picture, std::span<const std::int64_t> pids) {
    Snapshot snapshot;
    for (const InspectedObject& object : picture.objects) {
        if (object.type != InspectedType::process && object.type != InspectedType::thread &&
            object.type != InspectedType::private_namespace) {
            snapshot.objects.push_back(state_of(object, pids));
        }
    }
    for (const InspectedProcess& process : picture.processes) {
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
    snapshot.processes_attached = static_cast<std::uint32_t>(picture.processes.size());
    snapshot.names = picture.names;
    snapshot.calls = static_cast<std::uint32_t>(picture.apcs);
    snapshot.damage = picture.damage;
    return snapshot;
}

}  // namespace castaway::harness
