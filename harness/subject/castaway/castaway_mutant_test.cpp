// Each seeded defect shows in a history, and the sound subject does not show it. What does not need
// a race to be seen is here; that signals are not fed to the dead is a matter of chance, and of the
// scenarios.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

#include "harness/engine/testing/engine_harness.h"
#include "harness/engine/testing/plan_builder.h"
#include "harness/history/history.h"
#include "harness/subject/subject.h"

namespace castaway::harness::testing {
namespace {

constexpr std::int64_t kTimerNs = 150'000'000;

struct Defect {
    std::string_view mutant;
    Plan (*plan)();
    /// Whether the history shows it.
    bool (*shown)(const Plan& plan, const History& history);
};

void PrintTo(const Defect& defect, std::ostream* out) {  // NOLINT(readability-identifier-naming)
    *out << defect.mutant;
}

std::ptrdiff_t abandoned_in(const History& history) {
    return std::count_if(
        history.operations.begin(), history.operations.end(),
        [](const Operation& operation) { return operation.status == ResponseStatus::abandoned; });
}

/// A waiter sleeps on the object, process 1 signals it, the waiter wakes and signals `over`.
Plan one_hand_off(const ObjectSpec& object, OperationKind signal) {
    Plan plan = plan_with({object});
    plan.quiet_ms = 200;
    const std::uint32_t over = add_point(plan, "over");
    add_process(plan, "waiter/0", {{wait_for(0), reach(over)}});
    add_process(plan, "giver/0",
                {{await_blocked({0}), call(signal, 0), await_point(over), wait_for(0, 0)}});
    return plan;
}

Plan event_hand_off() {
    return one_hand_off(event("e"), OperationKind::set_event);
}

Plan semaphore_hand_off() {
    return one_hand_off(semaphore("s", 0), OperationKind::release_semaphore);
}

bool never_woke(const Plan& /*plan*/, const History& history) {
    return history.went_quiet && history.processes.at(0).end == ProcessEnd::stuck;
}

bool gave_twice(const Plan& plan, const History& history) {
    return program_of(plan, history, 1).at(1).status == ResponseStatus::ok;
}

/// An owner is killed while two wait for its mutex.
Plan killed_owner() {
    Plan plan = plan_with({mutex("m"), event("never")});
    const std::uint32_t owned = add_point(plan, "owned");
    add_process(plan, "owner/0", {{wait_for(0), reach(owned), wait_for(1)}});
    for (const char* name : {"heir/0", "heir/1"}) {
        add_process(plan, name,
                    {{await_point(owned), wait_for(0), call(OperationKind::release_mutex, 0)}});
    }
    add_fault(plan, FaultKind::kill, 0, when_blocked({1, 2}, 2));
    return plan;
}

bool told_twice(const Plan& /*plan*/, const History& history) {
    return abandoned_in(history) == 2;
}

bool told_nobody(const Plan& /*plan*/, const History& history) {
    return abandoned_in(history) == 0;
}

/// The two that live hold one handle each of each object.
bool dead_hold_handles(const Plan& /*plan*/, const History& history) {
    const Snapshot& picture = history.snapshots.at(0);
    return picture.moment == SnapshotMoment::quiescence &&
           std::all_of(picture.objects.begin(), picture.objects.end(),
                       [](const ObjectState& each) { return each.handles == 3; });
}

/// One process makes an object and closes its only handle; then another looks for it by name.
Plan closed_object() {
    Plan plan = plan_with({event("e")});
    plan.objects[0].whole_run = false;
    const std::uint32_t closed = add_point(plan, "closed");
    add_process(plan, "maker/0",
                {{call(OperationKind::create, 0), call(OperationKind::close, 0), reach(closed)}});
    add_process(plan, "seeker/0", {{await_point(closed), call(OperationKind::open, 0)}});
    return plan;
}

bool name_stayed(const Plan& plan, const History& history) {
    return program_of(plan, history, 1).at(0).error != 2 || history.snapshots.at(0).names != 0;
}

Plan timer_in_time() {
    Plan plan = plan_with({timer("t")});
    add_process(plan, "p/0", {{set_timer(0, kTimerNs / 1000), wait_for(0)}});
    return plan;
}

bool timer_came_early(const Plan& plan, const History& history) {
    const std::vector<Operation> operations = program_of(plan, history, 0);
    return operations.at(1).returned_ns < operations.at(0).invoked_ns + kTimerNs;
}

class SeededDefect : public ::testing::TestWithParam<Defect> {};

TEST_P(SeededDefect, ShowsInTheMutantAndNotInTheSoundSubject) {
    const Defect& defect = GetParam();
    const Plan plan = defect.plan();
    const auto shown_by = [&](const std::string& subject) {
        const History history = run_plan_on(plan, *find_subject(subject), "castaway-worker");
        return defect.shown(plan, history);
    };
    EXPECT_FALSE(shown_by("castaway"));
    // A machine under load can make up for an early timer, though not for ever.
    constexpr int kAttempts = 20;
    bool shown = false;
    for (int i = 0; i < kAttempts && !shown; ++i) {
        shown = shown_by("castaway:" + std::string(defect.mutant));
    }
    EXPECT_TRUE(shown);
}

INSTANTIATE_TEST_SUITE_P(
    Mutants, SeededDefect,
    ::testing::Values(Defect{"lost_wakeup", event_hand_off, never_woke},
                      Defect{"auto_reset_releases_two", event_hand_off, gave_twice},
                      Defect{"semaphore_count_not_taken", semaphore_hand_off, gave_twice},
                      Defect{"second_abandoned_notice", killed_owner, told_twice},
                      Defect{"mutex_not_abandoned", killed_owner, told_nobody},
                      Defect{"handles_outlive_death", killed_owner, dead_hold_handles},
                      Defect{"name_outlives_object", closed_object, name_stayed},
                      Defect{"timer_early", timer_in_time, timer_came_early}),
    [](const ::testing::TestParamInfo<Defect>& each) { return std::string(each.param.mutant); });

}  // namespace
}  // namespace castaway::harness::testing
