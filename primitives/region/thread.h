// Who acts: a process that takes part in a region, and one of its threads.
#pragma once

#include <cstdint>

#include "primitives/platform/platform.h"
#include "primitives/region/directory.h"
#include "primitives/region/region_file.h"
#include "primitives/region/view.h"

namespace castaway {

/// One process's part in one region.
template <class P>
struct Participant {
    P& platform;
    const RegionFile& file;
    RegionView region;
    std::uint32_t process = 0;  ///< its slot
};

/// One thread of a participant. Used by that thread alone.
template <class P>
class Thread {
  public:
    Thread(const Participant<P>& participant, std::uint32_t own_slot, std::uint16_t own_generation)
        : platform(participant.platform),
          file(participant.file),
          region(participant.region),
          process(participant.process),
          slot(own_slot),
          generation(own_generation) {}

    [[nodiscard]] ThreadSlot& self() const { return region.thread(slot); }

    P& platform;
    const RegionFile& file;
    RegionView region;
    std::uint32_t process;
    std::uint32_t slot;
    std::uint16_t generation;

    /// Entries of self().locks in use.
    std::size_t locks_held = 0;
    /// Mutexes it owns: when none, its end need not look for any.
    std::uint32_t mutexes_owned = 0;
};

/// A thread whose holder will never run again, whatever its process does.
template <class P>
bool is_dead_thread(const Thread<P>& thread, std::uint32_t slot) {
    return thread.platform.is_marked_dead(thread.region.thread(slot).liveness);
}

}  // namespace castaway
