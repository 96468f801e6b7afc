// Two copies of the library in one process: two plug-ins, say, each linked with the archive.
//
// Each copy would be a participant of its own, with handles that mean nothing to the other, under
// one process's identity. So the second one is refused. A copy that takes part marks its slot: the
// slot's `watcher` is its own entry. One looks for such a mark before it attaches, and of several
// that begin at once each has its turn.
#pragma once

#include <cstdint>
#include <string_view>

#include "primitives/region/view.h"

namespace castaway {

/// The calling copy's turn, among those of this process, to attach to that region. Only as far as
/// possible: nobody is waited for longer than some seconds.
class AttachTurn {
  public:
    explicit AttachTurn(std::string_view spec);
    AttachTurn(const AttachTurn&) = delete;
    AttachTurn& operator=(const AttachTurn&) = delete;
    ~AttachTurn();

  private:
    /// Of the region's file: a lock on the byte of that number, where there is no data, excludes
    /// others only where they open the file themselves, as each copy does.
    int descriptor_ = -1;
};

/// Whether another copy takes part for this process.
bool another_copy_takes_part(const RegionView& region);

/// The calling copy takes part from here on, with that slot.
void mark_copy(const RegionView& region, std::uint32_t slot);

}  // namespace castaway
