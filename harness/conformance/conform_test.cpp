// Programs of calls in real processes: the sound subject's answers are all allowed, a defect's are
// not, and neither is any answer turned into its contrary.
#include "harness/conformance/conform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "harness/base/error.h"
#include "harness/model/win32/world.h"
#include "harness/result/testing/temporary_folder.h"
#include "primitives/platform/mutants.h"

namespace castaway::harness::conformance {
namespace {

using ::testing::HasSubstr;
using win32::Function;

TEST(Programs, AreDrawnFromTheirSeedAlone) {
    EXPECT_EQ(draw_program(7, 60), draw_program(7, 60));
    EXPECT_NE(draw_program(7, 60), draw_program(8, 60));
    EXPECT_EQ(draw_program(7, 60).calls.size(), 60U);
}

TEST(Programs, HaveNoMoreProcessesThanTheyMay) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        std::set<std::uint32_t> alone;
        std::set<std::uint32_t> three;
        for (const win32::Call& call : draw_program(seed, 60, 1).calls) {
            alone.insert(call.process);
            EXPECT_TRUE(call.number == 0 || (call.function != Function::start_process &&
                                             call.function != Function::create_process &&
                                             call.function != Function::kill_process &&
                                             call.function != Function::exit_process &&
                                             call.function != Function::terminate_process));
        }
        for (const win32::Call& call : draw_program(seed, 60, 3).calls) {
            three.insert(call.process);
        }
        EXPECT_EQ(alone, std::set<std::uint32_t>{0});
        EXPECT_LE(three.size(), 3U);
        EXPECT_GT(three.size(), 1U);
    }
}

TEST(Programs, AreTheSameAfterTheyWereWrittenAndRead) {
    const TemporaryFolder folder;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const Program program = draw_program(seed, 60);
        EXPECT_EQ(read_program(folder.write("program.json", to_json_text(program))), program);
    }
}

TEST(Programs, ThatAreNoneAreToldWithTheirPlace) {
    const TemporaryFolder folder;
    const auto error = [&](const std::string& text) -> std::string {
        try {
            read_program(folder.write("program.json", text));
        } catch (const InputError& wrong) {
            return wrong.what();
        }
        return "";
    };
    EXPECT_THAT(error("[]"), HasSubstr("is no JSON object"));
    EXPECT_THAT(error(R"({"seed": 1, "calls": []})"), HasSubstr("/castaway_program"));
    EXPECT_THAT(error(R"({"castaway_program": 1, "calls": []})"), HasSubstr("/seed"));
    EXPECT_THAT(error(R"({"castaway_program": 1, "seed": 1, "calls": [{"function": "jump"}]})"),
                HasSubstr("/calls/0"));
    EXPECT_THAT(error(R"({"castaway_program": 1, "seed": 1, "calls": [], "x": 1})"),
                HasSubstr("/x"));
}

TEST(Programs, CallEveryFunctionSoThatItSucceedsAndSoThatItIsRefused) {
    ConformanceOptions options;
    options.programs = 250;
    options.jobs = 2;
    options.seed = 1000;
    const ConformanceReport report = conform(options);
    ASSERT_TRUE(report.found.empty()) << describe(report.found.front().trial);
    // What cannot be refused, or is no call of the interface.
    const std::set<Function> never_refused{Function::current_process, Function::current_thread,
                                           Function::exit_process,    Function::kill_process,
                                           Function::start_process,   Function::start_thread,
                                           Function::exit_thread,     Function::add_sid,
                                           Function::delete_boundary, Function::sleep};
    for (int i = 0; i <= static_cast<int>(Function::close_namespace); ++i) {
        const auto function = static_cast<Function>(i);
        const auto found = report.tallies.find(function);
        ASSERT_NE(found, report.tallies.end()) << name_of(function);
        EXPECT_GT(found->second.judged, found->second.refused) << name_of(function);
        if (never_refused.count(function) == 0) {
            EXPECT_GT(found->second.refused, 0U) << name_of(function);
        }
    }
}

/// What the call might have answered instead: that it was refused for a reason that there is not,
/// or that it was done.
win32::Response contrary(const win32::Call& call, const win32::Response& response) {
    constexpr std::uint32_t kNoReason = 1;
    constexpr std::uint64_t kFreeHandle = 0x7f0;
    const bool waits =
        call.function >= Function::wait && call.function <= Function::signal_and_wait;
    const std::uint64_t failure = waits ? 0xffffffff : 0;
    win32::Response other;
    other.invoked_ns = response.invoked_ns;
    other.returned_ns = response.returned_ns;
    other.invoked_utc = response.invoked_utc;
    other.returned_utc = response.returned_utc;
    other.result = response.result == failure ? (waits ? 0 : kFreeHandle) : failure;
    other.error = response.result == failure ? win32::kErrorUntouched : kNoReason;
    other.made = response.result == failure ? kFreeHandle : 0;
    return other;
}

TEST(Answers, AreWrongWhenTheyAreTheContrary) {
    std::uint64_t turned = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const Trial trial = try_program(draw_program(seed, 60), {});
        ASSERT_FALSE(trial.finding) << describe(trial);
        win32::World world;
        for (const Step& step : trial.steps) {
            if (!step.answered) {
                if (step.note == "its process ends") {
                    ASSERT_EQ(world.judge_end(step.call), "");
                }
                continue;
            }
            const Function function = step.call.function;
            const bool is_call =
                function < Function::kill_process ||
                (function >= Function::create_boundary && function != Function::delete_boundary);
            // Whether an ended process or thread can be opened is not settled while others have
            // handles of it; a sleep of no calls has but one answer.
            const bool settled = function != Function::open_process &&
                                 function != Function::open_thread && function != Function::sleep;
            if (is_call && settled) {
                win32::World copy = world;
                EXPECT_NE(copy.judge(step.call, contrary(step.call, step.response)), "")
                    << name_of(function) << " in the program of seed " << seed;
                ++turned;
            }
            ASSERT_EQ(world.judge(step.call, step.response), "");
        }
    }
    EXPECT_GT(turned, 1000U);
}

TEST(Findings, DoNotDependOnTheNumberOfJobs) {
    ConformanceOptions options;
    options.implementation.subject = "castaway:protected_handle_closed";
    options.programs = 200;
    options.shrinking = 50;
    const ConformanceReport one = conform(options);
    options.jobs = 4;
    const ConformanceReport four = conform(options);
    ASSERT_EQ(one.found.size(), 1U);
    ASSERT_EQ(four.found.size(), 1U);
    EXPECT_EQ(one.found[0].drawn, four.found[0].drawn);
    EXPECT_EQ(one.found[0].shortest, four.found[0].shortest);
    EXPECT_EQ(one.programs, four.programs);
}

TEST(Findings, AreMadeShortAndTold) {
    ConformanceOptions options;
    options.implementation.subject = "castaway:protected_handle_closed";
    options.programs = 200;
    const ConformanceReport report = conform(options);
    ASSERT_EQ(report.found.size(), 1U);
    const Discovery& found = report.found.front();
    // A process, a handle, its protection, and the close.
    EXPECT_EQ(found.shortest.calls.size(), 4U);
    EXPECT_THAT(describe(found.trial), HasSubstr("CloseHandle("));
    EXPECT_THAT(describe(found.trial), HasSubstr("wrong: it must fail with error 6"));
    EXPECT_FALSE(try_program(found.shortest, {}).finding);
}

class SeededDefect : public ::testing::TestWithParam<std::string> {};

TEST_P(SeededDefect, IsFound) {
    ConformanceOptions options;
    options.implementation.subject = "castaway:" + GetParam();
    options.programs = 3000;
    options.shrinking = 0;
    options.jobs = 2;
    const ConformanceReport report = conform(options);
    EXPECT_FALSE(report.found.empty());
}

std::vector<std::string> of_single_calls() {
    std::vector<std::string> names;
    for (const MutantName& each : kMutants) {
        if (each.shown == Shown::single_calls) {
            names.emplace_back(each.name);
        }
    }
    return names;
}

INSTANTIATE_TEST_SUITE_P(All, SeededDefect, ::testing::ValuesIn(of_single_calls()),
                         [](const auto& defect) { return defect.param; });

}  // namespace
}  // namespace castaway::harness::conformance
