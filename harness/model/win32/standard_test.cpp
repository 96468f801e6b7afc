// What castaway promises and Windows' pages leave open is wrong of castaway, and not of others.
#include <gtest/gtest.h>

#include "harness/model/testing/answers.h"
#include "harness/model/win32/world.h"

namespace castaway::harness::win32 {
namespace {

constexpr std::int64_t kMs = 1'000'000;

/// One process, whose calls two worlds judge; the clocks go on by a microsecond with each.
class StandardTest : public ::testing::Test {
  protected:
    StandardTest() {
        Response started = answer(1);
        started.process_id = started.thread_id = 100;
        both_allow(call(Function::start_process), started);
    }

    static Call call(Function function, std::int64_t handle = 0) {
        Call call;
        call.function = function;
        call.handle.value = handle;
        return call;
    }
    Response answer(std::uint64_t result, std::uint32_t error = kErrorUntouched) {
        return answers_.answer(result, error);
    }
    void both_allow(const Call& made, const Response& response) {
        ASSERT_EQ(castaway_.leaves_open(made), "");
        ASSERT_EQ(pages_.leaves_open(made), "");
        EXPECT_EQ(castaway_.judge(made, response), "");
        EXPECT_EQ(pages_.judge(made, response), "");
    }
    void both_allow(const Call& made, std::uint64_t result, std::uint32_t error = kErrorUntouched) {
        both_allow(made, answer(result, error));
    }
    /// The judgement of castaway is made in a copy.
    void pages_alone_allow(const Call& made, const Response& response) {
        World copy = castaway_;
        ASSERT_EQ(pages_.leaves_open(made), "");
        EXPECT_NE(copy.judge(made, response), "");
        EXPECT_EQ(pages_.judge(made, response), "");
    }
    void pages_alone_allow(const Call& made, std::uint64_t result,
                           std::uint32_t error = kErrorUntouched) {
        pages_alone_allow(made, answer(result, error));
    }

    World castaway_;
    World pages_{Standard{20 * kMs, true}};
    Answers answers_;
};

// WAIT-23
TEST_F(StandardTest, PagesDoNotSayThatPseudoHandlesAreNoneOfSeveral) {
    both_allow(call(Function::create_event), 4, errors::kSuccess);
    Call several = call(Function::wait_several);
    several.handles.resize(2);
    several.handles[0].value = 4;
    several.handles[1].value = -1;
    pages_alone_allow(several, 0x102);
    both_allow(several, 0xffffffff, errors::kInvalidHandle);
}

// NAME-07, NAME-08, NAME-10, NAME-12
TEST_F(StandardTest, PagesDoNotSayWhatComesOfSomeNames) {
    Call create = call(Function::create_event);
    for (const std::u16string& name :
         {std::u16string(260, u'x'), std::u16string(u"Session\\1\\x"), std::u16string(u"Local\\"),
          std::u16string(u"\\x"), std::u16string{u'x', 0xdc00}}) {
        create.name = name;
        EXPECT_EQ(castaway_.leaves_open(create), "");
        EXPECT_NE(pages_.leaves_open(create), "");
    }
    Call open = call(Function::open_event);
    open.access = rights::kSynchronize;
    open.name = u"";
    EXPECT_EQ(castaway_.leaves_open(open), "");
    EXPECT_NE(pages_.leaves_open(open), "");
    create.name = std::u16string(259, u'x');
    both_allow(create, 4, errors::kSuccess);
}

// NAME-08
TEST_F(StandardTest, ANameThroughAnObjectsIsRefusedInOneWayOrAnother) {
    Call create = call(Function::create_event);
    create.name = u"a\\b";
    World copy = pages_;
    EXPECT_NE(copy.judge(create, answer(0, errors::kInvalidHandle)), "");
    create.name = u"a";
    both_allow(create, 4, errors::kSuccess);
    create.name = u"a\\b";
    pages_alone_allow(create, 0, errors::kInvalidHandle);
    both_allow(create, 0, errors::kPathNotFound);
    Call open = call(Function::open_event);
    open.access = rights::kSynchronize;
    open.name = u"a\\b";
    pages_alone_allow(open, 0, errors::kFileNotFound);
    pages_alone_allow(open, 0, errors::kInvalidHandle);
    both_allow(open, 0, errors::kPathNotFound);
}

// WAIT-15
TEST_F(StandardTest, AWaitThatCanBeSatisfiedNeedNotRunCallsFirst) {
    Call create = call(Function::create_event);
    create.manual_reset = create.initially = true;
    both_allow(create, 4, errors::kSuccess);
    Call queue = call(Function::queue_call, -2);
    queue.code = 7;
    both_allow(queue, 1);
    Call wait = call(Function::wait, 4);
    wait.alertable = true;
    pages_alone_allow(wait, 0);
    // The call is queued still: a sleep runs it, whoever sleeps.
    Call sleep = call(Function::sleep);
    sleep.alertable = true;
    World copy = pages_;
    EXPECT_NE(copy.judge(sleep, answer(0)), "");
    Response ran = answer(0xc0);
    ran.delivered = {{false, 7, 0}};
    both_allow(sleep, ran);
}

// WAIT-08
TEST_F(StandardTest, TwoHandlesOfOneObjectMayBeTooMany) {
    both_allow(call(Function::create_event), 4, errors::kSuccess);
    Call duplicate = call(Function::duplicate_handle, 4);
    duplicate.second.value = duplicate.target_process.value = -1;
    duplicate.flags = 2;
    Response made = answer(1);
    made.made = 8;
    both_allow(duplicate, made);
    Call wait = call(Function::wait_several);
    wait.wait_all = true;
    wait.handles.resize(2);
    wait.handles[0].value = 4;
    wait.handles[1].value = 8;
    both_allow(wait, 0xffffffff, errors::kInvalidParameter);
    pages_alone_allow(wait, 0x102);
    wait.handles[1].value = 4;
    World copy = pages_;
    EXPECT_NE(copy.judge(wait, answer(0x102)), "");
}

// TMR-12
TEST_F(StandardTest, AMachineMayBeWoken) {
    both_allow(call(Function::create_timer), 4, errors::kSuccess);
    Call set = call(Function::set_timer, 4);
    set.due_100ns = 36'000'000'000;
    set.resume = true;
    both_allow(set, 1, errors::kNotSupported);
    pages_alone_allow(set, 1);
}

// TMR-09
TEST_F(StandardTest, ARoutineMayOutliveItsTimer) {
    both_allow(call(Function::create_timer), 4, errors::kSuccess);
    Call set = call(Function::set_timer, 4);
    set.number = 7;
    set.with_routine = true;
    set.due_100ns = 10'000;
    both_allow(set, 1);
    answers_.let_pass(50 * kMs);
    both_allow(call(Function::close_handle, 4), 1);
    Call sleep = call(Function::sleep);
    sleep.alertable = true;
    Response ran = answer(0xc0);
    ran.delivered = {{true, 7, ran.invoked_utc}};
    pages_alone_allow(sleep, ran);
    World copy = pages_;
    EXPECT_NE(copy.judge(sleep, ran), "") << "once";
}

// WAIT-02, TMR-01
TEST_F(StandardTest, ACoarseClockIsLateWithTimersAndEarlyWithWaits) {
    both_allow(call(Function::create_timer), 4, errors::kSuccess);
    Call set = call(Function::set_timer, 4);
    set.due_100ns = 10'000;
    both_allow(set, 1);
    answers_.let_pass(15 * kMs);
    pages_alone_allow(call(Function::wait, 4), 0x102);
    answers_.let_pass(10 * kMs);
    World copy = pages_;
    EXPECT_NE(copy.judge(call(Function::wait, 4), answer(0x102)), "");

    Call sleep = call(Function::sleep);
    sleep.milliseconds = 15;
    pages_alone_allow(sleep, 0);
    sleep.milliseconds = 40;
    copy = pages_;
    EXPECT_NE(copy.judge(sleep, answer(0)), "");
}

// DUP-03, HND-03
TEST_F(StandardTest, ADuplicateMayHaveTheValueOfTheSourceThatItCloses) {
    both_allow(call(Function::create_event), 4, errors::kSuccess);
    Call duplicate = call(Function::duplicate_handle, 4);
    duplicate.second.value = duplicate.target_process.value = -1;
    duplicate.flags = 2;
    Response made = answer(1);
    made.made = 4;
    World copy = pages_;
    EXPECT_NE(copy.judge(duplicate, made), "");
    duplicate.flags = 3;
    both_allow(duplicate, made);
    both_allow(call(Function::set_event, 4), 1);
    both_allow(call(Function::close_handle, 4), 1);
    both_allow(call(Function::close_handle, 4), 0, errors::kInvalidHandle);
}

}  // namespace
}  // namespace castaway::harness::win32
