#include "harness/linearize/history_parts.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <queue>
#include <set>
#include <utility>

#include "harness/linearize/call_moments.h"

namespace castaway::harness {
namespace {

using Thread = std::pair<std::uint32_t, std::uint32_t>;

/// Objects that operations join, by their representatives.
class JoinedObjects {
  public:
    JoinedObjects(const History& history, const std::vector<CallMoments>& moments)
        : parent_(history.objects.size()) {
        std::iota(parent_.begin(), parent_.end(), 0U);
        for (std::size_t i = 0; i < history.operations.size(); ++i) {
            if (moments[i].empty()) {
                continue;
            }
            const Operation& operation = history.operations[i];
            for (const ObjectIndex object : operation.objects) {
                parent_[find(object)] = find(operation.objects.front());
            }
        }
    }

    ObjectIndex find(ObjectIndex object) {
        while (parent_[object] != object) {
            parent_[object] = parent_[parent_[object]];
            object = parent_[object];
        }
        return object;
    }

  private:
    std::vector<ObjectIndex> parent_;
};

/// A process as an actor: it ends at a time of its own.
constexpr std::uint32_t kNoThread = std::numeric_limits<std::uint32_t>::max();

/// A thread as an actor at the first moments of its calls.
constexpr std::uint32_t kAtFirstMoment = 1U << 31U;

std::uint64_t actor_of(std::uint32_t process, std::uint32_t thread) {
    return (std::uint64_t{process} << 32U) | thread;
}

bool may_own(const Operation& operation, ObjectIndex mutex) {
    if (!operation.pending() && !operation.satisfied()) {
        return false;
    }
    if (!operation.pending() && operation.kind == OperationKind::wait_any) {
        return operation.object() == mutex;
    }
    return operation.is_wait() && std::find(operation.objects.begin(), operation.objects.end(),
                                            mutex) != operation.objects.end();
}

bool uses_handles(OperationKind kind) {
    return kind == OperationKind::create || kind == OperationKind::open ||
           kind == OperationKind::duplicate || kind == OperationKind::close;
}

class EndFinder {
  public:
    EndFinder(const History& history, const Lifetimes& lifetimes, std::vector<HistoryEnd>& ends)
        : history_(history), lifetimes_(lifetimes), ends_(ends) {}

    /// \param pending  by thread, the first interval of its operation without an answer
    void add(Part& part, const std::map<Thread, std::int32_t>& pending) {
        std::set<std::tuple<ObjectIndex, std::uint32_t, std::uint32_t>> owners;
        std::set<std::pair<ObjectIndex, std::uint32_t>> holders;
        for (const Interval& interval : part.intervals) {
            const Operation& operation = history_.operations[interval.id];
            for (const ObjectIndex object : operation.objects) {
                if (history_.objects[object].type == ObjectType::mutex &&
                    may_own(operation, object)) {
                    owners.emplace(object, operation.process, operation.thread);
                }
                if (!history_.objects[object].whole_run && uses_handles(operation.kind)) {
                    holders.emplace(object, operation.process);
                }
            }
        }
        for (const auto& [object, process, thread] : owners) {
            const auto own = pending.find({process, thread});
            add_end(part,
                    {process, thread, object, lifetimes_.thread_lived_at(process, thread),
                     lifetimes_.thread_settled_by(process, thread)},
                    own == pending.end() ? -1 : own->second);
        }
        for (const auto& [object, process] : holders) {
            const auto own = pending.lower_bound({process, 0});
            const bool has = own != pending.end() && own->first.first == process;
            add_end(part,
                    {process, std::nullopt, object, lifetimes_.process_lived_at(process),
                     lifetimes_.process_settled_by(process)},
                    has ? own->second : -1);
        }
    }

  private:
    void add_end(Part& part, const HistoryEnd& end, std::int32_t pending) {
        if (end.settled_by_ns == kNeverNs) {
            return;  // It lived on.
        }
        const auto id = static_cast<OperationId>(history_.operations.size() + ends_.size());
        ends_.push_back(end);
        part.intervals.push_back({id, actor_of(end.process, end.thread.value_or(kNoThread)),
                                  end.lived_at_ns, end.settled_by_ns, Ending::answered,
                                  Moment::only, pending});
    }

    const History& history_;
    const Lifetimes& lifetimes_;
    std::vector<HistoryEnd>& ends_;
};

/// The intervals of one call.
void add_moments(Part& part, OperationId id, const Operation& operation,
                 const CallMoments& moments) {
    const auto first = static_cast<std::int32_t>(part.intervals.size());
    for (const CallMoment& moment : moments) {
        const std::uint32_t doer =
            operation.thread | (moment.moment == Moment::first ? kAtFirstMoment : 0U);
        part.intervals.push_back({id, actor_of(operation.process, doer), operation.invoked_ns,
                                  moment.end_ns, moment.ending, moment.moment,
                                  moment.bars_first ? first : -1});
    }
    part.for_kernel_model = part.for_kernel_model || is_for_kernel_model(operation.kind);
}

/// By their beginnings, with the links kept right.
void sort_intervals(std::vector<Interval>& intervals) {
    std::vector<std::int32_t> order(intervals.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
        return intervals[static_cast<std::size_t>(a)].begin_ns <
               intervals[static_cast<std::size_t>(b)].begin_ns;
    });
    std::vector<std::int32_t> place(intervals.size());
    std::vector<Interval> sorted;
    sorted.reserve(intervals.size());
    for (const std::int32_t from : order) {
        place[static_cast<std::size_t>(from)] = static_cast<std::int32_t>(sorted.size());
        sorted.push_back(intervals[static_cast<std::size_t>(from)]);
    }
    for (Interval& interval : sorted) {
        if (interval.ends >= 0) {
            interval.ends = place[static_cast<std::size_t>(interval.ends)];
        }
    }
    intervals = std::move(sorted);
}

}  // namespace

std::vector<Part> parts_of(const History& history, const Lifetimes& lifetimes,
                           const HandleDoubts& doubts, std::vector<HistoryEnd>& ends) {
    std::vector<CallMoments> moments;
    moments.reserve(history.operations.size());
    for (const Operation& operation : history.operations) {
        moments.push_back(moments_of(history, operation, lifetimes, doubts));
    }
    JoinedObjects joined(history, moments);
    std::map<ObjectIndex, std::size_t> numbers;
    std::vector<Part> parts;
    for (ObjectIndex object = 0; object < history.objects.size(); ++object) {
        const auto [found, is_new] = numbers.emplace(joined.find(object), parts.size());
        if (is_new) {
            parts.emplace_back();
        }
        parts[found->second].objects.push_back(object);
    }
    std::vector<std::map<Thread, std::int32_t>> pending(parts.size());
    std::vector<std::set<std::uint32_t>> processes(parts.size());
    for (std::size_t i = 0; i < history.operations.size(); ++i) {
        if (moments[i].empty()) {
            continue;
        }
        const Operation& operation = history.operations[i];
        const std::size_t number = numbers.at(joined.find(operation.objects.front()));
        Part& part = parts[number];
        if (operation.pending()) {
            pending[number][{operation.process, operation.thread}] =
                static_cast<std::int32_t>(part.intervals.size());
        }
        add_moments(part, static_cast<OperationId>(i), operation, moments[i]);
        processes[number].insert(operation.process);
    }
    EndFinder finder(history, lifetimes, ends);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        finder.add(parts[i], pending[i]);
        sort_intervals(parts[i].intervals);
        parts[i].processes.assign(processes[i].begin(), processes[i].end());
    }
    return parts;
}

std::size_t most_open(const Part& part) {
    std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> ends;
    std::size_t most = 0;
    for (const Interval& interval : part.intervals) {
        while (!ends.empty() && ends.top() < interval.begin_ns) {
            ends.pop();
        }
        ends.push(interval.ending == Ending::left_open ? kNeverNs : interval.end_ns);
        most = std::max(most, ends.size());
    }
    return most;
}

}  // namespace castaway::harness
