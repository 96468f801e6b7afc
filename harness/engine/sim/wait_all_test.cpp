// Waits for all of several objects, in many orders and with deaths at every place: all or nothing
// is taken, nothing that was signaled is lost, and nobody sleeps while all of it is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <memory>
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

namespace castaway::harness::sim {
namespace {

constexpr Geometry kGeometry{.processes = 6,
                             .threads = 16,
                             .objects = 8,
                             .name_cells = 16,
                             .buckets = 4,
                             .handles_per_process = 8};
constexpr std::uint64_t kGate = 1'000;  // a word of the test's own
constexpr std::size_t kObjects = 2;

using Handles = std::array<Handle, kObjects>;
/// What one process does with the objects. Its answer is that of its wait, if it has one.
using Program = std::function<ResponseStatus(Part&, const Handles&)>;

ObjectSpec semaphore(std::int32_t count) {
    ObjectSpec object;
    object.name = "s";
    object.type = ObjectType::semaphore;
    object.initial_count = count;
    object.maximum_count = 9;
    return object;
}
ObjectSpec other_semaphore() {
    ObjectSpec object = semaphore(0);
    object.name = "t";
    return object;
}
ObjectSpec mutex() {
    ObjectSpec object;
    object.name = "m";
    object.type = ObjectType::mutex;
    return object;
}

bool got(ResponseStatus status) {
    return status == ResponseStatus::ok || status == ResponseStatus::abandoned;
}

ResponseStatus wait_for_all(Part& part, const Handles& handles,
                            std::optional<std::uint32_t> timeout_ms = std::nullopt) {
    return wait(part, handles, timeout_ms, true).status;
}

Program releases(std::size_t object, std::int32_t count) {
    return [=](Part& part, const Handles& handles) {
        EXPECT_EQ(release_semaphore(part, handles[object], count).status, ResponseStatus::ok);
        return ResponseStatus::ok;
    };
}
/// Takes a semaphore's count and the mutex together, and gives the mutex back.
Program takes_both(std::size_t semaphore_index,
                   std::optional<std::uint32_t> timeout_ms = std::nullopt) {
    return [=](Part& part, const Handles& handles) {
        const Handles order = {handles[semaphore_index], handles[1 - semaphore_index]};
        const ResponseStatus status = wait_for_all(part, order, timeout_ms);
        if (got(status)) {
            EXPECT_EQ(release_mutex(part, handles[1]).status, ResponseStatus::ok);
        }
        return status;
    };
}

/// What a process has come to.
struct Doing {
    bool returned = false;
    ResponseStatus status = ResponseStatus::failed;
};

/// Processes that have the objects and do something with them, each once.
class Scene {
  public:
    struct Cast {
        std::array<ObjectSpec, kObjects> objects;
        std::vector<Program> programs;
        /// What is wrong with how it ended; empty when nothing is.
        std::function<std::string(const Scene&)> check;
    };

    Scene(Cast cast, std::uint16_t steps_while_dying)
        : cast_(std::move(cast)),
          world_(options(steps_while_dying)),
          platform_(world_, Mutant::none),
          outcomes_(world_.own_memory().make_array<Doing>(cast_.programs.size())) {
        AttachFailure failure;
        EXPECT_TRUE(RegionFile::initialise(world_.memory().descriptor(), kGeometry, failure));
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
    [[nodiscard]] bool dead(std::size_t i) const { return world_.processes()[i].killed; }
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
        options.shared_bytes = offsets_of(kGeometry).end;
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
        outcomes_[i].status = cast_.programs[i](*part, handles);
        outcomes_[i].returned = true;
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

/// Two semaphores; one count of each is released, by two processes, and both are waited for.
Scene::Cast two_signalers() {
    return {{semaphore(0), other_semaphore()},
            {[](Part& part, const Handles& handles) { return wait_for_all(part, handles); },
             releases(0, 1), releases(1, 1)},
            [](const Scene& scene) {
                std::string problem = scene.account("s", scene.outcome(1).returned ? 1 : 0, 1, {0});
                return problem.empty()
                           ? scene.account("t", scene.outcome(2).returned ? 1 : 0, 1, {0})
                           : problem;
            }};
}

/// Two that want a count and the mutex, named in different orders, and who gives two counts.
Scene::Cast two_waiters() {
    return {{semaphore(0), mutex()},
            {takes_both(0), takes_both(1), releases(0, 2)},
            [](const Scene& scene) {
                return scene.account("s", scene.outcome(2).returned ? 2 : 0, 2, {0, 1});
            }};
}

/// One that wants both, for a time; one that wants the count alone; one that gives two counts.
Scene::Cast impatient_among_others() {
    return {{semaphore(0), mutex()},
            {takes_both(0, 1),
             [](Part& part, const Handles& handles) {
                 return wait(part, {handles.data(), 1}, std::nullopt).status;
             },
             releases(0, 2)},
            [](const Scene& scene) {
                return scene.account("s", scene.outcome(2).returned ? 2 : 0, 2, {0, 1});
            }};
}

/// An event that is pulsed while one waits for it and one for it and a count, both for a time.
template <bool kManualReset>
Scene::Cast pulse() {
    ObjectSpec event;
    event.name = "e";
    event.type = ObjectType::event;
    event.manual_reset = kManualReset;
    return {{event, semaphore(1)},
            {[](Part& part, const Handles& handles) {
                 return wait(part, {handles.data(), 1}, 1).status;
             },
             [](Part& part, const Handles& handles) { return wait_for_all(part, handles, 1); },
             [](Part& part, const Handles& handles) {
                 EXPECT_EQ(pulse_event(part, handles[0]).status, ResponseStatus::ok);
                 return ResponseStatus::ok;
             }},
            [](const Scene& scene) -> std::string {
                if (scene.signaled("e")) {
                    return "the event is set after the pulse";
                }
                if (!kManualReset && got(scene.outcome(0).status) && got(scene.outcome(1).status)) {
                    return "one pulse of an auto-reset event has released two";
                }
                return scene.account("s", 1, 1, {1});
            }};
}

struct Case {
    const char* name;
    Scene::Cast (*cast)();
    std::uint16_t steps_while_dying;
};

std::ostream& operator<<(std::ostream& out, const Case& each) {
    return out << each.name;
}

class WaitForAll : public ::testing::TestWithParam<Case> {
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
};

TEST_P(WaitForAll, IsAllOrNothingInManyOrders) {  // WAIT-06, WAIT-11, WAIT-12
    Luck luck{.deaths_max = 2, .expiries_max = 1, .disturbances_max = 1};
    luck.mortal = {0, 1, 2};
    const auto strategy = default_portfolio(1, luck);
    ExploreOptions options;
    options.executions_max = 8'000;
    options.judge = judge();
    const Exploration found = explore(scene_.world(), *strategy, options);
    EXPECT_EQ(text_of(found.findings), "");
    EXPECT_GT(found.deaths, 2'000);
}

TEST_P(WaitForAll, SurvivesDeathsAtEveryPlace) {  // WAIT-20, MTX-08, CONC-03
    RunToBlock calm;
    scene_.world().revert();
    ASSERT_EQ(scene_.world().run(calm).outcome, Outcome::finished);
    const Schedule base = scene_.world().schedule();
    CrashOptions options;
    options.judge = judge();
    options.mortal = {0, 1, 2};
    const CrashFindings found = enumerate_crashes(scene_.world(), base, options);
    EXPECT_EQ(text_of(found.findings), "");
    EXPECT_GE(found.single_places, base.size());
}

INSTANTIATE_TEST_SUITE_P(Scenes, WaitForAll,
                         ::testing::Values(Case{"TwoSignalers", two_signalers, 0},
                                           Case{"TwoWaiters", two_waiters, 0},
                                           Case{"TwoWaitersDyingSlowly", two_waiters, 5},
                                           Case{"ImpatientAmongOthers", impatient_among_others, 0},
                                           Case{"PulseOfAManualResetEvent", pulse<true>, 0},
                                           Case{"PulseOfAnAutoResetEvent", pulse<false>, 0}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace castaway::harness::sim
