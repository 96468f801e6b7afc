#include "harness/result/assess.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "harness/base/error.h"
#include "harness/scenario/seen.h"

namespace castaway::harness {
namespace {

template <typename Predicate>
std::int64_t count_operations(const History& history, Predicate predicate) {
    return std::count_if(history.operations.begin(), history.operations.end(), predicate);
}

std::int64_t with_status(const History& history, ResponseStatus status) {
    return count_operations(
        history, [status](const Operation& operation) { return operation.status == status; });
}

struct Counter {
    std::string_view key;
    std::int64_t (*count)(const History&);
};

constexpr std::array<Counter, kSeenKeys.size()> kCounters{{
    {"abandoned", [](const History& h) { return with_status(h, ResponseStatus::abandoned); }},
    {"satisfied_waits",
     [](const History& h) {
         return count_operations(h, [](const Operation& o) { return o.satisfied(); });
     }},
    {"timeouts", [](const History& h) { return with_status(h, ResponseStatus::timeout); }},
    {"alerted", [](const History& h) { return with_status(h, ResponseStatus::alerted); }},
    {"calls",
     [](const History& h) {
         std::int64_t ran = 0;
         for (const Operation& operation : h.operations) {
             ran += static_cast<std::int64_t>(operation.ran.size());
         }
         return ran;
     }},
    {"blocked_waits",
     [](const History& h) {
         return count_operations(h, [](const Operation& o) { return o.slept.value_or(false); });
     }},
    {"deaths",
     [](const History& h) -> std::int64_t {
         return std::count_if(h.processes.begin(), h.processes.end(), [](const HistoryProcess& p) {
             return p.end == ProcessEnd::killed || p.end == ProcessEnd::exited;
         });
     }},
    {"faults_fired", [](const History& h) { return static_cast<std::int64_t>(h.faults.size()); }},
    {"operations", [](const History& h) { return static_cast<std::int64_t>(h.operations.size()); }},
    {"pending", [](const History& h) { return with_status(h, ResponseStatus::pending); }},
    {"failed", [](const History& h) { return with_status(h, ResponseStatus::failed); }},
    {"already_existed",
     [](const History& h) {
         constexpr std::uint32_t kAlreadyExists = 183;
         return count_operations(h, [](const Operation& o) {
             return o.kind == OperationKind::create && o.status == ResponseStatus::ok &&
                    o.error == kAlreadyExists;
         });
     }},
}};

constexpr bool counters_cover_the_keys() {
    for (std::size_t i = 0; i < kSeenKeys.size(); ++i) {
        if (kCounters.at(i).key != kSeenKeys.at(i).name) {
            return false;
        }
    }
    return true;
}
static_assert(counters_cover_the_keys(), "one counter for each key, in the same order");

void require_known_keys(const Plan& plan) {
    for (const SeenSpec& demand : plan.seen) {
        if (std::none_of(kCounters.begin(), kCounters.end(),
                         [&](const Counter& counter) { return counter.key == demand.what; })) {
            throw HarnessError(fmt::format("{}: nobody counts \"{}\"", plan.scenario, demand.what));
        }
    }
}

std::vector<Seen> count_seen(const Plan& plan, const History& history) {
    require_known_keys(plan);
    std::vector<Seen> seen;
    for (const Counter& counter : kCounters) {
        const std::int64_t count = counter.count(history);
        const std::size_t before = seen.size();
        for (const SeenSpec& demand : plan.seen) {
            if (demand.what == counter.key) {
                seen.push_back({demand.what, count, demand.minimum, demand.maximum});
            }
        }
        if (seen.size() == before) {
            seen.push_back({std::string(counter.key), count});
        }
    }
    return seen;
}

std::vector<ArmedFault> arm_faults(const Plan& plan, const History& history) {
    std::vector<ArmedFault> faults;
    faults.reserve(plan.faults.size());
    for (const PlanFault& fault : plan.faults) {
        faults.push_back({fault.what, false});
    }
    for (const FaultEvent& event : history.faults) {
        if (event.fault >= faults.size()) {
            throw HarnessError(fmt::format("{}: fault {} fired, but {} are planned", plan.scenario,
                                           event.fault, faults.size()));
        }
        faults[event.fault].fired = true;
    }
    return faults;
}

/// Reasons for an outcome, as one line.
class Reasons {
  public:
    void add(std::string reason) { all_ += (all_.empty() ? "" : "; ") + std::move(reason); }
    [[nodiscard]] bool empty() const { return all_.empty(); }
    [[nodiscard]] const std::string& line() const { return all_; }

  private:
    std::string all_;
};

std::string stuck_threads(const History& history) {
    std::string names;
    for (const StuckThread& stuck : history.stuck) {
        const auto& threads = history.processes.at(stuck.process).threads;
        names += (names.empty() ? "" : ", ") + threads.at(stuck.thread).name;
    }
    return names.empty() ? "a process did not come to its end" : "stuck: " + names;
}

/// What went wrong that no check need say.
Reasons breakdowns(const Plan& plan, const History& history) {
    Reasons reasons;
    for (const HistoryProcess& process : history.processes) {
        if (process.end == ProcessEnd::crashed) {
            reasons.add(fmt::format("{} crashed{}{}", process.name,
                                    process.end_detail.empty() ? "" : ": ", process.end_detail));
        }
    }
    if (history.hit_limit) {
        reasons.add(fmt::format("the run hit its limit of {} ms, {}", plan.run_limit_ms,
                                stuck_threads(history)));
    }
    return reasons;
}

/// The scenario says that so many operations may stay without a response.
bool foreseen_to_sleep_on(const std::vector<Seen>& seen) {
    return std::any_of(seen.begin(), seen.end(), [](const Seen& each) {
        return each.what == "pending" && each.count > 0 && each.minimum >= each.count;
    });
}

bool ended_by_the_harness(const History& history) {
    return std::any_of(
        history.processes.begin(), history.processes.end(),
        [](const HistoryProcess& process) { return process.end == ProcessEnd::stuck; });
}

std::string demand_in_words(const Seen& seen) {
    const bool has_maximum = seen.maximum != INT64_MAX;
    std::string wanted;
    if (has_maximum && seen.minimum == seen.maximum) {
        wanted = fmt::format("exactly {}", seen.minimum);
    } else if (seen.count < seen.minimum) {
        wanted = fmt::format("at least {}", seen.minimum);
    } else {
        wanted = fmt::format("at most {}", seen.maximum);
    }
    return fmt::format("{}: {} seen, {} demanded", seen.what, seen.count, wanted);
}

void add_what_checks_left_open(const Plan& plan, const std::vector<Verdict>& verdicts,
                               Reasons& reasons) {
    const auto named = [&](const std::string& check) {
        return std::find(plan.checks.begin(), plan.checks.end(), check) != plan.checks.end();
    };
    bool judged = false;
    for (const Verdict& verdict : verdicts) {
        judged = judged || verdict.kind == VerdictKind::pass || verdict.kind == VerdictKind::fail;
        if (verdict.kind == VerdictKind::inconclusive) {
            reasons.add(fmt::format("{} could not decide", verdict.check));
        }
        if (verdict.kind == VerdictKind::not_applicable && named(verdict.check)) {
            reasons.add(fmt::format("{} found nothing to judge", verdict.check));
        }
    }
    for (const std::string& check : plan.checks) {
        if (std::none_of(verdicts.begin(), verdicts.end(),
                         [&](const Verdict& verdict) { return verdict.check == check; })) {
            reasons.add(fmt::format("{} was not made", check));
        }
    }
    if (!judged) {
        reasons.add("nothing was judged");
    }
}

/// What is missing for a pass, given that nothing failed.
Reasons gaps(const Plan& plan, const RunResult& run) {
    Reasons reasons;
    for (const ArmedFault& fault : run.faults) {
        if (!fault.fired) {
            reasons.add(fmt::format("the fault \"{}\" never fired", fault.what));
        }
    }
    for (const Seen& seen : run.seen) {
        if (!seen.met()) {
            reasons.add(demand_in_words(seen));
        }
    }
    if (run.history.operations.empty()) {
        reasons.add("no operation was begun");
    }
    if (ended_by_the_harness(run.history) && !foreseen_to_sleep_on(run.seen)) {
        reasons.add(stuck_threads(run.history));
    }
    add_what_checks_left_open(plan, run.verdicts, reasons);
    return reasons;
}

RunResult of_plan(const Plan& plan, const RunIdentity& identity) {
    RunResult run;
    run.scenario = plan.scenario;
    run.description = plan.description;
    run.file = plan.file;
    run.subject = identity.subject;
    run.engine = identity.engine;
    run.seed = plan.seed;
    run.token = identity.token;
    run.replay_command = identity.replay_command;
    run.rules = plan.rules;
    return run;
}

}  // namespace

RunResult assess(const Plan& plan, History history, std::vector<Verdict> verdicts,
                 const RunIdentity& identity, std::int64_t duration_ns) {
    RunResult run = of_plan(plan, identity);
    run.duration_ns = duration_ns;
    run.seen = count_seen(plan, history);
    run.faults = arm_faults(plan, history);
    run.history = std::move(history);
    run.verdicts = std::move(verdicts);

    const bool check_failed =
        std::any_of(run.verdicts.begin(), run.verdicts.end(),
                    [](const Verdict& verdict) { return verdict.kind == VerdictKind::fail; });
    if (check_failed) {
        run.outcome = Outcome::fail;
    } else if (const Reasons broken = breakdowns(plan, run.history); !broken.empty()) {
        run.outcome = Outcome::fail;
        run.note = broken.line();
    } else if (const Reasons missing = gaps(plan, run); !missing.empty()) {
        run.outcome = Outcome::inconclusive;
        run.note = missing.line();
    } else {
        run.outcome = Outcome::pass;
    }
    return run;
}

RunResult skipped_run(const Plan& plan, const RunIdentity& identity, std::string why) {
    RunResult run = of_plan(plan, identity);
    run.outcome = Outcome::skipped;
    run.note = std::move(why);
    return run;
}

RunResult harness_error_run(const Plan& plan, const RunIdentity& identity, std::string why,
                            std::int64_t duration_ns) {
    RunResult run = of_plan(plan, identity);
    run.outcome = Outcome::harness_error;
    run.note = std::move(why);
    run.duration_ns = duration_ns;
    return run;
}

}  // namespace castaway::harness
