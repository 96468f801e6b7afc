#include "harness/engine/sim/shared_memory.h"

namespace castaway::harness::sim {

SharedMemory::SharedMemory(std::uint64_t bytes)
    : bytes_(bytes),
      file_(make_shared_memory("castaway-sim", bytes)),
      own_(file_, bytes, MappingAccess::read_write) {}

Mapping SharedMemory::map() const {
    return {file_, bytes_, MappingAccess::read_write};
}

void SharedMemory::revert() {
    for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) {
        std::memcpy(own_.data() + undo->at, &undo->value, sizeof(undo->value));
    }
    undo_.clear();
}

}  // namespace castaway::harness::sim
