// Implementations from outside: one that is right passes, a defect is found, and of one that is
// silent, talks nonsense or goes away that is told, and nothing of it is left.
#include "harness/conformance/external_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <string>

#include "harness/base/error.h"
#include "harness/conformance/conform.h"

namespace castaway::harness {
namespace {

using ::testing::HasSubstr;
using win32::Call;
using win32::Function;

/// castaway's own caller, told by its standard input.
std::string castaway_caller(const std::string& subject) {
    const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    return "'" + (folder / "castaway-caller").string() + "' --stdin " + subject;
}

/// A shell that runs the lines.
std::string shell(const std::string& lines) {
    return "/bin/sh -c '" + lines + "'";
}
/// Answers the first call, and goes on so.
std::string starts_and(const std::string& lines) {
    return shell("read x; echo \"{\\\"result\\\": 1, \\\"thread_id\\\": 5}\"; " + lines);
}

/// Impatient where nothing comes.
ExternalLimits limits_where_none_comes() {
    return {60'000 * kNsPerMs, 50 * kNsPerMs, 50 * kNsPerMs};
}

Call call_of(Function function, std::uint32_t number = 0) {
    Call call;
    call.function = function;
    call.number = number;
    return call;
}

class ExternalRunnerTest : public ::testing::Test {
  protected:
    ~ExternalRunnerTest() override {
        EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
        EXPECT_EQ(errno, ECHILD);
    }

    /// What the command is complained of when it is to begin; empty when it begins.
    static std::string complaint_of(const std::string& command, ExternalLimits limits = {}) {
        ExternalRunner runner(command, limits);
        try {
            runner.call(call_of(Function::start_process));
        } catch (const HarnessError& error) {
            return error.what();
        }
        return "";
    }
};

TEST_F(ExternalRunnerTest, MakesTheCallsOfEachThreadOnAThreadOfItsOwn) {
    ExternalRunner runner(castaway_caller("castaway"));
    const CallAnswer started = runner.call(call_of(Function::start_process));
    ASSERT_EQ(started.outcome, CallOutcome::answered) << started.explanation;
    EXPECT_GT(started.response.process_id, 0U);

    Call create = call_of(Function::create_mutex, 1);
    create.initially = true;
    ASSERT_NE(runner.call(create).response.result, 0U);
    Call start = call_of(Function::start_thread, 2);
    start.of_thread = 1;
    const CallAnswer second = runner.call(start);
    ASSERT_EQ(second.outcome, CallOutcome::answered);
    EXPECT_NE(second.response.thread_id, started.response.thread_id);

    Call release = call_of(Function::release_mutex, 3);
    release.handle = {win32::HandleArgument::Source::made, 1, 0};
    release.thread = 1;
    EXPECT_EQ(runner.call(release).response.result, 0U);
    release.thread = 0;
    EXPECT_EQ(runner.call(release).response.result, 1U);

    Call open = call_of(Function::open_thread, 4);
    open.of_thread = 1;
    EXPECT_EQ(runner.fill_in(open).os_thread_id, second.response.thread_id);
    Call end = call_of(Function::exit_thread, 5);
    end.thread = 1;
    EXPECT_EQ(runner.call(end).outcome, CallOutcome::answered);
    release.thread = 1;
    EXPECT_EQ(runner.call(release).outcome, CallOutcome::not_made);
}

TEST_F(ExternalRunnerTest, TellsWhatIsNoCallerFromTheFirstAnswer) {
    EXPECT_THAT(complaint_of("true"),
                HasSubstr("it ended, or closed its output, and has answered nothing"));
    EXPECT_THAT(complaint_of("no_such_program"), HasSubstr("--caller no_such_program: it ended"));
    EXPECT_THAT(complaint_of("echo hello"), HasSubstr("call 0 (start_process) is no answer"));
    EXPECT_THAT(complaint_of("cat"), HasSubstr("there is no such member"));
    EXPECT_THAT(complaint_of("tr '\\0' x < /dev/zero"), HasSubstr("has no end"));
    EXPECT_THAT(complaint_of(shell("read x; echo {}")), HasSubstr("has begun"));
    ExternalLimits limits = limits_where_none_comes();
    limits.first_ns = 50 * kNsPerMs;
    EXPECT_THAT(complaint_of("sleep 1000", limits), HasSubstr("no answer to the first call"));
}

TEST_F(ExternalRunnerTest, TellsOneThatEndsInACallOrIsSilent) {
    {
        ExternalRunner runner(starts_and("read x"));
        ASSERT_EQ(runner.call(call_of(Function::start_process)).outcome, CallOutcome::answered);
        EXPECT_EQ(runner.call(call_of(Function::close_handle, 1)).outcome, CallOutcome::died);
        EXPECT_EQ(runner.call(call_of(Function::close_handle, 2)).outcome, CallOutcome::not_made);
    }
    {
        ExternalRunner runner(starts_and("read x"));
        ASSERT_EQ(runner.call(call_of(Function::start_process)).outcome, CallOutcome::answered);
        EXPECT_EQ(runner.call(call_of(Function::exit_process, 1)).outcome, CallOutcome::ended);
    }
    // Neither hears that its input has ended: they are killed.
    ExternalRunner silent(starts_and("exec sleep 1000"), limits_where_none_comes());
    ASSERT_EQ(silent.call(call_of(Function::start_process)).outcome, CallOutcome::answered);
    EXPECT_EQ(silent.call(call_of(Function::close_handle, 1)).outcome, CallOutcome::hung);
    ExternalRunner idle(starts_and("exec sleep 1000"), limits_where_none_comes());
    ASSERT_EQ(idle.call(call_of(Function::start_process)).outcome, CallOutcome::answered);
}

TEST_F(ExternalRunnerTest, TakesNoProgramOfSeveralProcesses) {
    ExternalRunner runner(castaway_caller("castaway"));
    ASSERT_EQ(runner.call(call_of(Function::start_process)).outcome, CallOutcome::answered);
    Call second = call_of(Function::start_process, 1);
    second.process = 1;
    EXPECT_THROW(runner.call(second), InputError);
    EXPECT_THROW(runner.call(call_of(Function::create_process, 2)), InputError);
}

conformance::ConformanceOptions judged_from_outside(const std::string& subject) {
    conformance::ConformanceOptions options;
    options.implementation.caller = castaway_caller(subject);
    options.processes = 1;
    options.jobs = 2;
    options.shrinking = 20;
    return options;
}

TEST_F(ExternalRunnerTest, ARightImplementationPasses) {
    conformance::ConformanceOptions options = judged_from_outside("castaway");
    options.programs = 15;
    const auto report = conform(options);
    EXPECT_TRUE(report.found.empty()) << describe(report.found.front().trial);
    EXPECT_GT(report.judged(), 500U);
}

TEST_F(ExternalRunnerTest, FindingsAreToldOnceOfEachKind) {
    conformance::ConformanceOptions options = judged_from_outside("castaway:rights_not_checked");
    options.programs = 10;
    options.keep_going = true;
    const auto report = conform(options);
    EXPECT_EQ(report.programs, 10U);
    ASSERT_GT(report.found.size(), 1U);
    std::uint64_t times = 0;
    std::set<std::string> kinds;
    for (const conformance::Discovery& each : report.found) {
        times += each.times;
        EXPECT_TRUE(kinds.insert(kind_of(each.trial)).second) << kind_of(each.trial);
        EXPECT_EQ(each.trial.steps.size(), each.shortest.calls.size());
    }
    EXPECT_GT(times, report.found.size());
}

}  // namespace
}  // namespace castaway::harness
