// A process's view of a mapped region: where things are, every index checked before use.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "primitives/region/layout.h"

namespace castaway {

/// The region holds something that no run of this code can have written: another program has, or
/// memory is failing. Going on would spread it, so this ends the process after one line.
[[noreturn, gnu::cold, gnu::noinline]] inline void region_damaged(const char* what,
                                                                  std::uint64_t value) {
    std::fprintf(stderr, "castaway: the region is damaged: %s %llu is out of range\n", what,
                 static_cast<unsigned long long>(value));
    std::abort();
}

class RegionView {
  public:
    RegionView() = default;
    /// \param geometry a copy made at attach: what the header says later is not asked again
    RegionView(unsigned char* base, const Geometry& geometry)
        : base_(base),
          geometry_(geometry),
          at_(offsets_of(geometry)),
          handle_table_bytes_((at_.end - at_.handles) / geometry.processes) {}

    [[nodiscard]] const Geometry& geometry() const { return geometry_; }
    [[nodiscard]] const Offsets& offsets() const { return at_; }
    [[nodiscard]] unsigned char* base() const { return base_; }

    [[nodiscard]] Header& header() const { return *reinterpret_cast<Header*>(base_); }
    [[nodiscard]] Cell64& process_entry(std::uint64_t slot) const {
        return at<Cell64>(at_.process_directory, slot, geometry_.processes, "process slot");
    }
    [[nodiscard]] Cell64& thread_entry(std::uint64_t slot) const {
        return at<Cell64>(at_.thread_directory, slot, geometry_.threads, "thread slot");
    }
    [[nodiscard]] ProcessSlot& process(std::uint64_t slot) const {
        return at<ProcessSlot>(at_.processes, slot, geometry_.processes, "process slot");
    }
    [[nodiscard]] ThreadSlot& thread(std::uint64_t slot) const {
        return at<ThreadSlot>(at_.threads, slot, geometry_.threads, "thread slot");
    }
    [[nodiscard]] LivenessWord& thread_liveness(std::uint64_t slot) const {
        return at<LivenessWord>(at_.thread_liveness, slot, geometry_.threads, "thread slot");
    }
    [[nodiscard]] Cell64& first_bucket(std::uint64_t index) const {
        return at<Cell64>(at_.first_buckets, index, castaway::first_buckets(geometry_), "bucket");
    }
    [[nodiscard]] Cell64& bucket(std::uint64_t index) const {
        return at<Cell64>(at_.buckets, index, geometry_.buckets, "bucket");
    }
    [[nodiscard, gnu::always_inline]] Object& object(std::uint64_t slot) const {
        return at<Object>(at_.objects, slot, geometry_.objects, "object slot");
    }
    [[nodiscard]] NameCell& name_cell(std::uint64_t slot) const {
        return at<NameCell>(at_.name_cells, slot, geometry_.name_cells, "name cell");
    }
    [[nodiscard]] ApcSlot& apc(std::uint64_t slot) const {
        return at<ApcSlot>(at_.apcs, slot, geometry_.apcs, "procedure call");
    }
    [[nodiscard]] HandleEntry& handle(std::uint64_t process, std::uint64_t index) const {
        if (process >= geometry_.processes) {
            region_damaged("process slot", process);
        }
        return at<HandleEntry>(handle_table(process), index, geometry_.handles_per_process,
                               "handle");
    }
    /// Where that process's handle table begins.
    [[nodiscard]] std::uint64_t handle_table(std::uint64_t process) const {
        return at_.handles + process * handle_table_bytes_;
    }

    /// A journaled cell or a lock, by the offset that was stored for it.
    template <class T>
    [[nodiscard]] T& at_offset(std::uint64_t offset) const {
        if (offset < offsetof(Header, processes_seen) || offset % sizeof(T) != 0 ||
            offset > at_.end - sizeof(T)) {
            region_damaged("offset", offset);
        }
        return *reinterpret_cast<T*>(base_ + offset);
    }
    [[nodiscard]] std::uint64_t offset_of(const void* address) const {
        return static_cast<std::uint64_t>(static_cast<const unsigned char*>(address) - base_);
    }
    [[nodiscard]] std::uint32_t slot_of(const Object& object) const {
        return static_cast<std::uint32_t>((offset_of(&object) - at_.objects) / sizeof(Object));
    }

  private:
    template <class T>
    [[nodiscard, gnu::always_inline]] T& at(std::uint64_t table, std::uint64_t index,
                                            std::uint64_t limit, const char* what) const {
        if (index >= limit) {
            region_damaged(what, index);
        }
        return reinterpret_cast<T*>(base_ + table)[index];
    }

    unsigned char* base_ = nullptr;
    Geometry geometry_;
    Offsets at_{};
    std::uint64_t handle_table_bytes_ = 0;
};

}  // namespace castaway
