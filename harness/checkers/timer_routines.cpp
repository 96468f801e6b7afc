// The part of `calls` that is about timers' routines (TMR-09, TMR-14).
//
// A timer that was set with a routine expires for the first time at the call's invocation plus the
// due time at the earliest, then once in each period, and no more once it surely was armed anew or
// cancelled. The n-th run of the routine needs an n-th expiry by the end of the operation that it
// ran in. That a routine is queued once however often its timer expires only makes them fewer.
//
// An operation that began when another call surely had undone the setting runs the routine no more,
// queued or not. Objects that can vanish are left out here, for what was undone may have been
// another object of that name.
//
// An alertable operation of the setter that began when the timer surely had expired, or that had
// begun and then ran out of time, has run it at its end, unless somebody may have undone the
// setting by then. A timer may be late (see `timeouts`), so it surely has expired at once where the
// due time is 0, and else a second after the due time. The end of the setter needs no thought here:
// who has ended runs nothing.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "harness/checkers/by_object.h"
#include "harness/checkers/call_judges.h"
#include "harness/checkers/lives.h"
#include "harness/checkers/telling.h"

namespace castaway::harness {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kSurelyExpiredNs = 1'000'000'000;

bool undoes(const Operation& operation) {
    return operation.kind == OperationKind::set_timer ||
           operation.kind == OperationKind::cancel_timer;
}

class RoutineJudge {
  public:
    RoutineJudge(const History& history, const std::vector<const Operation*>& of_timer,
                 const QueuedCall& call)
        : history_(history),
          of_timer_(of_timer),
          call_(call),
          setting_(*call.by),
          whole_run_(history.objects.at(setting_.objects.front()).whole_run) {}

    [[nodiscard]] std::optional<Verdict> find_wrong(const ThreadCalls& setter) const {
        const Operation* undone = whole_run_ ? surely_undone() : nullptr;
        for (std::size_t i = 0; i < call_.runs.size(); ++i) {
            const Operation& run = *call_.runs[i];
            if (undone != nullptr && precedes(*undone, run)) {
                return failed(fmt::format("{} ran {}, and {}'s {} at {} had undone that", told(run),
                                          routine(), thread_of(history_, *undone),
                                          call_of(history_, *undone), in_ms(undone->invoked_ns)),
                              {&setting_, undone, &run});
            }
            if (auto wrong = judge_expiry(i, run, undone)) {
                return wrong;
            }
        }
        return whole_run_ ? judge_loss(setter) : std::nullopt;
    }

  private:
    [[nodiscard]] std::string told(const Operation& operation) const {
        return fmt::format("{}'s {} from {}{}", thread_of(history_, operation),
                           call_of(history_, operation), in_ms(operation.invoked_ns),
                           operation.pending() ? "" : " to " + in_ms(operation.returned_ns));
    }
    [[nodiscard]] std::string routine() const {
        return fmt::format("the routine of {}, set at {} to be due {} later",
                           named(history_, setting_.objects.front()), in_ms(setting_.invoked_ns),
                           in_ms(due_ns()));
    }
    [[nodiscard]] std::int64_t due_ns() const { return std::max<std::int64_t>(setting_.due_ns, 0); }

    /// Of the calls that surely undid the setting, the one that was over first.
    [[nodiscard]] const Operation* surely_undone() const {
        const Operation* first = nullptr;
        const auto begun_later =
            std::lower_bound(of_timer_.begin(), of_timer_.end(), setting_.invoked_ns,
                             [](const Operation* operation, std::int64_t time) {
                                 return operation->invoked_ns < time;
                             });
        for (const Operation* operation : std::span(begun_later, of_timer_.end())) {
            if (first != nullptr && operation->invoked_ns > first->returned_ns) {
                break;
            }
            if (undoes(*operation) && operation->status == ResponseStatus::ok &&
                precedes(setting_, *operation) &&
                (first == nullptr || operation->returned_ns < first->returned_ns)) {
                first = operation;
            }
        }
        return first;
    }

    /// The i-th run needs an i-th expiry.
    [[nodiscard]] std::optional<Verdict> judge_expiry(std::size_t i, const Operation& run,
                                                      const Operation* undone) const {
        if (i > 0 && setting_.period_ms <= 0) {
            return failed(fmt::format("{} ran {}, for the {} time, and the timer expires once",
                                      told(run), routine(), i == 1 ? "second" : "next"),
                          {&setting_, call_.runs[0], &run});
        }
        const std::int64_t by = std::min(run.pending() ? kForever : run.returned_ns,
                                         undone == nullptr ? kForever : undone->returned_ns);
        const std::int64_t since_due =
            by - std::max<std::int64_t>(setting_.invoked_ns, 0) - due_ns();
        if (by == kForever ||
            (since_due >= 0 && (i == 0 || since_due / (setting_.period_ms * kNsPerMs) >=
                                              static_cast<std::int64_t>(i)))) {
            return std::nullopt;
        }
        return failed(i == 0
                          ? fmt::format("{} ran {}, before that time", told(run), routine())
                          : fmt::format("{} ran {} and every {} ms from then on, as run {}, and by "
                                        "{} it had not expired so often",
                                        told(run), routine(), setting_.period_ms, i + 1, in_ms(by)),
                      {&setting_, &run});
    }

    [[nodiscard]] std::optional<Verdict> judge_loss(const ThreadCalls& setter) const {
        if (setting_.status != ResponseStatus::ok) {
            return std::nullopt;
        }
        const std::int64_t late = due_ns() == 0 ? 0 : kSurelyExpiredNs;
        const std::int64_t expired = due_ns() > kForever - late - setting_.returned_ns
                                         ? kForever
                                         : setting_.returned_ns + due_ns() + late;
        const auto must_run_it = std::find_if(
            setter.alertable.begin(), setter.alertable.end(), [&](const Operation* operation) {
                return operation->sequence > setting_.sequence && !operation->pending() &&
                       operation->status != ResponseStatus::failed &&
                       (operation->invoked_ns >= expired || ran_out_after(*operation, expired));
            });
        if (must_run_it == setter.alertable.end()) {
            return std::nullopt;
        }
        const Operation& last = **must_run_it;
        if ((!call_.runs.empty() && call_.runs.front()->sequence <= last.sequence) ||
            possible_undoing(of_timer_, setting_, last.returned_ns) != nullptr) {
            return std::nullopt;
        }
        return failed(fmt::format("{} did not run {}", told(last), routine()), {&setting_, &last});
    }

    const History& history_;
    const std::vector<const Operation*>& of_timer_;
    const QueuedCall& call_;
    const Operation& setting_;
    bool whole_run_;
};

}  // namespace

const Operation* possible_undoing(const std::vector<const Operation*>& of_timer,
                                  const Operation& setting, std::int64_t by_ns) {
    const auto found =
        std::find_if(of_timer.begin(), of_timer.end(), [&](const Operation* operation) {
            return undoes(*operation) && operation != &setting &&
                   operation->status != ResponseStatus::failed && operation->invoked_ns <= by_ns &&
                   !precedes(*operation, setting);
        });
    return found == of_timer.end() ? nullptr : *found;
}

std::optional<Verdict> find_wrong_routine(const History& history, const CallLedger& ledger) {
    std::optional<std::vector<std::vector<const Operation*>>> by_object;
    for (const auto& [id, call] : ledger.calls()) {
        if (call.by->kind != OperationKind::set_timer) {
            continue;
        }
        if (!by_object) {
            by_object = operations_by_object(history);
        }
        const RoutineJudge judge(history, by_object->at(call.by->objects.front()), call);
        if (auto wrong = judge.find_wrong(ledger.of_thread(runner_of(*call.by)))) {
            return wrong;
        }
    }
    return std::nullopt;
}

}  // namespace castaway::harness
