// Procedure calls run once, in order, in alertable operations of the thread that they are for, and
// none is lost (WAIT-14, WAIT-15, WAIT-16, WAIT-21, WAIT-22, TMR-09, TMR-14).
//
// * An operation that is not alertable runs none and is ended by none. An alertable one is ended by
//   calls exactly when some ran in it: calls that are there before it looks at its objects go
//   first, one that comes later either ends it or stays for the next. One that failed ran none.
// * What runs was queued for that thread, by a call that did not fail and that began before the
//   running operation was over. A queue_call's runs once at most. One that is pending, because its
//   thread died in it, may have queued its call or not.
// * A queued before B, surely, and both for one thread: then A runs first. Timers' routines are
//   queued when they expire, which nobody saw, so they are no part of this order.
// * A queue_call that was over before an alertable operation of its thread began has run by the end
//   of that, unless it failed, or is pending. The same where the operation had begun, and its time
//   ran out after the queue_call was over.
// * At rest nobody sleeps through a call: see calls_at_rest.cpp.
// * Timers' routines run as their timers expire: see timer_routines.cpp.
//
// Assumes that the calls that ran in an operation are noted in their order, those of a pending one
// as far as it came. Sound: "surely before" is a call's return before the other's invocation, or
// the order of one thread's own calls.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "harness/checkers/call_judges.h"
#include "harness/checkers/checks.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

bool is_queue_call(const QueuedCall& call) {
    return call.by->kind == OperationKind::queue_call;
}

std::string call_at(const History& history, const Operation& operation) {
    return fmt::format("{}'s {} at {}", thread_of(history, operation), call_of(history, operation),
                       in_ms(operation.invoked_ns));
}

/// How the operation was ended against what ran in it.
std::optional<Verdict> judge_answer(const History& history, const Operation& operation) {
    const bool alerted = operation.status == ResponseStatus::alerted;
    std::string wrong;
    if (!operation.alertable && alerted) {
        wrong = "was ended by procedure calls, and is not alertable";
    } else if (!operation.alertable && !operation.ran.empty()) {
        wrong = "ran a procedure call, and is not alertable";
    } else if (alerted && operation.ran.empty()) {
        wrong = "was ended by procedure calls, and none ran in it";
    } else if (!alerted && !operation.pending() && !operation.ran.empty()) {
        wrong =
            fmt::format("ran a procedure call, and answered \"{}\"", to_string(operation.status));
    }
    return wrong.empty()
               ? std::nullopt
               : std::optional(failed(fmt::format("{} {}", call_at(history, operation), wrong),
                                      {&operation}));
}

/// The operation is one that came after the end of what is recorded of its process, which the
/// harness ended. Somebody else may still have run its call.
bool is_cut_off(const History& history, const CallId& call) {
    return history.processes.at(call.process).end == ProcessEnd::stuck &&
           std::none_of(history.operations.begin(), history.operations.end(),
                        [&call](const Operation& operation) {
                            return operation.process == call.process &&
                                   operation.thread == call.thread &&
                                   operation.sequence >= call.sequence;
                        });
}

/// Whether that call can have run in that operation.
std::optional<Verdict> judge_origin(const History& history, const CallLedger& ledger,
                                    const Operation& operation, const CallId& ran) {
    const QueuedCall* call = ledger.find(ran);
    if (call == nullptr && is_cut_off(history, ran)) {
        return std::nullopt;
    }
    if (call == nullptr) {
        return failed(fmt::format("{} ran a procedure call that nobody queued (operation {} of {})",
                                  call_at(history, operation), ran.sequence,
                                  history.processes.at(ran.process).threads.at(ran.thread).name),
                      {&operation});
    }
    const Operation& queuer = *call->by;
    std::string wrong;
    if (runner_of(queuer) != ThreadPlace{operation.process, operation.thread}) {
        wrong = "is for another thread";
    } else if (queuer.status == ResponseStatus::failed) {
        wrong = "failed";
    } else if (precedes(operation, queuer)) {
        wrong = "began after that";
    }
    return wrong.empty()
               ? std::nullopt
               : std::optional(failed(
                     fmt::format("{} ran the procedure call of {}, which {}",
                                 call_at(history, operation), call_at(history, queuer), wrong),
                     {&operation, &queuer}));
}

std::optional<Verdict> judge_count(const History& history, const QueuedCall& call) {
    if (!is_queue_call(call) || call.runs.size() <= 1) {
        return std::nullopt;
    }
    return failed(fmt::format("the procedure call of {} ran {} times", call_at(history, *call.by),
                              call.runs.size()),
                  {call.by, call.runs[0], call.runs[1]});
}

/// Of several calls for one thread: the one that was surely queued before most others.
class FirstQueued {
  public:
    void add(const Operation& queuer) {
        if (queuer.status != ResponseStatus::ok) {
            return;
        }
        if (earliest_ == nullptr || queuer.returned_ns < earliest_->returned_ns) {
            earliest_ = &queuer;
        }
        const Operation*& of_thread = of_threads_[{queuer.process, queuer.thread}];
        if (of_thread == nullptr || queuer.sequence < of_thread->sequence) {
            of_thread = &queuer;
        }
    }

    /// One that was queued before that call; null when there surely is none.
    [[nodiscard]] const Operation* before(const Operation& queuer) const {
        const auto own = of_threads_.find({queuer.process, queuer.thread});
        if (own != of_threads_.end() && precedes(*own->second, queuer)) {
            return own->second;
        }
        return earliest_ != nullptr && precedes(*earliest_, queuer) ? earliest_ : nullptr;
    }

  private:
    const Operation* earliest_ = nullptr;  ///< that returned first
    std::map<std::pair<std::uint32_t, std::uint32_t>, const Operation*> of_threads_;
};

/// Goes through a thread's runs from the last to the first: none may have been queued after one
/// that ran later, or never.
std::optional<Verdict> judge_order(const History& history, const ThreadCalls& thread,
                                   const std::vector<const QueuedCall*>& for_thread) {
    FirstQueued later;
    for (const QueuedCall* call : for_thread) {
        if (call->runs.empty()) {
            later.add(*call->by);
        }
    }
    for (auto run = thread.runs.rbegin(); run != thread.runs.rend(); ++run) {
        if (!is_queue_call(*run->call)) {
            continue;
        }
        if (const Operation* first = later.before(*run->call->by)) {
            return failed(
                fmt::format("{} ran the procedure call of {} before that of {}, which was "
                            "queued first",
                            call_at(history, *run->in), call_at(history, *run->call->by),
                            call_at(history, *first)),
                {first, run->call->by, run->in});
        }
        later.add(*run->call->by);
    }
    return std::nullopt;
}

/// The call has run by the end of the first alertable operation that began when it was queued, or
/// had begun and then ran out of time.
std::optional<Verdict> judge_loss(const History& history, const ThreadCalls& thread,
                                  const QueuedCall& call) {
    if (call.by->status != ResponseStatus::ok) {
        return std::nullopt;
    }
    const auto begun_later = std::partition_point(
        thread.alertable.begin(), thread.alertable.end(),
        [&call](const Operation* operation) { return !precedes(*call.by, *operation); });
    const bool slept_on = begun_later != thread.alertable.begin() &&
                          ran_out_after(**std::prev(begun_later), call.by->returned_ns);
    const auto must_run_it =
        slept_on
            ? std::prev(begun_later)
            : std::find_if(begun_later, thread.alertable.end(), [](const Operation* operation) {
                  return !operation->pending() && operation->status != ResponseStatus::failed;
              });
    if (must_run_it == thread.alertable.end() ||
        (!call.runs.empty() && call.runs.front()->sequence <= (*must_run_it)->sequence)) {
        return std::nullopt;
    }
    return failed(fmt::format("the procedure call of {}, which returned at {}, had not run by the "
                              "end of {}",
                              call_at(history, *call.by), in_ms(call.by->returned_ns),
                              call_at(history, **must_run_it)),
                  {call.by, *must_run_it});
}

std::optional<Verdict> find_wrong_operation(const History& history, const CallLedger& ledger) {
    for (const Operation& operation : history.operations) {
        if (auto wrong = judge_answer(history, operation)) {
            return wrong;
        }
        for (const CallId& ran : operation.ran) {
            if (auto wrong = judge_origin(history, ledger, operation, ran)) {
                return wrong;
            }
        }
    }
    return std::nullopt;
}

/// Requires that no single operation is wrong.
std::optional<Verdict> find_wrong_call(const History& history, const CallLedger& ledger) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<const QueuedCall*>> by_thread;
    for (const auto& [id, call] : ledger.calls()) {
        if (auto wrong = judge_count(history, call)) {
            return wrong;
        }
        if (is_queue_call(call)) {
            by_thread[{call.by->target->process, call.by->target->thread}].push_back(&call);
        }
    }
    for (const auto& [place, calls] : by_thread) {
        const ThreadCalls& thread = ledger.of_thread({place.first, place.second});
        if (auto wrong = judge_order(history, thread, calls)) {
            return wrong;
        }
        for (const QueuedCall* call : calls) {
            if (auto wrong = judge_loss(history, thread, *call)) {
                return wrong;
            }
        }
    }
    return std::nullopt;
}

Verdict count_all(const CallLedger& ledger) {
    std::uint64_t queued = 0;
    std::uint64_t ran = 0;
    std::uint64_t routine_runs = 0;
    for (const auto& [id, call] : ledger.calls()) {
        if (is_queue_call(call)) {
            queued += call.by->status == ResponseStatus::ok || !call.runs.empty() ? 1U : 0U;
            ran += call.runs.size();
        } else {
            routine_runs += call.runs.size();
        }
    }
    std::string told;
    if (queued != 0 || routine_runs == 0) {
        told = fmt::format("{} of {} ran", ran, counted(queued, "queued procedure call"));
    }
    if (routine_runs != 0) {
        told += fmt::format("{}timers' routines ran {}", told.empty() ? "" : ", ",
                            counted(routine_runs, "time"));
    }
    return passed(told + "; where they may, in order and in time");
}

}  // namespace

Verdict judge_calls(const History& history) {
    const CallLedger ledger(history);
    if (auto wrong = find_wrong_operation(history, ledger)) {
        return *std::move(wrong);
    }
    if (ledger.calls().empty()) {
        return not_applicable("no procedure call was queued");
    }
    if (auto wrong = find_wrong_call(history, ledger)) {
        return *std::move(wrong);
    }
    if (auto wrong = find_wrong_routine(history, ledger)) {
        return *std::move(wrong);
    }
    if (auto wrong = find_call_slept_through(history, ledger)) {
        return *std::move(wrong);
    }
    return count_all(ledger);
}

}  // namespace castaway::harness
