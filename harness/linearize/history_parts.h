// A history cut into parts that nothing joins, each a list of intervals for a search.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "harness/history/history.h"
#include "harness/linearize/judge_history.h"
#include "harness/linearize/lifetimes.h"
#include "harness/linearize/stretch.h"
#include "harness/model/kernel.h"

namespace castaway::harness {

/// An operation or an end, in effect at one moment of [begin_ns, end_ns].
struct Interval {
    OperationId id = 0;
    /// Who does it. His intervals do not overlap, even where one begins when the other ends.
    std::uint64_t actor = 0;
    std::int64_t begin_ns = 0;
    std::int64_t end_ns = 0;  ///< unused where it is left open
    Ending ending = Ending::answered;
    /// Index of the interval that cannot take effect after this one; -1 for none.
    std::int32_t ends = -1;
};

struct Part {
    std::vector<ObjectIndex> objects;
    std::vector<Interval> intervals;       ///< by begin_ns
    std::vector<std::uint32_t> processes;  ///< that use the objects; ascending
};

/// What histories leave open about handles.
class HandleDoubts {
  public:
    explicit HandleDoubts(const History& history);
    /// The call may have used a handle that was not valid.
    [[nodiscard]] bool may_be_bad(const Operation& operation) const;
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

/// \param ends  is appended to
std::vector<Part> parts_of(const History& history, const Lifetimes& lifetimes,
                           std::vector<HistoryEnd>& ends);

/// The most operations of the part that are open at once.
std::size_t most_open(const Part& part);

}  // namespace castaway::harness
