// Histories for tests as lists of intervals, and the plainest way there is to judge them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "harness/linearize/search.h"
#include "harness/linearize/witness.h"

namespace castaway::harness {

/// One operation, in effect somewhere between the events `begin` and `end`.
template <Model M>
struct TracedOperation {
    typename M::Operation operation;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;  ///< unused where it is left open
    Ending ending = Ending::answered;
    std::int32_t ends = -1;  ///< index of the operation that cannot take effect after this one
};

/// By order of `begin`. No two events are at the same time.
template <Model M>
using Trace = std::vector<TracedOperation<M>>;

/// Calls `event(index, begins)` in order of time.
template <Model M, typename Event>
void each_event(const Trace<M>& trace, Event&& event) {
    struct Moment {
        std::uint64_t at;
        std::uint32_t index;
        bool begins;
    };
    std::vector<Moment> moments;
    for (std::uint32_t i = 0; i < trace.size(); ++i) {
        moments.push_back({trace[i].begin, i, true});
        if (trace[i].ending != Ending::left_open) {
            moments.push_back({trace[i].end, i, false});
        }
    }
    std::sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) {
        return std::tuple(a.at, !a.begins, a.index) < std::tuple(b.at, !b.begins, b.index);
    });
    for (const Moment& moment : moments) {
        event(moment.index, moment.begins);
    }
}

/// \param advance_every  so many events are told before the search goes on: with more it can look
///                       further ahead
template <typename SlotSet, Model M>
Judgement judge_trace(const M& model, const Trace<M>& trace, const SearchLimits& limits = {},
                      std::uint64_t advance_every = 1) {
    Search<M, SlotSet> search(model, limits);
    std::uint64_t events = 0;
    each_event(trace, [&](std::uint32_t index, bool begins) {
        const auto& traced = trace[index];
        if (begins) {
            search.begin(index);
            if (traced.ends >= 0) {
                search.link(index, static_cast<std::uint64_t>(traced.ends));
            }
            if (traced.ending == Ending::left_open) {
                search.leave_open(index, traced.operation);
            }
        } else if (traced.ending == Ending::answered) {
            search.answer(index, traced.operation);
        } else if (traced.ending == Ending::closed) {
            search.close(index, traced.operation);
        }
        if (++events % advance_every == 0) {
            search.advance();
        }
    });
    return conclude(model, limits, search);
}

/// \tparam Judge  an ObjectJudge
template <typename Judge, Model M>
Judgement judge_trace_with(Judge&& judge, const Trace<M>& trace) {
    each_event(trace, [&](std::uint32_t index, bool begins) {
        const auto& traced = trace[index];
        if (begins) {
            judge.begin(index);
            if (traced.ends >= 0) {
                judge.link(index, static_cast<std::uint64_t>(traced.ends));
            }
            if (traced.ending == Ending::left_open) {
                judge.leave_open(index, traced.operation);
            }
        } else if (traced.ending == Ending::answered) {
            judge.answer(index, traced.operation, 0);
        } else if (traced.ending == Ending::closed) {
            judge.close(index, traced.operation, 0);
        }
        judge.advance();
    });
    return judge.conclude();
}

/// Tries all orders, one operation after the other, and remembers nothing but where it was.
template <Model M>
class PlainJudge {
  public:
    /// Requires at most 64 operations.
    PlainJudge(const M& model, const Trace<M>& trace, bool remembers)
        : model_(model), trace_(trace), remembers_(remembers) {}

    bool linearizable() { return try_all(0, model_.initial()); }

  private:
    struct Place {
        std::uint64_t taken;
        typename M::State state;
        bool operator==(const Place&) const = default;
    };
    struct Hash {
        const M* model;
        std::size_t operator()(const Place& place) const {
            return static_cast<std::size_t>(mix(place.taken) ^ model->hash(place.state));
        }
    };

    bool taken(std::uint64_t set, std::size_t i) const { return ((set >> i) & 1U) != 0; }

    /// It must take effect before anything that begins after it ends.
    bool must_come_before(std::size_t i, std::size_t other) const {
        return trace_[i].ending == Ending::answered && trace_[i].end < trace_[other].begin;
    }
    bool is_too_late(std::size_t i, std::uint64_t set) const {
        for (std::size_t other = 0; other < trace_.size(); ++other) {
            if (taken(set, other) &&
                (trace_[other].ends == static_cast<std::int32_t>(i) ||
                 (trace_[i].ending == Ending::closed && trace_[i].end < trace_[other].begin))) {
                return true;
            }
        }
        return false;
    }

    bool try_all(std::uint64_t set, const typename M::State& state) {
        bool complete = true;
        for (std::size_t i = 0; i < trace_.size(); ++i) {
            complete = complete && (taken(set, i) || trace_[i].ending != Ending::answered);
        }
        if (complete) {
            return true;
        }
        if (remembers_ && !been_.insert({set, state}).second) {
            return false;
        }
        for (std::size_t i = 0; i < trace_.size(); ++i) {
            if (taken(set, i) || is_too_late(i, set)) {
                continue;
            }
            bool first = true;
            for (std::size_t other = 0; other < trace_.size(); ++other) {
                first = first && (taken(set, other) || !must_come_before(other, i));
            }
            bool found = false;
            if (first) {
                model_.step(state, trace_[i].operation, 0, [&](const typename M::State& next) {
                    found = found || try_all(set | (std::uint64_t{1} << i), next);
                });
            }
            if (found) {
                return true;
            }
        }
        return false;
    }

    const M& model_;
    const Trace<M>& trace_;
    bool remembers_;
    std::unordered_set<Place, Hash> been_{16, Hash{&model_}};
};

/// Whether the operations, in that order, are an order of the trace that the model allows, all of
/// the answered ones among them.
template <Model M>
bool is_order_of(const M& model, const Trace<M>& trace, const std::vector<OperationId>& order) {
    std::vector<typename M::State> states{model.initial()};
    std::vector<bool> seen(trace.size(), false);
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto& each = trace.at(order[i]);
        if (seen[order[i]]) {
            return false;
        }
        seen[order[i]] = true;
        for (std::size_t later = i + 1; later < order.size(); ++later) {
            const auto& after = trace.at(order[later]);
            if (after.ending != Ending::left_open && after.end < each.begin) {
                return false;
            }
            if (each.ends == static_cast<std::int32_t>(order[later])) {
                return false;
            }
        }
        std::vector<typename M::State> next;
        for (const auto& state : states) {
            model.step(state, each.operation, 0,
                       [&](const typename M::State& allowed) { next.push_back(allowed); });
        }
        states = std::move(next);
        if (states.empty()) {
            return false;
        }
    }
    for (std::size_t i = 0; i < trace.size(); ++i) {
        if (trace[i].ending == Ending::answered && !seen[i]) {
            return false;
        }
    }
    return true;
}

}  // namespace castaway::harness
