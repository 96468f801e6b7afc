#include "harness/engine/sim/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

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

/// A part of the search.
struct SearchUnit {
    std::uint64_t seed = 0;
    Share share;
    std::uint64_t executions = 0;
};

/// How a search is cut. Units are made when they are asked for: there can be very many.
class SearchCut {
  public:
    explicit SearchCut(const CampaignOptions& options)
        : seed_(options.seed),
          executions_(options.executions_max),
          divisible_(divisibility_of(options.strategy)),
          of_each_(std::clamp(executions_ / kPartsMax, kUnitMin, kUnitMax)) {
        const std::uint64_t needed = (executions_ + of_each_ - 1) / of_each_;
        parts_ = static_cast<std::uint32_t>(std::min(needed, kPartsMax));
        count_ = divisible_ == Divisible::no         ? 1
                 : divisible_ == Divisible::by_parts ? parts_
                                                     : needed;
    }

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] SearchUnit unit(std::uint64_t number) const {
        SearchUnit unit;
        unit.seed = number == 0 ? seed_ : Prng(seed_).fork(number).next();
        unit.share = {static_cast<std::uint32_t>(number), parts_};
        unit.executions = executions_;
        if (divisible_ == Divisible::no) {
            unit.share = {};
        } else if (divisible_ == Divisible::freely) {
            unit.executions = std::min(of_each_, executions_ - number * of_each_);
        }
        return unit;
    }

  private:
    std::uint64_t seed_;
    std::uint64_t executions_;
    Divisible divisible_;
    std::uint64_t of_each_;
    std::uint32_t parts_ = 1;
    std::uint64_t count_ = 1;
};

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
        const SearchCut cut(options_);
        bool exhausted = true;
        std::uint64_t taken = 0;
        // A part of a tree may be larger than what is left of the executions: then as many of it
        // are made again as are wanted.
        std::optional<SearchUnit> too_long;
        in_order(
            cut.count(),
            [&](CampaignWorker& by, std::uint64_t number) {
                const SearchUnit unit = cut.unit(number);
                return by.search(unit.seed, unit.share, unit.executions);
            },
            [&](std::uint64_t number, UnitResult result) {
                const std::uint64_t left = options_.executions_max - found_.search.executions;
                if (result.search.executions > left) {
                    too_long = cut.unit(number);
                    too_long->executions = left;
                    return false;
                }
                exhausted = exhausted && result.exhausted;
                found_.search.exhausted = result.search.exhausted;
                add(std::move(result));
                ++taken;
                return !finding_ && !out_of_time() &&
                       found_.search.executions < options_.executions_max;
            });
        if (too_long && too_long->executions != 0) {
            add(worker(0).search(too_long->seed, too_long->share, too_long->executions));
        }
        found_.exhausted = exhausted && taken == cut.count();
        found_.search.exhausted = found_.search.exhausted && taken == cut.count();
        note_miss_bound();
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
                               static_cast<std::size_t>(shared_.findings)});
        }
    }

    void note_miss_bound() {
        const std::uint32_t depth = pct_depth_of(options_.strategy);
        if (depth == 0 || found_.search.longest == 0) {
            return;
        }
        double chance = 1.0 / static_cast<double>(worker(0).plan_world().world().threads().size());
        for (std::uint32_t i = 1; i < depth; ++i) {
            chance /= static_cast<double>(found_.search.longest);
        }
        found_.miss_bound = std::pow(1.0 - chance, static_cast<double>(found_.search.executions));
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

SavedSchedule saved_schedule(const Finding& finding, Granularity granularity) {
    return {std::string(to_string(granularity)), to_string(finding.schedule),
            fmt::format("{:016x}", finding.execution.trace_hash), finding.problem};
}

Campaign run_campaign(const Plan& plan, const CampaignOptions& options) {
    return CampaignRun(plan, options).run();
}

}  // namespace castaway::harness::sim
