// A few processes that have two objects and do something with them, each once: for tests of single
// algorithms, with a check of what came of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "harness/engine/sim/crash_enumeration.h"
#include "harness/engine/sim/explorer.h"
#include "harness/engine/sim/sim_calls.h"
#include "harness/engine/sim/strategies/portfolio.h"
#include "harness/engine/sim/strategies/run_to_block.h"
#include "primitives/inspect/look.h"

namespace castaway::harness::sim::testing {

inline bool got(ResponseStatus status) {
    return status == ResponseStatus::ok || status == ResponseStatus::abandoned;
}

inline constexpr Geometry kSceneGeometry{.processes = 6,
                                         .threads = 16,
                                         .objects = 8,
                                         .name_cells = 16,
                                         .buckets = 4,
                                         .handles_per_process = 8,
                                         .apcs = 4};
/// What a scene is about: a semaphore that begins at 0, and a manual-reset timer.
inline ObjectSpec semaphore(const char* name) {
    ObjectSpec object;
    object.name = name;
    object.type = ObjectType::semaphore;
    object.maximum_count = 9;
    return object;
}
inline ObjectSpec timer() {
    ObjectSpec object;
    object.name = "w";
    object.type = ObjectType::timer;
    object.manual_reset = true;
    return object;
}

/// A word of the test's own.
inline constexpr std::uint64_t kGate = 1'000;
inline constexpr std::size_t kObjects = 2;

using Handles = std::array<Handle, kObjects>;
class Scene;
/// What one process does with the objects. Its answer is that of its wait, if it has one.
using Program = std::function<ResponseStatus(Part&, const Handles&, const Scene&)>;

/// What a process has come to.
struct Doing {
    bool returned = false;
    ResponseStatus status = ResponseStatus::failed;
    std::uint32_t calls = 0;  ///< procedure calls that it has run
};

/// Processes that have the objects and do something with them, each once.
class Scene {
  public:
    struct Cast {
        std::array<ObjectSpec, kObjects> objects;
        std::vector<Program> programs;
        /// Who leaves in order afterwards; the others live on.
        std::vector<bool> leaves{};
        /// What is wrong with how it ended; empty when nothing is.
        std::function<std::string(const Scene&)> check;
    };

    Scene(Cast cast, std::uint16_t steps_while_dying, Mutant mutant = Mutant::none)
        : cast_(std::move(cast)),
          world_(options(steps_while_dying)),
          platform_(world_, mutant),
          outcomes_(world_.own_memory().make_array<Doing>(cast_.programs.size())) {
        AttachFailure failure;
        EXPECT_TRUE(RegionFile::initialise(world_.memory().descriptor(), kSceneGeometry, failure));
        for (std::size_t i = 0; i < cast_.programs.size(); ++i) {
            auto file = RegionFile::open_existing(
                "fd:" + std::to_string(world_.memory().descriptor()), failure);
            EXPECT_TRUE(file.has_value()) << failure.message;
            const std::string name = "p" + std::to_string(i);
            Member& member =
                members_.emplace_back(world_, platform_, std::move(*file), name, 2 * i);
            const ProcessId process = world_.add_process(name, member.file().view().base());
            world_.add_thread(process, name, ThreadRole::program, [this, i] { live(i); });
        }
        RunToBlock calm;
        EXPECT_EQ(world_.run(calm).outcome, Outcome::finished);
        world_.wake_on(kGate);
        world_.keep();
    }

    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] const Doing& outcome(std::size_t i) const { return outcomes_[i]; }
    void note_call(std::size_t i) const { ++outcomes_[i].calls; }
    /// A call's number, a digit: `calls` is made of them, in their order.
    void note_call(std::size_t i, std::uint64_t digit) const {
        outcomes_[i].calls = outcomes_[i].calls * 10 + static_cast<std::uint32_t>(digit);
    }
    /// Procedure calls that are queued, and timers with routines.
    [[nodiscard]] std::uint64_t calls_left() const { return picture().apcs; }
    /// Of the process's one thread.
    [[nodiscard]] static std::uint32_t thread_id(std::size_t i) {
        return static_cast<std::uint32_t>(i) + 1;
    }
    [[nodiscard]] bool dead(std::size_t i) const { return world_.processes()[i].killed; }
    [[nodiscard]] std::uint32_t pid(std::size_t i) const {
        return world_.processes()[i].identity.pid;
    }
    /// That object's count now.
    [[nodiscard]] std::int64_t count(const std::string& name) const {
        for (const InspectedObject& object : picture().objects) {
            if (object.name == "Local\\" + name) {
                return object.count;
            }
        }
        return -1;
    }

    [[nodiscard]] bool signaled(const std::string& name) const {
        const std::vector<InspectedObject> objects = picture().objects;
        return std::any_of(objects.begin(), objects.end(), [&](const InspectedObject& object) {
            return object.name == "Local\\" + name && object.signaled;
        });
    }

    /// Whether that timer will expire.
    [[nodiscard]] bool armed(const std::string& name) const {
        const std::vector<InspectedObject> objects = picture().objects;
        return std::any_of(objects.begin(), objects.end(), [&](const InspectedObject& object) {
            return object.name == "Local\\" + name && object.armed;
        });
    }

    std::string judge(const Execution& execution) {
        const bool left_waiting = execution.outcome == Outcome::deadlock && execution.deaths != 0;
        if (!left_waiting) {
            if (std::string problem = problem_by_outcome(world_, execution); !problem.empty()) {
                return problem;
            }
        }
        const RegionPicture found = picture();
        return found.damage.empty() ? cast_.check(*this) : found.damage.front();
    }

    /// Whether the counts of that semaphore that are left and those that were taken make up what
    /// was released. A taker that died before its wait returned has taken one or not.
    [[nodiscard]] std::string account(const std::string& name, std::int64_t released_at_least,
                                      std::int64_t released_at_most,
                                      const std::vector<std::size_t>& takers) const {
        std::int64_t taken = 0;
        std::int64_t perhaps = 0;
        for (const std::size_t taker : takers) {
            taken += outcome(taker).returned && got(outcome(taker).status) ? 1 : 0;
            perhaps += dead(taker) && !outcome(taker).returned ? 1 : 0;
        }
        const std::int64_t all = count(name) + taken;
        return all <= released_at_most && all + perhaps >= released_at_least
                   ? ""
                   : name + ": " + std::to_string(taken) + " taken, " + std::to_string(perhaps) +
                         " perhaps, " + std::to_string(count(name)) + " left of " +
                         std::to_string(released_at_least);
    }

  private:
    static WorldOptions options(std::uint16_t steps_while_dying) {
        WorldOptions options;
        options.shared_bytes = offsets_of(kSceneGeometry).end;
        options.steps_while_dying = steps_while_dying;
        return options;
    }

    [[nodiscard]] RegionPicture picture() const {
        return picture_of(members_.front().file().view());
    }

    void live(std::size_t i) {
        Member& member = members_[i];
        ASSERT_EQ(member.attach(), std::uint32_t{ERROR_SUCCESS});
        std::uint32_t error = ERROR_SUCCESS;
        auto part = member.make_thread(error);
        ASSERT_TRUE(part.has_value());
        Handles handles{};
        for (std::size_t object = 0; object < kObjects; ++object) {
            const auto name = canonical_name(cast_.objects[object].name.c_str(), error);
            ASSERT_EQ(create(*part, cast_.objects[object], *name, handles[object]).status,
                      ResponseStatus::ok);
        }
        world_.set_through(true);
        world_.sleep_on(kGate);
        world_.set_through(false);
        outcomes_[i].status = cast_.programs[i](*part, handles, *this);
        outcomes_[i].returned = true;
        if (i < cast_.leaves.size() && cast_.leaves[i]) {
            member.end_thread(*part);
            member.detach();
            world_.set_through(true);
            return;
        }
        // It lives on, with its handles.
        world_.set_through(true);
        world_.sleep_on(kGate + 1);
    }

    Cast cast_;
    World world_;
    SimPlatform platform_;
    std::deque<Member> members_;
    std::span<Doing> outcomes_;
};

/// A scene to be tested, by name.
struct SceneCase {
    const char* name;
    Scene::Cast (*cast)();
    std::uint16_t steps_while_dying;
};

inline std::ostream& operator<<(std::ostream& out, const SceneCase& each) {
    return out << each.name;
}

/// Tests with a scene each.
class SceneTest : public ::testing::TestWithParam<SceneCase> {
  protected:
    Scene scene_{GetParam().cast(), GetParam().steps_while_dying};

    static std::string text_of(const std::vector<Finding>& findings) {
        return findings.empty()
                   ? ""
                   : findings.front().problem + "\n" + to_string(findings.front().schedule);
    }
    Judge judge() {
        return [this](World&, const Execution& execution) { return scene_.judge(execution); };
    }

    /// The scene's calmest schedule.
    Schedule calm_schedule() {
        RunToBlock calm;
        scene_.world().revert();
        EXPECT_EQ(scene_.world().run(calm).outcome, Outcome::finished);
        return scene_.world().schedule();
    }

    /// Looks for wrong executions among so many of the default strategies'.
    Exploration explore_many_orders(const Luck& luck, std::uint64_t executions) {
        const auto strategy = default_portfolio(1, luck);
        ExploreOptions options;
        options.executions_max = executions;
        options.judge = judge();
        return explore(scene_.world(), *strategy, options);
    }

    /// Kills each of those processes at each place of the schedule, one at a time.
    CrashFindings kill_everywhere(const Schedule& base, const std::vector<ProcessId>& mortal) {
        CrashOptions options;
        options.judge = judge();
        options.mortal = mortal;
        return enumerate_crashes(scene_.world(), base, options);
    }
};

}  // namespace castaway::harness::sim::testing
