// Attaching, leaving and dying in the middle of either: the region is whole afterwards and holds
// nothing of those who are gone.
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
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

/// Processes that each come, make or join a mutex, take it, and leave in order.
class Comers {
  public:
    Comers(std::size_t count, std::uint16_t steps_while_dying)
        : world_(world_options(steps_while_dying)), platform_(world_, Mutant::none) {
        AttachFailure failure;
        EXPECT_TRUE(RegionFile::initialise(world_.memory().descriptor(), kGeometry, failure));
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

    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] RegionPicture picture() const { return picture_of(sweeper_->file().view()); }

    /// As PlanJudge: also what is left after a last process has swept up.
    std::string judge(const Execution& execution) {
        if (std::string problem = problem_by_outcome(world_, execution); !problem.empty()) {
            return problem;
        }
        RunToBlock calm;
        const ProcessId process = world_.add_process("sweeper", sweeper_->file().view().base());
        world_.add_thread(process, "sweeper", ThreadRole::program, [this] {
            if (sweeper_->attach() == ERROR_SUCCESS) {
                sweeper_->detach();
            }
        });
        if (std::string problem = problem_by_outcome(world_, world_.run(calm)); !problem.empty()) {
            return "sweeping up: " + problem;
        }
        const RegionPicture picture = this->picture();
        if (!picture.damage.empty()) {
            return picture.damage.front();
        }
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
    Member& add_member(const std::string& name) {
        AttachFailure failure;
        auto file = RegionFile::open_existing("fd:" + std::to_string(world_.memory().descriptor()),
                                              failure);
        EXPECT_TRUE(file.has_value()) << failure.message;
        return members_.emplace_back(world_, platform_, std::move(*file), name,
                                     2 * members_.size());
    }

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

    World world_;
    SimPlatform platform_;
    ObjectSpec object_ = shared_mutex();
    std::optional<CanonicalName> name_;
    std::deque<Member> members_;
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
        "r5*372 r1*149 r0*6 r1*102 r5*26 r1*3");
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

INSTANTIATE_TEST_SUITE_P(StepsWhileDying, Coming, ::testing::Values(0, 5));

}  // namespace
}  // namespace castaway::harness::sim
