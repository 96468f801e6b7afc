#include "harness/engine/sim/crash_enumeration.h"

#include <algorithm>
#include <utility>

#include "harness/engine/sim/strategies/replay.h"

namespace castaway::harness::sim {
namespace {

bool is_mortal(const std::vector<ProcessId>& mortal, ProcessId process) {
    return mortal.empty() || std::find(mortal.begin(), mortal.end(), process) != mortal.end();
}

/// Follows a schedule; at its end, and where it cannot be followed, runs to block.
class Follow : public Strategy {
  public:
    Follow(const Schedule& schedule, std::uint64_t from) : schedule_(schedule), next_(from) {}

    bool begin() override { return true; }
    Choice choose(const ChoicePoint& point) override {
        while (next_ < schedule_.size()) {
            const Choice choice = schedule_[next_++];
            // Steps of the dead, and waits that do not end any more, are passed over.
            if (choice.kind == Choice::Kind::run && is_possible(point, choice)) {
                return choice;
            }
        }
        return calm_.choose(point);
    }
    std::uint64_t end(const Execution& /*execution*/) override { return 0; }

  private:
    const Schedule& schedule_;
    std::uint64_t next_;
    RunToBlock calm_;
};

/// Follows a schedule to the place, kills there, and goes on with what is left of the schedule.
class CrashAt final : public Strategy {
  public:
    CrashAt(const Schedule& schedule, CrashPlace place)
        : schedule_(schedule), place_(place), rest_(schedule, place.before_choice) {}

    bool begin() override { return true; }
    Choice choose(const ChoicePoint& point) override {
        if (point.number < place_.before_choice && point.number < schedule_.size()) {
            return schedule_[point.number];
        }
        if (!std::exchange(struck_, true)) {
            return Choice::kill(place_.process);
        }
        return rest_.choose(point);
    }
    std::uint64_t end(const Execution& /*execution*/) override { return 0; }

  private:
    const Schedule& schedule_;
    CrashPlace place_;
    Follow rest_;
    bool struck_ = false;
};

/// Looks where processes could be killed while a schedule is replayed.
class FindPlaces final : public Strategy {
  public:
    FindPlaces(const Schedule& schedule, const std::vector<ProcessId>& mortal, std::uint64_t from,
               std::vector<CrashPlace>& places)
        : schedule_(schedule), mortal_(mortal), from_(from), places_(places) {}

    bool begin() override { return true; }
    Choice choose(const ChoicePoint& point) override {
        const Choice choice = point.number < schedule_.size() ? schedule_[point.number]
                                                              : Choice::run(point.runnable.front());
        if (point.number >= from_ && choice.kind == Choice::Kind::run) {
            look(point, choice.index);
        }
        return choice;
    }
    std::uint64_t end(const Execution& /*execution*/) override { return 0; }

  private:
    void look(const ChoicePoint& point, ThreadId chosen) {
        const auto threads = point.world.threads();
        const auto processes = point.world.processes();
        std::vector<bool> can_move(processes.size(), false);
        for (const ThreadId thread : point.runnable) {
            can_move[threads[thread].process] = true;
        }
        for (std::size_t p = 0; p < processes.size(); ++p) {
            const auto process = static_cast<ProcessId>(p);
            if (is_mortal(mortal_, process) && !processes[p].killed && processes[p].living != 0 &&
                (threads[chosen].process == process || !can_move[p])) {
                places_.push_back({process, point.number});
            }
        }
    }

    const Schedule& schedule_;
    const std::vector<ProcessId>& mortal_;
    std::uint64_t from_;
    std::vector<CrashPlace>& places_;
};

class Enumeration {
  public:
    Enumeration(World& world, const CrashOptions& options)
        : world_(world),
          options_(options),
          judge_(options.judge ? options.judge : Judge(problem_by_outcome)) {}

    CrashFindings run(const Schedule& base, std::span<const CrashPlace> places) {
        visit(base, places, found_.single_places, options_.deaths == Deaths::pairs);
        return std::move(found_);
    }

  private:
    [[nodiscard]] bool is_over() const {
        return found_.executions >= options_.executions_max ||
               found_.findings.size() >= std::max<std::size_t>(options_.findings_max, 1) ||
               (options_.is_over && options_.is_over());
    }

    void visit(const Schedule& base, std::span<const CrashPlace> places,
               std::uint64_t& places_visited, bool then_another) {
        for (const CrashPlace& place : places) {
            if (is_over()) {
                found_.cut = true;
                return;
            }
            ++places_visited;
            CrashAt strategy(base, place);
            world_.revert();
            const Execution execution = world_.run(strategy);
            ++found_.executions;
            found_.steps += execution.steps;
            const Schedule schedule = world_.schedule();
            if (std::string problem = judge_(world_, execution); !problem.empty()) {
                found_.findings.push_back(
                    {found_.executions - 1, execution, std::move(problem), schedule});
            } else if (then_another) {
                visit(schedule,
                      crash_places(world_, schedule, options_.mortal, place.before_choice + 1),
                      found_.pair_places, false);
            }
        }
    }

    World& world_;
    const CrashOptions& options_;
    Judge judge_;
    CrashFindings found_;
};

}  // namespace

std::vector<CrashPlace> crash_places(World& world, const Schedule& schedule,
                                     const std::vector<ProcessId>& mortal, std::uint64_t from) {
    std::vector<CrashPlace> places;
    FindPlaces strategy(schedule, mortal, from, places);
    world.revert();
    world.run(strategy);
    return places;
}

CrashFindings enumerate_crashes(World& world, const Schedule& base, const CrashOptions& options) {
    return visit_crashes(world, base, crash_places(world, base, options.mortal, 0), options);
}

CrashFindings visit_crashes(World& world, const Schedule& base, std::span<const CrashPlace> places,
                            const CrashOptions& options) {
    return Enumeration(world, options).run(base, places);
}

}  // namespace castaway::harness::sim
