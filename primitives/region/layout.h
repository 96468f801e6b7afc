// Everything that lies in shared memory: the structures, where they are, and what their words mean.
//
// The region is one sparse file, mapped whole by every process at an address of its own choice;
// only offsets and indices are stored in it. Tables have a fixed maximum and are given memory as
// they are used. In a Cell64 that names a slot, 0 is none and n is slot n - 1.
//
//   header | first buckets | process directory | thread directory | processes
//          | liveness words of threads | threads | buckets | objects | name cells
//          | procedure calls | handle tables (one for each process)
//
// Who may write a field is said above it:
//   [directory]  claimed by compare-and-swap, freed by whoever holds the recovery lock or owns it
//   [owner]      only the process or thread that the slot belongs to (after its death: its
//   recoverer) [lock L]     the holder of L, through its journal [word]       anybody, by
//   compare-and-swap as the word's own rules say
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "primitives/platform/cells.h"
#include "primitives/platform/host.h"

namespace castaway {

inline constexpr std::uint64_t kMagic = 0x7961776174736163;  // "castaway", read as little-endian
inline constexpr std::uint32_t kLayoutVersion = 10;

/// MAXIMUM_WAIT_OBJECTS.
inline constexpr std::size_t kWaitObjectsMax = 64;
/// The longest transaction takes all objects of a wait; see region/transaction.h.
inline constexpr std::size_t kJournalMax = kWaitObjectsMax;
/// Internal locks that one thread may hold: those of all objects of a wait, and the few above them.
inline constexpr std::size_t kLocksMax = 72;
/// Neighbours that learn of a process's death from the kernel; see recovery/helper.h.
inline constexpr std::size_t kWatchersMax = 4;
inline constexpr std::size_t kNameStripes = 64;
inline constexpr std::size_t kNameCellWords = 7;
/// UTF-16 units of the longest name: a counted string of Windows has so many, with a zero behind
/// them. The A forms take MAX_PATH - 1.
inline constexpr std::size_t kNameUnitsMax = 32'766;
inline constexpr std::size_t kNarrowNameUnitsMax = 259;
/// A unit is at most three bytes of UTF-8.
inline constexpr std::size_t kBytesPerUnit = 3;
/// What comes before a name as it lies in the region: its namespace.
inline constexpr std::size_t kNamePrefixMax = 32;
inline constexpr std::size_t kNameBytesMax = kNameUnitsMax * kBytesPerUnit + kNamePrefixMax;
inline constexpr std::size_t kNarrowNameBytesMax =
    kNarrowNameUnitsMax * kBytesPerUnit + kNamePrefixMax;

/// Pid namespaces that one region can have seen; see region/pid_namespaces.h.
inline constexpr std::size_t kPidNamespacesMax = 255;

/// How many slots each table has. Part of the region; a process takes it from there at attach.
struct Geometry {
    std::uint32_t processes = 4096;
    std::uint32_t threads = 32768;
    std::uint32_t objects = 1U << 20;
    std::uint32_t name_cells = 1U << 21;
    std::uint32_t buckets = 1U << 20;
    std::uint32_t handles_per_process = 1U << 16;
    std::uint32_t apcs = 1U << 16;  ///< queued procedure calls, and timers with routines
    bool operator==(const Geometry&) const = default;
};

/// Buckets of the table that holds the first names; see region/names.h.
constexpr std::uint32_t first_buckets(const Geometry& geometry) {
    constexpr std::uint32_t kMost = 1U << 12;
    return geometry.buckets < kMost ? geometry.buckets : kMost;
}

/// What tmpfs gives memory by.
inline constexpr std::uint64_t kPageBytes = 4096;
/// Pages that the buckets of the largest geometry take.
inline constexpr std::size_t kBucketPagesMax = (std::size_t{1} << 20) * sizeof(Cell64) / kPageBytes;

/// A free list with a tail of slots that were never used. [lock: the list's own]
struct FreeList {
    Cell64 head;   ///< slot + 1; each free slot holds the next
    Cell64 fresh;  ///< slots from here on were never used and may have no memory yet
};

struct alignas(64) Header {
    // Constant once the region is in place.
    std::uint64_t magic;
    std::uint32_t version;
    std::uint32_t reserved;
    std::uint64_t signature;
    std::uint64_t bytes;
    /// Where it was made: the identities of processes in it mean something only there.
    HostIdentity host;
    Geometry geometry;

    /// One past the highest directory entry ever claimed; a hint that is never too low. [word]
    Cell64 processes_seen;
    Cell64 threads_seen;

    /// Held by whoever returns what the dead held. [word]
    alignas(64) Cell32 recovery_lock;
    /// Guards both free lists. [word]
    alignas(64) Cell32 allocation_lock;
    FreeList free_objects;
    FreeList free_name_cells;
    /// Guards all queues of procedure calls, and their free list; see objects/apc.h. [word]
    alignas(64) Cell32 apc_lock;
    FreeList free_apcs;  ///< [lock apc_lock]
    /// A first bucket belongs to stripe bucket % kNameStripes, a bucket to that of the first bucket
    /// which has the same names. [word]
    alignas(64) std::array<Cell32, kNameStripes> name_locks;
    /// A bit for each page of the buckets: it has memory. Never cleared. [word]
    alignas(64) std::array<Cell64, kBucketPagesMax / 64> bucket_pages;
    /// Inode numbers; an entry's place is the namespace's number in the region. 0: no entry. Never
    /// cleared. [word]
    alignas(64) std::array<Cell64, kPidNamespacesMax> pid_namespaces;
};

/// One attached process. Its identity and state are in the process directory.
struct alignas(64) ProcessSlot {
    /// Held by the helper thread; number d is watched by the d-th process before this one. [owner]
    std::array<LivenessWord, kWatchersMax> liveness;
    /// Bumped to make the helper look around again. [word]
    Cell32 bell;
    /// Guards the handle table and the fields that follow. [word]
    Cell32 handles_lock;
    FreeList free_handles;  ///< [lock handles_lock]
    Cell64 handles;         ///< open ones [lock handles_lock]
    Cell64 leaving;         ///< 1: closes its handles and wants no more [lock handles_lock]
    /// Of a process that CreateProcess has started: the parent's entry while live. 0: none. Set by
    /// the parent, and cleared before the slot is free.
    Cell64 parent;
    /// The entry, while live, of the process that watches this one until it attaches. Its own, when
    /// it has attached for the Win32 calls; see api/library_copies.h. [word]
    Cell64 watcher;
    Cell64 exit_status;  ///< what it says of its own end; see objects/exit_status.h [owner]
    Cell64 lacks;        ///< what it has to do without; see platform/lacks.h [owner]
};

/// One object in one thread's wait.
struct WaitEntry {
    Cell64 object;  ///< slot + 1 while the wait lasts [owner]
    Cell64 linked;  ///< 1: in the object's queue [lock object]
    Cell64 next;    ///< waiter reference, see objects/queue.h [lock object]
    Cell64 previous;
};

struct JournalEntry {
    Cell64 offset;
    Cell64 old_value;
};

/// One thread that uses the region. Its process and state are in the thread directory. Its liveness
/// word is in a table of its own: whoever looks for the dead among thousands of threads reads
/// those, and need not touch a page for each.
struct alignas(4096) ThreadSlot {
    /// What the thread is waiting for; see objects/wait_word.h. Never reset: its epoch outlives
    /// the thread, so that a stale reference to an earlier wait is recognised. [word]
    Cell64 wait_word;

    // The journal, see region/transaction.h. [owner]
    Cell64 journal_entries;
    Cell64 handoff_thread;  ///< slot + 1 of the waiter whose wait word commits, or 0
    Cell64 handoff_word;    ///< what that word becomes by the commit
    std::array<JournalEntry, kJournalMax> journal;

    /// Offsets of the internal locks it holds or is about to take; see region/lock.h. [owner]
    std::array<Cell64, kLocksMax> locks;

    std::array<WaitEntry, kWaitObjectsMax> waits;

    /// How many threads have had the slot, this one included. Never reset, so that slot and life
    /// name a thread for good. [owner]
    Cell64 life;
    /// Bits 0-31 the Linux thread id | 32-39 its pid namespace, as long as the thread can be opened
    /// and sent procedure calls, else 0.
    /// [lock apc_lock, but for the owner's first write]
    Cell64 id;
    // Its asynchronous procedure calls, see objects/apc.h. [lock apc_lock]
    Cell64 apc_head;    ///< slot + 1 of the first that is due
    Cell64 apc_tail;    ///< slot + 1 of the last
    Cell64 apc_timers;  ///< slot + 1 of the first that waits for its timer
    /// The life of the thread that is not to begin before it is resumed; see resume() in
    /// objects/thread_object.h. Set by the parent, or the thread itself. [lock apc_lock]
    Cell64 suspended;
    /// What the thread says of its own end; see objects/thread_object.h. [owner]
    Cell64 exit_code;
};

/// An asynchronous procedure call: queued by somebody, or a timer's routine.
struct alignas(64) ApcSlot {
    Cell64 next;        ///< slot + 1 of the next in the thread's queue, or free
    Cell64 next_timer;  ///< slot + 1 of the next that waits for its timer
    Cell64 routine;     ///< an address in the thread's process
    Cell64 argument;
    Cell64 timer;    ///< object slot + 1; 0: not a timer's
    Cell64 expired;  ///< timer: when it was signaled, a FILETIME
    Cell64 due;      ///< timer: a copy of its due time
    Cell64 state;    ///< see objects/apc.h
};

/// An event, mutex, semaphore, timer, process or thread. Free when `type` is 0.
struct alignas(128) Object {
    Cell64 state;       ///< see objects/state.h [word]
    Cell32 lock;        ///< [word]
    Cell32 bell;        ///< Process: rung when its exit status becomes known [word]
    Cell64 type;        ///< see objects/state.h; constant while the object lives
    Cell64 handles;     ///< in all processes [lock object]
    Cell64 queue_head;  ///< waiter references [lock object]
    Cell64 queue_tail;
    /// Semaphore: the maximum (constant). Mutex: recursion beyond the first acquisition (the
    /// owner's). Timer: due time in ns, 0 when not armed [lock object]. Process: its directory
    /// entry while live (constant). Thread: the slot's life (constant).
    Cell64 detail;
    /// Timer: period in ns [lock object]. Process: its slot, and who will tell how it ended; see
    /// objects/process_object.h (constant). Thread: its slot, and its id in the high half
    /// (constant).
    Cell64 period;
    /// Timer: the clock of `detail`. Process: its exit status. Thread: its exit code. [lock object]
    Cell64 clock;
    // The name. Constant while the object has it, but for `chain`, which is the bucket's.
    Cell64 hash;
    Cell64 name_bytes;  ///< 0: no name
    Cell64 name_cell;   ///< slot + 1 of the first [lock name stripe]
    Cell64 chain;       ///< slot + 1 of the next in the bucket [name stripe] or free [allocation]
    /// Timer: slot + 1 of its routine's call. Set under the object's lock and apc_lock, cleared
    /// under the latter.
    Cell64 apc;
};

/// A piece of a name.
struct alignas(64) NameCell {
    Cell64 next;  ///< slot + 1
    std::array<Cell64, kNameCellWords> text;
};

struct HandleEntry {
    Cell64 word;  ///< see region/handle_word.h
    Cell64 next_free;
};

static_assert(sizeof(Header) <= kPageBytes);
static_assert(sizeof(ProcessSlot) == 384);
static_assert(sizeof(ThreadSlot) == 4096);
static_assert(sizeof(Object) == 128);
static_assert(sizeof(NameCell) == 64);
static_assert(sizeof(ApcSlot) == 64);
static_assert(sizeof(HandleEntry) == 16);

/// Where each table begins, from a geometry.
struct Offsets {
    std::uint64_t first_buckets;
    std::uint64_t process_directory;
    std::uint64_t thread_directory;
    std::uint64_t processes;
    std::uint64_t thread_liveness;
    std::uint64_t threads;
    std::uint64_t buckets;
    std::uint64_t objects;
    std::uint64_t name_cells;
    std::uint64_t apcs;
    std::uint64_t handles;
    std::uint64_t end;
};

constexpr Offsets offsets_of(const Geometry& geometry) {
    const auto pages = [](std::uint64_t bytes) {
        return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
    };
    Offsets at{};
    at.first_buckets = pages(sizeof(Header));
    at.process_directory = at.first_buckets + pages(first_buckets(geometry) * sizeof(Cell64));
    at.thread_directory = at.process_directory + pages(geometry.processes * sizeof(Cell64));
    at.processes = at.thread_directory + pages(geometry.threads * sizeof(Cell64));
    at.thread_liveness = at.processes + pages(geometry.processes * sizeof(ProcessSlot));
    at.threads = at.thread_liveness + pages(geometry.threads * sizeof(LivenessWord));
    at.buckets = at.threads + geometry.threads * sizeof(ThreadSlot);
    at.objects = at.buckets + pages(geometry.buckets * sizeof(Cell64));
    at.name_cells = at.objects + pages(geometry.objects * sizeof(Object));
    at.apcs = at.name_cells + pages(geometry.name_cells * sizeof(NameCell));
    at.handles = at.apcs + pages(geometry.apcs * sizeof(ApcSlot));
    at.end = at.handles + std::uint64_t{geometry.processes} *
                              pages(geometry.handles_per_process * sizeof(HandleEntry));
    return at;
}

/// Differs between builds whose structures differ, so that they refuse each other.
constexpr std::uint64_t layout_signature(const Geometry& geometry) {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto mix = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x100000001b3; };
    for (const std::uint64_t value : {std::uint64_t{kLayoutVersion},
                                      std::uint64_t{sizeof(Header)},
                                      sizeof(ProcessSlot),
                                      sizeof(ThreadSlot),
                                      sizeof(Object),
                                      sizeof(NameCell),
                                      sizeof(HandleEntry),
                                      sizeof(ApcSlot),
                                      offsetof(Header, recovery_lock),
                                      offsetof(Header, apc_lock),
                                      offsetof(Header, name_locks),
                                      offsetof(Header, host),
                                      offsetof(Header, bucket_pages),
                                      offsetof(Header, pid_namespaces),
                                      offsetof(ProcessSlot, bell),
                                      offsetof(ProcessSlot, free_handles),
                                      offsetof(ProcessSlot, exit_status),
                                      offsetof(ProcessSlot, lacks),
                                      offsetof(ThreadSlot, journal),
                                      offsetof(ThreadSlot, locks),
                                      offsetof(ThreadSlot, waits),
                                      offsetof(ThreadSlot, apc_timers),
                                      offsetof(ThreadSlot, suspended),
                                      offsetof(ThreadSlot, exit_code),
                                      offsetof(Object, detail),
                                      offsetof(Object, chain),
                                      offsetof(Object, apc),
                                      offsetof(ApcSlot, state),
                                      std::uint64_t{kJournalMax},
                                      std::uint64_t{kNameBytesMax},
                                      std::uint64_t{geometry.processes},
                                      std::uint64_t{geometry.threads},
                                      std::uint64_t{geometry.objects},
                                      std::uint64_t{geometry.name_cells},
                                      std::uint64_t{geometry.buckets},
                                      std::uint64_t{geometry.handles_per_process},
                                      std::uint64_t{geometry.apcs}}) {
        mix(value);
    }
    return hash;
}

}  // namespace castaway
