#include "harness/checkers/timer_facts.h"

#include <algorithm>
#include <utility>

#include "harness/checkers/by_object.h"

namespace castaway::harness {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::size_t kExpiriesMax = 4'000'000;

std::int64_t due_of(const Operation& arming) {
    return std::max<std::int64_t>(arming.due_ns, 0);
}

std::int64_t period_of(const Operation& arming) {
    return std::max<std::int64_t>(arming.period_ms, 0) * kNsPerMs;
}

std::int64_t later(std::int64_t at_ns, std::int64_t by_ns) {
    return at_ns > kForever - by_ns ? kForever : at_ns + by_ns;
}

/// When a timer with a routine surely was cancelled because its setter had ended (rule TMR-10).
std::int64_t cancelled_by_end_of_setter(const History& history, const Lives& lives,
                                        const Operation& arming) {
    if (!arming.with_routine) {
        return kForever;
    }
    const HistoryProcess& process = history.processes[arming.process];
    const std::int64_t ended = std::min(process.threads[arming.thread].ended_ns.value_or(kForever),
                                        lives.dead_by(arming.process));
    return later(ended, kDeathNoticeNs);
}

/// Of calls that surely took effect: the earliest return among those invoked after a moment.
class EarliestAfter {
  public:
    void add(const Operation& operation) {
        calls_.push_back({operation.invoked_ns, operation.returned_ns});
    }
    void finish() {
        std::sort(calls_.begin(), calls_.end());
        std::int64_t earliest = kForever;
        for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) {
            earliest = std::min(earliest, call->second);
            call->second = earliest;
        }
    }
    [[nodiscard]] std::int64_t after(std::int64_t at_ns) const {
        const auto found =
            std::upper_bound(calls_.begin(), calls_.end(), std::pair(at_ns, kForever));
        return found == calls_.end() ? kForever : found->second;
    }

  private:
    std::vector<std::pair<std::int64_t, std::int64_t>> calls_;
};

}  // namespace

TimerFacts::TimerFacts(const History& history, const Lives& lives, ObjectIndex timer,
                       const std::vector<const Operation*>& of_object,
                       const std::vector<const Operation*>& except)
    : manual_reset_(history.objects.at(timer).manual_reset) {
    EarliestAfter sure_armings;
    EarliestAfter sure_cancels;
    for (const Operation* operation : of_object) {
        if (operation->status == ResponseStatus::failed) {
            continue;
        }
        const std::int64_t until = lives.latest_effect(*operation);
        if (operation->kind == OperationKind::set_timer) {
            armings_.push_back(
                {operation, until, later(operation->invoked_ns, due_of(*operation)), 0, 0});
            possible_armings_.add(operation->invoked_ns, until, operation);
            if (operation->with_routine) {
                // It is cancelled when its setter ends (rule TMR-10).
                possible_cancels_.add(lives.thread_lived_at(operation->process, operation->thread),
                                      kForever, operation);
            }
            if (!operation->pending()) {
                sure_armings.add(*operation);
            }
        } else if (operation->kind == OperationKind::cancel_timer) {
            possible_cancels_.add(operation->invoked_ns, until, operation);
            if (!operation->pending()) {
                sure_cancels.add(*operation);
            }
        } else if (took(*operation, timer) ||
                   (may_have_taken(*operation, timer) &&
                    std::find(except.begin(), except.end(), operation) == except.end())) {
            possible_waits_.add(operation->invoked_ns, until, operation);
        }
    }
    sure_armings.finish();
    sure_cancels.finish();
    for (Arming& arming : armings_) {
        arming.rearmed = sure_armings.after(arming.until);
        arming.cancelled = std::min(sure_cancels.after(arming.until),
                                    cancelled_by_end_of_setter(history, lives, *arming.operation));
        if (arming.due_from <= std::min(arming.rearmed, arming.cancelled)) {
            windows_.add(arming.due_from, arming.rearmed, arming.operation);
        }
    }
    for (GreatestUpTo* each :
         {&windows_, &possible_armings_, &possible_cancels_, &possible_waits_}) {
        each->finish();
    }
}

bool TimerFacts::may_be_signaled(std::int64_t from, std::int64_t until) const {
    return windows_.up_to(until) >= from;
}

const TimerFacts::Arming* TimerFacts::last_arming(std::int64_t by_ns) const {
    const auto after = std::upper_bound(armings_.begin(), armings_.end(), by_ns,
                                        [](std::int64_t time, const Arming& arming) {
                                            return time < arming.operation->invoked_ns;
                                        });
    return after == armings_.begin() ? nullptr : &*std::prev(after);
}

std::int64_t TimerFacts::earliest_due(std::int64_t by_ns) const {
    const Arming* last = last_arming(by_ns);
    return last == nullptr ? kForever : last->due_from;
}

const Operation* TimerFacts::last_armed(std::int64_t by_ns) const {
    const Arming* last = last_arming(by_ns);
    return last == nullptr ? nullptr : last->operation;
}

bool TimerFacts::surely_signaled(std::int64_t from, std::int64_t until, const Operation* besides,
                                 DueTime due) const {
    const Arming* last = last_arming(until);
    if (last == nullptr || last->operation->pending()) {
        return false;
    }
    const Operation& arming = *last->operation;
    if (possible_armings_.up_to(until, &arming) >= arming.invoked_ns) {
        return false;
    }
    const std::int64_t due_by = later(arming.returned_ns, due_of(arming));
    if (due_by >= from || (due == DueTime::zero_only && due_of(arming) != 0)) {
        return false;
    }
    const bool cancelled_early =
        due_of(arming) != 0 && possible_cancels_.up_to(due_by) >= arming.invoked_ns;
    if (cancelled_early) {
        return false;
    }
    if (manual_reset_) {
        return true;
    }
    std::int64_t expiry = last->due_from;
    const std::int64_t period = period_of(arming);
    const bool goes_on = possible_cancels_.up_to(until) < arming.invoked_ns;
    if (due == DueTime::any && period != 0 && goes_on) {
        expiry += (from - 1 - due_by) / period * period;
    }
    return possible_waits_.up_to(until, besides) < expiry;
}

std::optional<SingleSignal> TimerFacts::expiries(std::int64_t up_to_ns) const {
    SingleSignal object;
    for (const Arming& arming : armings_) {
        if (!arming.operation->pending()) {
            object.clearings.push_back(
                {arming.operation->invoked_ns, arming.until, arming.operation});
        }
        const std::int64_t period = period_of(*arming.operation);
        const std::int64_t stopped = std::min({arming.rearmed, arming.cancelled, up_to_ns});
        for (std::int64_t from = arming.due_from; from <= stopped; from += period) {
            // It may be late, but not so late that it comes together with the next one.
            const std::int64_t late =
                period == 0 ? kForever
                            : later(arming.until, from - arming.operation->invoked_ns + period);
            object.signals.push_back({from, std::min(late, arming.rearmed), arming.operation});
            if (object.signals.size() > kExpiriesMax) {
                return std::nullopt;
            }
            if (period == 0) {
                break;
            }
        }
    }
    return object;
}

}  // namespace castaway::harness
