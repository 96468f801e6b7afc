#include "harness/engine/sim/shrink.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/engine/sim/strategies/replay.h"
#include "harness/engine/sim/strategies/run_to_block.h"

namespace castaway::harness::sim {
namespace {

struct Run {
    Choice choice;
    std::uint64_t times = 0;
};
using Runs = std::vector<Run>;

Runs runs_of(const Schedule& schedule) {
    Runs runs;
    for (const Choice& choice : schedule) {
        if (runs.empty() || !(runs.back().choice == choice)) {
            runs.push_back({choice, 0});
        }
        ++runs.back().times;
    }
    return runs;
}

/// Follows runs where that is possible; a run that is not possible (any more) is over.
class FollowLoosely final : public Strategy {
  public:
    explicit FollowLoosely(const Runs& runs) : runs_(runs) {}

    bool begin() override { return true; }
    Choice choose(const ChoicePoint& point) override {
        while (at_ < runs_.size()) {
            const Run& run = runs_[at_];
            if (taken_ < run.times && is_possible(point, run.choice)) {
                ++taken_;
                return run.choice;
            }
            ++at_;
            taken_ = 0;
        }
        return rest_.choose(point);
    }
    std::uint64_t end(const Execution& /*execution*/) override { return 0; }

  private:
    const Runs& runs_;
    RunToBlock rest_;
    std::size_t at_ = 0;
    std::uint64_t taken_ = 0;
};

/// What a problem is about: its words up to the first colon.
std::string_view kind_of(std::string_view problem) {
    return problem.substr(0, problem.find(':'));
}

class Shrinking {
  public:
    Shrinking(World& world, const Finding& found, const Judge& judge, std::uint64_t executions_max)
        : world_(world), judge_(judge), executions_max_(executions_max), best_{found} {}

    ShrunkFinding run() {
        Runs runs = runs_of(best_.finding.schedule);
        best_.runs_before = runs.size();
        std::size_t part = (runs.size() + 1) / 2;
        while (part != 0 && !runs.empty() && best_.executions < executions_max_) {
            const bool shorter = leave_out_parts(runs, part);
            if (!shorter) {
                part /= 2;
            }
            part = std::min(part, runs.size());
        }
        best_.runs_after = runs.size();
        return std::move(best_);
    }

  private:
    /// Tries to do without each part of that many runs, from the end, where most is needless.
    bool leave_out_parts(Runs& runs, std::size_t part) {
        bool shorter = false;
        std::size_t end = runs.size();
        while (end != 0 && best_.executions < executions_max_) {
            const std::size_t begin = end > part ? end - part : 0;
            Runs candidate(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(begin));
            candidate.insert(candidate.end(), runs.begin() + static_cast<std::ptrdiff_t>(end),
                             runs.end());
            if (fails(candidate)) {
                runs = std::move(candidate);
                shorter = true;
            }
            end = begin;
        }
        return shorter;
    }

    bool fails(const Runs& runs) {
        ++best_.executions;
        FollowLoosely strategy(runs);
        world_.revert();
        const Execution execution = world_.run(strategy);
        Schedule schedule = world_.schedule();
        std::string problem = judge_(world_, execution);
        if (problem.empty() || kind_of(problem) != kind_of(best_.finding.problem)) {
            return false;
        }
        best_.finding.execution = execution;
        best_.finding.problem = std::move(problem);
        best_.finding.schedule = std::move(schedule);
        return true;
    }

    World& world_;
    const Judge& judge_;
    std::uint64_t executions_max_;
    ShrunkFinding best_;
};

}  // namespace

ShrunkFinding shrink(World& world, const Finding& found, const Judge& judge,
                     std::uint64_t executions_max) {
    return Shrinking(world, found, judge, executions_max).run();
}

}  // namespace castaway::harness::sim
