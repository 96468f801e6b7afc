// The part of `calls` that is about who still sleeps when all is quiet (WAIT-14, WAIT-21, TMR-09).
//
// A thread that was in an alertable operation when the snapshot `quiescence` was taken slept
// through a call
//
// * when a queue_call for it had returned, and the call had not run;
// * when a timer that it had set with a routine was due, nobody can have undone that, and the
//   routine had not run;
// * when the snapshot says that calls are queued, and every thread that any can be for was in such
//   an operation. That finds calls of those who died while they queued them. Armed timers with
//   routines count in the snapshot, too, so a history with one is left out here.
//
// Where the run was not quiet but at its time limit, only the first counts, and both the call and
// the operation must be a second old. Without that snapshot nothing is concluded.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/checkers/by_object.h"
#include "harness/checkers/call_judges.h"
#include "harness/checkers/lives.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

constexpr std::int64_t kSettledNs = 1'000'000'000;

class CallsAtRest {
  public:
    CallsAtRest(const History& history, const CallLedger& ledger, const Snapshot& snapshot)
        : history_(history),
          ledger_(ledger),
          snapshot_(snapshot),
          settled_by_(history.went_quiet ? snapshot.at_ns : snapshot.at_ns - kSettledNs) {
        // Looking at a thread that sleeps can wake it: see lost_wakeup.cpp.
        for (const Operation& operation : history.operations) {
            if (operation.alertable && operation.invoked_ns < settled_by_ &&
                (operation.pending() || operation.returned_ns >= snapshot.at_ns) &&
                history.processes[operation.process].end == ProcessEnd::stuck) {
                asleep_.emplace(std::pair(operation.process, operation.thread), &operation);
            }
        }
        if (!asleep_.empty()) {
            by_object_ = operations_by_object(history);
        }
    }

    [[nodiscard]] std::optional<Verdict> find() const {
        if (asleep_.empty()) {
            return std::nullopt;
        }
        for (const auto& [id, call] : ledger_.calls()) {
            const Operation* sleeper = sleeper_for(*call.by);
            if (sleeper == nullptr || call.by->status != ResponseStatus::ok || ran(call)) {
                continue;
            }
            const bool queued = call.by->kind == OperationKind::queue_call
                                    ? call.by->returned_ns < settled_by_
                                    : routine_was_queued(*call.by, *sleeper);
            if (queued) {
                return tell(call, *sleeper);
            }
        }
        return find_unexplained();
    }

  private:
    /// The operation in which the thread slept that is to run the call; null when it did not.
    [[nodiscard]] const Operation* sleeper_for(const Operation& queuer) const {
        const ThreadPlace thread = runner_of(queuer);
        const auto found = asleep_.find({thread.process, thread.thread});
        return found == asleep_.end() ? nullptr : found->second;
    }

    /// Before the snapshot, as far as is known.
    [[nodiscard]] bool ran(const QueuedCall& call) const {
        return std::any_of(call.runs.begin(), call.runs.end(), [this](const Operation* run) {
            return run->pending() || run->returned_ns < snapshot_.at_ns;
        });
    }

    [[nodiscard]] bool routine_was_queued(const Operation& setting,
                                          const Operation& sleeper) const {
        const ObjectIndex timer = setting.objects.front();
        const std::int64_t due = std::max<std::int64_t>(setting.due_ns, 0);
        return history_.went_quiet && history_.objects[timer].whole_run &&
               setting.sequence < sleeper.sequence && setting.returned_ns < snapshot_.at_ns - due &&
               possible_undoing(by_object_[timer], setting, snapshot_.at_ns) == nullptr;
    }

    [[nodiscard]] Verdict tell(const QueuedCall& call, const Operation& sleeper) const {
        return failed(
            fmt::format(
                "{} sleeps in a {} since {} and still did so at {}, when all was quiet; the "
                "procedure call of {}'s {} at {} was queued for it",
                thread_of(history_, sleeper), call_of(history_, sleeper), in_ms(sleeper.invoked_ns),
                in_ms(snapshot_.at_ns), thread_of(history_, *call.by), call_of(history_, *call.by),
                in_ms(call.by->invoked_ns)),
            {call.by, &sleeper});
    }

    [[nodiscard]] std::optional<Verdict> find_unexplained() const {
        if (snapshot_.calls == 0 || !history_.went_quiet) {
            return std::nullopt;
        }
        std::vector<const Operation*> witness;
        for (const auto& [id, call] : ledger_.calls()) {
            const bool armed = call.by->kind == OperationKind::set_timer;
            if (call.by->status == ResponseStatus::failed || (!armed && ran(call))) {
                continue;
            }
            const Operation* sleeper = sleeper_for(*call.by);
            if (sleeper == nullptr || armed) {
                return std::nullopt;
            }
            witness.insert(witness.end(), {call.by, sleeper});
        }
        if (witness.empty()) {
            return std::nullopt;
        }
        return failed(fmt::format("when all was quiet, at {}, {} queued, and every thread that any "
                                  "can be for slept in an alertable operation",
                                  in_ms(snapshot_.at_ns),
                                  snapshot_.calls == 1
                                      ? "1 procedure call was"
                                      : fmt::format("{} procedure calls were", snapshot_.calls)),
                      std::move(witness));
    }

    const History& history_;
    const CallLedger& ledger_;
    const Snapshot& snapshot_;
    std::int64_t settled_by_;
    /// The operations in which threads slept, by thread.
    std::map<std::pair<std::uint32_t, std::uint32_t>, const Operation*> asleep_;
    std::vector<std::vector<const Operation*>> by_object_;
};

}  // namespace

std::optional<Verdict> find_call_slept_through(const History& history, const CallLedger& ledger) {
    const Snapshot* snapshot = find_quiescence(history);
    return snapshot == nullptr ? std::nullopt : CallsAtRest(history, ledger, *snapshot).find();
}

}  // namespace castaway::harness
