// Kinds of cells: fields of the region's layout (primitives/region/layout.h), whichever slot of
// their table they lie in.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "primitives/region/layout.h"

namespace castaway::harness::sim {

/// An index in kCellKindNames.
using CellKind = std::uint8_t;

inline constexpr std::array<std::string_view, 50> kCellKindNames{
    "other",
    "header.processes_seen",
    "header.threads_seen",
    "header.recovery_lock",
    "header.allocation_lock",
    "header.free_objects",
    "header.free_name_cells",
    "header.name_locks",
    "header.bucket_pages",
    "header.apc_lock",
    "header.free_apcs",
    "process_directory",
    "thread_directory",
    "process.liveness",
    "process.bell",
    "process.handles_lock",
    "process.free_handles",
    "process.handles",
    "process.leaving",
    "process.parent",
    "process.watcher",
    "process.exit_status",
    "thread.liveness",
    "thread.wait_word",
    "thread.journal_entries",
    "thread.handoff",
    "thread.journal.offset",
    "thread.journal.old_value",
    "thread.locks",
    "thread.waits.object",
    "thread.waits.linked",
    "thread.waits.next",
    "thread.waits.previous",
    "thread.life",
    "thread.id",
    "thread.apcs",
    "buckets",
    "object.state",
    "object.lock",
    "object.bell",
    "object.type",
    "object.handles",
    "object.queue",
    "object.detail",
    "object.timer",
    "object.name",
    "object.apc",
    "name_cells",
    "apcs",
    "handles",
};
inline constexpr std::size_t kCellKinds = kCellKindNames.size();

/// The kind of each four bytes of such a region, by offset / 4.
std::vector<CellKind> cell_kinds_of(const Geometry& geometry);

}  // namespace castaway::harness::sim
