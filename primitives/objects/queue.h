// The queue of threads that wait for an object: a list through the wait entries of their slots.
//
// A reference names a thread slot and one of its entries. All functions require the object's lock.
// An entry is unlinked by its own thread, by a signaler, or by a recoverer; whether it is in a
// queue is its `linked` word and nothing else, read under the lock of the object that its thread
// wrote into it before it was linked.
#pragma once

#include <cstdint>

#include "primitives/region/transaction.h"

namespace castaway {

/// One thread's wait for one object. As a stored word, 0 is none.
struct WaiterRef {
    std::uint32_t thread = 0;
    std::uint32_t entry = 0;

    static WaiterRef unpack(std::uint64_t word) {
        return {static_cast<std::uint32_t>((word - 1) / kWaitObjectsMax),
                static_cast<std::uint32_t>((word - 1) % kWaitObjectsMax)};
    }
    [[nodiscard]] std::uint64_t pack() const {
        return std::uint64_t{thread} * kWaitObjectsMax + entry + 1;
    }
};

inline WaitEntry& entry_of(const RegionView& region, WaiterRef ref) {
    return region.thread(ref.thread).waits[ref.entry];
}

/// Counts the steps of a walk through an object's queue under its lock. No queue has more entries
/// than all threads have: one that does not end is a damaged region's.
class QueueWalk {
  public:
    QueueWalk(const RegionView& region, const Object& object)
        : object_(region.slot_of(object)),
          left_(std::uint64_t{region.geometry().threads} * kWaitObjectsMax) {}
    void step() {
        if (left_-- == 0) {
            region_damaged("the length of the queue of object", object_);
        }
    }

  private:
    std::uint32_t object_;
    std::uint64_t left_;
};

template <class P>
void enqueue(Transaction<P>& change, const RegionView& region, Object& object, WaiterRef ref) {
    WaitEntry& entry = entry_of(region, ref);
    const std::uint64_t tail = change.read(object.queue_tail);
    change.write(entry.next, 0);
    change.write(entry.previous, tail);
    change.write(entry.linked, 1);
    if (tail == 0) {
        change.write(object.queue_head, ref.pack());
    } else {
        change.write(entry_of(region, WaiterRef::unpack(tail)).next, ref.pack());
    }
    change.write(object.queue_tail, ref.pack());
}

/// Requires that the entry is linked.
template <class P>
void unlink(Transaction<P>& change, const RegionView& region, Object& object, WaiterRef ref) {
    WaitEntry& entry = entry_of(region, ref);
    const std::uint64_t next = change.read(entry.next);
    const std::uint64_t previous = change.read(entry.previous);
    if (previous == 0) {
        change.write(object.queue_head, next);
    } else {
        const bool cuts = change.mutated(Mutant::queue_cut_behind_leaver);
        change.write(entry_of(region, WaiterRef::unpack(previous)).next, cuts ? 0 : next);
        if (cuts) {
            change.write(object.queue_tail, previous);
            change.write(entry.linked, 0);
            return;
        }
    }
    if (next == 0) {
        change.write(object.queue_tail, previous);
    } else {
        change.write(entry_of(region, WaiterRef::unpack(next)).previous, previous);
    }
    change.write(entry.linked, 0);
}

}  // namespace castaway
