// Taking slots from, and giving them back to, a free list. Requires the lock that guards the list.
#pragma once

#include <optional>

#include "primitives/region/transaction.h"

namespace castaway {

/// One slot, or none when all `limit` are taken or there is no memory for one more.
/// \param next_of  slot -> the cell that links it in the list
/// \param place_of slot -> offset of its memory
/// \param bytes    size of one slot
template <class P, class NextOf, class PlaceOf>
std::optional<std::uint32_t> take_slot(Thread<P>& thread, Transaction<P>& change, FreeList& list,
                                       std::uint32_t limit, NextOf next_of, PlaceOf place_of,
                                       std::uint64_t bytes) {
    // Memory comes by the page, and no slot lies across a page's end.
    if (const std::uint64_t head = change.read(list.head); head != 0) {
        change.write(list.head, change.read(next_of(head - 1)));
        return static_cast<std::uint32_t>(head - 1);
    }
    const std::uint64_t fresh = change.read(list.fresh);
    if (fresh >= limit) {
        return std::nullopt;
    }
    const std::uint64_t place = place_of(fresh);
    const bool begins_page = fresh == 0 || place / kPageBytes != (place - bytes) / kPageBytes;
    if (begins_page && !thread.file.commit(place / kPageBytes * kPageBytes, kPageBytes)) {
        return std::nullopt;
    }
    change.write(list.fresh, fresh + 1);
    return static_cast<std::uint32_t>(fresh);
}

template <class P, class NextOf>
void give_slot(Transaction<P>& change, FreeList& list, std::uint32_t slot, NextOf next_of) {
    change.write(next_of(slot), change.read(list.head));
    change.write(list.head, std::uint64_t{slot} + 1);
}

}  // namespace castaway
