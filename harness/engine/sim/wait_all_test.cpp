// Waits for all of several objects, in many orders and with deaths at every place: all or nothing
// is taken, nothing that was signaled is lost, and nobody sleeps while all of it is there.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "harness/engine/sim/testing/scene.h"

namespace castaway::harness::sim {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): words for scenes

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

ResponseStatus wait_for_all(Part& part, const Handles& handles,
                            std::optional<std::uint32_t> timeout_ms = std::nullopt) {
    return wait(part, handles, timeout_ms, true).status;
}

Program releases(std::size_t object, std::int32_t count) {
    return [=](Part& part, const Handles& handles, const Scene&) {
        EXPECT_EQ(release_semaphore(part, handles[object], count).status, ResponseStatus::ok);
        return ResponseStatus::ok;
    };
}
/// Takes a semaphore's count and the mutex together, and gives the mutex back.
Program takes_both(std::size_t semaphore_index,
                   std::optional<std::uint32_t> timeout_ms = std::nullopt) {
    return [=](Part& part, const Handles& handles, const Scene&) {
        const Handles order = {handles[semaphore_index], handles[1 - semaphore_index]};
        const ResponseStatus status = wait_for_all(part, order, timeout_ms);
        if (got(status)) {
            EXPECT_EQ(release_mutex(part, handles[1]).status, ResponseStatus::ok);
        }
        return status;
    };
}

/// Two semaphores; one count of each is released, by two processes, and both are waited for.
Scene::Cast two_signalers() {
    return {{semaphore(0), other_semaphore()},
            {[](Part& part, const Handles& handles, const Scene&) {
                 return wait_for_all(part, handles);
             },
             releases(0, 1), releases(1, 1)},
            {},
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
            {},
            [](const Scene& scene) {
                return scene.account("s", scene.outcome(2).returned ? 2 : 0, 2, {0, 1});
            }};
}

/// One that wants both, for a time; one that wants the count alone; one that gives two counts.
Scene::Cast impatient_among_others() {
    return {{semaphore(0), mutex()},
            {takes_both(0, 1),
             [](Part& part, const Handles& handles, const Scene&) {
                 return wait(part, {handles.data(), 1}, std::nullopt).status;
             },
             releases(0, 2)},
            {},
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
            {[](Part& part, const Handles& handles, const Scene&) {
                 return wait(part, {handles.data(), 1}, 1).status;
             },
             [](Part& part, const Handles& handles, const Scene&) {
                 return wait_for_all(part, handles, 1);
             },
             [](Part& part, const Handles& handles, const Scene&) {
                 EXPECT_EQ(pulse_event(part, handles[0]).status, ResponseStatus::ok);
                 return ResponseStatus::ok;
             }},
            {},
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

class WaitForAll : public SceneTest {};

TEST_P(WaitForAll, IsAllOrNothingInManyOrders) {  // WAIT-06, WAIT-11, WAIT-12
    Luck luck{.deaths_max = 2, .expiries_max = 1, .disturbances_max = 1};
    luck.mortal = {0, 1, 2};
    const Exploration found = explore_many_orders(luck, 10'000);
    EXPECT_EQ(text_of(found.findings), "");
    EXPECT_GT(found.deaths, 2'000);
}

TEST_P(WaitForAll, SurvivesDeathsAtEveryPlace) {  // WAIT-20, MTX-08, CONC-03
    const Schedule base = calm_schedule();
    const CrashFindings found = kill_everywhere(base, {0, 1, 2});
    EXPECT_EQ(text_of(found.findings), "");
    EXPECT_GE(found.single_places, base.size());
}

INSTANTIATE_TEST_SUITE_P(Scenes, WaitForAll,
                         ::testing::Values(SceneCase{"TwoSignalers", two_signalers, 0},
                                           SceneCase{"TwoWaiters", two_waiters, 0},
                                           SceneCase{"TwoWaitersDyingSlowly", two_waiters, 5},
                                           SceneCase{"ImpatientAmongOthers", impatient_among_others,
                                                     0},
                                           SceneCase{"PulseOfAManualResetEvent", pulse<true>, 0},
                                           SceneCase{"PulseOfAnAutoResetEvent", pulse<false>, 0}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace castaway::harness::sim
