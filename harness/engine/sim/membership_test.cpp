// Attaching, leaving and dying in the middle of either: the region is whole afterwards and holds
// nothing of those who are gone.
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/engine/sim/crash_enumeration.h"
#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/sim_calls.h"
#include "harness/engine/sim/strategies/exhaustive.h"
#include "harness/engine/sim/strategies/portfolio.h"
#include "harness/engine/sim/strategies/replay.h"
#include "harness/engine/sim/strategies/run_to_block.h"
#include "primitives/inspect/look.h"

namespace castaway::harness::sim {
namespace {

constexpr Geometry kGeometry{.processes = 6,
                             .threads = 16,
                             .objects = 8,
                             .name_cells = 16,
                             .buckets = 4,
                             .handles_per_process = 8,
                             .apcs = 4};

WorldOptions world_options(std::uint16_t steps_while_dying) {
    WorldOptions options;
    options.shared_bytes = offsets_of(kGeometry).end;
    options.steps_while_dying = steps_while_dying;
    options.reuses_pids = true;
    return options;
}

ObjectSpec shared_mutex() {
    ObjectSpec object;
    object.name = "m";
    object.type = ObjectType::mutex;
    return object;
}

/// A world with a region, and those who may come to it.
class Stage {
  public:
    [[nodiscard]] World& world() { return world_; }

  protected:
    Stage(std::uint16_t steps_while_dying, Mutant mutant)
        : world_(world_options(steps_while_dying)), platform_(world_, mutant) {
        AttachFailure failure;
        EXPECT_TRUE(RegionFile::initialise(world_.memory().descriptor(), kGeometry, failure));
    }

    Member& add_member(const std::string& name) {
        AttachFailure failure;
        auto file = RegionFile::open_existing("fd:" + std::to_string(world_.memory().descriptor()),
                                              failure);
        EXPECT_TRUE(file.has_value()) << failure.message;
        return members_.emplace_back(world_, platform_, std::move(*file), name,
                                     2 * members_.size());
    }

    /// A last process does so, and nothing goes wrong. What is wrong then, as far as the region
    /// shows.
    std::string sweep_up(Member& sweeper, std::function<void()> sweep) {
        RunToBlock calm;
        const ProcessId process = world_.add_process("sweeper", sweeper.file().view().base());
        world_.add_thread(process, "sweeper", ThreadRole::program, std::move(sweep));
        if (std::string problem = problem_by_outcome(world_, world_.run(calm)); !problem.empty()) {
            return "sweeping up: " + problem;
        }
        const RegionPicture picture = picture_of(sweeper.file().view());
        return picture.damage.empty() ? "" : picture.damage.front();
    }

    World world_;
    SimPlatform platform_;
    std::deque<Member> members_;
};

/// Processes that each come, make or join a mutex, take it, and leave in order.
class Comers : public Stage {
  public:
    Comers(std::size_t count, std::uint16_t steps_while_dying)
        : Stage(steps_while_dying, Mutant::none) {
        std::uint32_t error = 0;
        name_ = canonical_name("m", error);
        for (std::size_t i = 0; i < count; ++i) {
            Member& member = add_member("comer/" + std::to_string(i));
            const ProcessId process = world_.add_process("comer", member.file().view().base());
            world_.add_thread(process, "comer/" + std::to_string(i), ThreadRole::program,
                              [this, &member] { come_and_go(member); });
        }
        sweeper_ = &add_member("sweeper");
        world_.keep();
    }

    [[nodiscard]] RegionPicture picture() const { return picture_of(sweeper_->file().view()); }

    /// As PlanJudge: also what is left after a last process has swept up.
    std::string judge(const Execution& execution) {
        if (std::string problem = problem_by_outcome(world_, execution); !problem.empty()) {
            return problem;
        }
        const auto sweep = [this] {
            if (sweeper_->attach() == ERROR_SUCCESS) {
                sweeper_->detach();
            }
        };
        if (std::string problem = sweep_up(*sweeper_, sweep); !problem.empty()) {
            return problem;
        }
        const RegionPicture picture = this->picture();
        if (!picture.processes.empty() || !picture.objects.empty() || picture.names != 0) {
            std::string left = std::to_string(picture.objects.size()) + " objects are left";
            for (const InspectedProcess& each : picture.processes) {
                left += ", process slot " + std::to_string(each.slot) + " of pid " +
                        std::to_string(each.pid) + " with " + std::to_string(each.threads) +
                        " threads";
            }
            return left;
        }
        return {};
    }

  private:
    void come_and_go(Member& member) {
        ASSERT_EQ(member.attach(), std::uint32_t{ERROR_SUCCESS});
        std::uint32_t error = ERROR_SUCCESS;
        auto part = member.make_thread(error);
        ASSERT_TRUE(part.has_value());
        Handle handle = 0;
        ASSERT_EQ(create(*part, object_, *name_, handle).status, ResponseStatus::ok);
        const ResponseStatus taken = wait(*part, {&handle, 1}, std::nullopt).status;
        ASSERT_TRUE(taken == ResponseStatus::ok || taken == ResponseStatus::abandoned);
        ASSERT_EQ(release_mutex(*part, handle).status, ResponseStatus::ok);
        ASSERT_EQ(close(*part, handle).status, ResponseStatus::ok);
        member.end_thread(*part);
        member.detach();
    }

    ObjectSpec object_ = shared_mutex();
    std::optional<CanonicalName> name_;
    Member* sweeper_ = nullptr;
};

class Coming : public ::testing::TestWithParam<std::uint16_t> {};

TEST_P(Coming, AndGoingAtRandomWithDeathsLeavesNothing) {
    Comers comers(3, GetParam());
    Luck luck{.deaths_max = 2, .expiries_max = 1, .disturbances_max = 1};
    luck.mortal = {0, 1, 2};
    const auto strategy = default_portfolio(1, luck);
    ExploreOptions options;
    options.executions_max = 10'000;
    options.judge = [&](World&, const Execution& execution) { return comers.judge(execution); };
    const Exploration found = explore(comers.world(), *strategy, options);
    EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem << "\n"
                                        << to_string(found.findings.front().schedule);
    EXPECT_GT(found.deaths, 5'000);
}

TEST_P(Coming, AndDyingAtEveryPlaceLeavesNothing) {
    Comers comers(2, GetParam());
    RunToBlock calm;
    comers.world().revert();
    ASSERT_EQ(comers.world().run(calm).outcome, Outcome::finished);
    const Schedule base = comers.world().schedule();
    CrashOptions options;
    options.mortal = {0, 1};
    options.judge = [&](World&, const Execution& execution) { return comers.judge(execution); };
    const CrashFindings found = enumerate_crashes(comers.world(), base, options);
    EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem << "\n"
                                        << to_string(found.findings.front().schedule);
    EXPECT_GE(found.single_places, base.size());
    RecordProperty("places", std::to_string(found.single_places));
}

// The first comer is killed while its thread is about to join. Its helper dies first, and the
// second comer recovers the process, to which no other thread belongs yet. Only then the thread,
// which has some steps left, claims a slot, and it dies before it can take that back.
TEST(Joining, OfAThreadWhoseProcessIsRecoveredIsUndone) {
    Comers comers(3, 5);
    const Schedule schedule = parse_schedule(
        "r0*11 r3*34 r0*3 r2*12 r4*45 r3*7 r2*255 r4*28 r3*5 r2*3 r1*11 r5*25 r3*7 r5*17 k0 r3*6 "
        "r5*373 r1*149 r0*6 r1*102 r5*29 r1*3");
    Replay replay(schedule);
    comers.world().revert();
    const Execution execution = comers.world().run(replay);
    EXPECT_FALSE(replay.diverged_at().has_value()) << *replay.diverged_at();
    EXPECT_EQ(comers.picture().damage,
              std::vector<std::string>{"thread slot 2 is taken and belongs to no process"});
    EXPECT_EQ(comers.judge(execution), "");
}

// The helper is told to stop and rung for: between its question whether to stop and its sleep, too.
TEST(Leaving, IsNoticedByTheHelperInEveryOrder) {
    Comers comers(1, 0);
    Exhaustive every_order({});
    ExploreOptions options;
    options.judge = [&](World&, const Execution& execution) {
        return execution.outcome == Outcome::abandoned ? "" : comers.judge(execution);
    };
    const Exploration found = explore(comers.world(), every_order, options);
    EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem << "\n"
                                        << to_string(found.findings.front().schedule);
    EXPECT_TRUE(every_order.exhausted());
    EXPECT_GT(found.with(Outcome::finished), 1);
    RecordProperty("executions", std::to_string(found.executions));
}

/// A process that starts another one suspended, sends its first thread a call, resumes it and
/// leaves. What the kernel does to a child that was not let go yet, the observer does here.
class Starters : public Stage, public WorldObserver {
  public:
    explicit Starters(std::uint16_t steps_while_dying, Mutant mutant = Mutant::none)
        : Stage(steps_while_dying, mutant) {
        state_ = &world_.own_memory().make<State>();
        for (const bool parent : {true, false}) {
            const std::string name = parent ? "parent" : "child";
            Member& member = add_member(name);
            const ProcessId process = world_.add_process(name, member.file().view().base());
            world_.add_thread(process, name, ThreadRole::program, [this, &member, parent] {
                parent ? start_child(member) : be_child(member);
            });
        }
        sweeper_ = &add_member("sweeper");
        world_.set_observer(this);
        world_.set_state_known(false);  // state_ is not in state_hash().
        world_.keep();
    }

    /// Whoever is left suspended is resumed; then nothing may be left.
    std::string judge(const Execution& execution) {
        // Not resumed, or not woken by one who died as it resumed: there may be nobody to make up.
        const bool left_suspended =
            (execution.outcome == Outcome::deadlock || execution.outcome == Outcome::lost_wakeup) &&
            execution.deaths != 0;
        if (std::string problem = problem_by_outcome(world_, execution);
            !left_suspended && !problem.empty()) {
            return problem;
        }
        if (std::string problem = sweep_up(*sweeper_, [this] { sweep(); }); !problem.empty()) {
            return problem;
        }
        const RegionPicture picture = picture_of(sweeper_->file().view());
        if (!picture.processes.empty() || !picture.objects.empty() || picture.apcs != 0) {
            return std::to_string(picture.processes.size()) + " processes, " +
                   std::to_string(picture.objects.size()) + " objects and " +
                   std::to_string(picture.apcs) + " calls are left";
        }
        if (!state_->ended) {
            return world_.processes()[kChild].killed ? "" : "the child did not come to its end";
        }
        // A parent that died may have queued the call and not said so.
        const int least = state_->queued ? 1 : 0;
        const int most = world_.processes()[kParent].killed ? 1 : least;
        return state_->calls >= least && state_->calls <= most ? ""
                                                               : "a call is lost, or run twice";
    }

    void at_crash_point(ThreadId, CrashPoint) override {}
    void about_to_sleep(ThreadId) override {}
    void tripped(ThreadId) override {}
    void sleep_changed(ThreadId) override {}
    void reverted() override {}
    [[nodiscard]] std::uint64_t state_hash() const override { return 0; }
    void process_gone(ProcessId process) override {
        if (process == kParent && !state_->let_go) {
            world_.kill(kChild);
        }
    }

  private:
    static constexpr ProcessId kParent = 0;
    static constexpr ProcessId kChild = 1;
    static constexpr std::uint32_t kChildId = 2;  ///< its thread's
    static constexpr std::uint64_t kGo = 100;     ///< a word of the harness's own

    /// What the world restores.
    struct State {
        OpenedThread first{};
        bool let_go = false;
        bool queued = false;
        bool ended = false;
        int calls = 0;
    };

    void start_child(Member& member) {
        ASSERT_EQ(member.attach(), std::uint32_t{ERROR_SUCCESS});
        std::uint32_t error = ERROR_SUCCESS;
        auto part = member.make_thread(error);
        ASSERT_TRUE(part.has_value());
        ProcessRef slot;
        OpenedThread first;
        ASSERT_EQ(member.membership().claim_for_child(slot), std::uint32_t{ERROR_SUCCESS});
        ASSERT_EQ(member.membership().prepare_thread(slot, true, first.ref),
                  std::uint32_t{ERROR_SUCCESS});
        first.id = kChildId;
        member.membership().introduce_child(slot, world_.processes()[kChild].identity, first);
        state_->first = first;
        Handle thread = 0;
        if (open_thread(*part, kChildId, thread).status == ResponseStatus::ok) {
            state_->let_go = true;
            world_.wake_on(kGo);
            const Response queued = queue_call(*part, thread);
            EXPECT_TRUE(queued.status == ResponseStatus::ok || queued.error == ERROR_GEN_FAILURE);
            state_->queued = queued.status == ResponseStatus::ok;
            resume(*part, first.ref);
            EXPECT_EQ(close(*part, thread).status, ResponseStatus::ok);
        } else {
            EXPECT_TRUE(world_.processes()[kChild].killed) << "killed before it was let go";
        }
        member.end_thread(*part);
        member.detach();
    }

    void be_child(Member& member) {
        while (!state_->let_go) {
            world_.sleep_on(kGo);
        }
        Cell64& suspended = member.file().view().thread(state_->first.ref.slot).suspended;
        while (platform_.load(suspended) == state_->first.ref.life) {
            platform_.futex_wait(futex_half(suspended),
                                 static_cast<std::uint32_t>(state_->first.ref.life), Deadline{});
        }
        ASSERT_EQ(member.attach_started(), std::uint32_t{ERROR_SUCCESS});
        std::uint32_t error = ERROR_SUCCESS;
        auto part = member.make_thread(error);
        ASSERT_TRUE(part.has_value());
        EXPECT_EQ(part->slot, state_->first.ref.slot);
        while (take_due_apc(*part)) {
            ++state_->calls;
        }
        state_->ended = true;
        member.end_thread(*part);
        member.detach();
    }

    void sweep() {
        ASSERT_EQ(sweeper_->attach(), std::uint32_t{ERROR_SUCCESS});
        std::uint32_t error = ERROR_SUCCESS;
        auto part = sweeper_->make_thread(error);
        ASSERT_TRUE(part.has_value());
        if (find_thread(*part, kChildId)) {
            resume(*part, state_->first.ref);
        }
        sweeper_->end_thread(*part);
        sweeper_->detach();
    }

    State* state_ = nullptr;
    Member* sweeper_ = nullptr;
};

class Starting : public ::testing::TestWithParam<std::uint16_t> {};

TEST_P(Starting, AProcessAtRandomWithDeathsLeavesNothing) {  // INH-08, WAIT-14, CONC-03
    Starters starters(GetParam());
    Luck luck{.deaths_max = 2, .expiries_max = 1, .disturbances_max = 1};
    luck.mortal = {0, 1};
    const auto strategy = default_portfolio(1, luck);
    ExploreOptions options;
    options.executions_max = 5'000;
    options.judge = [&](World&, const Execution& execution) { return starters.judge(execution); };
    const Exploration found = explore(starters.world(), *strategy, options);
    EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem << "\n"
                                        << to_string(found.findings.front().schedule);
    EXPECT_GT(found.deaths, 2'000);
}

// Who resumes may die before it wakes: that this is made up for is seen where it is not.
TEST(Resuming, ByOneThatDiesIsFinishedByWhoRecoversIt) {
    Starters starters(0, Mutant::dead_queuer_not_finished);
    Luck luck{.deaths_max = 1};
    luck.mortal = {0};
    const auto strategy = default_portfolio(1, luck);
    ExploreOptions options;
    options.executions_max = 20'000;
    options.judge = [&](World&, const Execution& execution) { return starters.judge(execution); };
    EXPECT_EQ(explore(starters.world(), *strategy, options).findings.size(), 1U);
}

TEST_P(Starting, AProcessAndDyingAtEveryPlaceLeavesNothing) {  // INH-08, WAIT-14, CONC-03
    Starters starters(GetParam());
    RunToBlock calm;
    starters.world().revert();
    ASSERT_EQ(starters.world().run(calm).outcome, Outcome::finished);
    const Schedule base = starters.world().schedule();
    CrashOptions options;
    options.mortal = {0, 1};
    options.judge = [&](World&, const Execution& execution) { return starters.judge(execution); };
    const CrashFindings found = enumerate_crashes(starters.world(), base, options);
    EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem << "\n"
                                        << to_string(found.findings.front().schedule);
    EXPECT_GE(found.single_places, base.size() / 2);
}

INSTANTIATE_TEST_SUITE_P(StepsWhileDying, Coming, ::testing::Values(0, 5));
INSTANTIATE_TEST_SUITE_P(StepsWhileDying, Starting, ::testing::Values(0, 5));

}  // namespace
}  // namespace castaway::harness::sim
