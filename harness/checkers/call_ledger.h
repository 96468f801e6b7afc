// A history sorted by procedure call: who had each queued, and where it ran.
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "harness/history/history.h"

namespace castaway::harness {

/// A procedure call: a queue_call's, or the routine of a timer that was set with one.
struct QueuedCall {
    const Operation* by = nullptr;
    /// The operations in which it ran, one for each run, in order.
    std::vector<const Operation*> runs;
};

/// What one thread ran.
struct ThreadCalls {
    struct Run {
        const QueuedCall* call = nullptr;
        const Operation* in = nullptr;
    };
    std::vector<const Operation*> alertable;  ///< its alertable operations, in order
    std::vector<Run> runs;                    ///< in order
};

/// Runs of calls that nobody queued are left out. Refers to the history.
class CallLedger {
  public:
    explicit CallLedger(const History& history);

    [[nodiscard]] const std::map<CallId, QueuedCall>& calls() const { return calls_; }
    /// Null when that operation queues no call, or there is no such operation.
    [[nodiscard]] const QueuedCall* find(const CallId& call) const;
    /// Empty for a thread that neither ran a call nor was ever alertable.
    [[nodiscard]] const ThreadCalls& of_thread(const ThreadPlace& thread) const;

  private:
    std::map<CallId, QueuedCall> calls_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, ThreadCalls> threads_;
    ThreadCalls none_;
};

/// The thread that is to run what the operation queues. Requires that it queues a call.
ThreadPlace runner_of(const Operation& queuer);

bool same_thread(const Operation& a, const Operation& b);

/// The operation went on until its time was over, which was after that moment.
bool ran_out_after(const Operation& operation, std::int64_t moment_ns);

/// The first was surely over before the second began.
bool precedes(const Operation& first, const Operation& second);

}  // namespace castaway::harness
