// Taking slots from, and giving them back to, a free list. Requires the lock that guards the list.
#pragma once

#include <optional>

#include "castaway/win32.h"
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

/// A chain of `count` slots: those of the list, and behind them as many that were never used as are
/// missing. Takes three entries of the journal, whatever its length: the list gives up its
/// beginning as it stands, and what was never used is linked before anybody can reach it. Returns a
/// Win32 error: there are not as many (1450), there is no memory (112). \param first slot + 1
template <class P, class NextOf, class PlaceOf>
std::uint32_t take_chain(Thread<P>& thread, Transaction<P>& change, FreeList& list,
                         std::uint32_t limit, std::uint64_t count, NextOf next_of, PlaceOf place_of,
                         std::uint64_t bytes, std::uint64_t& first) {
    const std::uint64_t head = change.read(list.head);
    std::uint64_t last = 0;
    std::uint64_t next = head;
    std::uint64_t missing = count;
    while (missing != 0 && next != 0) {
        last = next;
        next = change.read(next_of(last - 1));
        --missing;
    }
    const std::uint64_t fresh = change.read(list.fresh);
    if (missing != 0) {
        if (fresh > limit || missing > limit - fresh) {
            return ERROR_NO_SYSTEM_RESOURCES;
        }
        // The page that the first lies in has memory, if it does not begin there.
        const std::uint64_t begin = (place_of(fresh) + kPageBytes - 1) / kPageBytes * kPageBytes;
        const std::uint64_t end = place_of(fresh + missing - 1) + bytes;
        if (begin < end &&
            !thread.file.commit(begin, (end - begin + kPageBytes - 1) / kPageBytes * kPageBytes)) {
            return ERROR_DISK_FULL;
        }
        for (std::uint64_t i = 1; i <= missing; ++i) {
            thread.platform.store(next_of(fresh + i - 1), i < missing ? fresh + i + 1 : 0);
        }
        change.write(list.fresh, fresh + missing);
    }
    if (last != 0) {
        change.write(list.head, next);
        change.write(next_of(last - 1), missing != 0 ? fresh + 1 : 0);
    }
    first = last != 0 ? head : fresh + 1;
    return ERROR_SUCCESS;
}

template <class P, class NextOf>
void give_slot(Transaction<P>& change, FreeList& list, std::uint32_t slot, NextOf next_of) {
    change.write(next_of(slot), change.read(list.head));
    change.write(list.head, std::uint64_t{slot} + 1);
}

}  // namespace castaway
