// Calls by real processes: that each is made where it is to be made, that what an end leaves is
// there for the next call, and that nothing outlives a run.
#include "harness/conformance/call_runner.h"

#include <castaway/win32.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>
#include <utility>

#include "harness/base/error.h"
#include "harness/engine/real/pidfd.h"
#include "harness/engine/real/proc_files.h"

namespace castaway::harness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using win32::Call;
using win32::Function;
using win32::HandleArgument;
using Source = HandleArgument::Source;

/// A program that is written as it runs.
class Program {
  public:
    explicit Program(CallRunnerOptions options = {}, const std::string& subject = "castaway")
        : runner_(subject, std::move(options)) {}

    /// Makes the call, numbered by its place, in process and thread.
    CallAnswer make(Call call) {
        call.number = next_++;
        return runner_.call(call);
    }
    CallAnswer make(std::uint32_t process, Function function, HandleArgument handle = {}) {
        return make(call_of(process, function, handle));
    }
    static Call call_of(std::uint32_t process, Function function, HandleArgument handle = {}) {
        Call call;
        call.process = process;
        call.function = function;
        call.handle = handle;
        return call;
    }
    /// The number of the call that was made last.
    [[nodiscard]] std::uint32_t last() const { return next_ - 1; }
    [[nodiscard]] HandleArgument made_last() const { return {Source::made, last(), 0}; }

    void start(std::uint32_t process) {
        const CallAnswer started = make(process, Function::start_process);
        ASSERT_EQ(started.outcome, CallOutcome::answered) << started.explanation;
        ASSERT_GT(started.response.process_id, 1U);
    }
    /// What a wait without waiting gives.
    std::uint64_t look(std::uint32_t process, HandleArgument handle) {
        const CallAnswer answer = make(process, Function::wait, handle);
        EXPECT_EQ(answer.outcome, CallOutcome::answered) << answer.explanation;
        return answer.response.result;
    }
    HandleArgument create(std::uint32_t process, Function function, const char16_t* name,
                          bool initially) {
        Call call = call_of(process, function);
        call.name = name;
        call.initially = initially;
        const CallAnswer answer = make(call);
        EXPECT_EQ(answer.outcome, CallOutcome::answered) << answer.explanation;
        EXPECT_NE(answer.response.result, 0U);
        return made_last();
    }

  private:
    CallRunner runner_;
    std::uint32_t next_ = 1;
};

/// Of a process: its parent, as /proc tells; 0 when it is gone.
int parent_of(int pid) {
    const std::string stat = read_proc_file("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t name_end = stat.rfind(')');
    int parent = 0;
    char state = '?';
    return name_end != std::string::npos &&
                   std::istringstream(stat.substr(name_end + 1)) >> state >> parent
               ? parent
               : 0;
}

/// How many processes descend from this one, zombies as well. Orphans fall to it.
std::size_t descendants() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        for (int pid = parent_of(std::stoi(name)); pid > 0; pid = parent_of(pid)) {
            if (pid == getpid()) {
                ++count;
                break;
            }
        }
    }
    return count;
}

TEST(CallRunner, AChildOfCreateProcessHasTheHandlesOfItsList) {
    Program program;
    program.start(1);
    Call create = Program::call_of(1, Function::create_event);
    create.attributes = create.inherit = true;
    create.initially = true;
    const CallAnswer event = program.make(create);
    const HandleArgument listed = program.made_last();
    const HandleArgument unlisted = [&] {
        program.make(create);
        return program.made_last();
    }();
    for (const bool wide : {false, true}) {
        const std::uint32_t child_number = wide ? 3 : 2;
        Call start = Program::call_of(1, Function::create_process);
        start.of_process = child_number;
        start.wide = wide;
        start.inherit_handles = start.with_list = true;
        start.handles = {listed};
        const CallAnswer child = program.make(start);
        ASSERT_EQ(child.outcome, CallOutcome::answered) << child.explanation;
        ASSERT_EQ(child.response.result, 1U) << child.response.error;
        EXPECT_EQ(child.call.handles[0].value, static_cast<std::int64_t>(event.response.result));
        EXPECT_NE(child.response.made, 0U);
        EXPECT_NE(child.response.made_second, 0U);
        const HandleArgument process_handle = program.made_last();
        EXPECT_EQ(program.look(child_number, listed), wide ? WAIT_TIMEOUT : WAIT_OBJECT_0);
        EXPECT_EQ(program.look(child_number, unlisted), WAIT_FAILED);

        Call exit = Program::call_of(child_number, Function::exit_process);
        exit.code = 0x12345678;
        const CallAnswer ended = program.make(exit);
        EXPECT_EQ(ended.outcome, CallOutcome::ended) << ended.explanation;
        EXPECT_THAT(ended.ended, ElementsAre(child_number));
        EXPECT_EQ(program.look(1, process_handle), WAIT_OBJECT_0);
        EXPECT_EQ(program.make(1, Function::exit_code, process_handle).response.written,
                  0x12345678U);
    }
}

TEST(CallRunner, TheCallAfterAKillSeesWhatTheDeadLeft) {
    Program program;
    program.start(1);
    program.start(2);
    program.create(1, Function::create_mutex, u"m", true);
    const HandleArgument mutex = program.create(2, Function::create_mutex, u"m", true);
    EXPECT_EQ(program.look(2, mutex), WAIT_TIMEOUT);
    const CallAnswer killed = program.make(1, Function::kill_process);
    EXPECT_EQ(killed.outcome, CallOutcome::answered) << killed.explanation;
    EXPECT_THAT(killed.ended, ElementsAre(1U));
    EXPECT_EQ(program.look(2, mutex), WAIT_ABANDONED);
    // The dead make no calls.
    EXPECT_EQ(program.make(1, Function::current_process).outcome, CallOutcome::not_made);
    EXPECT_EQ(program.make(1, Function::kill_process).outcome, CallOutcome::not_made);
    EXPECT_EQ(program.make(1, Function::start_process).explanation, "there is or was a process 1");
}

TEST(CallRunner, ATerminatedProcessIsTold) {
    Program program;
    program.start(1);
    program.start(2);
    Call open = Program::call_of(1, Function::open_process);
    open.of_process = 2;
    open.access = PROCESS_ALL_ACCESS;
    const CallAnswer opened = program.make(open);
    EXPECT_NE(opened.call.os_process_id, 0U);
    ASSERT_NE(opened.response.result, 0U);
    const CallAnswer terminated = program.make(1, Function::terminate_process, program.made_last());
    EXPECT_EQ(terminated.outcome, CallOutcome::answered) << terminated.explanation;
    EXPECT_THAT(terminated.ended, ElementsAre(2U));
    // Itself.
    const CallAnswer itself = program.make(1, Function::terminate_process, {Source::value, 0, -1});
    EXPECT_EQ(itself.outcome, CallOutcome::ended);
    EXPECT_THAT(itself.ended, ElementsAre(1U));
}

TEST(CallRunner, AThreadThatEndsAbandonsItsMutexes) {
    Program program;
    program.start(1);
    Call start = Program::call_of(1, Function::start_thread);
    start.of_thread = 1;
    ASSERT_EQ(program.make(start).outcome, CallOutcome::answered);
    EXPECT_EQ(program.make(start).outcome, CallOutcome::not_made);
    Call create = Program::call_of(1, Function::create_mutex);
    create.thread = 1;
    create.initially = true;
    program.make(create);
    const HandleArgument mutex = program.made_last();
    EXPECT_EQ(program.look(1, mutex), WAIT_TIMEOUT);
    Call exit = Program::call_of(1, Function::exit_thread);
    exit.thread = 1;
    const CallAnswer ended = program.make(exit);
    EXPECT_EQ(ended.outcome, CallOutcome::answered) << ended.explanation;
    EXPECT_THAT(ended.ended, IsEmpty());
    EXPECT_EQ(program.look(1, mutex), WAIT_ABANDONED);
    EXPECT_EQ(program.make(create).outcome, CallOutcome::not_made);
}

TEST(CallRunner, AProcessOutlivesItsFirstThread) {
    Program program;
    program.start(1);
    Call start = Program::call_of(1, Function::start_thread);
    start.of_thread = 7;
    program.make(start);
    const CallAnswer ended = program.make(1, Function::exit_thread);
    EXPECT_EQ(ended.outcome, CallOutcome::answered) << ended.explanation;
    Call call = Program::call_of(1, Function::current_process);
    call.thread = 7;
    EXPECT_EQ(program.make(call).outcome, CallOutcome::answered);
    // And starts processes.
    Call child = Program::call_of(1, Function::create_process);
    child.thread = 7;
    child.of_process = 2;
    const CallAnswer started_one = program.make(child);
    EXPECT_EQ(started_one.outcome, CallOutcome::answered) << started_one.explanation;
    EXPECT_EQ(started_one.response.result, 1U) << started_one.response.error;
}

TEST(CallRunner, ProcedureCallsAndRoutinesTellWhatTheyWereGiven) {
    Program program;
    program.start(1);
    program.start(2);
    Call open = Program::call_of(1, Function::open_thread);
    open.of_process = 2;
    open.access = THREAD_SET_CONTEXT;
    program.make(open);
    Call queue = Program::call_of(1, Function::queue_call, program.made_last());
    queue.code = 99;
    EXPECT_EQ(program.make(queue).response.result, 1U);
    Call sleep = Program::call_of(2, Function::sleep);
    sleep.alertable = true;
    const CallAnswer slept = program.make(sleep);
    EXPECT_EQ(slept.response.result, WAIT_IO_COMPLETION);
    EXPECT_THAT(slept.response.delivered, ElementsAre(win32::Delivery{false, 99, 0}));

    const HandleArgument timer = program.create(2, Function::create_timer, u"t", false);
    Call set = Program::call_of(2, Function::set_timer, timer);
    set.with_routine = true;
    set.due = win32::Due::absolute;
    set.due_100ns = -50;
    const CallAnswer due = program.make(set);
    EXPECT_GE(due.response.due_utc, due.response.invoked_utc - 10'000'000);
    EXPECT_LE(due.response.due_utc, due.response.invoked_utc);
    const std::uint32_t number = program.last();
    const CallAnswer ran = program.make(sleep);
    ASSERT_EQ(ran.response.delivered.size(), 1U);
    EXPECT_TRUE(ran.response.delivered[0].of_timer);
    EXPECT_EQ(ran.response.delivered[0].code, number);
    EXPECT_EQ(ran.response.delivered[0].due, due.response.due_utc);
}

TEST(CallRunner, BoundariesAreGivenOnlyWhereTheyAre) {
    Program program;
    program.start(1);
    program.start(2);
    Call create = Program::call_of(1, Function::create_boundary);
    create.name = u"b";
    program.make(create);
    const HandleArgument created = program.made_last();
    Call add = Program::call_of(1, Function::add_sid, created);
    add.sid_authority = 5;
    add.sid_parts = {32, 544};
    const CallAnswer added = program.make(add);
    EXPECT_EQ(added.response.result, 1U) << added.response.error;
    const HandleArgument boundary = program.made_last();
    Call make = Program::call_of(1, Function::create_namespace, boundary);
    make.name = u"alias";
    EXPECT_NE(program.make(make).response.result, 0U);
    const HandleArgument space = program.made_last();
    EXPECT_EQ(program.make(1, Function::close_namespace, space).response.result, 1U);

    Call open = Program::call_of(2, Function::open_namespace, boundary);
    open.name = u"alias";
    EXPECT_EQ(program.make(open).outcome, CallOutcome::not_made);
    open.process = 1;
    open.handle = {Source::value, 0, 4};
    EXPECT_EQ(program.make(open).outcome, CallOutcome::not_made);
    open.handle = {Source::value, 0, 0};
    EXPECT_EQ(program.make(open).response.error, ERROR_INVALID_PARAMETER);
    EXPECT_EQ(program.make(1, Function::delete_boundary, boundary).outcome, CallOutcome::answered);
    EXPECT_EQ(program.make(1, Function::delete_boundary, boundary).outcome, CallOutcome::not_made);
}

TEST(CallRunner, WhatWasNotWrittenIsTold) {
    Program program;
    program.start(1);
    Call create = Program::call_of(1, Function::create_semaphore);
    create.count = 1;
    create.maximum = 2;
    program.make(create);
    const HandleArgument semaphore = program.made_last();
    Call release = Program::call_of(1, Function::release_semaphore, semaphore);
    release.count = 1;
    EXPECT_EQ(program.make(release).response.written, 1U);
    const CallAnswer refused = program.make(release);
    EXPECT_EQ(refused.response.result, 0U);
    EXPECT_EQ(refused.response.error, ERROR_TOO_MANY_POSTS);
    EXPECT_EQ(refused.response.written, std::nullopt);
    EXPECT_EQ(program.make(1, Function::set_event, {Source::made, 1000, 0}).response.error,
              ERROR_INVALID_HANDLE);
    EXPECT_EQ(program.make(1, Function::close_handle, semaphore).response.error,
              win32::kErrorUntouched);
}

TEST(CallRunner, TheLongestNamesArrive) {
    Program program;
    program.start(1);
    for (const bool valid : {true, false}) {
        Call create = Program::call_of(1, Function::create_event);
        create.wide = true;
        create.name = std::u16string(32'767, u'\x01');
        create.name->back() = valid ? u'x' : char16_t{0xD800};
        const CallAnswer answer = program.make(create);
        ASSERT_EQ(answer.outcome, CallOutcome::answered) << answer.explanation;
        EXPECT_EQ(answer.response.result, 0U);
        EXPECT_NE(answer.response.error, win32::kErrorUntouched);
    }
}

TEST(CallRunner, ASeededDefectCanBeNamed) {
    Program program({}, "castaway:previous_count_wrong");
    program.start(1);
    Call create = Program::call_of(1, Function::create_semaphore);
    create.count = 1;
    create.maximum = 2;
    program.make(create);
    Call release = Program::call_of(1, Function::release_semaphore, program.made_last());
    release.count = 1;
    const CallAnswer released = program.make(release);
    EXPECT_EQ(released.response.result, 1U);
    EXPECT_NE(released.response.written, 1U);
}

TEST(CallRunner, ADeathIsToldThatNobodyAskedFor) {
    Program program;
    program.start(1);
    program.start(2);
    Call open = Program::call_of(1, Function::open_process);
    open.of_process = 2;
    open.access = PROCESS_TERMINATE | SYNCHRONIZE;
    ASSERT_NE(program.make(open).response.result, 0U);
    const HandleArgument opened = program.made_last();
    // From outside of the runner, by a descriptor of the process.
    const CallAnswer asked = program.make(open);
    const Descriptor pidfd = open_pidfd(static_cast<int>(asked.call.os_process_id));
    ASSERT_TRUE(send_signal(pidfd, SIGKILL));
    const CallAnswer died = program.make(2, Function::current_process);
    // It may have been dead before it was asked.
    EXPECT_TRUE(died.outcome == CallOutcome::died || died.outcome == CallOutcome::not_made);
    const CallAnswer waited = program.make(1, Function::wait, opened);
    EXPECT_EQ(waited.response.result, WAIT_OBJECT_0);
    EXPECT_EQ(died.ended.size() + waited.ended.size(), 1U);
}

TEST(CallRunner, AHangIsToldAndNothingIsLeft) {
    {
        CallRunnerOptions options;
        options.call_limit_ns = 200 * kNsPerMs;
        Program program(options);
        program.start(1);
        Call start = Program::call_of(1, Function::create_process);
        start.of_process = 2;
        ASSERT_EQ(program.make(start).outcome, CallOutcome::answered);
        Call sleep = Program::call_of(2, Function::sleep);
        sleep.milliseconds = INFINITE;
        EXPECT_EQ(program.make(sleep).outcome, CallOutcome::hung);
        EXPECT_EQ(program.make(2, Function::current_process).outcome, CallOutcome::not_made);
        // Its parent goes: it is nobody's child now.
        EXPECT_EQ(program.make(1, Function::kill_process).outcome, CallOutcome::answered);
        EXPECT_EQ(descendants(), 2U);
    }
    EXPECT_EQ(descendants(), 0U);
}

/// A process, its child, and in both a call that does not return by itself.
void sleep_in_two_processes(Program& program) {
    program.start(1);
    Call start = Program::call_of(1, Function::create_process);
    start.of_process = 2;
    ASSERT_EQ(program.make(start).outcome, CallOutcome::answered);
    for (const std::uint32_t process : {1U, 2U}) {
        Call sleep = Program::call_of(process, Function::sleep);
        sleep.milliseconds = INFINITE;
        EXPECT_EQ(program.make(sleep).outcome, CallOutcome::hung);
    }
}

TEST(CallRunner, NothingIsLeftOfADriverThatIsKilled) {
    ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    const pid_t driver = fork();
    if (driver == 0) {
        CallRunnerOptions options;
        options.call_limit_ns = 100 * kNsPerMs;
        Program program(options);
        sleep_in_two_processes(program);
        std::raise(::testing::Test::HasFailure() ? SIGABRT : SIGKILL);
    }
    ASSERT_GT(driver, 0);
    int status = 0;
    ASSERT_EQ(waitpid(driver, &status, 0), driver);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    // Who is left falls to us, and is waited for: each ends by itself. (Or to its parent, if that
    // ends later.)
    std::size_t left = 0;
    while (waitpid(-1, &status, 0) > 0) {
        ++left;
    }
    EXPECT_GE(left, 2U);
    EXPECT_EQ(descendants(), 0U);
}

TEST(CallRunner, OnlyCastawayIsASubject) {
    EXPECT_THROW(CallRunner("castaway:no_such_mutant"), InputError);
    EXPECT_THROW(CallRunner("no_such_subject"), InputError);
}

}  // namespace
}  // namespace castaway::harness
