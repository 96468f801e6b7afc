// Duplicates into and out of processes that leave or die meanwhile, and those who wait for the end
// of one, in many orders and with deaths at every place: no handle is lost, and every end is told.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/engine/sim/testing/scene.h"

namespace castaway::harness::sim {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): words for scenes

ObjectSpec event(const char* name) {
    ObjectSpec object;
    object.name = name;
    object.type = ObjectType::event;
    return object;
}

ResponseStatus does_nothing(Part&, const Handles&, const Scene&) {
    return ResponseStatus::ok;
}

/// Duplicates into process 1 as long as that is there.
ResponseStatus duplicates_into_it(Part& part, const Handles& handles, const Scene& scene) {
    Handle process = 0;
    if (open_process(part, scene.pid(1), process).status == ResponseStatus::ok) {
        for (const Handle handle : handles) {
            const Response response = duplicate_into(part, handle, process);
            EXPECT_TRUE(response.status == ResponseStatus::ok ||
                        response.error == ERROR_ACCESS_DENIED)
                << response.error;
        }
    }
    return ResponseStatus::ok;
}

/// Duplicates the first handle of process 1 out of it, which closes it meanwhile.
ResponseStatus duplicates_out_of_it(Part& part, const Handles& handles, const Scene& scene) {
    Handle process = 0;
    Handle copy = 0;
    if (open_process(part, scene.pid(1), process).status == ResponseStatus::ok) {
        const Response response = duplicate_from(part, process, handles[0], copy);
        EXPECT_TRUE(response.status == ResponseStatus::ok ||
                    response.error == ERROR_ACCESS_DENIED || response.error == ERROR_INVALID_HANDLE)
            << response.error;
    }
    return ResponseStatus::ok;
}

ResponseStatus waits_for_its_end(Part& part, const Handles&, const Scene& scene) {
    Handle process = 0;
    if (open_process(part, scene.pid(1), process).status != ResponseStatus::ok) {
        return ResponseStatus::failed;
    }
    return wait(part, {&process, 1}, std::nullopt).status;
}

/// Nobody who lives waits for the end of a process that is gone.
std::string ends_are_told(const Scene& scene) {
    const bool gone = scene.dead(1) || scene.outcome(1).returned;
    return gone && !scene.dead(2) && !scene.outcome(2).returned ? "the end of a process is not told"
                                                                : "";
}

Scene::Cast into_one_that_leaves() {
    return {{event("a"), event("b")},
            {duplicates_into_it, does_nothing, waits_for_its_end},
            {false, true, false},
            ends_are_told};
}

Scene::Cast out_of_one_that_closes() {
    return {{event("a"), event("b")},
            {duplicates_out_of_it,
             [](Part& part, const Handles& handles, const Scene&) {
                 return close(part, handles[0]).status;
             },
             does_nothing},
            {},
            [](const Scene&) { return std::string(); }};
}

class Processes : public SceneTest {};

TEST_P(Processes, LoseNoHandleInManyOrders) {  // DUP-01, DUP-08, DUP-10, PROC-01, PROC-03
    Luck luck{.deaths_max = 2, .expiries_max = 0, .disturbances_max = 1};
    luck.mortal = {0, 1};
    const Exploration found = explore_many_orders(luck, 5'000);
    EXPECT_EQ(text_of(found.findings), "");
    EXPECT_GT(found.deaths, 1'000);
}

TEST_P(Processes, SurviveDeathsAtEveryPlace) {  // DUP-08, HND-07, CONC-03
    const Schedule base = calm_schedule();
    const CrashFindings found = kill_everywhere(base, {0, 1});
    EXPECT_EQ(text_of(found.findings), "");
    EXPECT_GE(found.single_places, base.size() / 2);
}

INSTANTIATE_TEST_SUITE_P(Scenes, Processes,
                         ::testing::Values(SceneCase{"IntoOneThatLeaves", into_one_that_leaves, 0},
                                           SceneCase{"IntoOneDyingSlowly", into_one_that_leaves, 5},
                                           SceneCase{"OutOfOneThatCloses", out_of_one_that_closes,
                                                     0}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace castaway::harness::sim
