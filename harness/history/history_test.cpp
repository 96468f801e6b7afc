// What normalise() promises, and what it refuses.
#include "harness/history/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/history/operation.h"

namespace castaway::harness {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

History two_threads() {
    History history;
    history.objects.resize(2);
    history.objects[0].name = "e";
    history.objects[1].name = "f";
    history.processes.resize(2);
    for (HistoryProcess& process : history.processes) {
        process.threads.resize(1);
    }
    return history;
}

Operation wait(std::uint32_t process, std::uint32_t sequence, std::int64_t invoked,
               std::int64_t returned) {
    Operation operation;
    operation.process = process;
    operation.sequence = sequence;
    operation.objects = {0};
    operation.invoked_ns = invoked;
    operation.returned_ns = returned;
    operation.status = ResponseStatus::ok;
    return operation;
}

Operation pending_wait(std::uint32_t process, std::uint32_t sequence, std::int64_t invoked) {
    Operation operation = wait(process, sequence, invoked, 0);
    operation.status = ResponseStatus::pending;
    return operation;
}

TEST(Normalise, OrdersByInvocationThenByPlace) {
    History history = two_threads();
    history.operations = {wait(1, 1, 30, 40), wait(1, 0, 10, 20), wait(0, 1, 30, 35),
                          wait(0, 0, 5, 30)};
    EXPECT_THAT(normalise(history), IsEmpty());
    const std::vector<Operation> expected{wait(0, 0, 5, 30), wait(1, 0, 10, 20), wait(0, 1, 30, 35),
                                          wait(1, 1, 30, 40)};
    EXPECT_EQ(history.operations, expected);
}

TEST(Normalise, KeepsTheOrderOfCallsThatTakeNoTime) {
    History history = two_threads();
    history.operations = {wait(0, 2, 7, 7), wait(0, 0, 7, 7), wait(0, 1, 7, 7)};
    EXPECT_THAT(normalise(history), IsEmpty());
    EXPECT_EQ(history.operations[0].sequence, 0U);
    EXPECT_EQ(history.operations[2].sequence, 2U);
}

TEST(Normalise, AcceptsAnEmptyHistoryAndAPendingEnd) {
    History empty;
    EXPECT_THAT(normalise(empty), IsEmpty());
    History history = two_threads();
    history.operations = {wait(0, 0, 1, 2), pending_wait(0, 1, 2)};
    EXPECT_THAT(normalise(history), IsEmpty());
}

/// What normalise() says of these operations.
std::string breach(std::vector<Operation> operations) {
    History history = two_threads();
    history.operations = std::move(operations);
    return normalise(history);
}

TEST(Normalise, RefusesPlacesThatAreNotThere) {
    EXPECT_THAT(breach({wait(2, 0, 1, 2)}), HasSubstr("no such thread"));
    Operation other_thread = wait(0, 0, 1, 2);
    other_thread.thread = 1;
    EXPECT_THAT(breach({other_thread}), HasSubstr("no such thread"));
    Operation other_object = wait(0, 0, 1, 2);
    other_object.objects = {2};
    EXPECT_THAT(breach({other_object}), HasSubstr("no object 2"));
}

TEST(Normalise, RefusesWrongNumbersOfObjects) {
    Operation none = wait(0, 0, 1, 2);
    none.objects.clear();
    EXPECT_THAT(breach({none}), HasSubstr("a wait of 0 objects"));
    Operation two = wait(0, 0, 1, 2);
    two.objects = {0, 1};
    EXPECT_THAT(breach({two}), HasSubstr("a wait of 2 objects"));
    two.kind = OperationKind::wait_any;
    two.satisfied_by = 1;
    EXPECT_THAT(breach({two}), IsEmpty());
    two.satisfied_by = 2;
    EXPECT_THAT(breach({two}), HasSubstr("satisfied by object 2 of 2"));
}

TEST(Normalise, RefusesThreadsThatAreNotSequential) {
    EXPECT_THAT(breach({wait(0, 0, 5, 4)}), HasSubstr("returned before it was invoked"));
    EXPECT_THAT(breach({wait(0, 1, 5, 6)}), HasSubstr("missing"));
    EXPECT_THAT(breach({wait(0, 0, 1, 2), wait(0, 2, 3, 4)}), HasSubstr("is operation 0"));
    EXPECT_THAT(breach({wait(0, 0, 1, 2), wait(0, 0, 3, 4)}), HasSubstr("is operation 0"));
    EXPECT_THAT(breach({wait(0, 0, 1, 5), wait(0, 1, 4, 6)}), HasSubstr("invoked before"));
    EXPECT_THAT(breach({pending_wait(0, 0, 1), wait(0, 1, 4, 6)}), HasSubstr("has not returned"));
}

TEST(Operation, KnowsWhatSatisfiedIt) {
    Operation operation = wait(0, 0, 1, 2);
    operation.kind = OperationKind::wait_any;
    operation.objects = {1, 0};
    operation.satisfied_by = 1;
    EXPECT_TRUE(operation.satisfied());
    EXPECT_EQ(operation.object(), 0U);
    operation.status = ResponseStatus::abandoned;
    EXPECT_TRUE(operation.satisfied());
    operation.status = ResponseStatus::timeout;
    EXPECT_FALSE(operation.satisfied());
    operation.kind = OperationKind::set_event;
    operation.status = ResponseStatus::ok;
    EXPECT_FALSE(operation.satisfied());
}

TEST(OperationNames, AreReadAsTheyAreWritten) {
    for (std::uint8_t i = 0; i < 12; ++i) {
        const auto kind = static_cast<OperationKind>(i);
        EXPECT_EQ(operation_kind_from(to_string(kind)), kind);
    }
    for (std::uint8_t i = 0; i < 5; ++i) {
        const auto status = static_cast<ResponseStatus>(i);
        EXPECT_EQ(response_status_from(to_string(status)), status);
    }
    for (std::uint8_t i = 0; i < 4; ++i) {
        const auto type = static_cast<ObjectType>(i);
        EXPECT_EQ(object_type_from(to_string(type)), type);
    }
    EXPECT_EQ(operation_kind_from("waits"), std::nullopt);
    EXPECT_EQ(response_status_from(""), std::nullopt);
    EXPECT_EQ(object_type_from("Event"), std::nullopt);
}

}  // namespace
}  // namespace castaway::harness
