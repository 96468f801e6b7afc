// A history cut into parts that nothing joins, each a list of intervals for a search.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/history/history.h"
#include "harness/linearize/handle_doubts.h"
#include "harness/linearize/judge_history.h"
#include "harness/linearize/lifetimes.h"
#include "harness/linearize/stretch.h"
#include "harness/model/kernel_rules.h"

namespace castaway::harness {

/// A moment of an operation, or an end, in effect at one time of [begin_ns, end_ns].
struct Interval {
    OperationId id = 0;
    /// Who does it. His intervals do not overlap, even where one begins when the other ends.
    std::uint64_t actor = 0;
    std::int64_t begin_ns = 0;
    std::int64_t end_ns = 0;  ///< unused where it is left open
    Ending ending = Ending::answered;
    Moment moment = Moment::only;
    /// Index of the interval that cannot take effect after this one; -1 for none.
    std::int32_t ends = -1;
};

struct Part {
    std::vector<ObjectIndex> objects;
    std::vector<Interval> intervals;       ///< by begin_ns
    std::vector<std::uint32_t> processes;  ///< that use the objects; ascending
    bool for_kernel_model = false;         ///< some call is unknown to the models of single objects
};

/// Calls that have no moment are in no part, and join nothing.
/// \param ends  is appended to
std::vector<Part> parts_of(const History& history, const Lifetimes& lifetimes,
                           const HandleDoubts& doubts, std::vector<HistoryEnd>& ends);

/// The most operations of the part that are open at once.
std::size_t most_open(const Part& part);

}  // namespace castaway::harness
