#include "harness/cli/mutation.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#include "harness/base/error.h"
#include "harness/base/prng.h"
#include "harness/checkers/checkers.h"
#include "harness/cli/requirements.h"
#include "harness/cli/suite.h"
#include "harness/conformance/conform.h"
#include "harness/engine/sim/campaign.h"
#include "harness/engine/sim/plan_world.h"
#include "harness/engine/sim/sim_engine.h"
#include "harness/plan/plan_json.h"
#include "harness/result/assess.h"
#include "harness/subject/subject.h"

namespace castaway::harness {
namespace {

std::vector<std::string> failed_checks(const std::vector<Verdict>& verdicts) {
    std::vector<std::string> names;
    for (const Verdict& verdict : verdicts) {
        if (verdict.kind == VerdictKind::fail) {
            names.push_back(verdict.check);
        }
    }
    return names;
}

/// Replays what was found, in a world made anew. What every check says of it: the search had
/// stopped at the first.
std::vector<std::string> who_sees(const Plan& plan, const sim::CampaignOptions& campaign,
                                  const sim::ShrunkFinding& found, ShortSchedule& schedule) {
    sim::PlanWorldOptions options;
    options.mutant = campaign.mutant;
    options.memory = campaign.memory;
    sim::PlanWorld simulated(plan, options);
    const sim::Execution execution = sim::run_schedule(simulated.world(), found.finding.schedule);
    schedule = {found.runs_after, sim::switches_in(found.finding.schedule), execution.steps,
                execution.trace_hash == found.finding.execution.trace_hash};
    return failed_checks(judge(simulated.whole_history(execution), plan.checks));
}

/// Executes one plan so many times, or until something is wrong.
class Hunter {
  public:
    Hunter() = default;
    Hunter(const Hunter&) = delete;
    Hunter& operator=(const Hunter&) = delete;
    virtual ~Hunter() = default;
    virtual HuntResult go_through(const Plan& plan, std::uint64_t executions,
                                  std::uint64_t seed) = 0;
};

class SimulatedHunter final : public Hunter {
  public:
    SimulatedHunter(const Hunt& what, std::uint64_t shrinking) : subject_(what.subject) {
        campaign_.mutant = sim::mutant_of(what.subject);
        campaign_.memory = sim::memory_for(what.subject);
        campaign_.strategy = what.strategy;
        campaign_.twin_every = 0;
        campaign_.shrink_executions_max = shrinking;
    }

    HuntResult go_through(const Plan& plan, std::uint64_t executions, std::uint64_t seed) override {
        campaign_.executions_max = executions;
        campaign_.seed = seed;
        const sim::Campaign campaign = sim::run_campaign(plan, campaign_);
        HuntResult result{campaign.search.executions, std::nullopt};
        if (campaign.finding) {
            const sim::Finding& found = campaign.finding->finding;
            ShortSchedule schedule;
            std::vector<std::string> checks =
                who_sees(plan, campaign_, *campaign.finding, schedule);
            result.kill = Kill{
                plan.scenario, found.problem, std::move(checks),
                plan_to_json_text(plan, subject_, sim::saved_schedule(found, campaign_)), schedule};
        }
        return result;
    }

  private:
    std::string subject_;
    sim::CampaignOptions campaign_;
};

class RealHunter final : public Hunter {
  public:
    RealHunter(SubjectAdapter& subject, std::filesystem::path raw_folder)
        : subject_(subject), engine_(make_engine("real")), raw_folder_(std::move(raw_folder)) {}

    HuntResult go_through(const Plan& plan, std::uint64_t executions,
                          std::uint64_t /*seed*/) override {
        HuntResult result;
        while (result.executions < executions && !result.kill) {
            ++result.executions;
            result.kill = run_once(plan);
        }
        return result;
    }

  private:
    std::optional<Kill> run_once(const Plan& plan) {
        History history = engine_->run(plan, subject_, {raw_folder_, std::nullopt});
        std::error_code error;
        std::filesystem::remove_all(raw_folder_, error);
        std::vector<Verdict> verdicts = judge(history, plan.checks);
        RunIdentity identity;
        identity.subject = subject_.name();
        identity.engine = kRealProcesses;
        const RunResult run = assess(plan, std::move(history), std::move(verdicts), identity, 0);
        if (run.outcome != Outcome::fail) {
            return std::nullopt;
        }
        std::string problem = run.note;
        for (const Verdict& verdict : run.verdicts) {
            if (verdict.kind == VerdictKind::fail) {
                problem = verdict.check + ": " + verdict.message;
                break;
            }
        }
        return Kill{plan.scenario, std::move(problem), failed_checks(run.verdicts),
                    plan_to_json_text(plan, subject_.name())};
    }

    SubjectAdapter& subject_;
    std::unique_ptr<Engine> engine_;
    std::filesystem::path raw_folder_;
};

/// The scenarios' places in an order that the generator draws.
std::vector<std::size_t> shuffled(std::size_t count, Prng generator) {
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) {
        order[i] = i;
    }
    for (std::size_t i = count; i > 1; --i) {
        std::swap(order[i - 1], order[generator.below(i)]);
    }
    return order;
}

/// Programs have the seeds that follow one which the hunt's seed draws.
HuntResult hunt_by_programs(const Hunt& what, const HuntLimits& limits) {
    constexpr std::uint64_t kSeeds = 1'000'000'000'000;
    constexpr std::uint64_t kProgramsForAnExecution = 16;
    conformance::ConformanceOptions options;
    options.implementation.subject = what.subject;
    options.seed = Prng(what.seed).below(kSeeds);
    options.programs = kProgramsForAnExecution * limits.executions;
    options.shrinking = static_cast<std::uint32_t>(limits.shrinking);
    const conformance::ConformanceReport report = conformance::conform(options);
    HuntResult result{report.programs, std::nullopt};
    if (!report.found.empty()) {
        const conformance::Discovery& found = report.found.front();
        result.kill = Kill{"the program of seed " + std::to_string(found.drawn.seed),
                           "conformance: " + found.trial.finding->wrong,
                           {"conformance"},
                           conformance::to_json_text(found.shortest)};
    }
    return result;
}

bool is_real(const Hunt& hunt) {
    return hunt.strategy == kRealProcesses;
}

}  // namespace

HuntResult hunt(const Hunt& what, const std::vector<Scenario>& scenarios,
                const HuntLimits& limits) {
    if (what.strategy == kPrograms) {
        return hunt_by_programs(what, limits);
    }
    const std::unique_ptr<SubjectAdapter> subject = find_subject(what.subject);
    std::unique_ptr<Hunter> hunter;
    if (is_real(what)) {
        hunter = std::make_unique<RealHunter>(*subject, limits.raw_folder);
    } else {
        hunter = std::make_unique<SimulatedHunter>(what, limits.shrinking);
    }
    const Prng seeds(what.seed);
    const std::vector<std::size_t> order = shuffled(scenarios.size(), seeds.fork(0));
    HuntResult result;
    std::uint64_t done = 0;  // of each scenario
    for (std::uint64_t round = 1; done < limits.executions; ++round) {
        const std::uint64_t now = std::min(
            std::uint64_t{1} << std::min<std::uint64_t>(round - 1, 32), limits.executions - done);
        done += now;
        Prng of_round = seeds.fork(round);
        for (const std::size_t i : order) {
            const std::uint64_t plan_seed = of_round.next();
            const std::uint64_t search_seed = of_round.next();
            const Plan plan = make_plan(scenarios[i], plan_seed);
            if (!missing_capabilities(plan, subject->capabilities()).empty()) {
                continue;
            }
            HuntResult made = hunter->go_through(plan, now, search_seed);
            result.executions += made.executions;
            if (made.kill) {
                result.kill = std::move(made.kill);
                return result;
            }
        }
    }
    return result;
}

std::vector<HuntResult> hunt_all(const std::vector<Hunt>& hunts,
                                 const std::vector<Scenario>& scenarios, const HuntLimits& limits,
                                 std::uint32_t threads,
                                 const std::function<void(std::size_t)>& done) {
    std::vector<HuntResult> results(hunts.size());
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::size_t over = 0;          // guarded by mutex
    std::exception_ptr failure{};  // guarded by mutex; the first
    const auto make = [&](std::size_t i) {
        try {
            results[i] = hunt(hunts[i], scenarios, limits);
        } catch (...) {
            const std::lock_guard guard(mutex);
            failure = failure ? failure : std::current_exception();
            next = hunts.size();
        }
        const std::lock_guard guard(mutex);
        done(++over);
    };
    const auto work = [&] {
        for (std::size_t i = next++; i < hunts.size(); i = next++) {
            if (!is_real(hunts[i])) {
                make(i);
            }
        }
    };
    {
        std::vector<std::jthread> workers;
        for (std::uint32_t i = 1; i < threads; ++i) {
            workers.emplace_back(work);
        }
        work();
    }
    for (std::size_t i = 0; i < hunts.size() && !failure; ++i) {
        if (is_real(hunts[i])) {
            make(i);
        }
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    return results;
}

}  // namespace castaway::harness
