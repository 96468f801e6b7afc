#include "reports/view/words.h"

#include <gtest/gtest.h>

namespace castaway::harness {
namespace {

/// One process of one thread, and an object of each type.
History history_of_all_types() {
    History history;
    history.objects = {{"e", ObjectType::event},
                       {"m", ObjectType::mutex},
                       {"s", ObjectType::semaphore},
                       {"t", ObjectType::timer}};
    history.processes = {{"owner/0", 1, {{"owner/0.main", {}}, {"odd", {}}}, {}, {}, {}}};
    return history;
}

Operation operation_of(OperationKind kind, ObjectIndex object) {
    Operation operation;
    operation.kind = kind;
    operation.objects = {object};
    operation.status = ResponseStatus::ok;
    return operation;
}

std::string words_of(const Operation& operation) {
    return operation_words(history_of_all_types(), operation);
}

TEST(OperationWords, NameThreadCallAndResponse) {
    Operation wait = operation_of(OperationKind::wait, 1);
    wait.status = ResponseStatus::abandoned;
    EXPECT_EQ(words_of(wait), "main of owner/0: wait mutex \"m\" -> abandoned");
    wait.status = ResponseStatus::pending;
    wait.timeout_ms = 20;
    EXPECT_EQ(words_of(wait), "main of owner/0: wait mutex \"m\" for at most 20 ms -> no response");
    wait.thread = 1;
    wait.status = ResponseStatus::timeout;
    EXPECT_EQ(words_of(wait), "odd of owner/0: wait mutex \"m\" for at most 20 ms -> timeout");
}

TEST(OperationWords, TellWhichObjectSatisfiedAWait) {
    Operation wait = operation_of(OperationKind::wait_any, 0);
    wait.objects = {0, 1};
    wait.satisfied_by = 1;
    EXPECT_EQ(words_of(wait),
              "main of owner/0: wait any of event \"e\", mutex \"m\" -> ok by mutex \"m\"");
    wait.status = ResponseStatus::abandoned;
    EXPECT_EQ(words_of(wait),
              "main of owner/0: wait any of event \"e\", mutex \"m\" -> abandoned mutex \"m\"");
}

TEST(OperationWords, TellArgumentsAndAnswers) {
    Operation release = operation_of(OperationKind::release_semaphore, 2);
    release.count = 3;
    release.previous_count = 4;
    EXPECT_EQ(words_of(release),
              "main of owner/0: release semaphore \"s\" by 3 -> ok, the count was 4");

    Operation set = operation_of(OperationKind::set_timer, 3);
    set.due_ns = 1'500'000;
    EXPECT_EQ(words_of(set), "main of owner/0: set timer \"t\" in 1.50 ms -> ok");
    set.period_ms = 7;
    EXPECT_EQ(words_of(set), "main of owner/0: set timer \"t\" in 1.50 ms, then every 7 ms -> ok");

    Operation create = operation_of(OperationKind::create, 0);
    EXPECT_EQ(words_of(create), "main of owner/0: create event \"e\" -> ok");
    create.error = 183;
    EXPECT_EQ(words_of(create), "main of owner/0: create event \"e\" -> ok, it was there already");
}

TEST(OperationWords, TellWhatActsOnSeveralObjects) {
    Operation wait = operation_of(OperationKind::wait_all, 0);
    wait.objects = {0, 1};
    EXPECT_EQ(words_of(wait), "main of owner/0: wait all of event \"e\", mutex \"m\" -> ok");
    wait.status = ResponseStatus::abandoned;
    wait.satisfied_by = 1;
    EXPECT_EQ(words_of(wait),
              "main of owner/0: wait all of event \"e\", mutex \"m\" -> abandoned mutex \"m\"");
    wait.kind = OperationKind::signal_and_wait;
    wait.satisfied_by = 0;
    wait.timeout_ms = 5;
    EXPECT_EQ(words_of(wait),
              "main of owner/0: signal event \"e\" and wait mutex \"m\" for at most "
              "5 ms -> abandoned mutex \"m\"");
    EXPECT_EQ(words_of(operation_of(OperationKind::pulse_event, 0)),
              "main of owner/0: pulse event \"e\" -> ok");
}

TEST(OperationWords, TellOfProcedureCalls) {
    Operation wait = operation_of(OperationKind::wait, 0);
    wait.alertable = true;
    EXPECT_EQ(words_of(wait), "main of owner/0: wait event \"e\", alertable -> ok");
    wait.timeout_ms = 3;
    wait.status = ResponseStatus::alerted;
    wait.ran = {{0, 1, 4}, {0, 0, 7}, {0, 1, 5}};
    EXPECT_EQ(
        words_of(wait),
        "main of owner/0: wait event \"e\" for at most 3 ms, alertable -> ended by 3 procedure "
        "calls (from odd of owner/0, main of owner/0)");

    Operation sleep = operation_of(OperationKind::sleep, 0);
    sleep.objects.clear();
    sleep.timeout_ms = 20;
    EXPECT_EQ(words_of(sleep), "main of owner/0: sleep for 20 ms -> ok");
    sleep.timeout_ms.reset();
    sleep.alertable = true;
    sleep.status = ResponseStatus::pending;
    EXPECT_EQ(words_of(sleep), "main of owner/0: sleep for ever, alertable -> no response");
    sleep.ran = {{0, 1, 4}};
    EXPECT_EQ(words_of(sleep),
              "main of owner/0: sleep for ever, alertable -> no response, ran 1 "
              "procedure call (from odd of owner/0)");

    Operation call = operation_of(OperationKind::queue_call, 0);
    call.objects.clear();
    call.target = ThreadPlace{0, 1};
    EXPECT_EQ(words_of(call), "main of owner/0: queue a call for odd of owner/0 -> ok");

    Operation set = operation_of(OperationKind::set_timer, 3);
    set.period_ms = 7;
    set.with_routine = true;
    EXPECT_EQ(words_of(set),
              "main of owner/0: set timer \"t\" in 0 ns, then every 7 ms, with a routine -> ok");
}

TEST(OperationWords, NameErrorsWhereTheyHaveNames) {
    Operation release = operation_of(OperationKind::release_mutex, 1);
    release.status = ResponseStatus::failed;
    release.error = 288;
    EXPECT_EQ(words_of(release),
              "main of owner/0: release mutex \"m\" -> failed with 288 (ERROR_NOT_OWNER)");
    release.error = 77777;
    EXPECT_EQ(words_of(release), "main of owner/0: release mutex \"m\" -> failed with 77777");
}

TEST(DurationWords, ChangeTheUnitWithTheSize) {
    EXPECT_EQ(duration_words(0), "0 ns");
    EXPECT_EQ(duration_words(999), "999 ns");
    EXPECT_EQ(duration_words(1'000), "1.0 µs");
    EXPECT_EQ(duration_words(1'234'567), "1.23 ms");
    EXPECT_EQ(duration_words(2'500'000'000), "2.50 s");
    EXPECT_EQ(duration_words(-1'500), "-1.5 µs");
    EXPECT_EQ(moment_words(1'234'567), "1.234567 ms");
}

}  // namespace
}  // namespace castaway::harness
