#include "harness/engine/sim/cell_kinds.h"

#include <algorithm>
#include <cstddef>

namespace castaway::harness::sim {
namespace {

constexpr CellKind kind_named(std::string_view name) {
    for (std::size_t i = 0; i < kCellKindNames.size(); ++i) {
        if (kCellKindNames[i] == name) {
            return static_cast<CellKind>(i);
        }
    }
    throw "no such kind of cell";  // At compile time: every use is a constant.
}

/// Bytes of a structure, by where they begin.
struct Field {
    std::uint64_t begin = 0;
    std::uint64_t bytes = 0;
    CellKind kind = 0;
};

class Kinds {
  public:
    explicit Kinds(std::uint64_t bytes) : kinds_(bytes / kCell + 1, 0) {}

    void mark(std::uint64_t begin, std::uint64_t bytes, CellKind kind) {
        std::fill_n(kinds_.begin() + static_cast<std::ptrdiff_t>(begin / kCell), bytes / kCell,
                    kind);
    }
    /// The fields of each slot of a table.
    template <std::size_t N>
    void mark_table(std::uint64_t begin, std::uint64_t slots, std::uint64_t slot_bytes,
                    const std::array<Field, N>& fields) {
        for (std::uint64_t slot = 0; slot < slots; ++slot) {
            for (const Field& field : fields) {
                mark(begin + slot * slot_bytes + field.begin, field.bytes, field.kind);
            }
        }
    }
    [[nodiscard]] std::vector<CellKind> take() { return std::move(kinds_); }

  private:
    static constexpr std::uint64_t kCell = 4;
    std::vector<CellKind> kinds_;
};

constexpr std::array kHeaderFields{
    Field{offsetof(Header, processes_seen), sizeof(Cell64), kind_named("header.processes_seen")},
    Field{offsetof(Header, threads_seen), sizeof(Cell64), kind_named("header.threads_seen")},
    Field{offsetof(Header, recovery_lock), sizeof(Cell32), kind_named("header.recovery_lock")},
    Field{offsetof(Header, allocation_lock), sizeof(Cell32), kind_named("header.allocation_lock")},
    Field{offsetof(Header, free_objects), sizeof(FreeList), kind_named("header.free_objects")},
    Field{offsetof(Header, free_name_cells), sizeof(FreeList),
          kind_named("header.free_name_cells")},
    Field{offsetof(Header, name_locks), sizeof(Header::name_locks),
          kind_named("header.name_locks")},
    Field{offsetof(Header, bucket_pages), sizeof(Header::bucket_pages),
          kind_named("header.bucket_pages")},
    Field{offsetof(Header, apc_lock), sizeof(Cell32), kind_named("header.apc_lock")},
    Field{offsetof(Header, free_apcs), sizeof(FreeList), kind_named("header.free_apcs")}};

constexpr std::array kProcessFields{
    Field{offsetof(ProcessSlot, liveness), sizeof(ProcessSlot::liveness),
          kind_named("process.liveness")},
    Field{offsetof(ProcessSlot, bell), sizeof(Cell32), kind_named("process.bell")},
    Field{offsetof(ProcessSlot, handles_lock), sizeof(Cell32), kind_named("process.handles_lock")},
    Field{offsetof(ProcessSlot, free_handles), sizeof(FreeList),
          kind_named("process.free_handles")},
    Field{offsetof(ProcessSlot, handles), sizeof(Cell64), kind_named("process.handles")},
    Field{offsetof(ProcessSlot, leaving), sizeof(Cell64), kind_named("process.leaving")},
    Field{offsetof(ProcessSlot, parent), sizeof(Cell64), kind_named("process.parent")},
    Field{offsetof(ProcessSlot, watcher), sizeof(Cell64), kind_named("process.watcher")},
    Field{offsetof(ProcessSlot, exit_status), sizeof(Cell64), kind_named("process.exit_status")}};

constexpr std::array kThreadFields{
    Field{offsetof(ThreadSlot, wait_word), sizeof(Cell64), kind_named("thread.wait_word")},
    Field{offsetof(ThreadSlot, journal_entries), sizeof(Cell64),
          kind_named("thread.journal_entries")},
    Field{offsetof(ThreadSlot, handoff_thread), sizeof(Cell64), kind_named("thread.handoff")},
    Field{offsetof(ThreadSlot, handoff_word), sizeof(Cell64), kind_named("thread.handoff")},
    Field{offsetof(ThreadSlot, locks), sizeof(ThreadSlot::locks), kind_named("thread.locks")},
    Field{offsetof(ThreadSlot, life), sizeof(Cell64), kind_named("thread.life")},
    Field{offsetof(ThreadSlot, id), sizeof(Cell64), kind_named("thread.id")},
    Field{offsetof(ThreadSlot, apc_head), 3 * sizeof(Cell64), kind_named("thread.apcs")}};

constexpr std::array kJournalFields{
    Field{offsetof(JournalEntry, offset), sizeof(Cell64), kind_named("thread.journal.offset")},
    Field{offsetof(JournalEntry, old_value), sizeof(Cell64),
          kind_named("thread.journal.old_value")}};

constexpr std::array kWaitFields{
    Field{offsetof(WaitEntry, object), sizeof(Cell64), kind_named("thread.waits.object")},
    Field{offsetof(WaitEntry, linked), sizeof(Cell64), kind_named("thread.waits.linked")},
    Field{offsetof(WaitEntry, next), sizeof(Cell64), kind_named("thread.waits.next")},
    Field{offsetof(WaitEntry, previous), sizeof(Cell64), kind_named("thread.waits.previous")}};

constexpr std::array kObjectFields{
    Field{offsetof(Object, state), sizeof(Cell64), kind_named("object.state")},
    Field{offsetof(Object, lock), sizeof(Cell32), kind_named("object.lock")},
    Field{offsetof(Object, bell), sizeof(Cell32), kind_named("object.bell")},
    Field{offsetof(Object, type), sizeof(Cell64), kind_named("object.type")},
    Field{offsetof(Object, handles), sizeof(Cell64), kind_named("object.handles")},
    Field{offsetof(Object, queue_head), 2 * sizeof(Cell64), kind_named("object.queue")},
    Field{offsetof(Object, detail), sizeof(Cell64), kind_named("object.detail")},
    Field{offsetof(Object, period), 2 * sizeof(Cell64), kind_named("object.timer")},
    Field{offsetof(Object, hash), 4 * sizeof(Cell64), kind_named("object.name")},
    Field{offsetof(Object, apc), sizeof(Cell64), kind_named("object.apc")}};

}  // namespace

std::vector<CellKind> cell_kinds_of(const Geometry& geometry) {
    const Offsets at = offsets_of(geometry);
    Kinds kinds(at.end);
    kinds.mark_table(0, 1, sizeof(Header), kHeaderFields);
    kinds.mark(at.first_buckets, first_buckets(geometry) * sizeof(Cell64), kind_named("buckets"));
    kinds.mark(at.process_directory, geometry.processes * sizeof(Cell64),
               kind_named("process_directory"));
    kinds.mark(at.thread_directory, geometry.threads * sizeof(Cell64),
               kind_named("thread_directory"));
    kinds.mark_table(at.processes, geometry.processes, sizeof(ProcessSlot), kProcessFields);
    kinds.mark(at.thread_liveness, geometry.threads * sizeof(LivenessWord),
               kind_named("thread.liveness"));
    kinds.mark_table(at.threads, geometry.threads, sizeof(ThreadSlot), kThreadFields);
    for (std::uint64_t slot = 0; slot < geometry.threads; ++slot) {
        const std::uint64_t begin = at.threads + slot * sizeof(ThreadSlot);
        kinds.mark_table(begin + offsetof(ThreadSlot, journal), kJournalMax, sizeof(JournalEntry),
                         kJournalFields);
        kinds.mark_table(begin + offsetof(ThreadSlot, waits), kWaitObjectsMax, sizeof(WaitEntry),
                         kWaitFields);
    }
    kinds.mark(at.buckets, geometry.buckets * sizeof(Cell64), kind_named("buckets"));
    kinds.mark_table(at.objects, geometry.objects, sizeof(Object), kObjectFields);
    kinds.mark(at.name_cells, geometry.name_cells * sizeof(NameCell), kind_named("name_cells"));
    kinds.mark(at.apcs, geometry.apcs * sizeof(ApcSlot), kind_named("apcs"));
    kinds.mark(at.handles, at.end - at.handles, kind_named("handles"));
    return kinds.take();
}

}  // namespace castaway::harness::sim
