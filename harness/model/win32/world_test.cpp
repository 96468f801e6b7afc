// The model of the interface, rule by rule: the right answer is allowed, and wrong ones are not.
#include "harness/model/win32/world.h"

#include <gtest/gtest.h>

#include "harness/model/testing/world_test.h"

namespace castaway::harness::win32 {
namespace {

constexpr std::int64_t kMs = 1'000'000;

// HND-01, HND-02, HND-03, HND-05, HND-10
TEST_F(WorldTest, AHandleIsAMultipleOfFourThatIsFree) {
    const Call create_event = by(0, Function::create_event);
    wrong(create_event, 0, 8);
    wrong(create_event, 6, 0);
    wrong(create_event, static_cast<std::uint64_t>(-1), 0);
    create(0, Function::create_event, 4);
    wrong(create_event, 4, 0);
    create(1, Function::create_event, 4);

    const Call close = by(0, Function::close_handle, 4);
    Call protect = by(0, Function::set_handle_information, 4);
    protect.mask = protect.flags = 2;
    allowed(protect, 1);
    wrong(close, 1);
    allowed(close, 0, errors::kInvalidHandle);
    protect.flags = 0;
    allowed(protect, 1);
    wrong(close, 0, errors::kInvalidHandle);
    allowed(close, 1);
    wrong(close, 1);
    allowed(close, 0, errors::kInvalidHandle);
    allowed(by(0, Function::close_handle, -1), 1);
    wrong(by(0, Function::close_handle, -2), 0, errors::kInvalidHandle);
}

// NAME-02 to NAME-06, NAME-10, NAME-11, NAME-12, NAME-13
TEST_F(WorldTest, ANameIsOneObjectsUntilItsLastHandleIsClosed) {
    Call open = by(1, Function::open_event);
    open.access = rights::kSynchronize;
    wrong(open, 0, errors::kFileNotFound);
    allowed(open, 0, errors::kInvalidParameter);
    open.name = u"a";
    allowed(open, 0, errors::kFileNotFound);
    create(0, Function::create_event, 4, named(u"Local\\a"));
    wrong(open, 0, errors::kFileNotFound);
    allowed(open, 8);
    open.name = u"Session\\1\\a";
    allowed(open, 12);
    for (const char16_t* const other : {u"A", u"Global\\a", u"Session\\2\\a"}) {
        open.name = other;
        wrong(open, 16);
        allowed(open, 0, errors::kFileNotFound);
    }
    open.name = u"local\\a";
    allowed(open, 0, errors::kPathNotFound);
    open.name = std::u16string(260, u'x');
    allowed(open, 0, errors::kNameTooLong);

    Call mutex = by(1, Function::create_mutex);
    mutex.name = u"a";
    wrong(mutex, 16, 0);
    allowed(mutex, 0, errors::kInvalidHandle);
    Call event = by(1, Function::create_event);
    event.name = u"a";
    wrong(event, 16, errors::kSuccess);
    allowed(event, 16, errors::kAlreadyExists);
    for (const std::int64_t handle : {8, 12, 16}) {
        allowed(by(1, Function::close_handle, handle), 1);
    }
    wrong(mutex, 4, 0);
    allowed(by(0, Function::close_handle, 4), 1);
    allowed(mutex, 4, errors::kSuccess);
}

// ACC-01, EVT-10, EVT-11, WAIT-03, WAIT-04, MTX-14, HND-08
TEST_F(WorldTest, ACallNeedsItsRightOnTheHandle) {
    create(0, Function::create_event, 4, named(u"e"));
    create(0, Function::create_mutex, 8, named(u"m"));
    Call open = by(1, Function::open_event);
    open.name = u"e";
    open.access = rights::kSynchronize;
    allowed(open, 4);
    open.access = rights::kModifyState;
    allowed(open, 8);
    open.access = rights::kGenericRead;
    allowed(open, 12);
    open.access = rights::kMaximumAllowed;
    allowed(open, 16);
    open.function = Function::open_mutex;
    open.name = u"m";
    open.access = rights::kReadControl;
    allowed(open, 20);
    for (const std::int64_t none : {4, 12}) {
        wrong(by(1, Function::set_event, none), 1);
        allowed(by(1, Function::set_event, none), 0, errors::kAccessDenied);
    }
    for (const std::int64_t right : {8, 16}) {
        wrong(by(1, Function::set_event, right), 0, errors::kAccessDenied);
        allowed(by(1, Function::set_event, right), 1);
    }
    allowed(by(1, Function::set_event, 20), 0, errors::kInvalidHandle);
    wrong(by(1, Function::wait, 8), 0);
    allowed(by(1, Function::wait, 8), 0xffffffff, errors::kAccessDenied);
    allowed(by(1, Function::wait, 24), 0xffffffff, errors::kInvalidHandle);
    allowed(by(1, Function::wait, 4), 0);
    allowed(by(1, Function::release_mutex, 20), 0, errors::kNotOwner);
}

// MTX-01 to MTX-04, MTX-06 to MTX-09, MTX-13, MTX-16, NAME-14, HND-07
TEST_F(WorldTest, AMutexIsItsOwnersUntilItsEnd) {
    create(0, Function::create_mutex, 4, [](Call& call) {
        call.name = u"m";
        call.initially = true;
    });
    Call open = by(1, Function::open_mutex);
    open.name = u"m";
    open.access = rights::kSynchronize;
    allowed(open, 4);
    wrong(by(1, Function::wait, 4), 0);
    allowed(by(1, Function::wait, 4), 0x102);
    wrong(by(0, Function::wait, 4), 0x102);
    allowed(by(0, Function::wait, 4), 0);
    allowed(by(0, Function::release_mutex, 4), 1);
    wrong(by(1, Function::wait, 4), 0);
    wrong(by(1, Function::release_mutex, 4), 1);
    allowed(by(0, Function::close_handle, 4), 1);
    wrong(by(1, Function::wait, 4), 0);
    EXPECT_EQ(world_.judge_end(by(0, Function::exit_process)), "");
    wrong(by(1, Function::wait, 4), 0);
    wrong(by(1, Function::wait, 4), 0x102);
    allowed(by(1, Function::wait, 4), 0x80);
    wrong(by(1, Function::wait, 4), 0x80);
    allowed(by(1, Function::wait, 4), 0);
    allowed(by(1, Function::release_mutex, 4), 1);
    allowed(by(1, Function::release_mutex, 4), 1);
    wrong(by(1, Function::release_mutex, 4), 1);
    is_open(by(0, Function::wait, 4));
}

// SEM-01 to SEM-05
TEST_F(WorldTest, ASemaphoreCountsWithinItsBounds) {
    Call semaphore = by(0, Function::create_semaphore);
    semaphore.count = 1;
    semaphore.maximum = 0;
    allowed(semaphore, 0, errors::kInvalidParameter);
    semaphore.maximum = 3;
    wrong(semaphore, 0, errors::kInvalidParameter);
    allowed(semaphore, 4, errors::kSuccess);
    Call release = by(0, Function::release_semaphore, 4);
    release.count = 2;
    Response told = answer(1);
    told.written = 3;
    wrong(release, told);
    told.written = 1;
    allowed(release, told);
    wrong(release, told);
    Response refused = answer(0, errors::kTooManyPosts);
    allowed(release, refused);
    refused.written = 3;
    wrong(release, refused);
    release.count = 0;
    allowed(release, 0, errors::kInvalidParameter);
    for (int i = 0; i < 3; ++i) {
        allowed(by(0, Function::wait, 4), 0);
    }
    wrong(by(0, Function::wait, 4), 0);
    allowed(by(0, Function::wait, 4), 0x102);
}

// WAIT-05, WAIT-07, WAIT-08, WAIT-10, MTX-11, MTX-12
TEST_F(WorldTest, AWaitForSeveralTakesTheLowestOrAll) {
    create(0, Function::create_event, 4);
    create(0, Function::create_event, 8);
    allowed(by(0, Function::set_event, 4), 1);
    allowed(by(0, Function::set_event, 8), 1);
    Call wait = by(0, Function::wait_several);
    allowed(wait, 0xffffffff, errors::kInvalidParameter);
    HandleArgument handle;
    for (const std::int64_t value : {4, 8, 12}) {
        handle.value = value;
        wait.handles.push_back(handle);
    }
    wrong(wait, 0);
    allowed(wait, 0xffffffff, errors::kInvalidHandle);
    wait.handles[2].value = 4;
    wrong(wait, 1);
    wait.wait_all = true;
    wrong(wait, 0);
    allowed(wait, 0xffffffff, errors::kInvalidParameter);
    wait.handles.pop_back();
    wrong(wait, 0x102);
    wrong(wait, 0x80);
    wait.wait_all = false;
    allowed(wait, 0);
    wait.wait_all = true;
    wrong(wait, 0);
    allowed(wait, 0x102);
    allowed(by(0, Function::wait, 8), 0);
}

// TMR-01 to TMR-08, TMR-12, TMR-16, WAIT-02
TEST_F(WorldTest, ATimerIsSignaledFromItsDueTimeOn) {
    create(0, Function::create_timer, 4);
    Call set = by(0, Function::set_timer, 4);
    set.due_100ns = 10'000;
    allowed(set, 1);
    Call wait = by(0, Function::wait, 4);
    wrong(wait, 0);
    allowed(wait, 0x102);
    answers_.let_pass(2 * kMs);
    wrong(wait, 0x102);
    allowed(wait, 0);
    wrong(wait, 0);
    set.due = Due::absolute_as_is;
    set.due_100ns = 1;
    set.period_ms = 10;
    set.resume = true;
    wrong(set, 1);
    allowed(set, 1, errors::kNotSupported);
    wrong(wait, 0x102);
    allowed(wait, 0);
    allowed(wait, 0x102);
    answers_.let_pass(30 * kMs);
    allowed(wait, 0);
    wrong(wait, 0);
    wait.milliseconds = 1;
    wrong(wait, 0x102);
    answers_.let_pass(30 * kMs);
    allowed(by(0, Function::cancel_timer, 4), 1);
    answers_.let_pass(30 * kMs);
    wait.milliseconds = 0;
    wrong(wait, 0x102);
    allowed(wait, 0);
    allowed(wait, 0x102);
    set.due = Due::null_pointer;
    allowed(set, 0, errors::kNoAccess);
    set.due = Due::relative;
    set.period_ms = -1;
    allowed(set, 0, errors::kInvalidParameter);
}

// TMR-09, TMR-10, TMR-14, WAIT-14, WAIT-15, WAIT-16, WAIT-21, WAIT-22
TEST_F(WorldTest, CallsAreRunInAlertableWaitsAlone) {
    Call queue = by(0, Function::queue_call, -2);
    queue.code = 5;
    allowed(queue, 1);
    queue.code = 6;
    allowed(queue, 1);
    create(0, Function::create_event, 4, [](Call& call) { call.initially = true; });
    Call wait = by(0, Function::wait, 4);
    Response ran = answer(0xc0);
    ran.delivered = {{false, 5, 0}, {false, 6, 0}};
    wrong(wait, ran);
    wait.alertable = true;
    wrong(wait, 0);
    allowed(wait, ran);
    wrong(wait, ran);
    allowed(wait, 0);

    create(0, Function::create_timer, 8);
    Call set = by(0, Function::set_timer, 8);
    set.with_routine = true;
    set.due = Due::absolute_as_is;
    set.number = 77;
    allowed(set, 1);
    Call sleep = by(0, Function::sleep);
    sleep.alertable = true;
    wrong(sleep, 0);
    ran = answer(0xc0);
    ran.delivered = {{true, 77, ran.invoked_utc}};
    wrong(by(1, Function::sleep), ran);
    allowed(sleep, ran);
    wrong(sleep, ran);
    allowed(set, 1);
    allowed(by(0, Function::cancel_timer, 8), 1);
    wrong(sleep, ran);
    allowed(sleep, 0);
}

// DUP-01 to DUP-05, DUP-07, DUP-09, DUP-10, HND-04, HND-06
TEST_F(WorldTest, ADuplicateIsAHandleOfTheTargetToTheSameObject) {
    create(0, Function::create_event, 4);
    Call open = by(0, Function::open_process);
    open.of_process = 1;
    open.access = rights::kDuplicateHandles;
    allowed(open, 8);
    open.access = rights::kSynchronize;
    allowed(open, 12);
    Call duplicate = by(0, Function::duplicate_handle, 4);
    duplicate.second.value = -1;
    duplicate.target_process.value = 12;
    duplicate.access = rights::kSynchronize;
    duplicate.inherit = true;
    Response made = answer(1);
    made.made = 4;
    wrong(duplicate, made);
    allowed(duplicate, 0, errors::kAccessDenied);
    duplicate.target_process.value = 8;
    wrong(duplicate, answer(1));
    allowed(duplicate, made);
    wrong(by(1, Function::set_event, 4), 1);
    Response flags = answer(1);
    flags.written = 0;
    wrong(by(1, Function::get_handle_information, 4), flags);
    flags.written = 1;
    allowed(by(1, Function::get_handle_information, 4), flags);
    allowed(by(0, Function::set_event, 4), 1);
    allowed(by(1, Function::wait, 4), 0);
    // Closes the source, also of a duplicate that cannot be made.
    duplicate.flags = 1;
    duplicate.target_process.value = 12;
    allowed(duplicate, 0, errors::kAccessDenied);
    wrong(by(0, Function::set_event, 4), 1);
    allowed(by(0, Function::set_event, 4), 0, errors::kInvalidHandle);
}

// INH-01 to INH-04, INH-06, INH-07, PROC-01, PROC-02
TEST_F(WorldTest, AChildInheritsWhatItIsTo) {
    create(0, Function::create_event, 4, [](Call& call) { call.attributes = call.inherit = true; });
    create(0, Function::create_event, 8);
    create(0, Function::create_event, 12,
           [](Call& call) { call.attributes = call.inherit = true; });
    Call start = by(0, Function::create_process);
    start.of_process = 2;
    start.inherit_handles = start.with_list = true;
    HandleArgument handle;
    handle.value = 8;
    start.handles.push_back(handle);
    Response started = answer(1);
    started.made = 16;
    started.made_second = 20;
    wrong(start, started);
    allowed(start, 0, errors::kInvalidParameter);
    start.handles[0].value = 4;
    allowed(start, started);
    allowed(by(2, Function::set_event, 4), 1);
    wrong(by(2, Function::set_event, 8), 1);
    wrong(by(2, Function::set_event, 12), 1);
    Response code = answer(1);
    code.written = 259;
    allowed(by(0, Function::exit_code, 16), code);
    allowed(by(0, Function::wait, 16), 0x102);
    Call exit = by(2, Function::exit_process);
    exit.code = 7;
    EXPECT_EQ(world_.judge_end(exit), "");
    wrong(by(0, Function::exit_code, 16), code);
    code.written = 7;
    allowed(by(0, Function::exit_code, 16), code);
    wrong(by(0, Function::wait, 16), 0x102);
    allowed(by(0, Function::wait, 16), 0);
    allowed(by(0, Function::wait, 4), 0);
}

// NAME-16, NAME-17
TEST_F(WorldTest, APrivateNamespaceIsFoundByItsBoundary) {
    Call boundary = by(0, Function::create_boundary);
    boundary.name = u"b";
    for (const std::uint32_t process : {0U, 1U}) {
        boundary.process = process;
        allowed(boundary, 5000);
    }
    Call join = by(0, Function::open_namespace, 5000);
    join.name = u"ns";
    wrong(join, 4);
    allowed(join, 0, errors::kPathNotFound);
    join.function = Function::create_namespace;
    allowed(join, 4);
    join.process = 1;
    wrong(join, 4);
    allowed(join, 0, errors::kAlreadyExists);
    create(0, Function::create_event, 8, named(u"ns\\e"));
    Call open = by(0, Function::open_event);
    open.access = rights::kSynchronize;
    open.name = u"e";
    wrong(open, 12);
    open.process = 1;
    open.name = u"ns\\e";
    allowed(open, 0, errors::kPathNotFound);
    join.function = Function::open_namespace;
    allowed(join, 4);
    allowed(open, 8);
    Call close = by(0, Function::close_namespace, 4);
    close.flags = 1;
    allowed(close, 1);
    open.process = 0;
    allowed(open, 0, errors::kPathNotFound);
    join.process = 0;
    wrong(join, 12);
    allowed(join, 0, errors::kPathNotFound);
}

// WAIT-17, WAIT-18
TEST_F(WorldTest, ASignalBeforeAWaitIsGivenOnlyIfBothCanBe) {
    create(0, Function::create_event, 4);
    create(0, Function::create_timer, 8);
    Call call = by(0, Function::signal_and_wait, 8);
    call.second.value = 4;
    wrong(call, 0x102);
    allowed(call, 0xffffffff, errors::kInvalidHandle);
    call.handle.value = 4;
    call.second.value = 12;
    allowed(call, 0xffffffff, errors::kInvalidHandle);
    wrong(by(0, Function::wait, 4), 0);
    call.second.value = 4;
    wrong(call, 0x102);
    allowed(call, 0);
    wrong(by(0, Function::wait, 4), 0);
}

}  // namespace
}  // namespace castaway::harness::win32
