// The seeded defects of procedure calls and timers' routines, which no scenario comes to: each is
// found in a scene within a stated number of executions, and the same search finds nothing without
// the defect.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/engine/sim/testing/scene.h"

namespace castaway::harness::sim {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): words for scenes

/// A routine's number; it has no argument.
constexpr std::uint64_t kRoutine = 9;

OnCall notes_of(const Scene& scene, std::size_t process) {
    return [&scene, process](const DueApc& call) {
        scene.note_call(process, call.routine.argument == 0 ? kRoutine : call.routine.argument);
    };
}

/// Runs what is queued for the thread.
void run_calls(Part& part, const Scene& scene, std::size_t process) {
    const WaitOutcome outcome = sleep_alertably(part, 0, notes_of(scene, process));
    EXPECT_NE(outcome.kind, WaitOutcome::Kind::failed);
}

/// Waits, not alertably, and then runs what is queued.
ResponseStatus run_calls_after(Part& part, Handle awaited, const Scene& scene,
                               std::size_t process) {
    const ResponseStatus status = wait(part, {&awaited, 1}, std::nullopt).status;
    run_calls(part, scene, process);
    return status;
}

ResponseStatus release(Part& part, Handle semaphore) {
    return release_semaphore(part, semaphore, 1).status;
}

/// So many calls for process 0, numbered from 1, as long as that is there.
ResponseStatus queue_calls(Part& part, std::uint64_t count) {
    Handle thread = 0;
    ResponseStatus status = open_thread(part, Scene::thread_id(0), thread).status;
    for (std::uint64_t i = 1; i <= count && status == ResponseStatus::ok; ++i) {
        status = queue_call(part, thread, i).status;
    }
    return status;
}

std::string told(const Scene& scene, std::size_t process) {
    return "process " + std::to_string(process) + " has run " +
           std::to_string(scene.outcome(process).calls);
}

/// One waits alertably for what another signals, then for what a third signals, which has queued
/// two calls by then, and then runs what is left: 1 and 2, in whatever way its waits have ended.
Scene::Cast two_calls_and_a_signal() {
    return {
        {semaphore("s"), semaphore("t")},
        {[](Part& part, const Handles& handles, const Scene& scene) {
             wait_alertably(part, {handles.data(), 1}, notes_of(scene, 0));
             return run_calls_after(part, handles[1], scene, 0);
         },
         [](Part& part, const Handles& handles, const Scene&) { return release(part, handles[0]); },
         [](Part& part, const Handles& handles, const Scene& scene) {
             EXPECT_EQ(queue_calls(part, 2), ResponseStatus::ok);
             const ResponseStatus released = release(part, handles[1]);
             run_calls(part, scene, 2);
             return released;
         }},
        {},
        [](const Scene& scene) -> std::string {
            const Doing& doing = scene.outcome(0);
            if (!doing.returned || doing.status != ResponseStatus::ok) {
                return "a wait has not come to its end, or not in order";
            }
            if (doing.calls != 12 || scene.outcome(2).calls != 0) {
                return told(scene, 0) + ", " + told(scene, 2);
            }
            return "";
        }};
}

/// One waits alertably for what nobody signals, and another, which may die, queues a call.
Scene::Cast a_call_alone() {
    return {{semaphore("s"), semaphore("t")},
            {[](Part& part, const Handles& handles, const Scene& scene) {
                 wait_alertably(part, {handles.data(), 1}, notes_of(scene, 0));
                 return ResponseStatus::ok;
             },
             [](Part& part, const Handles&, const Scene&) { return queue_calls(part, 1); },
             [](Part&, const Handles&, const Scene&) { return ResponseStatus::ok; }},
            {},
            [](const Scene& scene) -> std::string {
                const Doing& doing = scene.outcome(0);
                if (doing.returned) {
                    return doing.calls == 1 ? "" : told(scene, 0);
                }
                return scene.calls_left() == 0 && !scene.outcome(1).returned
                           ? ""
                           : "it sleeps through a call";
            }};
}

/// A process leaves, or dies, with a call that it has not run.
Scene::Cast a_call_never_run() {
    return {{semaphore("s"), semaphore("t")},
            {[](Part& part, const Handles&, const Scene&) { return queue_calls(part, 1); },
             [](Part&, const Handles&, const Scene&) { return ResponseStatus::ok; }},
            {true, false},
            [](const Scene& scene) -> std::string {
                return scene.calls_left() == 0 ? "" : "a call is left of one that has ended";
            }};
}

/// An expired timer with a routine is cancelled by another.
Scene::Cast a_cancelled_routine() {
    return {{semaphore("s"), timer()},
            {[](Part& part, const Handles& handles, const Scene& scene) {
                 EXPECT_EQ(set_timer(part, handles[1], 0, 0, 0).status, ResponseStatus::ok);
                 EXPECT_EQ(wait(part, {&handles[1], 1}, std::nullopt).status, ResponseStatus::ok);
                 return run_calls_after(part, handles[0], scene, 0);
             },
             [](Part& part, const Handles& handles, const Scene&) {
                 EXPECT_EQ(wait(part, {&handles[1], 1}, std::nullopt).status, ResponseStatus::ok);
                 EXPECT_EQ(cancel_timer(part, handles[1]).status, ResponseStatus::ok);
                 return release(part, handles[0]);
             }},
            {},
            [](const Scene& scene) -> std::string {
                return scene.outcome(0).returned && scene.outcome(0).calls == 0 ? ""
                                                                                : told(scene, 0);
            }};
}

/// A timer with a routine expires before the eyes of another thread than its setter.
Scene::Cast a_routine_and_an_onlooker() {
    return {{semaphore("s"), timer()},
            {[](Part& part, const Handles& handles, const Scene& scene) {
                 EXPECT_EQ(set_timer(part, handles[1], 1'000'000, 0, 0).status, ResponseStatus::ok);
                 return run_calls_after(part, handles[0], scene, 0);
             },
             [](Part& part, const Handles& handles, const Scene& scene) {
                 EXPECT_EQ(wait(part, {&handles[1], 1}, std::nullopt).status, ResponseStatus::ok);
                 run_calls(part, scene, 1);
                 return release(part, handles[0]);
             }},
            {},
            [](const Scene& scene) -> std::string {
                return scene.outcome(0).calls == kRoutine && scene.outcome(1).calls == 0
                           ? ""
                           : told(scene, 0) + ", " + told(scene, 1);
            }};
}

struct CallDefect {
    Mutant mutant;
    Scene::Cast (*cast)();
    std::vector<ProcessId> mortal;  ///< at most one of them dies
    std::uint64_t executions;       ///< within so many, for each of the seeds
};

std::string name_of(const CallDefect& defect) {
    return std::string(std::find_if(kMutants.begin(), kMutants.end(), [&](const MutantName& each) {
                           return each.mutant == defect.mutant;
                       })->name);
}

std::ostream& operator<<(std::ostream& out, const CallDefect& defect) {
    return out << name_of(defect);
}

class CallDefects : public ::testing::TestWithParam<CallDefect> {
  protected:
    static Exploration hunt(Mutant mutant, std::uint64_t seed) {
        const CallDefect& defect = GetParam();
        Scene scene(defect.cast(), 0, mutant);
        Luck luck{.deaths_max = defect.mortal.empty() ? 0U : 1U, .expiries_max = 1};
        luck.mortal = defect.mortal;
        const auto strategy = default_portfolio(seed, luck);
        ExploreOptions options;
        options.executions_max = defect.executions;
        options.judge = [&](World&, const Execution& execution) { return scene.judge(execution); };
        return explore(scene.world(), *strategy, options);
    }
};

TEST_P(CallDefects, AreFound) {  // WAIT-14, WAIT-16, TMR-09, TMR-10, TMR-14
    constexpr std::uint64_t kSeeds = 3;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        EXPECT_EQ(hunt(GetParam().mutant, seed).findings.size(), 1U) << "seed " << seed;
    }
}

TEST_P(CallDefects, AreNotThereInWhatIsSound) {
    const Exploration found = hunt(Mutant::none, 0);
    EXPECT_TRUE(found.findings.empty()) << found.findings.front().problem << "\n"
                                        << to_string(found.findings.front().schedule);
    EXPECT_EQ(found.executions, GetParam().executions);
}

const std::vector<CallDefect>& all_defects() {
    static const std::vector<CallDefect> defects{
        {Mutant::call_lost_to_signal, two_calls_and_a_signal, {}, 500},
        {Mutant::call_run_twice, two_calls_and_a_signal, {}, 10},
        {Mutant::calls_run_last_first, two_calls_and_a_signal, {}, 200},
        {Mutant::call_of_cancelled_timer_runs, a_cancelled_routine, {}, 10},
        {Mutant::routine_run_by_onlooker, a_routine_and_an_onlooker, {}, 50},
        {Mutant::call_goes_to_its_queuer, two_calls_and_a_signal, {}, 10},
        {Mutant::call_ends_no_wait, a_call_alone, {}, 100},
        {Mutant::call_ends_every_wait, two_calls_and_a_signal, {}, 200},
        {Mutant::no_look_for_calls_before_sleep, a_call_alone, {}, 500},
        {Mutant::calls_of_dead_kept, a_call_never_run, {}, 10},
        {Mutant::dead_queuer_not_finished, a_call_alone, {1}, 2'000},
    };
    return defects;
}

INSTANTIATE_TEST_SUITE_P(Defects, CallDefects, ::testing::ValuesIn(all_defects()),
                         [](const auto& of) { return name_of(of.param); });

// Each seeded defect that is said to be shown by scenes alone is hunted here.
TEST(SeededDefects, ThatNoScenarioComesToAreHuntedInScenes) {
    for (const MutantName& each : kMutants) {
        const bool hunted =
            std::any_of(all_defects().begin(), all_defects().end(),
                        [&](const CallDefect& defect) { return defect.mutant == each.mutant; });
        EXPECT_EQ(hunted, each.shown == Shown::scenes) << each.name;
    }
}

}  // namespace
}  // namespace castaway::harness::sim
