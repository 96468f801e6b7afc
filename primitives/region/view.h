// A process's view of a mapped region: where things are, every index checked before use.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "primitives/region/layout.h"
#include "primitives/region/reach.h"

namespace castaway {

/// The region holds something that no run of this code can have written: another program has, or
/// memory is failing. Going on would spread it, so this ends the process after one line.
[[noreturn, gnu::cold, gnu::noinline]] inline void region_damaged(const char* what,
                                                                  std::uint64_t value) {
    std::fprintf(stderr, "castaway: the region is damaged: %s %llu is out of range\n", what,
                 static_cast<unsigned long long>(value));
    std::abort();
}

/// A view is copied into each thread that uses the region. What it says of the accessible part
/// (region/reach.h) may be less than there is.
class RegionView {
  public:
    RegionView() = default;
    /// \param geometry a copy made at attach: what the header says later is not asked again
    /// \param reach    of the same mapping; outlives the view
    RegionView(unsigned char* base, const Geometry& geometry, Reach& reach)
        : base_(base),
          geometry_(geometry),
          at_(offsets_of(geometry)),
          handle_table_bytes_((at_.end - at_.handles) / geometry.processes),
          reach_(&reach) {}

    [[nodiscard]] const Geometry& geometry() const { return geometry_; }
    [[nodiscard]] const Offsets& offsets() const { return at_; }
    [[nodiscard]] unsigned char* base() const { return base_; }
    [[nodiscard]] Reach& reach() const { return *reach_; }

    [[nodiscard]] Header& header() const { return *reinterpret_cast<Header*>(base_); }
    [[nodiscard]] Cell64& process_entry(std::uint64_t slot) const {
        return at<Cell64>(Table::process_directory, at_.process_directory, slot,
                          geometry_.processes, "process slot");
    }
    [[nodiscard]] Cell64& thread_entry(std::uint64_t slot) const {
        return at<Cell64>(Table::thread_directory, at_.thread_directory, slot, geometry_.threads,
                          "thread slot");
    }
    [[nodiscard]] ProcessSlot& process(std::uint64_t slot) const {
        return at<ProcessSlot>(Table::processes, at_.processes, slot, geometry_.processes,
                               "process slot");
    }
    [[nodiscard]] ThreadSlot& thread(std::uint64_t slot) const {
        return at<ThreadSlot>(Table::threads, at_.threads, slot, geometry_.threads, "thread slot");
    }
    [[nodiscard]] LivenessWord& thread_liveness(std::uint64_t slot) const {
        return at<LivenessWord>(Table::thread_liveness, at_.thread_liveness, slot,
                                geometry_.threads, "thread slot");
    }
    [[nodiscard]] Cell64& first_bucket(std::uint64_t index) const {
        judge(index, castaway::first_buckets(geometry_), "bucket");
        return reinterpret_cast<Cell64*>(base_ + at_.first_buckets)[index];
    }
    [[nodiscard]] Cell64& bucket(std::uint64_t index) const {
        judge(index, geometry_.buckets, "bucket");
        if (!reach_->has_bucket(index)) {
            reach_->extend_buckets(index);
        }
        return reinterpret_cast<Cell64*>(base_ + at_.buckets)[index];
    }
    /// On the way of each call: so the limit is here, too.
    [[nodiscard, gnu::always_inline]] Object& object(std::uint64_t slot) const {
        if (slot >= objects_limit_.get()) {
            reach_object(slot);
        }
        return reinterpret_cast<Object*>(base_ + at_.objects)[slot];
    }
    /// The same of a slot that this view, or the one it is a copy of, was asked for before.
    [[nodiscard]] Object& known_object(std::uint64_t slot) const {
        return reinterpret_cast<Object*>(base_ + at_.objects)[slot];
    }
    [[nodiscard]] NameCell& name_cell(std::uint64_t slot) const {
        return at<NameCell>(Table::name_cells, at_.name_cells, slot, geometry_.name_cells,
                            "name cell");
    }
    [[nodiscard]] ApcSlot& apc(std::uint64_t slot) const {
        return at<ApcSlot>(Table::apcs, at_.apcs, slot, geometry_.apcs, "procedure call");
    }
    [[nodiscard]] HandleEntry& handle(std::uint64_t process, std::uint64_t index) const {
        judge(process, geometry_.processes, "process slot");
        if (index >= reach_->handles(process)) {
            reach_handle(process, index);
        }
        return reinterpret_cast<HandleEntry*>(base_ + handle_table(process))[index];
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
        reach_->extend_to(offset, sizeof(T));
        return *reinterpret_cast<T*>(base_ + offset);
    }
    [[nodiscard]] std::uint64_t offset_of(const void* address) const {
        return static_cast<std::uint64_t>(static_cast<const unsigned char*>(address) - base_);
    }
    [[nodiscard]] std::uint32_t slot_of(const Object& object) const {
        return static_cast<std::uint32_t>((offset_of(&object) - at_.objects) / sizeof(Object));
    }

  private:
    /// A number that only grows, of a view that several threads may share.
    class SharedLimit {
      public:
        SharedLimit() = default;
        SharedLimit(const SharedLimit& other) : value_(other.get()) {}
        SharedLimit& operator=(const SharedLimit& other) {
            set(other.get());
            return *this;
        }
        ~SharedLimit() = default;
        [[nodiscard]] std::uint32_t get() const { return value_.load(std::memory_order_acquire); }
        void set(std::uint32_t value) const { value_.store(value, std::memory_order_release); }

      private:
        mutable std::atomic<std::uint32_t> value_{0};
    };

    static void judge(std::uint64_t index, std::uint64_t limit, const char* what) {
        if (index >= limit) {
            region_damaged(what, index);
        }
    }

    template <class T>
    [[nodiscard, gnu::always_inline]] T& at(Table table, std::uint64_t begin, std::uint64_t index,
                                            std::uint64_t limit, const char* what) const {
        if (index >= reach_->limit(table)) {
            reach_slot(table, index, limit, what);
        }
        return reinterpret_cast<T*>(base_ + begin)[index];
    }

    [[gnu::cold, gnu::noinline]] void reach_slot(Table table, std::uint64_t index,
                                                 std::uint64_t limit, const char* what) const {
        judge(index, limit, what);
        reach_->extend(table, index);
    }
    [[gnu::cold, gnu::noinline]] void reach_object(std::uint64_t slot) const {
        judge(slot, geometry_.objects, "object slot");
        if (slot >= reach_->limit(Table::objects)) {
            reach_->extend(Table::objects, slot);
        }
        objects_limit_.set(reach_->limit(Table::objects));
    }
    [[gnu::cold, gnu::noinline]] void reach_handle(std::uint64_t process,
                                                   std::uint64_t index) const {
        judge(index, geometry_.handles_per_process, "handle");
        reach_->extend_handles(process, index);
    }

    unsigned char* base_ = nullptr;
    SharedLimit objects_limit_;
    Geometry geometry_;
    Offsets at_{};
    std::uint64_t handle_table_bytes_ = 0;
    Reach* reach_ = nullptr;
};

}  // namespace castaway
