#include "harness/checkers/checkers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "harness/base/error.h"
#include "harness/checkers/checks.h"
#include "harness/linearize/linearizable_check.h"

namespace castaway::harness {
namespace {

constexpr std::array kChecks{
    Check{"mutual_exclusion", "no two threads hold one mutex at once, and its holder need not wait",
          "MTX-02 MTX-05 MTX-06", judge_mutual_exclusion, View::by_object},
    Check{"abandonment", "each death of a mutex's holder is told to the next one, and only once",
          "MTX-07 MTX-08 MTX-09 MTX-10 MTX-16 MTX-17", judge_abandonment, View::by_object},
    Check{"mutex_release", "the holder of a mutex can release it, and nobody else", "MTX-02 MTX-03",
          judge_mutex_release, View::by_object},
    Check{"semaphore", "a semaphore's count stays within its bounds, and none is lost or invented",
          "SEM-02 SEM-03 SEM-04 SEM-05 SEM-06 SEM-07 SEM-08 WAIT-12 WAIT-20", judge_semaphore,
          View::by_object},
    Check{"auto_reset", "each set of an auto-reset event satisfies one wait at most",
          "EVT-01 EVT-05 EVT-07 WAIT-12 WAIT-20", judge_auto_reset, View::by_object},
    Check{"manual_reset",
          "waits on a manual-reset event are satisfied when it is set, and only then",
          "EVT-02 EVT-06 WAIT-12", judge_manual_reset, View::by_object},
    Check{"timers", "no timer is signaled before it is due, nor more often than it expires",
          "TMR-02 TMR-04 TMR-05 TMR-06 TMR-07 TMR-08 TMR-10 WAIT-12", judge_timers,
          View::by_object},
    Check{"timeouts", "no wait times out early, or on an object that was signaled all the while",
          "WAIT-01 WAIT-02 WAIT-21 TMR-03", judge_timeouts},
    Check{"wait_any_lowest", "a wait for any of several objects takes the lowest that is signaled",
          "WAIT-05", judge_wait_any_lowest, View::by_object},
    Check{"lost_wakeup", "nobody still waits for a signaled object when all is quiet",
          "WAIT-11 EVT-06 MTX-10", judge_lost_wakeup},
    Check{"calls",
          "procedure calls run once, in order, where they may, and none is lost or slept through",
          "WAIT-14 WAIT-15 WAIT-16 WAIT-21 WAIT-22 TMR-09 TMR-14", judge_calls},
    Check{"progress", "every living thread comes to the end of its program", "CONC-02",
          judge_progress},
    Check{"names", "a name is made by one, joined by the others, and free after its last handle",
          "NAME-03 NAME-05 NAME-13 NAME-14 NAME-15", judge_names},
    Check{"leaks", "nothing is left of processes that are dead", "HND-07 NAME-14 CONC-03",
          judge_leaks},
    Check{"integrity", "the subject's shared structures are whole", "CONC-03", judge_integrity},
    Check{"unexpected_death", "no process dies that no fault has struck", "CONC-03",
          judge_unexpected_death},
    Check{"errors", "no call fails that cannot have failed",
          "WAIT-03 WAIT-08 WAIT-17 WAIT-18 WAIT-22 HND-01 HND-02", judge_errors},
    // Last, for it takes the longest.
    Check{
        "linearizable",
        "all answers together have an order in which they can be; a wait for all takes all or none",
        "CONC-01 WAIT-06 WAIT-08 WAIT-13 WAIT-17 WAIT-19 MTX-11 MTX-12 EVT-08 EVT-09 INH-07 SEM-08",
        judge_linearizable},
};

/// A history and what there is to see of it, made when it is needed.
class Views {
  public:
    explicit Views(const History& history) : whole_(history) {}

    Verdict judge_by(const Check& check) {
        Verdict verdict = check.judge(shown_to(check));
        verdict.check = check.name;
        if (check.view == View::by_object && verdict.kind != VerdictKind::fail) {
            const std::string omission = by_object_->omission();
            verdict.message += omission.empty() ? "" : "; " + omission;
        }
        return verdict;
    }

  private:
    const History& shown_to(const Check& check) {
        if (check.view == View::whole) {
            return whole_;
        }
        if (!by_object_) {
            by_object_.emplace(whole_);
        }
        return by_object_->history();
    }

    const History& whole_;
    std::optional<ReducedView> by_object_;
};

}  // namespace

std::span<const Check> all_checks() {
    return kChecks;
}

std::vector<Verdict> judge(const History& history, std::span<const std::string> names) {
    std::vector<Verdict> verdicts;
    Views views(history);
    if (names.empty()) {
        for (const Check& check : kChecks) {
            verdicts.push_back(views.judge_by(check));
        }
        return verdicts;
    }
    for (const std::string& name : names) {
        const auto* const check =
            std::find_if(kChecks.begin(), kChecks.end(),
                         [&name](const Check& each) { return each.name == name; });
        if (check == kChecks.end()) {
            throw HarnessError(fmt::format("there is no check \"{}\"", name));
        }
        verdicts.push_back(views.judge_by(*check));
    }
    return verdicts;
}

}  // namespace castaway::harness
