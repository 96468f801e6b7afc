// Names of objects: what a given name means, and the table that finds objects by it.
//
// A bucket is the head of a list through the objects' `chain` words, guarded by the bucket's stripe
// of locks. The name itself lies in a list of cells.
//
// There are two tables of buckets. A name goes to its bucket of the first one, unless as many as
// kFirstChainMax have come there before it: then to its bucket of the second, which is large enough
// for a million names and gets its memory page by page. So a region with some thousand names takes
// little memory, and none takes long to find. A name stays where it is; whoever looks for one looks
// into both. The number of the second table's buckets is a multiple of that of the first, so one
// stripe guards whatever buckets of both have the same names.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "primitives/region/free_list.h"
#include "primitives/region/lock.h"

namespace castaway {

/// A name with its namespace made explicit, so that equal objects have equal bytes: "L\X" for X and
/// Local\X, "G\X" for Global\X, "S<n>\X" for Session\<n>\X (rules NAME-11, NAME-12). Local\ is
/// session 1. "P\X" is a process's, "T\X" a thread's, "B..." a private namespace's, "N<id>\X" that
/// of an object in one (rule NAME-17).
class CanonicalName {
  public:
    // Not `= default`, by which a value-initialised one would fill all the bytes with zeros.
    CanonicalName() {}  // NOLINT(modernize-use-equals-default)

    void append(std::string_view part) {
        if (size_ + part.size() <= bytes_.size()) {
            std::memcpy(bytes_.data() + size_, part.data(), part.size());
        } else {
            if (long_bytes_.empty()) {
                long_bytes_.reserve(size_ + part.size());
                long_bytes_.assign(bytes_.data(), size_);
            }
            long_bytes_ += part;
        }
        size_ += part.size();
    }
    /// When all is there.
    void reckon_hash();

    [[nodiscard]] std::string_view text() const {
        return long_bytes_.empty() ? std::string_view(bytes_.data(), size_) : long_bytes_;
    }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::uint64_t hash() const { return hash_; }

  private:
    std::array<char, kNarrowNameBytesMax> bytes_;  ///< the first `size_` of them
    std::string long_bytes_;                       ///< all of a name that is longer than that
    std::size_t size_ = 0;
    std::uint64_t hash_ = 0;
};

/// What a caller's name means; empty when it names nothing (NULL or ""). On a bad name, `error`
/// becomes its Win32 code. (Rules NAME-07, NAME-08, NAME-18.)
std::optional<CanonicalName> canonical_name(const char* name, std::uint32_t& error);

/// The same for UTF-16: equal names have equal canonical names in both forms. Half a surrogate pair
/// is ERROR_INVALID_NAME, as no UTF-8 name could be equal to it.
std::optional<CanonicalName> canonical_name(const char16_t* name, std::uint32_t& error);

/// The name of the object that stands for a process, from its directory entry while it is live. No
/// caller's name is equal to it.
CanonicalName name_of_process(std::uint64_t entry);

/// The same for a thread, from its slot and the slot's life.
CanonicalName name_of_thread(std::uint32_t slot, std::uint64_t life);

/// The name of the private namespace of that boundary. Empty when it would be too long.
/// \param sids  as bytes, sorted
std::optional<CanonicalName> name_of_boundary(std::string_view boundary,
                                              std::span<const std::string> sids);

/// The name of an object in the private namespace that has that slot and generation.
/// \param name of at most kNameUnitsMax units
CanonicalName name_in_namespace(std::uint32_t slot, std::uint32_t generation,
                                std::string_view name);
/// The hash of a canonical name's bytes.
std::uint64_t hash_of_name(std::string_view bytes);

/// How many cells a name of so many bytes takes.
constexpr std::size_t name_cells_for(std::size_t bytes) {
    constexpr std::size_t kCell = kNameCellWords * sizeof(Cell64);
    return (bytes + kCell - 1) / kCell;
}

/// Names in one bucket of the first table, before others go to the second.
inline constexpr std::uint32_t kFirstChainMax = 2;

template <class P>
Cell64& first_bucket_of(const Thread<P>& thread, std::uint64_t hash) {
    return thread.region.first_bucket(hash % first_buckets(thread.region.geometry()));
}

/// The lock that guards the buckets of this hash.
template <class P>
Cell32& name_lock(const Thread<P>& thread, std::uint64_t hash) {
    const std::uint64_t first = hash % first_buckets(thread.region.geometry());
    return thread.region.header().name_locks[first % kNameStripes];
}

/// Which bit of which word says that a bucket's page has memory.
struct BucketPage {
    std::size_t word;
    std::uint64_t bit;
};
constexpr BucketPage page_of_bucket(std::uint64_t bucket) {
    const std::uint64_t page = bucket / (kPageBytes / sizeof(Cell64));
    return {page / 64, std::uint64_t{1} << page % 64};
}

/// The bucket of the second table; null while it has no memory, and so no names.
template <class P>
Cell64* second_bucket_of(const Thread<P>& thread, std::uint64_t hash) {
    const RegionView& region = thread.region;
    const std::uint64_t bucket = hash % region.geometry().buckets;
    const BucketPage page = page_of_bucket(bucket);
    const bool there =
        (thread.platform.load(region.header().bucket_pages[page.word]) & page.bit) != 0;
    return there ? &region.bucket(bucket) : nullptr;
}

/// The same, and gets the memory. Null when there is none to be had. A death in between leaves a
/// page that has memory and is not said to: getting it once more changes nothing.
template <class P>
Cell64* get_second_bucket_of(Thread<P>& thread, std::uint64_t hash) {
    const RegionView& region = thread.region;
    if (Cell64* const bucket = second_bucket_of(thread, hash)) {
        return bucket;
    }
    const std::uint64_t bucket = hash % region.geometry().buckets;
    const std::uint64_t place = region.offsets().buckets + bucket * sizeof(Cell64);
    if (!thread.file.commit(place / kPageBytes * kPageBytes, kPageBytes)) {
        return nullptr;
    }
    const BucketPage page = page_of_bucket(bucket);
    Cell64& word = region.header().bucket_pages[page.word];
    std::uint64_t bits = thread.platform.load(word);
    while (!thread.platform.cas(word, bits, bits | page.bit)) {
    }
    return &region.bucket(bucket);
}

/// The i-th word of a name, padded with zeros.
inline std::uint64_t name_word(std::string_view name, std::size_t i) {
    std::uint64_t word = 0;
    const std::size_t from = i * sizeof(word);
    std::memcpy(&word, name.data() + from, std::min(sizeof(word), name.size() - from));
    return word;
}

/// Requires the stripe's lock, or that the object cannot lose its name meanwhile.
template <class P>
bool has_name(const Thread<P>& thread, Object& object, const CanonicalName& name) {
    P& platform = thread.platform;
    const std::string_view text = name.text();
    if (platform.load(object.hash) != name.hash() ||
        platform.load(object.name_bytes) != text.size()) {
        return false;
    }
    std::uint64_t cell = platform.load(object.name_cell);
    for (std::size_t i = 0; i * sizeof(std::uint64_t) < text.size(); ++i) {
        NameCell& piece = thread.region.name_cell(cell - 1);
        if (platform.load(piece.text[i % kNameCellWords]) != name_word(text, i)) {
            return false;
        }
        if (i % kNameCellWords == kNameCellWords - 1) {
            cell = platform.load(piece.next);
        }
    }
    return true;
}

/// The object of that name in the chain of that bucket. Requires the stripe's lock.
template <class P>
std::optional<std::uint32_t> find_in_chain(Thread<P>& thread, Cell64& bucket,
                                           const CanonicalName& name) {
    P& platform = thread.platform;
    std::uint64_t next = platform.load(bucket);
    for (std::uint32_t i = 0; next != 0 && i < thread.region.geometry().objects; ++i) {
        Object& object = thread.region.object(next - 1);
        if (has_name(thread, object, name)) {
            return static_cast<std::uint32_t>(next - 1);
        }
        next = platform.load(object.chain);
    }
    if (next != 0) {
        region_damaged("the chain of names through object", next - 1);
    }
    return std::nullopt;
}

/// The object of that name. Requires the stripe's lock.
template <class P>
std::optional<std::uint32_t> find_name(Thread<P>& thread, const CanonicalName& name) {
    const auto found = find_in_chain(thread, first_bucket_of(thread, name.hash()), name);
    if (found) {
        return found;
    }
    Cell64* const second = second_bucket_of(thread, name.hash());
    return second == nullptr ? std::nullopt : find_in_chain(thread, *second, name);
}

/// Where a new name of that hash goes; null when there is no memory for it. Requires the stripe's
/// lock.
template <class P>
Cell64* bucket_for_new(Thread<P>& thread, std::uint64_t hash) {
    P& platform = thread.platform;
    Cell64& first = first_bucket_of(thread, hash);
    std::uint64_t next = platform.load(first);
    for (std::uint32_t names = 0; next != 0;
         next = platform.load(thread.region.object(next - 1).chain)) {
        if (++names == kFirstChainMax) {
            return get_second_bucket_of(thread, hash);
        }
    }
    return &first;
}

/// Cells for a name: a chain, or one slot like any other, as most names need. Its link is then
/// still to be cut. Returns a Win32 error. Requires the lock of allocation. \param first slot + 1
template <class P>
std::uint32_t take_name_cells(Thread<P>& thread, Transaction<P>& change, std::size_t cells,
                              std::uint64_t& first) {
    const RegionView& region = thread.region;
    FreeList& free = region.header().free_name_cells;
    const std::uint32_t limit = region.geometry().name_cells;
    const auto next_of = [&](std::uint64_t i) -> Cell64& { return region.name_cell(i).next; };
    const auto place_of = [&](std::uint64_t i) {
        return region.offsets().name_cells + i * sizeof(NameCell);
    };
    if (cells != 1) {
        return take_chain(thread, change, free, limit, cells, next_of, place_of, sizeof(NameCell),
                          first);
    }
    const auto slot = take_slot(thread, change, free, limit, next_of, place_of, sizeof(NameCell));
    first = slot ? std::uint64_t{*slot} + 1 : 0;
    return slot ? ERROR_SUCCESS : ERROR_NO_SYSTEM_RESOURCES;
}

/// Gives a new object its name and puts it into its bucket. Returns a Win32 error: there are no
/// cells left (1450), or no memory (112). Requires the locks of the stripe and of allocation.
template <class P>
std::uint32_t give_name(Thread<P>& thread, Transaction<P>& change, std::uint32_t slot,
                        const CanonicalName& name) {
    P& platform = thread.platform;
    const RegionView& region = thread.region;
    Object& object = region.object(slot);
    Cell64* const bucket = bucket_for_new(thread, name.hash());
    if (bucket == nullptr) {
        return ERROR_DISK_FULL;
    }
    const std::string_view text = name.text();
    const std::size_t cells = name_cells_for(text.size());
    std::uint64_t first = 0;
    if (const auto error = take_name_cells(thread, change, cells, first)) {
        return error;
    }
    // Free cells' text means nothing: it needs no journal.
    std::uint64_t cell = first;
    for (std::size_t word = 0; word * sizeof(std::uint64_t) < text.size();) {
        NameCell& place = region.name_cell(cell - 1);
        for (Cell64& each : place.text) {
            const bool inside = word * sizeof(std::uint64_t) < text.size();
            platform.store(each, inside ? name_word(text, word) : 0);
            ++word;
        }
        if (word * sizeof(std::uint64_t) < text.size()) {
            cell = platform.load(place.next);
        }
    }
    if (cells == 1) {
        change.write(region.name_cell(first - 1).next, 0);
    }
    platform.store(object.name_cell, first);
    platform.store(object.name_bytes, text.size());
    platform.store(object.hash, name.hash());
    change.write(object.chain, change.read(*bucket));
    change.write(*bucket, std::uint64_t{slot} + 1);
    return ERROR_SUCCESS;
}

/// The word of that bucket's chain which leads to the object; null when none does. Requires the
/// stripe's lock.
template <class P>
Cell64* link_to(Transaction<P>& change, const RegionView& region, Cell64& bucket,
                std::uint32_t slot) {
    Cell64* link = &bucket;
    for (std::uint32_t i = 0; i <= region.geometry().objects; ++i) {
        const std::uint64_t next = change.read(*link);
        if (next == 0 || next == std::uint64_t{slot} + 1) {
            return next == 0 ? nullptr : link;
        }
        link = &region.object(next - 1).chain;
    }
    return nullptr;
}

/// Takes the object out of its bucket and gives its name's cells back. Requires the locks of the
/// stripe, of the object and of allocation, and that it has a name.
template <class P>
void take_name_away(Thread<P>& thread, Transaction<P>& change, std::uint32_t slot) {
    const RegionView& region = thread.region;
    Object& object = region.object(slot);
    const std::uint64_t hash = change.read(object.hash);
    Cell64* link = link_to(change, region, first_bucket_of(thread, hash), slot);
    if (link == nullptr) {
        Cell64* const second = second_bucket_of(thread, hash);
        link = second == nullptr ? nullptr : link_to(change, region, *second, slot);
    }
    if (link == nullptr) {
        region_damaged("name chain of object", slot);
    }
    change.write(*link, change.read(object.chain));

    const std::uint64_t first = change.read(object.name_cell);
    const std::uint64_t bytes = change.read(object.name_bytes);
    if (bytes > kNameBytesMax) {
        region_damaged("the length of the name of object", slot);
    }
    const std::size_t cells = name_cells_for(bytes);
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
