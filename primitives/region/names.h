// Names of objects: what a given name means, and the table that finds objects by it.
//
// A bucket is the head of a list through the objects' `chain` words, guarded by the bucket's stripe
// of locks. The name itself lies in a list of cells.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>

#include "primitives/region/free_list.h"
#include "primitives/region/lock.h"

namespace castaway {

/// A name with its namespace made explicit, so that equal objects have equal bytes: "L\X" for X and
/// Local\X, "G\X" for Global\X, "S<n>\X" for Session\<n>\X (rules NAME-11, NAME-12). Local\ is
/// session 1. "P\X" is a process's.
struct CanonicalName {
    std::array<char, kNameBytesMax> bytes{};
    std::size_t size = 0;
    std::uint64_t hash = 0;
};

/// What a caller's name means; empty when it names nothing (NULL or ""). On a bad name, `error`
/// becomes its Win32 code.
std::optional<CanonicalName> canonical_name(const char* name, std::uint32_t& error);

/// The same for UTF-16: equal names have equal canonical names in both forms. Half a surrogate pair
/// is ERROR_INVALID_NAME, as no UTF-8 name could be equal to it.
std::optional<CanonicalName> canonical_name(const char16_t* name, std::uint32_t& error);

/// The name of the object that stands for a process, from its directory entry while it is live. No
/// caller's name is equal to it.
CanonicalName name_of_process(std::uint64_t entry);

/// How many cells a name of so many bytes takes.
constexpr std::size_t name_cells_for(std::size_t bytes) {
    constexpr std::size_t kCell = kNameCellWords * sizeof(Cell64);
    return (bytes + kCell - 1) / kCell;
}

template <class P>
std::uint32_t bucket_of(const Thread<P>& thread, std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash % thread.region.geometry().buckets);
}

/// The lock that guards the bucket of this hash.
template <class P>
Cell32& name_lock(const Thread<P>& thread, std::uint64_t hash) {
    return thread.region.header().name_locks[bucket_of(thread, hash) % kNameStripes];
}

/// The i-th word of a name, padded with zeros.
inline std::uint64_t name_word(const CanonicalName& name, std::size_t i) {
    std::uint64_t word = 0;
    const std::size_t from = i * sizeof(word);
    std::memcpy(&word, name.bytes.data() + from, std::min(sizeof(word), name.size - from));
    return word;
}

/// Requires the stripe's lock, or that the object cannot lose its name meanwhile.
template <class P>
bool has_name(const Thread<P>& thread, Object& object, const CanonicalName& name) {
    P& platform = thread.platform;
    if (platform.load(object.hash) != name.hash || platform.load(object.name_bytes) != name.size) {
        return false;
    }
    std::uint64_t cell = platform.load(object.name_cell);
    for (std::size_t i = 0; i * sizeof(std::uint64_t) < name.size; ++i) {
        NameCell& piece = thread.region.name_cell(cell - 1);
        if (platform.load(piece.text[i % kNameCellWords]) != name_word(name, i)) {
            return false;
        }
        if (i % kNameCellWords == kNameCellWords - 1) {
            cell = platform.load(piece.next);
        }
    }
    return true;
}

/// The object of that name. Requires the stripe's lock.
template <class P>
std::optional<std::uint32_t> find_name(Thread<P>& thread, const CanonicalName& name) {
    P& platform = thread.platform;
    std::uint64_t next = platform.load(thread.region.bucket(bucket_of(thread, name.hash)));
    for (std::uint32_t i = 0; next != 0 && i < thread.region.geometry().objects; ++i) {
        Object& object = thread.region.object(next - 1);
        if (has_name(thread, object, name)) {
            return static_cast<std::uint32_t>(next - 1);
        }
        next = platform.load(object.chain);
    }
    return std::nullopt;
}

/// Gives a new object its name and puts it into its bucket. False when there are no cells left.
/// Requires the locks of the stripe and of allocation.
template <class P>
bool give_name(Thread<P>& thread, Transaction<P>& change, std::uint32_t slot,
               const CanonicalName& name) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    Object& object = region.object(slot);
    std::uint64_t next = 0;
    // From the last piece to the first, so that each can name its successor.
    for (std::size_t piece = name_cells_for(name.size); piece-- > 0;) {
        const auto cell = take_slot(
            thread, change, region.header().free_name_cells, region.geometry().name_cells,
            [&](std::uint64_t i) -> Cell64& { return region.name_cell(i).next; },
            [&](std::uint64_t i) { return region.offsets().name_cells + i * sizeof(NameCell); },
            sizeof(NameCell));
        if (!cell) {
            return false;
        }
        NameCell& place = region.name_cell(*cell);
        for (std::size_t i = 0; i < kNameCellWords; ++i) {
            const std::size_t word = piece * kNameCellWords + i;
            const bool inside = word * sizeof(std::uint64_t) < name.size;
            platform.store(place.text[i], inside ? name_word(name, word) : 0);
        }
        change.write(place.next, next);
        next = std::uint64_t{*cell} + 1;
    }
    Cell64& bucket = region.bucket(bucket_of(thread, name.hash));
    platform.store(object.name_cell, next);
    platform.store(object.name_bytes, name.size);
    platform.store(object.hash, name.hash);
    change.write(object.chain, change.read(bucket));
    change.write(bucket, std::uint64_t{slot} + 1);
    return true;
}

/// Takes the object out of its bucket and gives its name's cells back. Requires the locks of the
/// stripe, of the object and of allocation, and that it has a name.
template <class P>
void take_name_away(Thread<P>& thread, Transaction<P>& change, std::uint32_t slot) {
    const RegionView& region = thread.region;
    Object& object = region.object(slot);
    Cell64* link = &region.bucket(bucket_of(thread, change.read(object.hash)));
    for (std::uint32_t i = 0; change.read(*link) != std::uint64_t{slot} + 1; ++i) {
        if (change.read(*link) == 0 || i == region.geometry().objects) {
            region_damaged("name chain of object", slot);
        }
        link = &region.object(change.read(*link) - 1).chain;
    }
    change.write(*link, change.read(object.chain));

    const std::uint64_t first = change.read(object.name_cell);
    const std::size_t cells = name_cells_for(change.read(object.name_bytes));
    std::uint64_t last = first;
    for (std::size_t i = 1; i < cells; ++i) {
        last = change.read(region.name_cell(last - 1).next);
    }
    FreeList& free = region.header().free_name_cells;
    change.write(region.name_cell(last - 1).next, change.read(free.head));
    change.write(free.head, first);
    change.write(object.name_bytes, 0);
}

}  // namespace castaway
