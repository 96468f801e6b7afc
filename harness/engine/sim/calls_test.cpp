// Procedure calls and timers' routines against the signals that satisfy the same waits, and the
// ends of threads, in many orders and with deaths at every place: a wait is satisfied or ended by a
// call, never both; nobody sleeps through a call; every end is told.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/engine/sim/testing/scene.h"

namespace castaway::harness::sim {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): words for scenes

constexpr std::int64_t kMillisecond = 1'000'000;

/// Waits alertably. No limit is set, so `timeout` can stand for a wait that a call has ended.
ResponseStatus wait_for_call(Part& part, std::span<const Handle> handles, const Scene& scene,
                             bool all = false) {
    using Kind = WaitOutcome::Kind;
    const WaitOutcome outcome = wait_alertably(
        part, handles, [&](const DueApc&) { scene.note_call(0); }, all);
    return outcome.kind == Kind::satisfied ? ResponseStatus::ok
           : outcome.kind == Kind::alerted ? ResponseStatus::timeout
                                           : ResponseStatus::failed;
}

/// Queues a call for process 0, as long as that is there.
ResponseStatus queues_a_call(Part& part, const Handles&, const Scene&) {
    Handle thread = 0;
    const Response opened = open_thread(part, Scene::thread_id(0), thread);
    if (opened.status != ResponseStatus::ok) {
        EXPECT_EQ(opened.error, ERROR_INVALID_PARAMETER);
        return ResponseStatus::failed;
    }
    const Response queued = queue_call(part, thread);
    EXPECT_TRUE(queued.status == ResponseStatus::ok || queued.error == ERROR_GEN_FAILURE);
    return queued.status;
}

Program releases(std::size_t count) {
    return [count](Part& part, const Handles& handles, const Scene&) {
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_EQ(release_semaphore(part, handles[i], 1).status, ResponseStatus::ok);
        }
        return ResponseStatus::ok;
    };
}

/// What is wrong with process 0's wait. \param due something came for it that must have ended it
std::string judge_wait_of_first(const Scene& scene, bool due) {
    const Doing& doing = scene.outcome(0);
    if (!doing.returned) {
        return due && !scene.dead(0) ? "the wait goes on" : "";
    }
    if (doing.status == ResponseStatus::failed) {
        return "the wait has failed";
    }
    const bool alerted = doing.status == ResponseStatus::timeout;
    return alerted == (doing.calls == 1) && doing.calls <= 1
               ? ""
               : "the wait was " + std::string(alerted ? "ended by a call" : "satisfied") + ", " +
                     std::to_string(doing.calls) + " calls were run";
}

/// One waits for a semaphore; one releases it, one queues a call.
Scene::Cast call_or_signal() {
    return {{semaphore("s"), semaphore("t")},
            {[](Part& part, const Handles& handles, const Scene& scene) {
                 return wait_for_call(part, {handles.data(), 1}, scene);
             },
             releases(1), queues_a_call},
            {},
            [](const Scene& scene) {
                const bool signaled = scene.outcome(1).returned;
                const std::string problem = judge_wait_of_first(
                    scene, signaled || scene.outcome(2).status == ResponseStatus::ok);
                return problem.empty() ? scene.account("s", signaled ? 1 : 0, 1, {0}) : problem;
            }};
}

/// The same with a wait for two.
Scene::Cast call_or_two_signals() {
    Scene::Cast cast = call_or_signal();
    cast.programs[0] = [](Part& part, const Handles& handles, const Scene& scene) {
        return wait_for_call(part, handles, scene, true);
    };
    cast.programs[1] = releases(2);
    const auto check = cast.check;
    cast.check = [check](const Scene& scene) {
        const std::string problem = check(scene);
        return problem.empty() ? scene.account("t", scene.outcome(1).returned ? 1 : 0, 1, {0})
                               : problem;
    };
    return cast;
}

/// One sets a timer with a routine and waits for a semaphore; one cancels the timer, one releases.
Scene::Cast routine_or_signal() {
    return {{semaphore("s"), timer()},
            {[](Part& part, const Handles& handles, const Scene& scene) {
                 EXPECT_EQ(set_timer(part, handles[1], kMillisecond, 0, 0).status,
                           ResponseStatus::ok);
                 return wait_for_call(part, {handles.data(), 1}, scene);
             },
             releases(1),
             [](Part& part, const Handles& handles, const Scene&) {
                 return cancel_timer(part, handles[1]).status;
             }},
            {},
            [](const Scene& scene) {
                const bool signaled = scene.outcome(1).returned;
                const std::string problem = judge_wait_of_first(scene, signaled);
                return problem.empty() ? scene.account("s", signaled ? 1 : 0, 1, {0}) : problem;
            }};
}

/// One sets a timer with a routine and leaves or dies; another waits for the end of its thread.
Scene::Cast end_of_a_thread() {
    return {{semaphore("s"), timer()},
            {queues_a_call,
             [](Part& part, const Handles& handles, const Scene&) {
                 return set_timer(part, handles[1], kMillisecond, 1, 0).status;
             },
             [](Part& part, const Handles&, const Scene&) {
                 Handle thread = 0;
                 if (open_thread(part, Scene::thread_id(1), thread).status != ResponseStatus::ok) {
                     return ResponseStatus::failed;
                 }
                 return wait(part, {&thread, 1}, std::nullopt).status;
             }},
            {false, true, false},
            [](const Scene& scene) -> std::string {
                const bool gone = scene.dead(1) || scene.outcome(1).returned;
                if (gone && !scene.dead(2) && !scene.outcome(2).returned) {
                    return "the end of a thread is not told";
                }
                return got(scene.outcome(2).status) && scene.armed("w")
                           ? "a timer outlives its setter's routine"
                           : "";
            }};
}

class Calls : public SceneTest {
  protected:
    /// Where one leaves in order, another has to live on: else nobody is left to recover the dead.
    static std::vector<ProcessId> mortal() {
        return GetParam().cast().leaves.empty() ? std::vector<ProcessId>{0, 1, 2}
                                                : std::vector<ProcessId>{0, 1};
    }
};

TEST_P(Calls, AreNeitherLostNorMixedUpInManyOrders) {  // WAIT-11, WAIT-14, TMR-10, TMR-14
    Luck luck{.deaths_max = 2, .expiries_max = 1, .disturbances_max = 1};
    luck.mortal = mortal();
    const Exploration found = explore_many_orders(luck, 5'000);
    EXPECT_EQ(text_of(found.findings), "");
    EXPECT_GT(found.deaths, 1'000);
}

TEST_P(Calls, SurviveDeathsAtEveryPlace) {  // WAIT-14, WAIT-20, TMR-10, CONC-03
    const Schedule base = calm_schedule();
    const CrashFindings found = kill_everywhere(base, mortal());
    EXPECT_EQ(text_of(found.findings), "");
    EXPECT_GE(found.single_places, base.size() / 2);
}

INSTANTIATE_TEST_SUITE_P(Scenes, Calls,
                         ::testing::Values(SceneCase{"CallOrSignal", call_or_signal, 0},
                                           SceneCase{"CallOrSignalDyingSlowly", call_or_signal, 5},
                                           SceneCase{"CallOrTwoSignals", call_or_two_signals, 0},
                                           SceneCase{"RoutineOrSignal", routine_or_signal, 0},
                                           SceneCase{"EndOfAThread", end_of_a_thread, 0}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace castaway::harness::sim
