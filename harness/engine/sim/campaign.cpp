#include "harness/engine/sim/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/prng.h"
#include "harness/engine/sim/campaign_worker.h"
#include "harness/engine/sim/ordered_work.h"
#include "harness/engine/sim/strategies/by_name.h"

namespace castaway::harness::sim {
namespace {

/// Executions of a unit, at least and at most: enough that what a strategy has to learn of the
/// plan is a small part of it, and few enough that the cores end at about the same time.
constexpr std::uint64_t kUnitMin = 500;
constexpr std::uint64_t kUnitMax = 5'000;
/// Parts of a tree of schedules, at most.
constexpr std::uint64_t kPartsMax = 64;
/// Crash points of a unit; with a second death after each, there are as many more executions.
constexpr std::size_t kPlacesPerUnit = 128;
constexpr std::size_t kPairedPlacesPerUnit = 4;

/// Units of a round of the search for coverage, and the executions of each: enough units for many
/// cores, and few enough executions that what one finds soon serves all.
constexpr std::uint64_t kUnitsOfRound = 8;
constexpr std::uint64_t kUnitOfRound = 125;

std::uint64_t in_units(std::uint64_t executions, std::uint64_t of_each) {
    return (executions + of_each - 1) / of_each;
}

class CampaignRun {
  public:
    CampaignRun(const Plan& plan, const CampaignOptions& options)
        : plan_(plan),
          options_(options),
          work_(std::max(options.workers, std::uint32_t{1}), [this] { tell(); }),
          workers_(work_.workers()),
          fired_(plan.faults.size(), false) {
        shared_.is_over = [this] {
            if (work_.workers() == 1) {
                tell();
            }
            return work_.unwanted() || out_of_time();
        };
    }

    Campaign run() {
        refuse_what_is_not_known();
        found_.pairs = pairs_of(plan_);
        search();
        if (!finding_ && options_.crash != CrashMode::none) {
            enumerate();
        }
        found_.histories = histories_.size();
        found_.inconclusive = inconclusive_in(histories_);
        for (std::size_t i = 0; i < fired_.size(); ++i) {
            if (!fired_[i]) {
                found_.never_fired.push_back(plan_.faults[i].what);
            }
        }
        if (finding_) {
            PlanWorld& world = worker(0).plan_world();
            const Judge anew = [&](World& of, const Execution& execution) {
                return PlanJudge(world)(of, execution);
            };
            found_.finding = shrink(world.world(), *finding_, anew, options_.shrink_executions_max);
        }
        return std::move(found_);
    }

  private:
    void refuse_what_is_not_known() const {
        if (options_.memory != MemoryModel::tso) {
            return;
        }
        if (options_.granularity != Granularity::access) {
            throw InputError("--memory",
                             "where whole operations are the steps, no store can be seen late",
                             "use --granularity access with tso");
        }
        if (options_.strategy == "exhaustive" && options_.luck.deaths_max != 0) {
            throw InputError("--memory", "the exhaustive search knows deaths with sc only",
                             "leave --deaths out, or use another strategy");
        }
    }

    /// The one of that number, whose world is made when it is first used.
    CampaignWorker& worker(std::uint32_t number) {
        std::unique_ptr<CampaignWorker>& made = workers_[number];
        if (!made) {
            made = std::make_unique<CampaignWorker>(plan_, options_, shared_);
        }
        return *made;
    }

    /// Units by number, on all workers; `take` as in OrderedWork.
    template <class Make, class Take>
    void in_order(std::uint64_t count, const Make& make, const Take& take) {
        std::map<std::uint64_t, UnitResult> results;
        std::mutex mutex;
        work_.run(
            count,
            [&](std::uint32_t number, std::uint64_t unit) {
                UnitResult result = make(worker(number), unit);
                const std::lock_guard guard(mutex);
                results.emplace(unit, std::move(result));
            },
            [&](std::uint64_t unit) {
                std::unique_lock guard(mutex);
                UnitResult result = std::move(results.extract(unit).mapped());
                guard.unlock();
                return take(unit, std::move(result));
            });
    }

    void search() {
        switch (divisibility_of(options_.strategy)) {
            case Divisible::freely:
                search_at_random();
                break;
            case Divisible::by_rounds:
                search_for_coverage();
                break;
            case Divisible::no:
                search_as_one();
                break;
        }
        note_pct_bound();
    }

    std::unique_ptr<Strategy> make_strategy(CampaignWorker& by, std::uint64_t seed, Share share) {
        Luck luck = options_.luck;
        luck.mortal = by.plan_world().mortal();
        luck.late_stores = options_.memory == MemoryModel::tso;
        return strategy_by_name(options_.strategy, seed, luck, share);
    }

    [[nodiscard]] std::uint64_t seed_of(std::uint64_t unit) const {
        return unit == 0 ? options_.seed : Prng(options_.seed).fork(unit).next();
    }

    /// Takes what came of a unit of the search. Whether more are wanted.
    bool go_on(UnitResult result) {
        add(std::move(result));
        return !finding_ && !out_of_time() && found_.search.executions < options_.executions_max;
    }

    /// Each unit has a seed of its own.
    void search_at_random() {
        const std::uint64_t all = options_.executions_max;
        const std::uint64_t of_each = std::clamp(all / kPartsMax, kUnitMin, kUnitMax);
        const std::uint64_t count = in_units(all, of_each);
        const auto parts = static_cast<std::uint32_t>(std::min(count, kPartsMax));
        in_order(
            count,
            [&](CampaignWorker& by, std::uint64_t unit) {
                const Share share{static_cast<std::uint32_t>(unit), parts};
                return by.search(*make_strategy(by, seed_of(unit), share),
                                 std::min(of_each, all - unit * of_each));
            },
            [&](std::uint64_t /*unit*/, UnitResult result) { return go_on(std::move(result)); });
    }

    void search_as_one() {
        const std::unique_ptr<Strategy> strategy = make_strategy(worker(0), options_.seed, Share{});
        in_order(
            1,
            [&](CampaignWorker& by, std::uint64_t /*unit*/) {
                return by.search(*strategy, options_.executions_max);
            },
            [&](std::uint64_t /*unit*/, UnitResult result) {
                found_.search.exhausted = result.search.exhausted;
                found_.exhausted = result.exhausted;
                return go_on(std::move(result));
            });
    }

    /// Units of a round begin with what all rounds before have found.
    void search_for_coverage() {
        std::vector<Schedule> corpus;
        bool more = true;
        for (std::uint64_t round = 0; more; ++round) {
            const std::uint64_t left = options_.executions_max - found_.search.executions;
            const Coverage known = found_.coverage;
            std::vector<Schedule> reached;
            in_order(
                std::min(kUnitsOfRound, in_units(left, kUnitOfRound)),
                [&](CampaignWorker& by, std::uint64_t unit) {
                    return by.search_for_coverage(
                        seed_of(round * kUnitsOfRound + unit), corpus, known,
                        std::min(kUnitOfRound, left - unit * kUnitOfRound));
                },
                [&](std::uint64_t /*unit*/, UnitResult result) {
                    std::vector<Schedule> schedules = std::move(result.corpus);
                    const std::uint64_t before = found_.coverage.size();
                    more = go_on(std::move(result));
                    if (found_.coverage.size() != before) {  // Else others were there before.
                        std::move(schedules.begin(), schedules.end(), std::back_inserter(reached));
                    }
                    return more;
                });
            std::move(reached.begin(), reached.end(), std::back_inserter(corpus));
        }
        found_.corpus = corpus.size();
    }

    void enumerate() {
        const bool pairs = options_.crash == CrashMode::pairs;
        const std::size_t of_each = pairs ? kPairedPlacesPerUnit : kPlacesPerUnit;
        for (std::uint32_t i = 0; i < options_.crash_schedules && !finding_ && !out_of_time();
             ++i) {
            UnitResult base = worker(0).base_schedule(i);
            const Schedule schedule = std::move(base.base);
            const std::vector<CrashPlace> places = std::move(base.places);
            add(std::move(base));
            if (finding_) {
                return;
            }
            found_.crash_places += places.size();
            in_order((places.size() + of_each - 1) / of_each,
                     [&](CampaignWorker& by, std::uint64_t number) {
                         const auto all = std::span<const CrashPlace>(places);
                         const std::size_t from = number * of_each;
                         return by.visit(schedule,
                                         all.subspan(from, std::min(of_each, all.size() - from)));
                     },
                     [&](std::uint64_t /*number*/, UnitResult result) {
                         add(std::move(result));
                         return !finding_ && !found_.crash.cut;
                     });
            ++found_.crash_schedules;
        }
    }

    void add(UnitResult result) {
        if (result.finding) {
            finding_ = std::move(result.finding);
            finding_->number += found_.search.executions;
        }
        found_.search += result.search;
        found_.crash += result.crash;
        found_.coverage += result.coverage;
        histories_.merge(result.histories);
        for (std::size_t i = 0; i < fired_.size(); ++i) {
            fired_[i] = fired_[i] || result.fired[i];
        }
    }

    [[nodiscard]] bool out_of_time() const {
        return options_.budget &&
               std::chrono::steady_clock::now() - shared_.begin > *options_.budget;
    }

    void tell() const {
        if (options_.progress) {
            options_.progress({shared_.executions, shared_.steps, shared_.known.size(),
                               static_cast<std::size_t>(shared_.findings), found_.coverage.size()});
        }
    }

    void note_pct_bound() {
        const std::uint32_t depth = pct_depth_of(options_.strategy);
        if (depth == 0 || found_.search.longest == 0) {
            return;
        }
        PctBound bound;
        bound.depth = depth;
        bound.threads = worker(0).plan_world().world().threads().size();
        bound.steps = found_.search.longest;
        bound.hit = 1.0 / static_cast<double>(bound.threads);
        for (std::uint32_t i = 1; i < depth; ++i) {
            bound.hit /= static_cast<double>(bound.steps);
        }
        bound.missed = std::pow(1.0 - bound.hit, static_cast<double>(found_.search.executions));
        found_.pct = bound;
    }

    const Plan& plan_;
    const CampaignOptions& options_;
    CampaignShared shared_;
    OrderedWork work_;
    std::vector<std::unique_ptr<CampaignWorker>> workers_;
    Histories histories_;
    std::vector<bool> fired_;
    Campaign found_;
    std::optional<Finding> finding_;
};

}  // namespace

SavedSchedule saved_schedule(const Finding& finding, const CampaignOptions& options) {
    return {std::string(to_string(options.granularity)), std::string(to_string(options.memory)),
            to_string(finding.schedule), fmt::format("{:016x}", finding.execution.trace_hash),
            finding.problem};
}

Campaign run_campaign(const Plan& plan, const CampaignOptions& options) {
    return CampaignRun(plan, options).run();
}

}  // namespace castaway::harness::sim
