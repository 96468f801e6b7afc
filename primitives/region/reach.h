// How much of its mapping of a region a process can touch.
//
// The region's file is long and sparse; what was never used has no memory. A program that locks its
// memory (mlockall) would give memory to all that it can read. So the mapping is without access at
// first, and each table's part is made accessible as it comes into use: from the table's beginning
// on, in powers of two, so that few system calls are made and at most as much again as is in use
// becomes real. The buckets, which are used at random, become accessible piece by piece.
//
// All threads of a process share one Reach. What is accessible stays so: two threads that extend
// the same table at once do no harm, and a limit that is out of date costs one system call.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

#include "primitives/region/layout.h"

namespace castaway {

/// The tables that become accessible from their beginning on, but for those of handles.
enum class Table : std::uint8_t {
    process_directory,
    thread_directory,
    processes,
    thread_liveness,
    threads,
    objects,
    name_cells,
    apcs,
};
inline constexpr std::size_t kTables = 8;

class Reach {
  public:
    /// \param base       of a mapping of the whole region, without access; null: of nothing
    /// \param protection what parts are made
    Reach(unsigned char* base, const Geometry& geometry, int protection)
        : base_(base),
          geometry_(geometry),
          at_(offsets_of(geometry)),
          handle_table_bytes_((at_.end - at_.handles) / geometry.processes),
          protection_(protection),
          handles_(new (std::nothrow) std::atomic<std::uint32_t>[geometry.processes]()) {}
    Reach(const Reach&) = delete;
    Reach& operator=(const Reach&) = delete;
    ~Reach() = default;

    /// The header and the first buckets, before anything else. False, with the reason in errno.
    [[nodiscard]] bool open() const {
        if (handles_ == nullptr) {
            errno = ENOMEM;
            return false;
        }
        return mprotect(base_, at_.process_directory, protection_) == 0;
    }

    /// Slots of the table that are accessible, counted from its beginning.
    [[nodiscard]] std::uint32_t limit(Table table) const {
        return limits_[static_cast<std::size_t>(table)].load(std::memory_order_acquire);
    }
    /// The same of a process's handle table.
    [[nodiscard]] std::uint32_t handles(std::uint64_t process) const {
        return handles_[process].load(std::memory_order_acquire);
    }
    [[nodiscard]] bool has_bucket(std::uint64_t bucket) const {
        const std::uint64_t piece = bucket / kBucketsOfPiece;
        return (pieces_[piece / 64].load(std::memory_order_acquire) >> piece % 64 & 1) != 0;
    }

    // Make a slot accessible that the table has.

    void extend(Table table, std::uint64_t slot) {
        const Place place = place_of(table);
        extend(limits_[static_cast<std::size_t>(table)], place, slot);
    }
    void extend_handles(std::uint64_t process, std::uint64_t index) {
        const Place place{at_.handles + process * handle_table_bytes_, handle_table_bytes_,
                          sizeof(HandleEntry), geometry_.handles_per_process};
        extend(handles_[process], place, index);
    }
    void extend_buckets(std::uint64_t bucket) {
        const std::uint64_t piece = bucket / kBucketsOfPiece;
        const std::uint64_t begin = piece * kPieceBytes;
        permit(at_.buckets + begin, std::min(kPieceBytes, at_.objects - at_.buckets - begin));
        pieces_[piece / 64].fetch_or(std::uint64_t{1} << piece % 64, std::memory_order_release);
    }
    /// The slots in which these bytes lie, all of one table.
    void extend_to(std::uint64_t offset, std::uint64_t bytes) {
        const std::uint64_t last = offset + bytes - 1;
        if (last < at_.process_directory) {
            return;
        }
        if (offset >= at_.handles) {
            const std::uint64_t process = (offset - at_.handles) / handle_table_bytes_;
            const std::uint64_t within = last - at_.handles - process * handle_table_bytes_;
            const std::uint64_t slot = std::min<std::uint64_t>(within / sizeof(HandleEntry),
                                                               geometry_.handles_per_process - 1);
            if (slot >= handles(process)) {
                extend_handles(process, slot);
            }
            return;
        }
        if (offset >= at_.buckets && offset < at_.objects) {
            const std::uint64_t first = (offset - at_.buckets) / sizeof(Cell64);
            const std::uint64_t end = (last - at_.buckets) / sizeof(Cell64);
            for (std::uint64_t bucket = first / kBucketsOfPiece * kBucketsOfPiece; bucket <= end;
                 bucket += kBucketsOfPiece) {
                extend_buckets(bucket);
            }
            return;
        }
        for (std::size_t i = 0; i < kTables; ++i) {
            const auto table = static_cast<Table>(i);
            const Place place = place_of(table);
            if (offset >= place.begin && offset < place.begin + place.bytes) {
                const std::uint64_t slot = std::min<std::uint64_t>(
                    (last - place.begin) / place.slot_bytes, place.slots - 1);
                if (slot >= limit(table)) {
                    extend(table, slot);
                }
                return;
            }
        }
    }

  private:
    static constexpr std::uint64_t kPieceBytes = 16 * kPageBytes;
    static constexpr std::uint64_t kBucketsOfPiece = kPieceBytes / sizeof(Cell64);
    static constexpr std::size_t kPiecesMax = kBucketPagesMax * kPageBytes / kPieceBytes;

    /// Where a table is, and of what.
    struct Place {
        std::uint64_t begin;
        std::uint64_t bytes;  ///< whole pages
        std::uint64_t slot_bytes;
        std::uint64_t slots;
    };

    [[nodiscard]] Place place_of(Table table) const {
        switch (table) {
            case Table::process_directory:
                return {at_.process_directory, at_.thread_directory - at_.process_directory,
                        sizeof(Cell64), geometry_.processes};
            case Table::thread_directory:
                return {at_.thread_directory, at_.processes - at_.thread_directory, sizeof(Cell64),
                        geometry_.threads};
            case Table::processes:
                return {at_.processes, at_.thread_liveness - at_.processes, sizeof(ProcessSlot),
                        geometry_.processes};
            case Table::thread_liveness:
                return {at_.thread_liveness, at_.threads - at_.thread_liveness,
                        sizeof(LivenessWord), geometry_.threads};
            case Table::threads:
                return {at_.threads, at_.buckets - at_.threads, sizeof(ThreadSlot),
                        geometry_.threads};
            case Table::objects:
                return {at_.objects, at_.name_cells - at_.objects, sizeof(Object),
                        geometry_.objects};
            case Table::name_cells:
                return {at_.name_cells, at_.apcs - at_.name_cells, sizeof(NameCell),
                        geometry_.name_cells};
            case Table::apcs:
                break;
        }
        return {at_.apcs, at_.handles - at_.apcs, sizeof(ApcSlot), geometry_.apcs};
    }

    void extend(std::atomic<std::uint32_t>& limit, const Place& place, std::uint64_t slot) {
        const std::uint64_t needed = (slot + 1) * place.slot_bytes;
        const std::uint64_t bytes =
            std::min(std::max(std::bit_ceil(needed), kPageBytes), place.bytes);
        permit(place.begin, bytes);
        const auto reached =
            static_cast<std::uint32_t>(std::min(bytes / place.slot_bytes, place.slots));
        std::uint32_t found = limit.load(std::memory_order_relaxed);
        while (found < reached &&
               !limit.compare_exchange_weak(found, reached, std::memory_order_release)) {
        }
    }

    void permit(std::uint64_t offset, std::uint64_t bytes) const {
        // With a boundary the mapping becomes more mappings, of which a process can have a limited
        // number (vm.max_map_count). If it is reached, the whole becomes one.
        if (mprotect(base_ + offset, bytes, protection_) != 0 &&
            mprotect(base_, at_.end, protection_) != 0) {
            std::perror("castaway: the region's memory cannot be made accessible: mprotect");
            std::abort();
        }
    }

    unsigned char* base_;
    Geometry geometry_;
    Offsets at_;
    std::uint64_t handle_table_bytes_;
    int protection_;
    std::array<std::atomic<std::uint32_t>, kTables> limits_{};
    std::unique_ptr<std::atomic<std::uint32_t>[]> handles_;  ///< by process slot
    std::array<std::atomic<std::uint64_t>, kPiecesMax / 64> pieces_{};
};

}  // namespace castaway
