// What histories leave open about handles: which of its handles a process closes or uses.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "harness/history/history.h"

namespace castaway::harness {

class HandleDoubts {
  public:
    explicit HandleDoubts(const History& history);
    /// The call may have used a handle that was not valid: any, or one to that object.
    [[nodiscard]] bool may_be_bad(const Operation& operation) const;
    [[nodiscard]] bool may_be_bad(const Operation& operation, ObjectIndex object) const;
    /// Its process closes a handle to the object while it runs.
    [[nodiscard]] bool amid_closing(const Operation& operation) const;

  private:
    struct Uses {
        bool duplicated = false;
        std::vector<const Operation*> closed;
        std::vector<const Operation*> doubtful;  ///< closes and failures to get one; the first two
    };
    const History& history_;
    std::map<std::pair<std::uint32_t, ObjectIndex>, Uses> uses_;
};

}  // namespace castaway::harness
